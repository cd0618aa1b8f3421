package import WaitingRoom

/// `tokens:` how cookies are signed.
package struct TokenConfiguration: Hashable, Sendable {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    package var algorithm: Algorithm
    package var lifetime: Milliseconds
    /// A PEM file; relative paths are relative to the working directory.
    package var keyFile: String
    /// `IP_SALT`, or nil: then the salt file beside the key file is used.
    package var salt: String?

    package init(
        algorithm: Algorithm = .rs256, lifetime: Milliseconds = .minutes(5), keyFile: String = "var/keys/signing.pem",
        salt: String? = nil
    ) {
        self.algorithm = algorithm
        self.lifetime = lifetime
        self.keyFile = keyFile
        self.salt = salt
    }
}

/// What a token is bound to: a client that shows another's token is not let in.
package enum TokenBinding: String, Hashable, Sendable, CaseIterable {
    case none
    case userAgent = "user_agent"
    case ipAndUserAgent = "ip_and_user_agent"
}
