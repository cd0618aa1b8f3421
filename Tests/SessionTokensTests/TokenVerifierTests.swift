import Testing
import WaitingRoom

@testable import SessionTokens

@Suite("Verification of tokens")
struct TokenVerifierTests {
    @Test(
        "A signed token gives its claims back", arguments: TokenAlgorithm.allCases, TokenKind.allCases)
    func roundTrip(algorithm: TokenAlgorithm, kind: TokenKind) throws {
        let fixture = try TokenFixture(algorithm)
        var claims = try TokenFixture.claims(kind)
        claims.binding = BindingDigest(prefixOf: Array(0..<16))
        let token = try fixture.signer.signNow(kind, claims)
        #expect(try fixture.claims(of: token, as: kind) == claims)
    }

    @Test("A position token is no session token, nor the other way round", arguments: TokenAlgorithm.allCases)
    func kinds(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        #expect(fixture.refusal(try fixture.token(.position), as: .session) == .wrongKind)
        #expect(fixture.refusal(try fixture.token(.session), as: .position) == .wrongKind)
        // Signed, but its header and its claims are of different kinds.
        let crossed = try fixture.signed(header: fixture.header(.session), payload: fixture.payload(.position))
        #expect(fixture.refusal(crossed) == .malformed)
        let other = try fixture.signed(header: fixture.header(.position), payload: fixture.payload(.session))
        #expect(fixture.refusal(other, as: .position) == .malformed)
    }

    @Test("A token is good until the second that it ends in, and then still tells what it was")
    func expiry() throws {
        let fixture = try TokenFixture(.es256)
        let token = try fixture.token(.position, life: 300)
        let end = PyJWTVectors.issuedAt + 300
        #expect(fixture.refusal(token, as: .position, now: end - 1) == nil)
        #expect(fixture.refusal(token, as: .position, now: end) == .expired(try TokenFixture.claims(.position)))
        // Expired and altered: the signature decides.
        var altered = Array(token.utf8)
        let index = altered.count - 10
        altered[index] = altered[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(fixture.refusal(altered, as: .position, now: end) == .badSignature)
    }

    @Test("A token from the future is refused beyond a minute")
    func future() throws {
        let fixture = try TokenFixture(.es256)
        let token = try fixture.token(.session)
        #expect(fixture.refusal(token, now: PyJWTVectors.issuedAt - 60) == nil)
        #expect(fixture.refusal(token, now: PyJWTVectors.issuedAt - 61) == .notYet)
    }

    @Test(
        "A signed payload with a claim that is missing or no valid value is malformed",
        arguments: [
            ("position_id", nil), ("position_id", #""not-a-uuid""#), ("position_id", "7"), ("queue_id", nil),
            ("queue_id", #""Upper""#), ("queue_id", #""../x""#), ("queue_id", "[]"), ("session_id", nil),
            ("session_id", #""""#), ("iat", nil), ("iat", "-1"), ("iat", "1.5"), ("iat", #""1700000000""#),
            ("exp", nil), ("exp", "1700000000"), ("exp", "1e12"), ("exp", "null"), ("bnd", #""short""#), ("bnd", "1"),
            ("bnd", #""AAECAwQFBgcICQoLDA0ODx""#),
        ] as [(String, String?)])
    func claims(name: String, value: String?) throws {
        let fixture = try TokenFixture(.es256)
        var members = [
            "position_id": #""0198c0de-0000-4000-8000-00000000000a""#, "queue_id": #""concert-tickets""#,
            "session_id": #""0198c0de-0000-8000-8000-00000000000b""#, "iat": "1700000000", "exp": "1700000300",
            "bnd": #""AAECAwQFBgcICQoLDA0ODw""#,
        ]
        let payload = { (members: [String: String]) in
            "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        }
        #expect(fixture.refusal(try fixture.signed(header: fixture.header(), payload: payload(members))) == nil)
        members[name] = value
        #expect(fixture.refusal(try fixture.signed(header: fixture.header(), payload: payload(members))) == .malformed)
    }

    @Test("Claims and header parameters that we do not know are ignored, whatever they point to")
    func unknownMembers() throws {
        let fixture = try TokenFixture(.es256)
        let more =
            #","jku":"http://127.0.0.1:1/k","jwk":{"kty":"oct","k":"AA"},"x5u":"http://127.0.0.1:1/x","x5c":["AA"]"#
        let payload = String(try fixture.payload().dropLast()) + #","aud":["x"],"nested":{"a":1}}"#
        #expect(fixture.refusal(try fixture.signed(header: fixture.header(and: more), payload: payload)) == nil)
    }

    @Test("A retired key verifies until its time, and no longer")
    func retiredKey() throws {
        let fixture = try TokenFixture(.es256)
        let token = try fixture.token(.session, life: 10_000)
        let rotation = try KeyRing.rotate(
            keyFile: fixture.keyFile, algorithm: .es256, verifyFor: 600, now: fixture.now)
        #expect(try fixture.ring.reload(now: fixture.now))
        #expect(fixture.keyID == rotation.keyID)
        #expect(fixture.refusal(token, now: fixture.now + 599) == nil)
        #expect(fixture.refusal(token, now: fixture.now + 600) == .unknownKey)
        #expect(fixture.refusal(try fixture.token(.session)) == nil)
    }

    @Test("A gate that has not reloaded yet calls the key of a rotation unknown, and accepts its tokens afterwards")
    func rotationSeenLate() throws {
        let fixture = try TokenFixture(.es256)
        let rotated = try KeyRing.rotate(keyFile: fixture.keyFile, algorithm: .es256, verifyFor: 600, now: fixture.now)
        let other = TokenSigner(keys: try KeyRing(keyFile: fixture.keyFile, algorithm: .es256, now: fixture.now))
        let token = try other.signNow(.session, TokenFixture.claims(.session))
        #expect(fixture.refusal(token) == .unknownKey)
        #expect(fixture.ring.claimsReload(now: fixture.now))
        #expect(!fixture.ring.claimsReload(now: fixture.now + KeyRing.reloadPause - 1))
        #expect(fixture.ring.claimsReload(now: fixture.now + KeyRing.reloadPause))
        try fixture.ring.reload(now: fixture.now)
        #expect(fixture.refusal(token) == nil)
        #expect(fixture.keyID == rotated.keyID)
    }
}
