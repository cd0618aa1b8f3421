/// Where somebody stands in a line: higher priority first, then the earlier shuffle window, then the drawn key, then
/// join order. No two members of a room's line share a `sequence`, so the order is total.
struct LineKey: Hashable, Sendable, Comparable {
    var priority: Int
    /// When the shuffle window began in which the member joined; without shuffling, when it joined.
    var window: Timestamp
    /// 0 without shuffling.
    var shuffleKey: UInt64
    var sequence: UInt64

    /// Stands before every member of this priority, and behind all of higher priority.
    static func front(of priority: Int) -> Self {
        LineKey(priority: priority, window: Timestamp(milliseconds: .min), shuffleKey: 0, sequence: 0)
    }

    /// Of one who comes back after a missed turn, or whom an operator put there: before all others of the priority, in the
    /// order of joining.
    static func inFront(priority: Int, sequence: UInt64) -> Self {
        LineKey(priority: priority, window: Timestamp(milliseconds: .min), shuffleKey: 0, sequence: sequence)
    }

    /// The least key behind this one: sequences are whole numbers.
    var next: Self {
        LineKey(priority: priority, window: window, shuffleKey: shuffleKey, sequence: sequence + 1)
    }

    static func < (a: Self, b: Self) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        return a.joinsBefore(b)
    }

    /// The order within one priority.
    func joinsBefore(_ other: Self) -> Bool {
        if window != other.window { return window < other.window }
        if shuffleKey != other.shuffleKey { return shuffleKey < other.shuffleKey }
        return sequence < other.sequence
    }
}
