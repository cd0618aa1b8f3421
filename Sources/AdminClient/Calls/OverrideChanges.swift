package import WaitingRoom

/// Which overrides of a room an operator sets or clears; the others stay as they are.
package struct OverrideChanges: Hashable, Sendable {
    package enum Change<Value: Hashable & Sendable>: Hashable, Sendable {
        case set(Value)
        /// What the configuration says holds again.
        case clear
    }

    package var status: Change<RoomStatus>?
    /// As the configuration writes rates, such as `500/min`.
    package var rate: Change<String>?
    package var slots: Change<Int>?

    package init(status: Change<RoomStatus>? = nil, rate: Change<String>? = nil, slots: Change<Int>? = nil) {
        self.status = status
        self.rate = rate
        self.slots = slots
    }

    package var isEmpty: Bool { status == nil && rate == nil && slots == nil }

    /// These, and all that they leave alone is cleared.
    package var clearingTheRest: OverrideChanges {
        OverrideChanges(status: status ?? .clear, rate: rate ?? .clear, slots: slots ?? .clear)
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [:]
        members["status"] = status.map { $0.json { .string($0.rawValue) } }
        members["queue_rate"] = rate.map { $0.json { .string($0) } }
        members["max_active_users"] = slots.map { $0.json { .number("\($0)") } }
        return .object(members)
    }
}

extension OverrideChanges.Change {
    fileprivate func json(_ write: (Value) -> JSONValue) -> JSONValue {
        switch self {
        case .set(let value): write(value)
        case .clear: .null
        }
    }
}
