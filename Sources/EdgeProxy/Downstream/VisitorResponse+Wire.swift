import NIOCore
import VisitorAPI

extension VisitorResponse {
    /// Appends the head as HTTP/1.1.
    func writeHead(
        into out: inout ByteBuffer, requestID: [UInt8], strictTransport: [UInt8], closes: Bool, isHTTP11: Bool
    ) {
        HeadWriter.write(into: &out, capacity: 1024) { out in
            out.append("HTTP/1.1 ")
            out.append(status)
            out.append(" ")
            out.append(Self.reason(status))
            if !contentType.isEmpty { Self.field("Content-Type", contentType, &out) }
            for field in fields { Self.field(field.name, field.value, &out) }
            for cookie in cookies { Self.field("Set-Cookie", cookie, &out) }
            if !strictTransport.isEmpty {
                out.append("\r\nStrict-Transport-Security: ")
                out.append(strictTransport)
            }
            out.append("\r\nX-Request-Id: ")
            out.append(requestID)
            if closes {
                out.append("\r\nConnection: close")
            } else if !isHTTP11 {
                out.append("\r\nConnection: keep-alive")
            }
            // RFC 9110 §8.6: none with a 204.
            if status != 204 {
                out.append("\r\nContent-Length: ")
                out.append(body.count)
            }
            out.append("\r\n\r\n")
        }
    }

    /// Begins a line.
    private static func field(_ name: String, _ value: String, _ out: inout HeadWriter) {
        out.append("\r\n")
        out.append(name)
        out.append(": ")
        out.append(value)
    }

    /// The registered reason phrases of the statuses that the gate itself sends.
    private static func reason(_ status: Int) -> StaticString {
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
        case .limited: self = .limited
        case .maintenance: self = .maintenance
        case .api: self = .api
        case .page: self = .page
        case .unavailable: self = .failed
        case .challenged: self = .challenged
        }
    }
}
