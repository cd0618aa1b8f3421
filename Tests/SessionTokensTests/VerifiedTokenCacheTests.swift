import Testing
import WaitingRoom

@testable import SessionTokens

@Suite("The cache of verified tokens")
struct VerifiedTokenCacheTests {
    private let now = PyJWTVectors.issuedAt

    /// The cache takes what it is given, so these need no signature.
    private func text(_ number: UInt64) -> [UInt8] {
        var random = SplitMix64(state: number)
        return Array("header.payload.".utf8) + (0..<86).map { _ in UInt8.random(in: 65...90, using: &random) }
    }

    private func cache(_ capacity: Int = 64) -> VerifiedTokenCache {
        VerifiedTokenCache(capacity: capacity, tokenLifetime: 300, seed: (1, 2))
    }

    private func insert(
        _ cache: VerifiedTokenCache, _ token: [UInt8], _ kind: TokenKind = .session, _ binding: Binding = .none,
        position: UInt64 = 10, life: Int64 = 300, address: String = "", userAgent: String = "", now: Int64? = nil
    ) throws -> VerifiedToken? {
        cache.insert(
            token.span, as: kind,
            claims: try TokenFixture.claims(kind, issuedAt: now ?? self.now, life: life, position: position),
            binding: binding, address: Array(address.utf8).span, userAgent: Array(userAgent.utf8).span,
            now: now ?? self.now)
    }

    private func lookup(
        _ cache: VerifiedTokenCache, _ token: [UInt8], _ kind: TokenKind = .session, _ binding: Binding = .none,
        address: String = "", userAgent: String = "", now: Int64? = nil
    ) -> VerifiedToken? {
        cache.lookup(
            token.span, as: kind, binding: binding, address: Array(address.utf8).span,
            userAgent: Array(userAgent.utf8).span, now: now ?? self.now)
    }

    @Test("What was inserted is found, with its notes, and as the kind that it was verified as only")
    func hit() throws {
        let cache = cache()
        let token = try #require(try insert(cache, text(1)))
        token.pendingPageViews += 1
        let found = try #require(lookup(cache, text(1)))
        #expect(found === token)
        #expect(found.pendingPageViews == 1)
        #expect(found.refreshAt == now + 150)
        #expect(found.sessionID == found.claims.sessionID)
        #expect(lookup(cache, text(1), .position) == nil)
        #expect(lookup(cache, text(2)) == nil)
    }

    @Test("A token that differs anywhere is not found, also where it has the same end")
    func comparison() throws {
        let cache = cache()
        let token = text(1)
        _ = try insert(cache, token)
        for index in token.indices {
            var other = token
            other[index] ^= 1
            #expect(lookup(cache, other) == nil, "byte \(index)")
        }
        #expect(lookup(cache, [UInt8(ascii: "x")] + token) == nil)
        for count in 0..<token.count { #expect(lookup(cache, Array(token.suffix(count))) == nil) }
    }

    @Test("A token is found until the second that it ends in")
    func expiry() throws {
        let cache = cache()
        _ = try insert(cache, text(1))
        #expect(lookup(cache, text(1), now: now + 299) != nil)
        #expect(lookup(cache, text(1), now: now + 300) == nil)
        #expect(cache.count == 0)
    }

    @Test("Another visitor's copy of a bound token is not found")
    func binding() throws {
        let cache = cache()
        _ = try insert(cache, text(1), .session, .userAgent, address: "203.0.113.7", userAgent: "curl/8")
        #expect(lookup(cache, text(1), .session, .userAgent, address: "198.51.100.1", userAgent: "curl/8") != nil)
        for agent in ["", "curl/9", "curl/8 ", "curl/"] {
            #expect(lookup(cache, text(1), .session, .userAgent, userAgent: agent) == nil)
        }
        _ = try insert(cache, text(2), .session, .addressAndUserAgent, address: "203.0.113.7", userAgent: "curl/8")
        let both = Binding.addressAndUserAgent
        #expect(lookup(cache, text(2), .session, both, address: "203.0.113.7", userAgent: "curl/8") != nil)
        #expect(lookup(cache, text(2), .session, both, address: "203.0.113.8", userAgent: "curl/8") == nil)
        // The same bytes, parted elsewhere.
        #expect(lookup(cache, text(2), .session, both, address: "203.0.113.", userAgent: "7curl/8") == nil)
        // What was checked for one rule is not good under another.
        #expect(lookup(cache, text(1), .session, both, address: "203.0.113.7", userAgent: "curl/8") == nil)
        _ = try insert(cache, text(3))
        #expect(lookup(cache, text(3), .session, .userAgent, userAgent: "") == nil)
    }

    @Test("The same token once more takes the place of the first")
    func again() throws {
        let cache = cache()
        _ = try insert(cache, text(1), .session, .userAgent, userAgent: "a")
        _ = try insert(cache, text(1), .session, .userAgent, userAgent: "b")
        #expect(cache.count == 1)
        #expect(lookup(cache, text(1), .session, .userAgent, userAgent: "b") != nil)
        #expect(lookup(cache, text(1), .session, .userAgent, userAgent: "a") == nil)
    }

    @Test("Revoking a session drops all of its tokens, and no other, and refuses new ones until they have ended")
    func revocation() throws {
        let cache = cache()
        for number in 1...3 { _ = try insert(cache, text(UInt64(number)), position: 10) }
        _ = try insert(cache, text(4), position: 11)
        _ = try insert(cache, text(5), .position, position: 10)
        let session = try #require(try TokenFixture.claims(.session, position: 10).sessionID)
        cache.revoke(session, now: now)
        for number in 1...3 { #expect(lookup(cache, text(UInt64(number))) == nil) }
        #expect(lookup(cache, text(4)) != nil)
        #expect(lookup(cache, text(5), .position) != nil)
        #expect(cache.count == 2)
        #expect(cache.isRevoked(session, now: now))
        #expect(try insert(cache, text(6), position: 10) == nil)
        #expect(try insert(cache, text(6), position: 10, now: now + 359) == nil)
        #expect(try insert(cache, text(6), position: 11) != nil)
        #expect(try insert(cache, text(7), position: 10, now: now + 100_000) != nil)
    }

    @Test("A full cache drops those that end first, and never holds more than it may")
    func eviction() throws {
        let cache = VerifiedTokenCache(capacity: 8, tokenLifetime: 300, seed: (1, 2))
        for number in 1...8 { _ = try insert(cache, text(UInt64(number)), life: 300 + Int64(number)) }
        #expect(cache.count == 8)
        _ = try insert(cache, text(9), life: 400)
        #expect(cache.count == 8)
        #expect(lookup(cache, text(1)) == nil)
        for number in 2...9 { #expect(lookup(cache, text(UInt64(number))) != nil) }
    }

    @Test("Millions of foreign tokens push nothing out")
    func garbage() throws {
        let cache = cache()
        for number in 1...20 { _ = try insert(cache, text(UInt64(number))) }
        let kept = cache.count
        for number in 1000..<20_000 { #expect(lookup(cache, text(UInt64(number))) == nil) }
        #expect(cache.count == kept)
    }

    @Test("The cache agrees with a dictionary over a long random history")
    func model() throws {
        let cache = VerifiedTokenCache(capacity: 1024, tokenLifetime: 300, seed: (3, 4))
        var random = SplitMix64(state: 7)
        var model: [UInt64: (position: UInt64, end: Int64)] = [:]
        var revoked: Set<UInt64> = []
        var time = now
        for _ in 0..<20_000 {
            let number = UInt64.random(in: 0..<80, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: time += Int64.random(in: 0..<20, using: &random)
            case 1:
                let position = UInt64.random(in: 0..<40, using: &random)
                guard revoked.count < 20 else { continue }
                revoked.insert(position)
                let session = try #require(try TokenFixture.claims(.session, position: position).sessionID)
                cache.revoke(session, now: time)
                model = model.filter { $0.value.position != position }
            case 2...6:
                let position = number / 2
                // Revocations are forgotten in time; while the session is remembered it must be refused.
                let session = try #require(try TokenFixture.claims(.session, position: position).sessionID)
                let isRevoked = cache.isRevoked(session, now: time)
                let entry = try insert(cache, text(number), position: position, now: time)
                #expect((entry == nil) == isRevoked)
                if entry != nil { model[number] = (position, time + 300) }
            default:
                let expected = model[number].map { time < $0.end } ?? false
                #expect((lookup(cache, text(number), now: time) != nil) == expected)
            }
        }
        cache.removeAll()
        #expect(cache.count == 0)
        for number in 0..<80 { #expect(lookup(cache, text(UInt64(number)), now: time) == nil) }
    }

    @Test("Short input finds nothing and is not kept")
    func short() throws {
        let cache = cache()
        #expect(lookup(cache, []) == nil)
        #expect(try insert(cache, Array("short".utf8)) != nil)
        #expect(cache.count == 0)
    }

    @Test("Revoked sessions are bounded in number, and the latest are remembered")
    func boundedRevocations() {
        var revoked = RevokedSessions(period: 360, limit: 100)
        let id = { (number: UInt64) in SessionID(bits: UUIDBits(high: 0, low: number)) }
        for number in 0..<1000 { revoked.insert(id(UInt64(number)), now: now) }
        let remembered = (0..<1000).filter { revoked.contains(id(UInt64($0)), now: now) }
        #expect((100...200).contains(remembered.count))
        let latest = (900..<1000).filter { revoked.contains(id(UInt64($0)), now: now + 359) }
        #expect(latest.count == 100)
        let isRevokedForGood = revoked.contains(id(999), now: now + 720)
        #expect(!isRevokedForGood)
    }
}
