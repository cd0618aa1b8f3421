package import WaitingRoom

/// The tokens that one event loop has verified, found by their bytes: a hit costs some tens of nanoseconds, a
/// verification 40,000.
///
/// Only verified tokens enter, so nobody can push them out with tokens of his own making, and the seed keeps him from
/// choosing ones that crowd together. To learn a stored token from the time that a comparison takes, one would have to
/// know the end of its signature first: that is what is hashed.
///
/// A table of sets with eight places. A token can only be in the set that its hash names; where the set is full the one
/// that ends first makes room, which is the one that was refreshed longest ago.
@safe
package final class VerifiedTokenCache {
    private static let ways = 8
    private static let shortestToken = 16

    private let setMask: UInt64
    private let seed: (UInt64, UInt64)
    /// The hash of the token in each slot, 0 where there is none: a set's eight fill one cache line.
    private let hashes: UnsafeMutablePointer<UInt64>
    private let tokens: UnsafeMutablePointer<VerifiedToken?>
    private let slots: Int
    /// The first slot of each session's tokens; the tokens themselves link to the others.
    private var sessions: [SessionID: Int] = [:]
    private var revoked: RevokedSessions

    package private(set) var count = 0

    /// - Parameters:
    ///   - capacity: How many tokens are kept, rounded up to eight times a power of two. About 1 KiB each when in use.
    ///   - tokenLifetime: Seconds; for so long a revoked session is remembered.
    ///   - seed: Secret and fresh for each process.
    package init(capacity: Int, tokenLifetime: Int64, seed: (UInt64, UInt64)) {
        var sets = 1
        while sets * Self.ways < capacity, sets < 1 << 24 { sets *= 2 }
        slots = sets * Self.ways
        setMask = UInt64(sets - 1)
        self.seed = seed
        revoked = RevokedSessions(period: tokenLifetime + TokenVerifier.leeway, limit: slots)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: slots * MemoryLayout<UInt64>.stride, alignment: 64)
        unsafe hashes = memory.initializeMemory(as: UInt64.self, repeating: 0, count: slots)
        unsafe tokens = .allocate(capacity: slots)
        unsafe tokens.initialize(repeating: nil, count: slots)
    }

    /// The same with a random seed.
    package convenience init(capacity: Int, tokenLifetime: Int64) {
        self.init(
            capacity: capacity, tokenLifetime: tokenLifetime,
            seed: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }

    deinit {
        unsafe tokens.deinitialize(count: slots)
        unsafe tokens.deallocate()
        unsafe hashes.deallocate()
    }

    /// The token, if it was verified as one of this kind, has not ended, and was checked for this binding, address and
    /// User-Agent. Nil means only that it must be verified. O(1), without allocation.
    /// - `now`: Seconds since 1970.
    package func lookup(
        _ token: Span<UInt8>, as kind: TokenKind, binding: Binding, address: Span<UInt8>, userAgent: Span<UInt8>,
        now: Int64
    ) -> VerifiedToken? {
        guard token.count >= Self.shortestToken else { return nil }
        let hash = self.hash(of: token)
        let first = firstSlot(of: hash)
        for slot in first..<first + Self.ways where unsafe hashes[slot] == hash {
            guard let entry = unsafe tokens[slot], entry.isSame(as: token, kind: kind) else { continue }
            guard now < entry.expiresAt else {
                remove(entry)
                return nil
            }
            return entry.isBound(binding, to: address, userAgent) ? entry : nil
        }
        return nil
    }

    /// Keeps a token whose signature, times and binding have just been checked.
    /// - Returns: Nil if its session was revoked: the token must be refused.
    package func insert(
        _ token: Span<UInt8>, as kind: TokenKind, claims: TokenClaims, binding: Binding, address: Span<UInt8>,
        userAgent: Span<UInt8>, now: Int64
    ) -> VerifiedToken? {
        let entry = VerifiedToken(
            token, kind: kind, claims: claims, binding: binding, address: address, userAgent: userAgent)
        if kind == .session, revoked.contains(entry.sessionID, now: now) { return nil }
        guard token.count >= Self.shortestToken else { return entry }
        let hash = self.hash(of: token)
        let slot = vacate(token, kind, hash)
        unsafe hashes[slot] = hash
        unsafe tokens[slot] = entry
        entry.slot = slot
        count += 1
        if kind == .session { link(entry) }
        return entry
    }

    /// Drops the session's tokens and refuses them until they have ended. O(its tokens), mostly one or two.
    package func revoke(_ session: SessionID, now: Int64) {
        revoked.insert(session, now: now)
        forget(session)
    }

    /// Drops the session's tokens, which are verified again if they come again. O(its tokens).
    package func forget(_ session: SessionID) {
        while let slot = sessions[session], let entry = unsafe tokens[slot] { remove(entry) }
    }

    /// Takes tokens of this session again. O(1).
    package func readmit(_ session: SessionID) { revoked.remove(session) }

    /// Whether tokens of this session are refused.
    package func isRevoked(_ session: SessionID, now: Int64) -> Bool { revoked.contains(session, now: now) }

    /// Forgets all tokens, so that each is verified again: after a change of what makes a token good.
    package func removeAll() {
        for slot in 0..<slots {
            if let entry = unsafe tokens[slot] { remove(entry) }
        }
    }

    /// Makes room in the set of this hash: the slot of the same token, else a free one, else that of the token that ends
    /// first, which also finds those that have ended already.
    private func vacate(_ token: Span<UInt8>, _ kind: TokenKind, _ hash: UInt64) -> Int {
        let first = firstSlot(of: hash)
        var choice = first
        var earliest = Int64.max
        for slot in first..<first + Self.ways {
            guard let entry = unsafe tokens[slot] else {
                choice = earliest == .min ? choice : slot
                earliest = .min
                continue
            }
            if unsafe hashes[slot] == hash, entry.isSame(as: token, kind: kind) {
                choice = slot
                break
            }
            if entry.expiresAt < earliest {
                choice = slot
                earliest = entry.expiresAt
            }
        }
        if let entry = unsafe tokens[choice] { remove(entry) }
        return choice
    }

    private func remove(_ entry: VerifiedToken) {
        if entry.kind == .session { unlink(entry) }
        unsafe hashes[entry.slot] = 0
        unsafe tokens[entry.slot] = nil
        entry.slot = -1
        count -= 1
    }

    /// Puts an entry first among those of its session.
    private func link(_ entry: VerifiedToken) {
        if let head = sessions.updateValue(entry.slot, forKey: entry.sessionID) {
            entry.nextSlot = head
            unsafe tokens[head]?.previousSlot = entry.slot
        }
    }

    private func unlink(_ entry: VerifiedToken) {
        if entry.nextSlot >= 0 { unsafe tokens[entry.nextSlot]?.previousSlot = entry.previousSlot }
        if entry.previousSlot >= 0 {
            unsafe tokens[entry.previousSlot]?.nextSlot = entry.nextSlot
        } else if entry.nextSlot >= 0 {
            sessions[entry.sessionID] = entry.nextSlot
        } else {
            sessions[entry.sessionID] = nil
        }
        entry.nextSlot = -1
        entry.previousSlot = -1
    }

    private func firstSlot(of hash: UInt64) -> Int { Int(hash & setMask) * Self.ways }

    /// A keyed hash of the last 16 bytes, never 0. In a signature they are as good as random; the multiplication spreads
    /// what base64url leaves of it over all bits. The token must have 16 bytes.
    private func hash(of token: Span<UInt8>) -> UInt64 {
        let words = unsafe token.withUnsafeBytes { bytes in
            unsafe (
                bytes.loadUnaligned(fromByteOffset: bytes.count - 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            )
        }
        let product = (words.0 ^ seed.0).multipliedFullWidth(by: words.1 ^ seed.1)
        let hash = product.high ^ product.low
        return hash == 0 ? 1 : hash
    }
}
