/// A visitor's place in line. Where it stands (1 = front) is not a property: it follows from the line, see `Place`.
package struct QueuePosition: Hashable, Sendable {
    package let id: PositionID
    package let queueID: RoomID
    /// The join order, dealt by the store: 1, 2, 3 … within a room, never reused.
    package let sequence: UInt64
    /// 0 is normal; higher is served first.
    package let priority: Int
    package let enqueuedAt: Timestamp
    package let userID: UserID?
    package let metadata: [String: String]
    /// Whose limit the place counts against while it waits; nil if nobody's. Only events and images tell it.
    package let addressDigest: AddressDigest?
    package var status: PositionStatus
    /// Waiting: when silence will have lasted `heartbeatTimeout`. Admitted: when `claimTimeout` is over.
    package var expiresAt: Timestamp

    package init(
        id: PositionID, queueID: RoomID, sequence: UInt64, priority: Int, enqueuedAt: Timestamp, userID: UserID? = nil,
        metadata: [String: String] = [:], addressDigest: AddressDigest? = nil, status: PositionStatus,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.queueID = queueID
        self.sequence = sequence
        self.priority = priority
        self.enqueuedAt = enqueuedAt
        self.userID = userID
        self.metadata = metadata
        self.addressDigest = addressDigest
        self.status = status
        self.expiresAt = expiresAt
    }
}

/// The states of a position. Each names those that may follow.
package enum PositionStatus: String, Sendable, CaseIterable {
    /// In line. Next: `admitted`, `expired`, `left`, `terminated`, `moved`.
    case waiting
    /// Holds a slot that is not used yet. Next: `active`, `expired`, `left`, `completed`, `terminated`, `moved`.
    case admitted
    /// Its session has made a request. Next: `expired`, `completed`, `terminated`.
    case active
    /// Silent for too long, in whichever of the states above. Final.
    case expired
    /// The visitor left the line, or gave the slot back unused. Final.
    case left
    /// The session reached its purpose. Final.
    case completed
    /// An operator or the origin ended it. Final.
    case terminated
    /// Another device has the place, under a position of its own. Final.
    case moved
}

/// A position and where it stands at one moment.
package struct Place: Hashable, Sendable {
    package var position: QueuePosition
    /// 1 = front; 0 unless the position is waiting, and while its place is still to be drawn.
    package var rank: Int
    /// How many wait in the room, this position included.
    package var totalWaiting: Int
    /// When its admission ran out unclaimed; nil if none did.
    package var missedTurn: Timestamp?

    package init(position: QueuePosition, rank: Int, totalWaiting: Int, missedTurn: Timestamp? = nil) {
        self.position = position
        self.rank = rank
        self.totalWaiting = totalWaiting
        self.missedTurn = missedTurn
    }
}
