import HTTPWire
import NIOCore
import OTLPTracing
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

/// From a head to a verdict.
extension DownstreamHandler {
    /// What is done with a request, in the order of docs/HTTP.md, as far as no store is needed.
    func decide(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> Verdict {
        do throws(HeadRefusal) {
            try unsafe readTarget(head, bytes, exchange)
            try unsafe readCookies(head, bytes)
        } catch {
            return .refuse(error)
        }
        unsafe readClient(head, bytes, exchange)
        if let sampling = gate.routing.tracing {
            exchange.span = unsafe gate.tracer.start(
                childOf: TraceParent(head, bytes), isTrusted: isTrustedPeer, sampling: sampling)
        }
        return unsafe withPath(of: exchange, bytes) { path in
            if service == .redirect, unsafe !isCertificateChallenge(path, exchange) {
                return unsafe redirect(path, head, bytes, exchange)
            }
            if let verdict = unsafe ownPath(path, head, bytes, exchange) { return verdict }
            if let loose = exchange.loosePath, unsafe loose.withUnsafeBytes({ unsafe isOwnPath($0) }) {
                exchange.hideQuery()
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
        if let link = unsafe passLink(bytes, exchange) {
            var request = unsafe visitorRequest(head, bytes, exchange, rule: rule)
            request.target = link.target
            request.linkedPass = link.token
            return .ask(request)
        }
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
        switch room.conduct {
        case .line: break
        case .passthrough:
            exchange.outcome = .bypassed
            unsafe rewrite(head, bytes, exchange)
            return .forward
        case .maintenance:
            let request = unsafe visitorRequest(head, bytes, exchange, rule: rule)
            return .respond(gate.desk.maintenance(request), .maintenance)
        }
        var expired: TokenClaims?
        var misplaced: TokenClaims?
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
            case .misplaced(let claims): misplaced = claims
            case .refused: break
            }
        }
        var request = unsafe visitorRequest(head, bytes, exchange, rule: rule)
        request.expiredSession = expired
        request.misplacedSession = misplaced
        request.positionToken = unsafe cookie(.position, of: room, bytes).map { unsafe Array(bytes[$0]) }
        request.passToken = unsafe cookie(.pass, of: room, bytes).map { unsafe Array(bytes[$0]) }
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
            let found = unsafe reservedRoom(path)
            var request = unsafe visitorRequest(head, bytes, exchange, rule: found?.room.rule)
            exchange.hideQuery()
            if let (room, rest) = found, let step = HandoverStep(rawValue: rest) {
                exchange.room = room
                request.handover = step
                request.format = .page
                request.positionToken = unsafe cookie(.position, of: room, bytes).map { unsafe Array(bytes[$0]) }
                return .api(request)
            }
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

    /// The room of `<reserved path>/rooms/<id>/…`, and what follows the id; nil for any other path.
    private func reservedRoom(_ path: UnsafeRawBufferPointer) -> (room: CompiledRoom, rest: String)? {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: path[gate.routing.reservedPath.count...])
        let prefix: StaticString = "/rooms/"
        guard prefix.withUTF8Buffer({ unsafe rest.starts(with: UnsafeRawBufferPointer($0)) }) else { return nil }
        let name = unsafe UnsafeRawBufferPointer(rebasing: rest[prefix.utf8CodeUnitCount...])
        let end = unsafe name.firstIndex(of: UInt8(ascii: "/")) ?? name.count
        guard let room = unsafe gate.routing.room(idBytes: UnsafeRawBufferPointer(rebasing: name[..<end])) else {
            return nil
        }
        return (room, unsafe String(decoding: name[end...], as: UTF8.self))
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
}
