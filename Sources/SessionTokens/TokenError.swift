/// Why a token opens nothing.
package enum TokenError: Error, Hashable, Sendable {
    /// Not a compact JWS of ours: structure, base64url, JSON, a claim that is missing or no valid value, or `crit`.
    case malformed
    /// A token of another kind, or a JWT that is none of ours: `typ` differs.
    case wrongKind
    /// `alg` is not the configured algorithm; `none` is among these.
    case wrongAlgorithm
    /// No key with this `kid` verifies here. It may be the new key of a rotation that this gate has not seen yet: ask
    /// `KeyRing.claimsReload(now:)`.
    case unknownKey
    /// The signature is not that of the key named.
    case badSignature
    /// The signature is good, but the token has ended. It may restore a place in line; it opens no door.
    case expired(TokenClaims)
    /// Issued more than a minute in the future: the clocks of two gates differ.
    case notYet
}
