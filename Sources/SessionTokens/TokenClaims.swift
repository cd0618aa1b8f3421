package import WaitingRoom

/// What a token says. It holds no personal data: `binding` is a salted hash.
package struct TokenClaims: Hashable, Sendable {
    package var positionID: PositionID
    package var queueID: RoomID
    /// Nil in a position token, never nil in a session token.
    package var sessionID: SessionID?
    /// Whole seconds since 1970.
    package var issuedAt: Int64
    /// Whole seconds since 1970; at this second the token has ended.
    package var expiresAt: Int64
    /// The claim `bnd`: whom the token was given to.
    package var binding: BindingDigest?
    /// The claim `bua`, beside a `bnd` that covers the address too: the User-Agent alone, so that a visitor on another
    /// network can be told from another visitor.
    package var agentBinding: BindingDigest?

    package init(
        positionID: PositionID, queueID: RoomID, sessionID: SessionID? = nil, issuedAt: Int64, expiresAt: Int64,
        binding: BindingDigest? = nil, agentBinding: BindingDigest? = nil
    ) {
        self.positionID = positionID
        self.queueID = queueID
        self.sessionID = sessionID
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.binding = binding
        self.agentBinding = agentBinding
    }

    /// From this second on the token is due to be replaced: half of its life is spent.
    package var refreshAt: Int64 { issuedAt + (expiresAt - issuedAt) / 2 }
}
