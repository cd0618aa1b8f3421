import HTTPWire
import Instrumentation
import NIOCore
import OTLPTracing
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

/// What a head says, read where it is needed.
extension DownstreamHandler {
    func readTarget(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) throws(HeadRefusal) {
        exchange.method = head.methodRange
        exchange.target = head.target
        exchange.host = head.host
        let target = unsafe bytes[head.target]
        let pathEnd = unsafe target.firstIndex(of: UInt8(ascii: "?")) ?? head.target.upperBound
        exchange.path = head.target.lowerBound..<pathEnd
        let path = unsafe UnsafeRawBufferPointer(rebasing: bytes[exchange.path])
        if unsafe path.isEmpty {
            // The absolute form of the root (RFC 9112 §3.2.1).
            exchange.normalizedTarget = unsafe [UInt8(ascii: "/")] + Array(bytes[pathEnd..<head.target.upperBound])
            exchange.path = 0..<0
            return
        }
        if unsafe head.targetForm == .asterisk || RequestPath.isPlain(path) { return }
        let normal = try unsafe RequestPath(path)
        exchange.normalizedTarget = unsafe normal.normalized + Array(bytes[pathEnd..<head.target.upperBound])
        exchange.loosePath = normal.loose
        exchange.isSplitInDoubt = normal.isSplitInDoubt
    }

    /// The normalised path without the query.
    func withPath<Result>(
        of exchange: Exchange, _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard let target = exchange.normalizedTarget else {
            let path = unsafe UnsafeRawBufferPointer(rebasing: bytes[exchange.path])
            // `OPTIONS *` is about the whole server (RFC 9110 §9.3.7): whoever has its root answers.
            guard unsafe path.elementsEqual("*".utf8) else { return unsafe body(path) }
            let root: [UInt8] = [UInt8(ascii: "/")]
            return unsafe root.withUnsafeBytes { unsafe body($0) }
        }
        let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
        return unsafe target.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    }

    func readCookies(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) {
        gate.cookies.removeAll()
        guard head.contains(.cookie) else { return }
        for field in head.fields where field.name == .cookie {
            try unsafe gate.cookies.scan(bytes, value: field.value)
        }
    }

    func cookie(
        _ kind: GateCookies.Kind, of room: CompiledRoom, _ bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        for pair in gate.cookies.pairs where pair.kind == kind && pair.room.count == room.idBytes.count {
            if unsafe bytes[pair.room].elementsEqual(room.idBytes), !pair.value.isEmpty { return pair.value }
        }
        return nil
    }

    /// The session cookie, or `X-Anteroom-Token` from an app that keeps no cookies.
    func sessionToken(
        of room: CompiledRoom, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        if let cookie = unsafe cookie(.session, of: room, bytes) { return cookie }
        return head.field(.xAnteroomToken)?.value
    }

    /// The request's id and the visitor's address. What the peer says of either counts only if it is trusted.
    func readClient(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        gate.nextRequestID(into: &exchange.requestID)
        exchange.clientAddress = peer.text
        guard isTrustedPeer else { return }
        if let field = head.field(.xRequestID), (1...128).contains(field.value.count) {
            let value = unsafe bytes[field.value]
            if unsafe value.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
                exchange.requestID = unsafe Array(value)
            }
        }
        let trusted = gate.routing.gate.trustedProxies
        var hops: [Substring] = []
        for field in head.fields where field.name == .xForwardedFor {
            hops += unsafe String(decoding: bytes[field.value], as: UTF8.self).split(separator: ",")
        }
        // From the right: each hop was added by the one after it; the first that is not ours is the visitor.
        for hop in hops.reversed().prefix(32) {
            guard let address = IPAddress(hop: hop) else { return }
            exchange.clientAddress = Array("\(address)".utf8)
            if !trusted.contains(where: { $0.contains(address) }) { return }
        }
    }

    var isTrustedPeer: Bool { gate.trusts(peer.address) }

    func clientAddress(_ exchange: Exchange) -> IPAddress? {
        exchange.clientAddress == peer.text
            ? peer.address : IPAddress(String(decoding: exchange.clientAddress, as: UTF8.self))
    }

    /// TLS between the visitor and the gate, or the trusted proxy before it.
    func isSecure(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isTrustedPeer, let field = head.field(.xForwardedProto) else { return peer.isSecure }
        return unsafe bytes[field.value].elementsEqual("https".utf8)
    }

    /// What answers say so that the visitor comes by TLS from now on (RFC 6797 §7.2: only over TLS); empty for nothing.
    var strictTransport: [UInt8] { peer.isSecure ? gate.routing.strictTransport : [] }

    /// Chooses the endpoint and writes the head for it; writes nothing if no endpoint may be asked.
    func rewrite(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange,
        forwardToken: UnsafeRawBufferPointer? = nil
    ) {
        guard let target = exchange.upstream,
            let upstream = gate.group(for: target).choose(for: exchange, at: gate.now)
        else { return }
        let rewriter = unsafe RequestRewriter(
            upstream: upstream, exchange: exchange, peer: peer.text, isTrustedPeer: isTrustedPeer,
            isSecure: isSecure(head, bytes), forwardToken: forwardToken)
        unsafe rewriter.write(head, bytes, cookies: gate.cookies, into: &exchange.rewritten)
    }

    /// A copy of what the desk needs.
    func visitorRequest(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange, rule: RoomRule?
    ) -> VisitorRequest {
        func text(_ name: FieldName, limit: Int = 1024) -> String? {
            head.field(name).map { unsafe String(decoding: bytes[$0.value].prefix(limit), as: UTF8.self) }
        }
        let userAgent = head.field(.userAgent)?.value ?? 0..<0
        let acceptLanguage = head.field(.acceptLanguage)?.value ?? 0..<0
        let address = String(decoding: exchange.clientAddress, as: UTF8.self)
        let target = unsafe exchange.normalizedTarget ?? Array(bytes[exchange.target])
        var request = VisitorRequest(
            rule: rule, method: unsafe String(decoding: bytes[exchange.method], as: UTF8.self),
            target: String(decoding: target, as: UTF8.self),
            client: Client(address: address, userAgent: text(.userAgent, limit: 256) ?? ""),
            bindingFacts: BindingFacts(
                userAgent: unsafe Array(bytes[userAgent].prefix(1024)), address: exchange.clientAddress),
            isSecure: unsafe isSecure(head, bytes),
            requestID: String(decoding: exchange.requestID, as: UTF8.self),
            format: AnswerFormat(secFetchDest: text(.secFetchDest), accept: text(.accept)),
            language: unsafe Language.negotiate(
                acceptLanguage: Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[acceptLanguage]))))
        if !request.isSafe { request.referer = text(.referer, limit: 2048) }
        request.origin = text(.origin)
        // Without `tracestate`, which is between who sent it and the origin.
        request.context = exchange.span.map { ServiceContext.of($0.own) }
        request.host = unsafe String(decoding: bytes[exchange.host], as: UTF8.self)
        if head.upgradesToWebSocket, let version = head.field(.secWebSocketVersion),
            let key = head.field(.secWebSocketKey), unsafe bytes[version.value].elementsEqual("13".utf8)
        {
            request.webSocketKey = unsafe String(decoding: bytes[key.value].prefix(64), as: UTF8.self)
        }
        if rule?.challenge.isOn == true { unsafe readTraits(head, bytes, exchange, into: &request) }
        return request
    }

    func errorResponse(
        _ status: Int, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange,
        retryAfter: Int? = nil
    ) -> VisitorResponse {
        let request = unsafe visitorRequest(head, bytes, exchange, rule: exchange.room?.rule)
        return gate.desk.error(status, request, retryAfter: retryAfter)
    }
}
