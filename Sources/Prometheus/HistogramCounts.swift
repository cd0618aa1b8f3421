/// The numbers of a histogram as a plain value, for one thread: an event loop keeps its own, and those of all loops are
/// merged when they are scraped.
package struct HistogramCounts: Hashable, Sendable {
    /// The buckets' upper bounds, each included in its bucket, rising; the last bucket, up to infinity, is not named.
    package let bounds: [Double]
    /// How many values fell into each bucket, not cumulative: one more than `bounds`.
    package private(set) var counts: [UInt64]
    package private(set) var sum: Double = 0

    /// Bounds are put in order; repeated, infinite and undefined ones are dropped.
    package init(bounds: [Double]) {
        self.bounds = Set(bounds.filter(\.isFinite)).sorted()
        counts = Array(repeating: 0, count: self.bounds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, &+) }

    /// An undefined value (NaN) is ignored. O(log of the number of buckets).
    package mutating func observe(_ value: Double) {
        guard !value.isNaN else { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low] &+= 1
        sum += value
    }

    /// Values that were counted elsewhere.
    /// - `counts`: per bucket, not cumulative: one more than there are bounds.
    package init(bounds: [Double], counts: [UInt64], sum: Double) {
        self.init(bounds: bounds)
        guard counts.count == self.counts.count else { return }
        self.counts = counts
        self.sum = sum
    }

    /// Adds the other's values to these. False, and nothing is added, if the bounds differ.
    @discardableResult
    package mutating func merge(_ other: Self) -> Bool {
        guard bounds == other.bounds else { return false }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        sum += other.sum
        return true
    }
}
