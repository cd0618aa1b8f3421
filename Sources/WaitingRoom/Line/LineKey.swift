/// Where somebody stands in a line: higher priority first, then the earlier shuffle window, then the drawn key, then
/// join order. No two members of a room's line share a `sequence`, so the order is total. 24 bytes, because a million of
/// them are kept twice.
struct LineKey: Hashable, Sendable, Comparable {
    /// The priority, turned round so that less is before, in the upper 16 bits; the sequence in the others.
    private var packed: UInt64
    /// When the shuffle window began in which the member joined; without shuffling, when it joined.
    var window: Timestamp
    /// 0 without shuffling.
    var shuffleKey: UInt64

    private static let sequenceBits: UInt64 = 48

    /// Those that are told apart.
    static let priorities = Int(Int16.min)...Int(Int16.max)

    /// - Parameters:
    ///   - priority: one beyond `priorities` is taken for the nearest of them.
    ///   - sequence: less than 2^48.
    init(priority: Int, window: Timestamp, shuffleKey: UInt64, sequence: UInt64) {
        self.window = window
        self.shuffleKey = shuffleKey
        packed = sequence & (1 << Self.sequenceBits - 1)
        self.priority = priority
    }

    var priority: Int {
        get { Self.priorities.upperBound - Int(packed >> Self.sequenceBits) }
        set {
            let priority = min(max(newValue, Self.priorities.lowerBound), Self.priorities.upperBound)
            packed = UInt64(Self.priorities.upperBound - priority) << Self.sequenceBits | sequence
        }
    }

    var sequence: UInt64 { packed & (1 << Self.sequenceBits - 1) }

    /// Stands before every member of this priority, and behind all of higher priority.
    static func front(of priority: Int) -> Self {
        LineKey(priority: priority, window: Timestamp(milliseconds: .min), shuffleKey: 0, sequence: 0)
    }

    /// Of one who comes back after a missed turn, or whom an operator put there: before all others of the priority, in the
    /// order of joining.
    static func inFront(priority: Int, sequence: UInt64) -> Self {
        LineKey(priority: priority, window: Timestamp(milliseconds: .min), shuffleKey: 0, sequence: sequence)
    }

    static func < (a: Self, b: Self) -> Bool {
        let (first, second) = (a.packed >> sequenceBits, b.packed >> sequenceBits)
        return first == second ? a.joinsBefore(b) : first < second
    }

    /// The order within one priority.
    func joinsBefore(_ other: Self) -> Bool {
        if window != other.window { return window < other.window }
        if shuffleKey != other.shuffleKey { return shuffleKey < other.shuffleKey }
        return sequence < other.sequence
    }
}
