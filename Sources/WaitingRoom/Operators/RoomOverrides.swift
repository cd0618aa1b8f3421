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

extension RoomOverrides {
    /// What an operator changes of them; those that are not named stay.
    package struct Changes: Hashable, Sendable {
        package enum Change<Value: Hashable & Sendable>: Hashable, Sendable {
            case set(Value)
            /// The limit beneath holds again.
            case clear
        }

        package var status: Change<RoomStatus>?
        package var maxActiveUsers: Change<Int>?
        package var queueRate: Change<Rate>?

        package init(
            status: Change<RoomStatus>? = nil, maxActiveUsers: Change<Int>? = nil, queueRate: Change<Rate>? = nil
        ) {
            self.status = status
            self.maxActiveUsers = maxActiveUsers
            self.queueRate = queueRate
        }

        /// Leaves nothing but these.
        package init(replacingAllBy overrides: RoomOverrides) {
            status = Change(overrides.status)
            maxActiveUsers = Change(overrides.maxActiveUsers)
            queueRate = Change(overrides.queueRate)
        }
    }

    package mutating func apply(_ changes: Changes) {
        if let change = changes.status { status = change.value }
        if let change = changes.maxActiveUsers { maxActiveUsers = change.value }
        if let change = changes.queueRate { queueRate = change.value }
    }
}

extension RoomOverrides.Changes.Change {
    fileprivate init(_ value: Value?) { self = value.map { .set($0) } ?? .clear }

    fileprivate var value: Value? {
        switch self {
        case .set(let value): value
        case .clear: nil
        }
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
