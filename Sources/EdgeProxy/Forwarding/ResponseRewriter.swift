import HTTPWire
import NIOCore

/// Writes an answer's head as the visitor gets it: the origin's, in its order, without hop-by-hop fields and the gate's
/// own.
struct ResponseRewriter {
    /// The connection to the visitor closes after this answer.
    var closes: Bool
    var isHTTP11: Bool
    /// `Set-Cookie` values to add.
    var cookies: [String] = []
    var refreshedCookie: [UInt8]?
    /// Drops `Transfer-Encoding`: an HTTP/1.0 visitor gets the body unchunked.
    var unchunks: Bool

    /// Appends to `out`.
    func write(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
        out.writeStaticString("HTTP/1.1 ")
        unsafe out.writeBytes(bytes[head.statusAndReason])
        out.writeStaticString("\r\n")
        var run = (start: 0, end: 0)
        for field in head.fields {
            let drops: Bool
            switch field.name {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .xAnteroomSession: drops = true
            case .transferEncoding: drops = unchunks
            default: drops = field.isHopByHop
            }
            if drops {
                unsafe out.writeBytes(bytes[run.start..<run.end])
                run = (Int(field.end), Int(field.end))
            } else if run.end == Int(field.start) {
                run.end = Int(field.end)
            } else {
                unsafe out.writeBytes(bytes[run.start..<run.end])
                run = (Int(field.start), Int(field.end))
            }
        }
        unsafe out.writeBytes(bytes[run.start..<run.end])
        for cookie in cookies {
            out.writeStaticString("Set-Cookie: ")
            out.writeString(cookie)
            out.writeStaticString("\r\n")
        }
        if let refreshedCookie {
            out.writeStaticString("Set-Cookie: ")
            out.writeBytes(refreshedCookie)
            out.writeStaticString("\r\n")
        }
        if head.status < 200 {
            if head.status == 101 { out.writeStaticString("Connection: upgrade\r\nUpgrade: websocket\r\n") }
        } else if closes {
            out.writeStaticString("Connection: close\r\n")
        } else if !isHTTP11 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        out.writeStaticString("\r\n")
    }
}
