/// Why a room admits nobody on an operator's word.
package enum GrantRefusal: Hashable, Sendable {
    /// Whoever were let in would be shown the maintenance page until the slot has passed on.
    case maintenance
    /// The room is not open.
    case phase(RoomPhase)
}

/// What became of an operator's word to admit.
package enum GrantOutcome: Hashable, Sendable {
    /// How long each of the admitted had waited.
    case admitted([Milliseconds])
    case refused(GrantRefusal)
}

/// Admissions that an operator has granted: they follow the grant at once, in its step, and take nothing from the rate.
struct Grant: Hashable, Sendable {
    var time: Timestamp
    /// Those that are still to come.
    var left: Int
}
