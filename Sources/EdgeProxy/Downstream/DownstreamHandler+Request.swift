import HTTPWire
import NIOCore
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

/// What becomes of a request, as far as the loop can tell by itself.
enum Verdict {
    /// To `exchange.upstream`; the rewritten head is ready.
    case forward
    case refuse(HeadRefusal)
    case respond(VisitorResponse, LoopCounters.Outcome)
    /// The desk must say.
    case ask(VisitorRequest)
    /// A call of the API, whose body comes first.
    case api(VisitorRequest)
}

extension DownstreamHandler {
    /// Takes what it can from `bytes`; the rest must wait.
    func consume(_ bytes: inout ByteBuffer) {
        isConsuming = true
        defer { isConsuming = false }
        while bytes.readableBytes > 0 {
            switch phase {
            case .idle, .head:
                // A visitor who does not read answers gets no more of them.
                guard isWritable, readRequest(&bytes) else { return }
            case .collecting:
                collect(&bytes)
            case .forwarding:
                guard !requestBody.isComplete, let upstream else { return }
                relayRequestBody(&bytes, to: upstream)
            case .deciding, .tunnel, .handedOver:
                return
            case .lingering, .closed:
                bytes.clear()
                return
            }
        }
    }

    /// Goes on with bytes that had to wait.
    func consumePending() {
        guard !isConsuming, pending.readableBytes > 0 else { return }
        var bytes = pending
        pending = ByteBuffer()
        consume(&bytes)
        keep(&bytes)
        // No end of a read will follow that would do it.
        upstream?.flush()
    }

    /// False if the head is not whole or not acceptable.
    private func readRequest(_ bytes: inout ByteBuffer) -> Bool {
        if case .idle = phase {
            // RFC 9112 §2.2: an empty line before a request is ignored, but not any number of them.
            for _ in 0..<2 where bytes.readableBytes >= 2 {
                if bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a {
                    bytes.moveReaderIndex(forwardBy: 2)
                }
            }
            if bytes.readableBytes == 0 { return false }
        }
        let head = gate.requestHead
        let limits = gate.headLimits
        switch unsafe bytes.withUnsafeReadableBytes({ unsafe head.scan($0, limits: limits) }) {
        case .incomplete:
            if case .idle = phase {
                phase = .head
                gate.deadlines.set(slot, after: gate.timeouts.head)
            }
            return false
        case .refused(let refusal):
            refuse(refusal)
            return false
        case .complete(let length):
            begin(&bytes, length)
            return true
        }
    }

    private func begin(_ bytes: inout ByteBuffer, _ length: Int) {
        let exchange = gate.takeExchange()
        self.exchange = exchange
        generation &+= 1
        let head = gate.requestHead
        exchange.startedAt = gate.now
        exchange.isHEAD = head.method == .head
        exchange.isHTTP11 = head.isHTTP11
        exchange.keepAlive = head.keepAlive
        exchange.isIdempotent = head.method.isIdempotent
        exchange.hasBody = head.framing != .none
        exchange.upgradesToWebSocket = head.upgradesToWebSocket
        requestBody = BodyReader(head.framing)
        let verdict = unsafe bytes.withUnsafeReadableBytes { all in
            let headBytes = unsafe UnsafeRawBufferPointer(rebasing: all[..<length])
            exchange.head.clear()
            unsafe exchange.head.writeBytes(headBytes)
            return unsafe decide(head, headBytes, exchange)
        }
        bytes.moveReaderIndex(forwardBy: length)
        act(on: verdict)
    }

    private func act(on verdict: Verdict) {
        switch verdict {
        case .forward: forward()
        case .refuse(let refusal): refuse(refusal)
        case .respond(let response, let outcome): answer(response, outcome: outcome)
        case .ask(let request): ask(request)
        case .api(let request): collectBody(for: request)
        }
    }

    // MARK: Deciding

    /// What is done with a request, in the order of docs/HTTP.md, as far as no store is needed.
    private func decide(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> Verdict {
        do throws(HeadRefusal) {
            try unsafe readTarget(head, bytes, exchange)
            try unsafe readCookies(head, bytes)
        } catch {
            return .refuse(error)
        }
        unsafe readClient(head, bytes, exchange)
        return unsafe withPath(of: exchange, bytes) { path in
            if let verdict = unsafe ownPath(path, head, bytes, exchange) { return verdict }
            if let loose = exchange.loosePath, unsafe loose.withUnsafeBytes({ unsafe isOwnPath($0) }) {
                return .refuse(HeadRefusal(400, "The path can be read in more than one way."))
            }
            let routing = gate.routing
            let host = unsafe UnsafeRawBufferPointer(rebasing: bytes[exchange.host])
            let match = unsafe routing.match(host: host, path: path)
            guard unsafe isUnambiguous(match, host: host, exchange, bytes) else {
                return .refuse(HeadRefusal(400, "The path can be read in more than one way."))
            }
            switch match {
            case .room(let room):
                exchange.room = room
                exchange.upstream = room.upstream
                return unsafe decide(room, path, head, bytes, exchange)
            case .passthrough(let target):
                exchange.upstream = target.upstream
                exchange.outcome = .bypassed
                unsafe rewrite(head, bytes, exchange)
                return .forward
            case .noRoom: return .respond(unsafe errorResponse(404, head, bytes, exchange), .refused)
            case .unknownHost: return .respond(unsafe errorResponse(421, head, bytes, exchange), .refused)
            }
        }
    }

    private func decide(
        _ room: CompiledRoom, _ path: UnsafeRawBufferPointer, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer,
        _ exchange: Exchange
    ) -> Verdict {
        let rule = room.rule
        if !rule.bypass.paths.isEmpty || !rule.bypass.addresses.isEmpty || !rule.bypass.headers.isEmpty {
            let client = rule.bypass.addresses.isEmpty ? nil : clientAddress(exchange)
            let isBypassed = unsafe room.isBypassed(
                path: path, loose: exchange.loosePath, isSplitInDoubt: exchange.isSplitInDoubt, address: client)
            if unsafe isBypassed || room.isBypassed(bytes, fields: head.fields) {
                exchange.outcome = .bypassed
                unsafe rewrite(head, bytes, exchange)
                return .forward
            }
        }
        if rule.settings.status == .maintenance {
            let request = unsafe visitorRequest(head, bytes, exchange, rule: rule)
            return .respond(gate.desk.maintenance(request), .maintenance)
        }
        var expired: TokenClaims?
        if let token = unsafe sessionToken(of: room, head, bytes) {
            let tokenBytes = unsafe UnsafeRawBufferPointer(rebasing: bytes[token])
            let userAgent = head.field(.userAgent)?.value ?? 0..<0
            let now = LoopClock.wallTime.milliseconds / 1000
            let address = exchange.clientAddress
            let verdict = unsafe gate.tokens.session(
                Span(_unsafeBytes: tokenBytes), room: rule.settings.id, binding: rule.tokenBinding,
                userAgent: Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[userAgent])),
                address: address.span, now: now)
            switch verdict {
            case .valid(let session):
                exchange.session = session
                exchange.outcome = .forwarded
                unsafe note(session, head, bytes, exchange, now)
                unsafe rewrite(head, bytes, exchange, forwardToken: rule.forwardToken ? tokenBytes : nil)
                return .forward
            case .expired(let claims): expired = claims
            case .refused: break
            }
        }
        var request = unsafe visitorRequest(head, bytes, exchange, rule: rule)
        request.expiredSession = expired
        request.positionToken = unsafe cookie(.position, of: room, bytes).map { unsafe Array(bytes[$0]) }
        return .ask(request)
    }

    /// Tells the store, with the next batch, that the session is in use, and has its token replaced when due.
    private func note(
        _ session: VerifiedToken, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange,
        _ now: Int64
    ) {
        gate.activity.note(session) {
            let userAgent = head.field(.userAgent)?.value ?? 0..<0
            return Client(
                address: String(decoding: exchange.clientAddress, as: UTF8.self),
                userAgent: unsafe String(decoding: bytes[userAgent].prefix(256), as: UTF8.self))
        }
        if now >= session.refreshAt {
            gate.tokens.refresh(session, isSecure: unsafe isSecure(head, bytes), now: now)
        }
    }

    /// The reserved path and the API; nil if the request is neither.
    private func ownPath(
        _ path: UnsafeRawBufferPointer, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) -> Verdict? {
        let routing = gate.routing
        if unsafe RoutingTable.isPrefix(routing.reservedPath, of: path) {
            let request = unsafe visitorRequest(head, bytes, exchange, rule: nil)
            return .respond(gate.desk.reserved(request, reservedPath: routing.gate.reservedPath), .api)
        }
        let prefix: StaticString = "/api/v1/queues/"
        let prefixLength = prefix.utf8CodeUnitCount
        guard path.count > prefixLength,
            prefix.withUTF8Buffer({ unsafe path.starts(with: UnsafeRawBufferPointer($0)) })
        else { return nil }
        let rest = unsafe UnsafeRawBufferPointer(rebasing: path[prefixLength...])
        let idEnd = unsafe rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
        guard let room = unsafe routing.room(idBytes: UnsafeRawBufferPointer(rebasing: rest[..<idEnd])) else {
            return nil
        }
        exchange.room = room
        var request = unsafe visitorRequest(head, bytes, exchange, rule: room.rule)
        request.isAPICall = true
        request.positionToken = unsafe cookie(.position, of: room, bytes).map { unsafe Array(bytes[$0]) }
        request.sessionToken = unsafe cookie(.session, of: room, bytes).map { unsafe Array(bytes[$0]) }
        if let field = head.field(.authorization) { request.bearerToken = unsafe Self.bearer(bytes[field.value]) }
        return .api(request)
    }

    /// Whether a path lies where the gate answers itself.
    private func isOwnPath(_ path: UnsafeRawBufferPointer) -> Bool {
        if unsafe RoutingTable.isPrefix(gate.routing.reservedPath, of: path) { return true }
        for room in gate.routing.rooms where unsafe RoutingTable.isPrefix(room.apiPath, of: path) { return true }
        return false
    }

    private static func bearer(_ value: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard unsafe value.count > 7,
            unsafe zip(value, "bearer ".utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
        else { return nil }
        return unsafe Array(value.dropFirst(7).drop { $0 == UInt8(ascii: " ") })
    }

    /// Whether the loose reading of the path, if there is one, leads where the normal one does.
    private func isUnambiguous(
        _ match: RoutingTable.Match, host: UnsafeRawBufferPointer, _ exchange: Exchange,
        _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        if exchange.normalizedTarget != nil, !exchange.path.isEmpty {
            // Dot segments may not lead out of the room that the path began in.
            let raw = unsafe UnsafeRawBufferPointer(rebasing: bytes[exchange.path])
            let rawMatch = unsafe gate.routing.match(host: host, path: raw)
            guard RoutingTable.Match.same(match, rawMatch) else { return false }
        }
        guard let loose = exchange.loosePath else { return true }
        return unsafe loose.withUnsafeBytes { loose in
            let looseMatch = unsafe gate.routing.match(host: host, path: loose)
            return RoutingTable.Match.same(match, looseMatch)
        }
    }

    // MARK: Reading the head

    private func readTarget(
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

    private func readCookies(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) throws(HeadRefusal) {
        gate.cookies.removeAll()
        guard head.contains(.cookie) else { return }
        for field in head.fields where field.name == .cookie {
            try unsafe gate.cookies.scan(bytes, value: field.value)
        }
    }

    private func cookie(
        _ kind: GateCookies.Kind, of room: CompiledRoom, _ bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        for pair in gate.cookies.pairs where pair.kind == kind && pair.room.count == room.idBytes.count {
            if unsafe bytes[pair.room].elementsEqual(room.idBytes), !pair.value.isEmpty { return pair.value }
        }
        return nil
    }

    /// The session cookie, or `X-Anteroom-Token` from an app that keeps no cookies.
    private func sessionToken(
        of room: CompiledRoom, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        if let cookie = unsafe cookie(.session, of: room, bytes) { return cookie }
        return head.field(.xAnteroomToken)?.value
    }

    /// The request's id and the visitor's address. What the peer says of either counts only if it is trusted.
    private func readClient(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        gate.nextRequestID(into: &exchange.requestID)
        exchange.clientAddress = peer
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
            let text = hop.drop { $0 == " " }.prefix { $0 != " " }
            guard let address = IPAddress(text) else { return }
            exchange.clientAddress = Array("\(address)".utf8)
            if !trusted.contains(where: { $0.contains(address) }) { return }
        }
    }

    var isTrustedPeer: Bool {
        let trusted = gate.routing.gate.trustedProxies
        guard !trusted.isEmpty, let peerAddress else { return false }
        return trusted.contains { $0.contains(peerAddress) }
    }

    private func clientAddress(_ exchange: Exchange) -> IPAddress? {
        exchange.clientAddress == peer
            ? peerAddress : IPAddress(String(decoding: exchange.clientAddress, as: UTF8.self))
    }

    /// TLS between the visitor and a trusted proxy.
    private func isSecure(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isTrustedPeer, let field = head.field(.xForwardedProto) else { return false }
        return unsafe bytes[field.value].elementsEqual("https".utf8)
    }

    func rewrite(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange,
        forwardToken: UnsafeRawBufferPointer? = nil
    ) {
        guard let upstream = exchange.upstream else { return }
        let rewriter = unsafe RequestRewriter(
            upstream: upstream, exchange: exchange, peer: peer, isTrustedPeer: isTrustedPeer,
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
            language: Language.negotiate(acceptLanguage: text(.acceptLanguage)))
        request.referer = text(.referer, limit: 2048)
        request.origin = text(.origin)
        request.host = unsafe String(decoding: bytes[exchange.host], as: UTF8.self)
        if head.upgradesToWebSocket, let version = head.field(.secWebSocketVersion),
            let key = head.field(.secWebSocketKey), unsafe bytes[version.value].elementsEqual("13".utf8)
        {
            request.webSocketKey = unsafe String(decoding: bytes[key.value].prefix(64), as: UTF8.self)
        }
        return request
    }

    func errorResponse(
        _ status: Int, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) -> VisitorResponse {
        let request = unsafe visitorRequest(head, bytes, exchange, rule: exchange.room?.rule)
        return gate.desk.error(status, request)
    }

    // MARK: API bodies

    private func collectBody(for request: VisitorRequest) {
        if requestBody.isComplete {
            ask(request)
            return
        }
        if case .length(let length) = gate.requestHead.framing, length > VisitorRequest.bodyLimit {
            refuseLargeBody()
            return
        }
        phase = .collecting
        requestBody = BodyReader(gate.requestHead.framing, unchunks: true)
        collectedRequest = request
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        // RFC 9110 §10.1.1: whoever waits for permission to send the body gets it from whoever reads the body.
        if gate.requestHead.expectsContinue {
            var interim = ByteBuffer()
            interim.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            write(interim)
            flush()
        }
    }

    private func refuseLargeBody() {
        collectedRequest = nil
        closesAfterAnswer = true
        answer(.problem(413, "Content Too Large", detail: "A body of this API has at most 8192 bytes."), outcome: .api)
    }

    private func collect(_ bytes: inout ByteBuffer) {
        guard let exchange, var request = collectedRequest else { return }
        var out = ByteBuffer()
        do throws(HeadRefusal) {
            var reader = requestBody
            exchange.bytesIn += Int64(try reader.move(&bytes, to: &out))
            requestBody = reader
        } catch {
            refuse(error)
            return
        }
        exchange.apiBody += out.readableBytesView
        if exchange.apiBody.count > VisitorRequest.bodyLimit {
            refuseLargeBody()
            return
        }
        // The deadline stays: so small a body needs no second one.
        if requestBody.isComplete {
            collectedRequest = nil
            request.body = exchange.apiBody
            ask(request)
        }
    }
}
