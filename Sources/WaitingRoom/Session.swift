/// A visitor who is through.
package struct Session: Hashable, Sendable {
    package let id: SessionID
    package let queueID: RoomID
    package let positionID: PositionID
    package var userID: UserID?
    package var client: Client
    package var startedAt: Timestamp
    package var expiresAt: Timestamp
    package var lastSeen: Timestamp
    /// Requests forwarded to the origin.
    package var pageViews: Int
    package var status: SessionStatus

    package init(
        id: SessionID, queueID: RoomID, positionID: PositionID, userID: UserID?, client: Client, startedAt: Timestamp,
        expiresAt: Timestamp, lastSeen: Timestamp, pageViews: Int, status: SessionStatus
    ) {
        self.id = id
        self.queueID = queueID
        self.positionID = positionID
        self.userID = userID
        self.client = client
        self.startedAt = startedAt
        self.expiresAt = expiresAt
        self.lastSeen = lastSeen
        self.pageViews = pageViews
        self.status = status
    }
}

/// The states of a session; all but `active` are final.
package enum SessionStatus: String, Sendable, CaseIterable {
    case active, expired, completed, terminated
}

/// How somebody other than the clock ends a session.
package enum SessionEnd: String, Sendable {
    case completed, terminated
}

/// What a gate saw of a visitor's connection.
package struct Client: Hashable, Sendable {
    /// An IPv4 or IPv6 address in text form, without a port.
    package var address: String
    /// At most 256 bytes are kept.
    package var userAgent: String

    package init(address: String, userAgent: String) {
        self.address = address
        self.userAgent = userAgent
    }
}
