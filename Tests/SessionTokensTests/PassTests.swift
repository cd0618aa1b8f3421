import Testing
import WaitingRoom

@testable import SessionTokens

@Suite("Passes")
struct PassTests {
    private static func claims() throws -> PassClaims {
        PassClaims(
            id: PassID(bits: UUIDBits(high: 1, low: 2)), queueID: try #require(RoomID("concert-tickets")), priority: 5,
            uses: 3, issuedAt: PyJWTVectors.issuedAt, expiresAt: PyJWTVectors.issuedAt + 7_200)
    }

    private func refusal(_ fixture: TokenFixture, _ token: String) -> TokenError? {
        do throws(TokenError) {
            _ = try fixture.verifier.verifyPass(Array(token.utf8).span, now: fixture.now)
            return nil
        } catch {
            return error
        }
    }

    private static func header(_ fixture: TokenFixture) -> String {
        #"{"alg":"\#(fixture.ring.algorithm.name)","kid":"\#(fixture.keyID)","typ":"pass+jwt"}"#
    }

    @Test("A pass is read as it was signed, also after its time", arguments: TokenAlgorithm.allCases)
    func roundTrip(algorithm: TokenAlgorithm) throws {
        let fixture = try TokenFixture(algorithm)
        let claims = try Self.claims()
        let token = try fixture.signer.signNow(claims)
        for now in [fixture.now, claims.expiresAt + 1] {
            #expect(try fixture.verifier.verifyPass(Array(token.utf8).span, now: now) == claims)
        }
    }

    @Test("A pass is no visitor's token, and no visitor's token is a pass")
    func kinds() throws {
        let fixture = try TokenFixture(.es256)
        let pass = try fixture.signer.signNow(try Self.claims())
        for kind in TokenKind.allCases {
            #expect(fixture.refusal(pass, as: kind) == .wrongKind)
            #expect(refusal(fixture, try fixture.token(kind)) == .wrongKind)
        }
        // Also behind a header that was accepted before.
        #expect(refusal(fixture, pass) == nil)
        #expect(fixture.refusal(try fixture.token(.position), as: .position) == nil)
        #expect(refusal(fixture, try fixture.token(.position)) == .wrongKind)
        let payload = try fixture.payload(.position)
        #expect(refusal(fixture, try fixture.signed(header: Self.header(fixture), payload: payload)) == .malformed)
    }

    @Test("A pass is refused that lacks a claim or asks for more than there is")
    func claims() throws {
        let fixture = try TokenFixture(.es256)
        let good = String(decoding: try Self.claims().json(), as: UTF8.self)
        let changes = [
            ("\"priority\":5", "\"priority\":1001"), ("\"priority\":5", "\"priority\":-1"),
            ("\"priority\":5", "\"priority\":\"5\""), ("\"uses\":3", "\"uses\":0"), ("\"uses\":3", "\"uses\":1000001"),
            ("\"uses\":3,", ""), ("\"jti\":\"", "\"jti\":\"x"), ("concert-tickets", "Concert"),
            ("\"exp\":", "\"exp\":0,\"x\":"),
        ]
        for (part, change) in changes {
            let payload = good.replacing(part, with: change)
            #expect(payload != good)
            let token = try fixture.signed(header: Self.header(fixture), payload: payload)
            #expect(refusal(fixture, token) == .malformed, "\(payload)")
        }
        let token = try fixture.signer.signNow(try Self.claims())
        #expect(refusal(fixture, String(token.dropLast(3)) + "AAA") == .badSignature)
    }
}
