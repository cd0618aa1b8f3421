package import WaitingRoom

/// What of the API may be called only so often.
package enum CallLimit: String, Sendable, CaseIterable {
    /// By one address.
    case enqueue
    /// By one position, as are the next two.
    case status, heartbeat
    /// All calls below `session/`.
    case session
}

/// How often the calls of a room's API may be made.
package struct RateLimits: Hashable, Sendable {
    package var isEnabled = true
    /// A limit that is not here is off.
    package var rates: [CallLimit: Rate] = [
        .enqueue: Rate(count: 10, per: .minutes(1)), .status: Rate(count: 60, per: .minutes(1)),
        .heartbeat: Rate(count: 30, per: .minutes(1)), .session: Rate(count: 100, per: .minutes(1)),
    ]
    /// Visitors whom no limit concerns, `max_positions_per_address` included.
    package var exempt: [CIDR] = []

    package init() {}

    /// Nil: any number.
    package subscript(limit: CallLimit) -> Rate? { isEnabled ? rates[limit] : nil }
}

extension RoomRule {
    /// Whether the limits per address and token do not concern a visitor.
    package func isExempt(_ address: IPAddress) -> Bool {
        rateLimits.exempt.contains { $0.contains(address) } || bypass.addresses.contains { $0.contains(address) }
    }
}
