import NIOCore
import VisitorAPI

extension VisitorResponse {
    /// Appends the answer as HTTP/1.1.
    func write(
        into out: inout ByteBuffer, requestID: [UInt8], strictTransport: [UInt8], closes: Bool, isHEAD: Bool,
        isHTTP11: Bool
    ) {
        out.writeStaticString("HTTP/1.1 ")
        out.writeString("\(status) \(Self.reason(status))\r\n")
        if !contentType.isEmpty { out.writeString("Content-Type: \(contentType)\r\n") }
        for field in fields { out.writeString("\(field.name): \(field.value)\r\n") }
        for cookie in cookies { out.writeString("Set-Cookie: \(cookie)\r\n") }
        if !strictTransport.isEmpty {
            out.writeStaticString("Strict-Transport-Security: ")
            out.writeBytes(strictTransport)
            out.writeStaticString("\r\n")
        }
        out.writeStaticString("X-Request-Id: ")
        out.writeBytes(requestID)
        out.writeStaticString("\r\n")
        if closes {
            out.writeStaticString("Connection: close\r\n")
        } else if !isHTTP11 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        // RFC 9110 §8.6: none with a 204.
        if status != 204 { out.writeString("Content-Length: \(body.count)\r\n") }
        out.writeStaticString("\r\n")
        if !isHEAD { out.writeBytes(body) }
    }

    /// The registered reason phrases of the statuses that the gate itself sends.
    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}

extension LoopCounters.Outcome {
    init(_ kind: VisitorResponse.Kind) {
        switch kind {
        case .queued: self = .queued
        case .full: self = .full
        case .maintenance: self = .maintenance
        case .api: self = .api
        case .page: self = .page
        case .unavailable: self = .failed
        }
    }
}
