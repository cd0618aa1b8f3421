import HTTPWire
import NIOCore

/// Writes a request's head as the origin gets it: field order kept, hop-by-hop fields and the gate's cookies removed,
/// forwarding fields set (docs/HTTP.md, RFC 9110 §7.6, RFC 7239).
@safe struct RequestRewriter {
    var upstream: UpstreamTarget
    var exchange: Exchange
    /// The peer's address in text form.
    var peer: [UInt8]
    /// What the peer says of the visitor behind it is kept and added to.
    var isTrustedPeer: Bool
    var isSecure: Bool
    /// The token to show the origin, if it is to see one.
    var forwardToken: UnsafeRawBufferPointer?

    /// - Parameters:
    ///   - head: as scanned from `bytes`.
    ///   - cookies: the gate's cookies in `bytes`.
    func write(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, cookies: GateCookies, into out: inout ByteBuffer
    ) {
        out.clear()
        unsafe out.writeBytes(bytes[head.methodRange])
        out.writeStaticString(" ")
        out.writeBytes(upstream.pathPrefix)
        if let target = exchange.normalizedTarget {
            out.writeBytes(target)
        } else {
            unsafe out.writeBytes(bytes[head.target])
        }
        out.writeStaticString(" HTTP/1.1\r\n")
        unsafe writeFields(head, bytes, cookies, into: &out)
        unsafe writeForwarding(head, bytes, into: &out)
        if head.upgradesToWebSocket { out.writeStaticString("Connection: upgrade\r\nUpgrade: websocket\r\n") }
        out.writeStaticString("\r\n")
    }

    /// Copies runs of untouched lines at once.
    private func writeFields(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ cookies: GateCookies, into out: inout ByteBuffer
    ) {
        var run = (start: 0, end: 0)
        var hasHost = false
        for field in head.fields {
            var keeps = !field.isHopByHop
            switch field.name {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .xForwardedFor, .xForwardedProto,
                .xForwardedHost, .forwarded, .xRequestID, .via, .xAnteroomToken:
                keeps = false
            case .expect: keeps = head.expectsContinue
            case .host:
                hasHost = true
                keeps = upstream.host == nil
            case .cookie: keeps = keeps && !cookies.pairs.contains { field.value.contains($0.cut.lowerBound) }
            default: break
            }
            if keeps {
                if run.end == Int(field.start) {
                    run.end = Int(field.end)
                } else {
                    unsafe out.writeBytes(bytes[run.start..<run.end])
                    run = (Int(field.start), Int(field.end))
                }
                continue
            }
            unsafe out.writeBytes(bytes[run.start..<run.end])
            run = (Int(field.end), Int(field.end))
            if field.name == .host {
                writeHost(into: &out)
            } else if field.name == .cookie, !field.isHopByHop {
                unsafe writeCookie(field, bytes, cookies, into: &out)
            }
        }
        unsafe out.writeBytes(bytes[run.start..<run.end])
        if !hasHost {
            out.writeStaticString("Host: ")
            if upstream.host == nil, !head.host.isEmpty {
                unsafe out.writeBytes(bytes[head.host])
            } else {
                out.writeBytes(upstream.authority)
            }
            out.writeStaticString("\r\n")
        }
    }

    private func writeHost(into out: inout ByteBuffer) {
        out.writeStaticString("Host: ")
        out.writeBytes(upstream.host ?? upstream.authority)
        out.writeStaticString("\r\n")
    }

    /// What remains of a `Cookie` field without the gate's pairs; nothing if they were all.
    private func writeCookie(
        _ field: HeadField, _ bytes: UnsafeRawBufferPointer, _ cookies: GateCookies, into out: inout ByteBuffer
    ) {
        let start = out.writerIndex
        unsafe out.writeBytes(bytes[Int(field.start)..<Int(field.valueStart)])
        let valueStart = out.writerIndex
        var position = Int(field.valueStart)
        for pair in cookies.pairs where field.value.contains(pair.cut.lowerBound) {
            unsafe out.writeBytes(bytes[position..<pair.cut.lowerBound])
            position = pair.cut.upperBound
        }
        unsafe out.writeBytes(bytes[position..<Int(field.valueEnd)])
        if position == Int(field.valueEnd) {
            // The last pair is gone; so is the separator before it.
            while out.writerIndex > valueStart, let last = out.getInteger(at: out.writerIndex - 1, as: UInt8.self),
                last == UInt8(ascii: ";") || last == UInt8(ascii: " ")
            { out.moveWriterIndex(to: out.writerIndex - 1) }
        }
        if out.writerIndex == valueStart {
            out.moveWriterIndex(to: start)
        } else {
            out.writeStaticString("\r\n")
        }
    }

    private func writeForwarding(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
        unsafe list(.xForwardedFor, "X-Forwarded-For: ", head, bytes, into: &out)
        out.writeBytes(peer)
        out.writeStaticString("\r\nX-Forwarded-Proto: ")
        if isTrustedPeer, let field = head.field(.xForwardedProto) {
            unsafe out.writeBytes(bytes[field.value])
        } else {
            out.writeStaticString(isSecure ? "https" : "http")
        }
        out.writeStaticString("\r\nX-Forwarded-Host: ")
        if isTrustedPeer, let field = head.field(.xForwardedHost) {
            unsafe out.writeBytes(bytes[field.value])
        } else {
            unsafe out.writeBytes(bytes[head.host])
        }
        out.writeStaticString("\r\n")
        unsafe list(.forwarded, "Forwarded: ", head, bytes, into: &out)
        let isV6 = peer.contains(UInt8(ascii: ":"))
        out.writeStaticString(isV6 ? "for=\"[" : "for=")
        out.writeBytes(peer)
        out.writeStaticString(isV6 ? "]\";host=\"" : ";host=\"")
        unsafe out.writeBytes(bytes[head.host])
        out.writeStaticString(isSecure ? "\";proto=https\r\nX-Request-Id: " : "\";proto=http\r\nX-Request-Id: ")
        out.writeBytes(exchange.requestID)
        out.writeStaticString("\r\n")
        // RFC 9110 §7.6.3: each intermediary adds itself to what came before, trusted or not, so that loops are seen;
        // what an untrusted peer claims is dropped all the same.
        unsafe list(.via, "Via: ", head, bytes, into: &out)
        out.writeStaticString(head.isHTTP11 ? "1.1 anteroom\r\n" : "1.0 anteroom\r\n")
        if let token = unsafe forwardToken {
            out.writeStaticString("X-Anteroom-Token: ")
            unsafe out.writeBytes(token)
            out.writeStaticString("\r\n")
        }
    }

    /// Begins a list field; with a trusted peer its members come first.
    private func list(
        _ name: FieldName, _ text: StaticString, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer,
        into out: inout ByteBuffer
    ) {
        out.writeStaticString(text)
        guard isTrustedPeer else { return }
        for field in head.fields where field.name == name && !field.value.isEmpty {
            unsafe out.writeBytes(bytes[field.value])
            out.writeStaticString(", ")
        }
    }
}
