/// What operators want instead of a room's configured limits; nil leaves them.
package struct RoomOverrides: Hashable, Sendable {
    package var status: RoomStatus?
    package var maxActiveUsers: Int?
    package var queueRate: Rate?

    package init(status: RoomStatus? = nil, maxActiveUsers: Int? = nil, queueRate: Rate? = nil) {
        self.status = status
        self.maxActiveUsers = maxActiveUsers
        self.queueRate = queueRate
    }

    package var isEmpty: Bool { self == RoomOverrides() }

    package func apply(to settings: inout RoomSettings) {
        if let status { settings.status = status }
        if let maxActiveUsers { settings.maxActiveUsers = maxActiveUsers }
        if let queueRate { settings.queueRate = queueRate }
    }
}

/// Overrides that are in force.
package struct StandingOverrides: Hashable, Sendable {
    package var values: RoomOverrides
    package var setBy: OperatorName
    package var setAt: Timestamp

    package init(_ values: RoomOverrides, setBy: OperatorName, setAt: Timestamp) {
        self.values = values
        self.setBy = setBy
        self.setAt = setAt
    }
}
