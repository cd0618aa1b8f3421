import Testing
import WaitingRoom

@testable import SessionTokens

/// A key ring on a fixed key, with what tests ask of it.
struct TokenFixture {
    let folder: TemporaryFolder
    let keyFile: String
    let ring: KeyRing
    let verifier: TokenVerifier
    let signer: TokenSigner
    let now: Int64 = PyJWTVectors.issuedAt + 100

    init(_ algorithm: TokenAlgorithm) throws {
        folder = try TemporaryFolder()
        keyFile = try folder.write("signing.pem", Self.pem(algorithm))
        ring = try KeyRing(keyFile: keyFile, algorithm: algorithm, now: PyJWTVectors.issuedAt)
        verifier = try TokenVerifier(keys: ring)
        signer = TokenSigner(keys: ring)
    }

    static func pem(_ algorithm: TokenAlgorithm) -> String {
        switch algorithm {
        case .rs256: PyJWTVectors.rs256Key
        case .es256: PyJWTVectors.es256Key
        }
    }

    var keyID: String { ring.keys.signing.verification.id }

    static func claims(
        _ kind: TokenKind, issuedAt: Int64 = PyJWTVectors.issuedAt, life: Int64 = 300, position: UInt64 = 10
    ) throws -> TokenClaims {
        let positionID = PositionID(bits: UUIDBits(high: 0x0198_c0de_0000_4000, low: 0x8000_0000_0000_0000 | position))
        return TokenClaims(
            positionID: positionID, queueID: try #require(RoomID("concert-tickets")),
            sessionID: kind == .session ? SessionID(of: positionID) : nil, issuedAt: issuedAt,
            expiresAt: issuedAt + life)
    }

    func token(_ kind: TokenKind, life: Int64 = 300) throws -> String {
        try signer.signNow(kind, Self.claims(kind, life: life))
    }

    /// A token with any header and payload and a good signature of the ring's key.
    func signed(header: String, payload: String) throws -> String {
        let input = "\(Base64URL.text(Array(header.utf8))).\(Base64URL.text(Array(payload.utf8)))"
        let key = ring.keys.signing.verification
        let signature = try key.key.sign(SHA256.digest(of: Array(input.utf8)), with: key.algorithm)
        return "\(input).\(Base64URL.text(signature))"
    }

    func header(_ kind: TokenKind = .session, and more: String = "") -> String {
        #"{"alg":"\#(ring.algorithm.name)","kid":"\#(keyID)","typ":"\#(kind.type)"\#(more)}"#
    }

    func payload(_ kind: TokenKind = .session) throws -> String {
        String(decoding: try Self.claims(kind).json(), as: UTF8.self)
    }

    func claims(of token: String, as kind: TokenKind) throws(TokenError) -> TokenClaims {
        try verifier.verify(Array(token.utf8).span, as: kind, now: now)
    }

    /// The error that the token is refused with; nil if it is accepted.
    func refusal(_ token: String, as kind: TokenKind = .session, now: Int64? = nil) -> TokenError? {
        refusal(Array(token.utf8), as: kind, now: now)
    }

    func refusal(_ token: [UInt8], as kind: TokenKind = .session, now: Int64? = nil) -> TokenError? {
        do throws(TokenError) {
            _ = try verifier.verify(token.span, as: kind, now: now ?? self.now)
            return nil
        } catch {
            return error
        }
    }
}
