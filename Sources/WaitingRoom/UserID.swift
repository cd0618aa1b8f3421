/// Whom a caller says a place is for.
package struct UserID: Hashable, Sendable {
    package var name: String
    /// Whether the site's own server said it, with an operator's key. Who calls without one may give any name, so the same
    /// name without a key is another user.
    package var isVerified: Bool

    package init(_ name: String, isVerified: Bool = false) {
        self.name = name
        self.isVerified = isVerified
    }
}
