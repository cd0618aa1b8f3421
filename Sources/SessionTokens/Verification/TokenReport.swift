/// What there is to say of a token with a good signature.
package struct TokenReport: Hashable, Sendable {
    /// The `typ` header parameter.
    package let type: String
    /// The payload as it was signed.
    package let claims: String
    /// Whole seconds since 1970; nil where the payload has no `exp`.
    package let expiresAt: Int64?
}

extension TokenVerifier {
    /// For a person: any token that this gate's keys have signed, of whichever kind, over or not.
    /// - `now`: Seconds since 1970.
    package func report(on token: Span<UInt8>, now: Int64) throws(TokenError) -> TokenReport {
        for type in TokenKind.allCases.map(\.type) + [PassClaims.type] {
            do throws(TokenError) {
                let payload = try signedPayload(of: token, type: type, now: now)
                let expiresAt = JSONObject(payload.span)?.integer("exp", in: payload.span)
                return TokenReport(
                    type: type, claims: String(decoding: payload, as: UTF8.self), expiresAt: expiresAt)
            } catch {
                guard error == .wrongKind else { throw error }
            }
        }
        throw .wrongKind
    }
}
