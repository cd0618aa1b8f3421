/// Where a lane stands in the line: by priority, and within one those first who came back after a missed turn, or whom an
/// operator put in front.
struct LaneOrder: Hashable, Sendable, Comparable {
    /// Twice the number of the lane: what the scripts call 3 and, of those in front, 3.5.
    let rawValue: Int

    init(rawValue: Int) { self.rawValue = rawValue }

    init(priority: Int, isInFront: Bool) { rawValue = 2 * priority + (isInFront ? 1 : 0) }

    /// As the store names the lane.
    var name: String { rawValue % 2 == 0 ? "\(rawValue / 2)" : "\(Double(rawValue) / 2)" }

    /// The front first.
    static func < (a: Self, b: Self) -> Bool { a.rawValue > b.rawValue }
}
