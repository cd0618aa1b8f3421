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
    /// How many are still to be ended; while others join a lower bound, and 0 only when the drain is done.
    package var remaining: Int
    /// The join sequence through which the drain goes; the next step takes it.
    package var until: UInt64

    package init(ended: Int, remaining: Int, until: UInt64) {
        self.ended = ended
        self.remaining = remaining
        self.until = until
    }
}

/// Whom one step of a drain ends.
struct DrainBatch {
    private(set) var changes: [RoomEvent.Change] = []
    /// How many places were looked at for that.
    private(set) var looked = 0
    /// Whether nobody else is in scope.
    var isLast = true
    private let until: UInt64
    private let limit: Int

    init(until: UInt64, limit: Int) {
        self.until = until
        self.limit = limit
    }

    /// Looks at a place. False, and nothing is taken, where there is no room for it in this step.
    mutating func look(at sequence: UInt64, isInScope: Bool = true, _ change: @autoclosure () -> RoomEvent.Change)
        -> Bool
    {
        looked += 1
        guard isInScope, sequence <= until else { return true }
        guard changes.count < limit else { return false }
        changes.append(change())
        return true
    }
}
