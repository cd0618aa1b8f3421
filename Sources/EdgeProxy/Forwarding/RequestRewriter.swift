import HTTPWire
import NIOCore
import OTLPTracing

/// Writes a request's head as the origin gets it: field order kept, hop-by-hop fields and the gate's cookies removed,
/// forwarding fields set (docs/HTTP.md, RFC 9110 §7.6, RFC 7239).
@safe struct RequestRewriter {
    var upstream: UpstreamEndpoint
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
        HeadWriter.write(into: &out, capacity: bytes.count + Self.usualGrowth) { out in
            unsafe out.append(bytes, head.methodRange)
            out.append(" ")
            out.append(upstream.pathPrefix)
            if let target = exchange.normalizedTarget {
                out.append(target)
            } else {
                unsafe out.append(bytes, head.target)
            }
            out.append(" HTTP/1.1\r\n")
            unsafe writeFields(head, bytes, cookies, into: &out)
            unsafe writeForwarding(head, bytes, into: &out)
            if head.upgradesToWebSocket { out.append("Connection: upgrade\r\nUpgrade: websocket\r\n") }
            out.append("\r\n")
        }
    }

    /// What the forwarding fields mostly add.
    private static let usualGrowth = 512

    /// Copies runs of untouched lines at once.
    private func writeFields(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ cookies: GateCookies, into out: inout HeadWriter
    ) {
        var run = (start: 0, end: 0)
        var hasHost = false
        for field in head.fields {
            var keeps = !field.isHopByHop
            switch field.name {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .xForwardedFor, .xForwardedProto,
                .xForwardedHost, .forwarded, .xRequestID, .via, .xAnteroomToken, .xAnteroomSession, .alias:
                keeps = false
            case .expect: keeps = head.expectsContinue
            case .traceparent: keeps = keeps && exchange.span == nil
            // It belongs to the trace that came with it.
            case .tracestate: keeps = keeps && exchange.span.map { $0.parentID != nil } ?? true
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
                    unsafe out.append(bytes, run.start..<run.end)
                    run = (Int(field.start), Int(field.end))
                }
                continue
            }
            unsafe out.append(bytes, run.start..<run.end)
            run = (Int(field.end), Int(field.end))
            if field.name == .host {
                writeHost(into: &out)
            } else if field.name == .cookie, !field.isHopByHop {
                unsafe writeCookie(field, bytes, cookies, into: &out)
            }
        }
        unsafe out.append(bytes, run.start..<run.end)
        if !hasHost {
            out.append("Host: ")
            if upstream.host == nil, !head.host.isEmpty {
                unsafe out.append(bytes, head.host)
            } else {
                out.append(upstream.authority)
            }
            out.append("\r\n")
        }
    }

    private func writeHost(into out: inout HeadWriter) {
        out.append("Host: ")
        out.append(upstream.host ?? upstream.authority)
        out.append("\r\n")
    }

    /// What remains of a `Cookie` field without the gate's pairs; nothing if they were all.
    private func writeCookie(
        _ field: HeadField, _ bytes: UnsafeRawBufferPointer, _ cookies: GateCookies, into out: inout HeadWriter
    ) {
        let start = out.count
        unsafe out.append(bytes, Int(field.start)..<Int(field.valueStart))
        let valueStart = out.count
        var position = Int(field.valueStart)
        for pair in cookies.pairs where field.value.contains(pair.cut.lowerBound) {
            unsafe out.append(bytes, position..<pair.cut.lowerBound)
            position = pair.cut.upperBound
        }
        unsafe out.append(bytes, position..<Int(field.valueEnd))
        if position == Int(field.valueEnd) {
            // The last pair is gone; so is the separator before it.
            while let last = out.last(from: valueStart), last == UInt8(ascii: ";") || last == UInt8(ascii: " ") {
                out.truncate(to: out.count - 1)
            }
        }
        if out.count == valueStart {
            out.truncate(to: start)
        } else {
            out.append("\r\n")
        }
    }

    private func writeForwarding(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, into out: inout HeadWriter) {
        unsafe list(.xForwardedFor, "X-Forwarded-For: ", head, bytes, into: &out)
        out.append(peer)
        out.append("\r\nX-Forwarded-Proto: ")
        if isTrustedPeer, let field = head.field(.xForwardedProto) {
            unsafe out.append(bytes, field.value)
        } else {
            out.append(isSecure ? "https" : "http")
        }
        out.append("\r\nX-Forwarded-Host: ")
        if isTrustedPeer, let field = head.field(.xForwardedHost) {
            unsafe out.append(bytes, field.value)
        } else {
            unsafe out.append(bytes, head.host)
        }
        out.append("\r\n")
        unsafe list(.forwarded, "Forwarded: ", head, bytes, into: &out)
        if isTrustedPeer, !head.contains(.forwarded), exchange.clientAddress != peer {
            // A proxy that speaks only X-Forwarded-For must not make the two disagree.
            Self.writeNode(exchange.clientAddress, into: &out)
            out.append(", ")
        }
        Self.writeNode(peer, into: &out)
        out.append(";host=\"")
        unsafe out.append(bytes, head.host)
        out.append(isSecure ? "\";proto=https\r\nX-Request-Id: " : "\";proto=http\r\nX-Request-Id: ")
        out.append(exchange.requestID)
        out.append("\r\n")
        // RFC 9110 §7.6.3: each intermediary adds itself to what came before, trusted or not, so that loops are seen;
        // what an untrusted peer claims is dropped all the same.
        unsafe list(.via, "Via: ", head, bytes, into: &out)
        out.append(
            exchange.isHTTP2 ? "2 anteroom\r\n" : head.isHTTP11 ? "1.1 anteroom\r\n" : "1.0 anteroom\r\n")
        if let span = exchange.span {
            out.append("traceparent: ")
            out.append(span.own.bytes)
            out.append("\r\n")
        }
        if let token = unsafe forwardToken {
            out.append("X-Anteroom-Token: ")
            unsafe out.append(token)
            out.append("\r\n")
        }
    }

    /// `for=` with an address (RFC 7239 §6).
    private static func writeNode(_ address: [UInt8], into out: inout HeadWriter) {
        let isV6 = address.contains(UInt8(ascii: ":"))
        out.append(isV6 ? "for=\"[" : "for=")
        out.append(address)
        if isV6 { out.append("]\"") }
    }

    /// Begins a list field; with a trusted peer its members come first.
    private func list(
        _ name: FieldName, _ text: StaticString, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer,
        into out: inout HeadWriter
    ) {
        out.append(text)
        guard isTrustedPeer else { return }
        for field in head.fields where field.name == name && !field.value.isEmpty {
            unsafe out.append(bytes, field.value)
            out.append(", ")
        }
    }
}
