/// The two kinds of token. One is never accepted as the other (RFC 8725 §3.11): a place in line opens no door.
package enum TokenKind: String, Hashable, Sendable, CaseIterable {
    /// Names a place in line.
    case position = "position+jwt"
    /// Names a visitor who is through.
    case session = "session+jwt"

    /// The `typ` header parameter (RFC 7515 §4.1.9).
    package var type: String { rawValue }
}
