package import WaitingRoom

/// How many waited how long: to the millisecond below 65.536 s, above that to a 32,768th part. So the quantiles of twenty
/// million waits take some megabytes at most; mean and maximum are exact.
package struct WaitCounts: Hashable, Sendable {
    private static let exactBits = 16

    private var counts: [Int] = []
    private var sum: Int64 = 0
    package private(set) var count = 0
    package private(set) var longest = Milliseconds(0)

    package init() {}

    mutating func add(_ wait: Milliseconds) {
        let index = Self.index(of: UInt64(max(0, wait.count)))
        if index >= counts.count { counts += [Int](repeating: 0, count: index + 1 - counts.count) }
        counts[index] += 1
        sum += wait.count
        count += 1
        longest = max(longest, wait)
    }

    /// Nil where nobody was counted.
    package var mean: Milliseconds? { count > 0 ? Milliseconds(sum / Int64(count)) : nil }

    /// The wait that a part of all did not exceed (nearest rank); nil where nobody was counted.
    package func quantile(_ part: Double) -> Milliseconds? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((part * Double(count)).rounded(.up)))
        var seen = 0
        for (index, counted) in counts.enumerated() {
            seen += counted
            if seen >= rank { return min(longest, Milliseconds(Int64(Self.value(at: index)))) }
        }
        return longest
    }

    private static func index(of value: UInt64) -> Int {
        let shift = max(0, UInt64.bitWidth - value.leadingZeroBitCount - exactBits)
        return shift << (exactBits - 1) + Int(value >> UInt64(shift))
    }

    /// The least value of an index.
    private static func value(at index: Int) -> UInt64 {
        let shift = max(0, index >> (exactBits - 1) - 1)
        return UInt64(index - shift << (exactBits - 1)) << UInt64(shift)
    }
}
