package import WaitingRoom

/// A place in a recorded history that contradicts docs/ARCHITECTURE.md.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// What was violated.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// Invariant 1: slots in use never exceed `max_active_users` when somebody is admitted.
        case slots
        /// Invariant 2: admissions in any T seconds never exceed `queue_rate`·T + one tick's worth.
        case rate
        /// Invariant 3: within one priority, admission order is join order.
        case order
        /// Invariant 4: every position is in exactly one state, none is lost, none is admitted twice.
        case state
        /// A room that is not active admits nobody.
        case closed
        /// An address gets no place in line while `max_positions_per_address` of it wait.
        case address
        /// Event sequences have no gaps, and their times do not step back.
        case record
    }

    package let rule: Rule
    package let room: RoomID
    /// Of the event; 0 where the history as a whole is meant.
    package let sequence: UInt64
    package let message: String

    package var description: String { "room \(room), event \(sequence): \(rule.rawValue): \(message)" }
}
