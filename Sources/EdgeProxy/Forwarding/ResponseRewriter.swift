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
    /// The line of `Strict-Transport-Security` that is added unless the origin sends its own; empty for none.
    var strictTransport: [UInt8] = []
    /// Drops `Transfer-Encoding`: an HTTP/1.0 visitor gets the body unchunked.
    var unchunks: Bool

    /// Appends to `out`.
    func write(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
        HeadWriter.write(into: &out, capacity: bytes.count + 1024) { out in
            unsafe write(head, bytes, into: &out)
        }
    }

    private func write(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, into out: inout HeadWriter) {
        out.append("HTTP/1.1 ")
        unsafe out.append(bytes, head.statusAndReason)
        out.append("\r\n")
        var run = (start: 0, end: 0)
        for field in head.fields {
            let drops: Bool
            switch field.name {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .xAnteroomSession: drops = true
            // RFC 9110 §8.6, RFC 9112 §6.1: neither belongs to an answer that has no body whoever asks.
            case .transferEncoding: drops = unchunks || head.status < 200 || head.status == 204
            case .contentLength: drops = head.status < 200 || head.status == 204
            default: drops = field.isHopByHop
            }
            if drops {
                unsafe out.append(bytes, run.start..<run.end)
                run = (Int(field.end), Int(field.end))
            } else if run.end == Int(field.start) {
                run.end = Int(field.end)
            } else {
                unsafe out.append(bytes, run.start..<run.end)
                run = (Int(field.start), Int(field.end))
            }
        }
        unsafe out.append(bytes, run.start..<run.end)
        for cookie in cookies {
            out.append("Set-Cookie: ")
            out.append(cookie)
            out.append("\r\n")
        }
        if let refreshedCookie {
            out.append("Set-Cookie: ")
            out.append(refreshedCookie)
            out.append("\r\n")
        }
        if !strictTransport.isEmpty, unsafe !Self.saysStrictTransport(head, bytes) {
            out.append("Strict-Transport-Security: ")
            out.append(strictTransport)
            out.append("\r\n")
        }
        if head.status < 200 {
            if head.status == 101 { out.append("Connection: upgrade\r\nUpgrade: websocket\r\n") }
        } else if closes {
            out.append("Connection: close\r\n")
        } else if !isHTTP11 {
            out.append("Connection: keep-alive\r\n")
        }
        out.append("\r\n")
    }

    /// The origin says it itself.
    static func saysStrictTransport(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let name: StaticString = "strict-transport-security"
        return head.fields.contains { field in
            guard Int(field.nameLength) == name.utf8CodeUnitCount else { return false }
            let lowercased = unsafe bytes[field.nameRange].lazy.map { $0 | 0x20 }
            return name.withUTF8Buffer { unsafe lowercased.elementsEqual($0) }
        }
    }
}
