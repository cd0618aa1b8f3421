import COpenSSL

/// A key whose tokens are accepted: the one in force, or a retired one until its time is over.
package struct VerificationKey: Sendable {
    /// The key's thumbprint (RFC 7638), which is the `kid` of its tokens.
    package let id: String
    package let algorithm: TokenAlgorithm
    package let bits: Int
    /// Nil: the key in force. Else it verifies before this second since 1970.
    package let verifiesUntil: Int64?
    /// The members of its JWK (RFC 7518 §6) that make up the key, in the order of their names.
    let members: [(name: String, value: String)]
    let key: OpenSSLKey

    /// Nil if the key is of a type or size that tokens of this algorithm are not signed with.
    init?(_ key: OpenSSLKey, algorithm: TokenAlgorithm, verifiesUntil: Int64?) throws(OpenSSLError) {
        switch (algorithm, key.shape) {
        case (.rs256, .rsa(let bits)) where Self.rsaBits.contains(bits):
            self.bits = bits
            members = [
                ("e", Base64URL.text(try key.number(OSSL_PKEY_PARAM_RSA_E))), ("kty", "RSA"),
                ("n", Base64URL.text(try key.number(OSSL_PKEY_PARAM_RSA_N))),
            ]
        case (.es256, .p256):
            bits = 256
            members = [
                ("crv", "P-256"), ("kty", "EC"),
                ("x", Base64URL.text(try key.number(OSSL_PKEY_PARAM_EC_PUB_X, width: 32))),
                ("y", Base64URL.text(try key.number(OSSL_PKEY_PARAM_EC_PUB_Y, width: 32))),
            ]
        default: return nil
        }
        self.key = key
        self.algorithm = algorithm
        self.verifiesUntil = verifiesUntil
        // RFC 7638 §3: the required members only, ordered by name, without white space.
        let canonical = "{" + members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",") + "}"
        id = Base64URL.text(try SHA256.digest(of: Array(canonical.utf8)))
    }

    /// RFC 7518 §3.3 asks for 2048 bits; with more than 8192 a token would not fit into its limit.
    static let rsaBits = 2048...8192

    package func verifies(at now: Int64) -> Bool { verifiesUntil.map { now < $0 } ?? true }
}
