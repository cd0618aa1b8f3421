/// The private key in force.
package struct SigningKey: Sendable {
    /// Its public half.
    package let verification: VerificationKey
    /// `base64url(header) "."` of each kind, which is the same for all of this key's tokens.
    private let positionHeader: [UInt8]
    private let sessionHeader: [UInt8]

    /// Nil if the key is of a type or size that tokens of this algorithm are not signed with.
    init?(_ key: OpenSSLKey, algorithm: TokenAlgorithm) throws(OpenSSLError) {
        guard let verification = try VerificationKey(key, algorithm: algorithm, verifiesUntil: nil) else { return nil }
        self.verification = verification
        positionHeader = Self.header(TokenKind.position.type, verification)
        sessionHeader = Self.header(TokenKind.session.type, verification)
    }

    /// A signed token in the compact form (RFC 7515 §7.1). As slow as the signature.
    func token(_ kind: TokenKind, _ claims: TokenClaims) throws(OpenSSLError) -> String {
        var text =
            switch kind {
            case .position: positionHeader
            case .session: sessionHeader
            }
        return try Self.signed(&text, claims.json(), by: verification)
    }

    /// The same of a token of another `typ`, with any payload.
    func token(type: String, payload: [UInt8]) throws(OpenSSLError) -> String {
        var text = Self.header(type, verification)
        return try Self.signed(&text, payload, by: verification)
    }

    private static func signed(
        _ text: inout [UInt8], _ payload: [UInt8], by verification: VerificationKey
    ) throws(OpenSSLError) -> String {
        Base64URL.append(payload.span, to: &text)
        let signature = try verification.key.sign(try SHA256.digest(of: text), with: verification.algorithm)
        text.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func header(_ type: String, _ key: VerificationKey) -> [UInt8] {
        var text: [UInt8] = []
        let json = #"{"alg":"\#(key.algorithm.name)","kid":"\#(key.id)","typ":"\#(type)"}"#
        Base64URL.append(Array(json.utf8).span, to: &text)
        text.append(UInt8(ascii: "."))
        return text
    }
}
