import WaitingRoom

/// Checks tokens. Each event loop has one of its own: it holds the state that makes a check cheap, and no lock. About
/// 40 µs a token with RS256, 120 µs with ES256, nearly all of it the signature.
package final class TokenVerifier {
    /// A longer token is malformed, in bytes.
    package static let tokenLimit = 2048
    /// How far in the future a token may have been issued, in seconds: the clocks of two gates differ.
    package static let leeway: Int64 = 60

    private let ring: KeyRing
    private var generation: UInt
    private var verifiers: [SignatureVerifier]
    private let sha256: SHA256
    /// The header that was accepted last of each `typ`, as it was written: nearly all tokens have the same one.
    private var acceptedHeaders: [String: (text: [UInt8], verifier: SignatureVerifier)] = [:]
    // Scratch space, kept from token to token.
    private var header: [UInt8] = []
    private var payload: [UInt8] = []
    private var signature: [UInt8] = []
    private var digest = [UInt8](repeating: 0, count: SHA256.length)

    package init(keys ring: KeyRing) throws(OpenSSLError) {
        self.ring = ring
        generation = ring.generation
        sha256 = try SHA256()
        verifiers = []
        for key in ring.keys.verifying { verifiers.append(try SignatureVerifier(key)) }
    }

    /// The claims of a token that is good in every respect but the binding, which is the caller's to check.
    ///
    /// Nothing that a token says about its own verification is believed: neither the algorithm (RFC 8725 §3.1) nor keys
    /// that it carries or points to. Its claims are read only after its signature.
    /// - `now`: Seconds since 1970.
    package func verify(_ token: Span<UInt8>, as kind: TokenKind, now: Int64) throws(TokenError) -> TokenClaims {
        let payload = try signedPayload(of: token, type: kind.type, now: now)
        guard let claims = TokenClaims(json: payload.span, kind: kind) else { throw .malformed }
        guard claims.issuedAt <= now + Self.leeway else { throw .notYet }
        guard now < claims.expiresAt else { throw .expired(claims) }
        return claims
    }

    /// What a token of this `typ` says, if its signature is good.
    /// - Parameter now: Seconds since 1970: a retired key verifies for a while only.
    func signedPayload(of token: Span<UInt8>, type: String, now: Int64) throws(TokenError) -> [UInt8] {
        if generation != ring.generation { takeKeys() }
        guard token.count <= Self.tokenLimit, let parts = Self.split(token),
            Base64URL.decode(token.extracting(parts.first + 1..<parts.second), into: &payload),
            Base64URL.decode(token.extracting(parts.second + 1..<token.count), into: &signature)
        else { throw .malformed }
        let verifier = try verifier(for: type, header: token.extracting(0..<parts.first), now)
        guard sha256.digest(of: token.extracting(0..<parts.second), into: &digest),
            verifier.accepts(signature, digest)
        else { throw .badSignature }
        return payload
    }

    /// Checks the header and finds the key that it names.
    private func verifier(
        for type: String, header encoded: Span<UInt8>, _ now: Int64
    ) throws(TokenError) -> SignatureVerifier {
        if let known = acceptedHeaders[type], known.verifier.key.verifies(at: now),
            unsafe known.text.withUnsafeBytes({ unsafe encoded.equals($0) })
        {
            return known.verifier
        }
        guard Base64URL.decode(encoded, into: &header) else { throw .malformed }
        let header = header
        let text = header.span
        // There is no extension that we understand, so any that must be understood is refused (RFC 7515 §4.1.11).
        guard let object = JSONObject(text), !object.has("crit", in: text), object.has("alg", in: text) else {
            throw .malformed
        }
        guard object.string("alg", is: ring.algorithm.name, in: text) else { throw .wrongAlgorithm }
        guard object.string("typ", is: type, in: text) else { throw .wrongKind }
        guard object.has("kid", in: text) else { throw .malformed }
        for verifier in verifiers where object.string("kid", is: verifier.key.id, in: text) {
            guard verifier.key.verifies(at: now) else { break }
            acceptedHeaders[type] = (encoded.indices.map { encoded[$0] }, verifier)
            return verifier
        }
        throw .unknownKey
    }

    /// The places of the two dots; nil unless there are exactly two.
    private static func split(_ token: Span<UInt8>) -> (first: Int, second: Int)? {
        var first: Int?
        var second: Int?
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            if first == nil {
                first = index
            } else if second == nil {
                second = index
            } else {
                return nil
            }
        }
        guard let first, let second else { return nil }
        return (first, second)
    }

    private func takeKeys() {
        generation = ring.generation
        acceptedHeaders = [:]
        // A key that libcrypto has no memory for is as good as unknown until the next change.
        verifiers = ring.keys.verifying.compactMap { try? SignatureVerifier($0) }
    }
}
