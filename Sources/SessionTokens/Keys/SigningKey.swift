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
        positionHeader = Self.header(.position, verification)
        sessionHeader = Self.header(.session, verification)
    }

    /// A signed token in the compact form (RFC 7515 §7.1). As slow as the signature.
    func token(_ kind: TokenKind, _ claims: TokenClaims) throws(OpenSSLError) -> String {
        var text =
            switch kind {
            case .position: positionHeader
            case .session: sessionHeader
            }
        Base64URL.append(claims.json().span, to: &text)
        let signature = try verification.key.sign(try SHA256.digest(of: text), with: verification.algorithm)
        text.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func header(_ kind: TokenKind, _ key: VerificationKey) -> [UInt8] {
        var text: [UInt8] = []
        let json = #"{"alg":"\#(key.algorithm.name)","kid":"\#(key.id)","typ":"\#(kind.type)"}"#
        Base64URL.append(Array(json.utf8).span, to: &text)
        text.append(UInt8(ascii: "."))
        return text
    }
}
