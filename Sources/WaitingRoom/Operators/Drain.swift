/// Whom a drain ends.
package enum DrainScope: String, Hashable, Sendable, CaseIterable {
    /// Those who wait.
    case line
    /// Those who hold a slot, used or not. While the room admits, those who are let in meanwhile are ended too, if they
    /// joined early enough.
    case sessions
    /// Both, the line first.
    case all

    package var includesLine: Bool { self != .sessions }
    package var includesSessions: Bool { self != .line }
}

/// What one step of a drain has done.
package struct DrainReport: Hashable, Sendable {
    /// How many one step ends at most.
    package static let limit = 1_000

    package var ended: Int
    /// How many are still to be ended; 0 when the drain is done.
    package var remaining: Int
    /// The join sequence through which the drain goes; the next step takes it.
    package var until: UInt64

    package init(ended: Int, remaining: Int, until: UInt64) {
        self.ended = ended
        self.remaining = remaining
        self.until = until
    }
}
