package import NIOCore
package import RoomConfiguration
package import SessionTokens
package import WaitingRoom

/// Reads visitors' tokens on one event loop, and has those replaced that have spent half of their life. Bound to its
/// loop.
package final class LoopTokens {
    package enum Verdict {
        case valid(VerifiedToken)
        /// Good signature and binding, but over.
        case expired(TokenClaims)
        /// Good signature, alive or over, but bound to another network than the visitor's, or replaced by a token for one.
        case misplaced(TokenClaims)
        case refused
    }

    private let services: VisitorServices
    private let loop: any EventLoop
    private let verifier: TokenVerifier
    private let hasher: BindingHasher
    private let sessions: VerifiedTokenCache
    private let positions: VerifiedTokenCache
    private var moves = NetworkMoves()
    /// Tokens of each kind that one loop remembers; a longer line than that verifies some polls anew.
    private static let capacity = 1 << 16
    /// A visitor who does not keep the new cookie is not offered one with every answer.
    private static let refreshPause: Int64 = 10

    package init(services: VisitorServices, loop: any EventLoop) throws {
        self.services = services
        self.loop = loop
        verifier = try TokenVerifier(keys: services.keys)
        hasher = try BindingHasher(services.salt)
        let lifetime = services.lifetime.count / 1000
        sessions = VerifiedTokenCache(capacity: Self.capacity, tokenLifetime: lifetime)
        positions = VerifiedTokenCache(capacity: Self.capacity, tokenLifetime: lifetime)
    }

    /// A session token of this room. On a hit of the cache it costs no allocation.
    /// - Parameters:
    ///   - address: the visitor's, in text form.
    ///   - now: seconds since 1970.
    package func session(
        _ token: Span<UInt8>, room: RoomID, binding: TokenBinding, userAgent: Span<UInt8>, address: Span<UInt8>,
        now: Int64
    ) -> Verdict {
        read(token, .session, sessions, room, Binding(binding), userAgent: userAgent, address: address, now)
    }

    func session(_ token: [UInt8], room: RoomID, binding: TokenBinding, facts: BindingFacts, now: Int64) -> Verdict {
        read(
            token.span, .session, sessions, room, Binding(binding), userAgent: facts.userAgent.span,
            address: facts.address.span, now)
    }

    func position(_ token: [UInt8], room: RoomID, binding: TokenBinding, facts: BindingFacts, now: Int64) -> Verdict {
        let verdict = read(
            token.span, .position, positions, room, Binding(binding), userAgent: facts.userAgent.span,
            address: facts.address.span, now)
        if case .valid(let token) = verdict, moves.haveReplaced(token.claims, now: now) {
            return .misplaced(token.claims)
        }
        return verdict
    }

    /// The position, and the session that it can become, belong to whom this binding names from now on; tokens with another
    /// are refused.
    package func move(_ position: PositionID, to binding: BindingDigest) {
        moves.note(position, binding, now: services.clock().milliseconds / 1000)
        sessions.forget(SessionID(of: position))
    }

    /// A pass of any room with a good signature, whose time may be over; nil: none.
    func pass(_ token: [UInt8], now: Int64) -> PassClaims? {
        try? verify(now) { verifier throws(TokenError) in try verifier.verifyPass(token.span, now: now) }
    }

    /// Refuses the session's tokens from now on.
    package func revoke(_ session: SessionID) { sessions.revoke(session, now: services.clock().milliseconds / 1000) }

    /// Takes the session's tokens again: the store has just said that it is alive. After a restoration from a record that
    /// lacked its last moment, a position whose session was refused for that stands in line once more and leads to the
    /// same session.
    func readmit(_ session: SessionID) { sessions.readmit(session) }

    /// Has a token signed that takes this one's place; it rides on the next answer after it is ready.
    package func refresh(_ session: VerifiedToken, isSecure: Bool, now: Int64) {
        guard !session.isRefreshing, session.refreshedCookie == nil, Int64(session.tag) + Self.refreshPause <= now
        else {
            return
        }
        session.isRefreshing = true
        session.tag = Int(now)
        var claims = session.claims
        claims.issuedAt = now
        claims.expiresAt = now + services.lifetime.count / 1000
        let room = session.queueID
        let bound = NIOLoopBound(session, eventLoop: loop)
        let loop = loop
        services.signer.sign(.session, claims) { result in
            loop.execute {
                bound.value.isRefreshing = false
                guard case .success(let token) = result else { return }
                let cookie = GateCookie.set(.session, room, token: token, isSecure: isSecure)
                bound.value.refreshedCookie = Array(cookie.utf8)
            }
        }
    }

    private func read(
        _ token: Span<UInt8>, _ kind: TokenKind, _ cache: VerifiedTokenCache, _ room: RoomID, _ binding: Binding,
        userAgent: Span<UInt8>, address: Span<UInt8>, _ now: Int64
    ) -> Verdict {
        if let known = cache.lookup(
            token, as: kind, binding: binding, address: address, userAgent: userAgent, now: now)
        {
            return known.queueID == room ? .valid(known) : .refused
        }
        func isOwners(_ claims: TokenClaims) -> Bool {
            claims.queueID == room
                && binding.admits(claims.binding, hasher: hasher, address: address, userAgent: userAgent)
                && !moves.haveReplaced(claims, now: now)
        }
        func strangers(_ claims: TokenClaims) -> Verdict {
            let isSameBrowser =
                claims.queueID == room && binding == .addressAndUserAgent
                && Binding.userAgent.admits(
                    claims.agentBinding, hasher: hasher, address: address, userAgent: userAgent)
            if let session = claims.sessionID, cache.isRevoked(session, now: now) { return .refused }
            return isSameBrowser ? .misplaced(claims) : .refused
        }
        do throws(TokenError) {
            let claims = try verify(now) { verifier throws(TokenError) in
                try verifier.verify(token, as: kind, now: now)
            }
            guard isOwners(claims) else { return strangers(claims) }
            guard
                let entry = cache.insert(
                    token, as: kind, claims: claims, binding: binding, address: address, userAgent: userAgent, now: now)
            else { return .refused }
            return .valid(entry)
        } catch {
            switch error {
            case .expired(let claims):
                guard isOwners(claims) else { return strangers(claims) }
                if let session = claims.sessionID, cache.isRevoked(session, now: now) { return .refused }
                return .expired(claims)
            default: break
            }
            return .refused
        }
    }

    /// Where another gate has rotated the key, this visitor must not lose a place for it: the keys are read again at once,
    /// two small files, at most every three seconds.
    private func verify<Claims>(
        _ now: Int64, _ check: (TokenVerifier) throws(TokenError) -> Claims
    ) throws(TokenError) -> Claims {
        do throws(TokenError) {
            return try check(verifier)
        } catch {
            guard case .unknownKey = error else { throw error }
            if services.keys.claimsReload(now: now) { _ = try? services.keys.reload(now: now) }
            // Another loop may have been the one that read them.
            return try check(verifier)
        }
    }
}

extension Binding {
    init(_ binding: TokenBinding) {
        switch binding {
        case .none: self = .none
        case .userAgent: self = .userAgent
        case .ipAndUserAgent: self = .addressAndUserAgent
        }
    }
}
