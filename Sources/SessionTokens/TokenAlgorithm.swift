/// The signature algorithms of RFC 7518 §3.1 that a gate can be configured for. Only one is in force at a time.
package enum TokenAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 bits and more.
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"

    /// The `alg` header parameter.
    package var name: String { rawValue }
}
