/// A page ready to be sent: the body and the fields that belong to it. Status, `Retry-After`, `Cache-Control` and
/// `Vary` are the gate's.
package struct RenderedPage: Hashable, Sendable {
    /// UTF-8.
    package let body: [UInt8]
    package let language: Language
    package let contentSecurityPolicy: String
    /// Seconds after which the browser loads the page anew, for an operator's page without the live script.
    package let refresh: Int?

    package static let contentType = "text/html; charset=utf-8"

    /// Further fields: `Content-Language`, `Content-Security-Policy`, `X-Content-Type-Options`, `Referrer-Policy` and,
    /// where there is one, `Refresh`.
    package var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        // With room for those of the gate.
        fields.reserveCapacity(8)
        fields.append(("Content-Language", language.tag))
        fields.append(("Content-Security-Policy", contentSecurityPolicy))
        fields.append(("X-Content-Type-Options", "nosniff"))
        fields.append(("Referrer-Policy", "same-origin"))
        if let refresh { fields.append(("Refresh", String(refresh))) }
        return fields
    }

    /// The policy of the built-in pages: nothing but their own inline style and script, and connections to the gate.
    /// `'self'` covers WebSockets of the same host and port (CSP Level 3 §6.7.2.8; Chromium 71, Safari 16).
    static func builtInPolicy(nonce: String) -> String {
        var policy = ""
        policy.reserveCapacity(224)
        policy += "default-src 'none'; script-src 'nonce-"
        policy += nonce
        policy += "'; style-src 'nonce-"
        policy += nonce
        policy += "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
        return policy
    }

    /// The policy of operators' pages: scripts only with the nonce; style sheets, fonts, pictures and sound also from
    /// this host and over HTTPS.
    static func operatorPolicy(nonce: String) -> String {
        "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'self' https: 'nonce-\(nonce)'; "
            + "style-src-attr 'unsafe-inline'; connect-src 'self'; img-src 'self' https: data:; "
            + "font-src 'self' https: data:; media-src 'self' https: data:; base-uri 'none'; form-action 'self'; "
            + "frame-ancestors 'self'"
    }
}
