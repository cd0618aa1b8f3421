/// How long answers took, in buckets that are an eighth of an octave wide, so that a percentile is exact to a tenth
/// whatever it is compared with.
package struct LatencyCounts: Hashable, Sendable {
    /// From 1 µs to more than a minute; empty until something is recorded.
    private(set) var buckets: ContiguousArray<UInt64> = []
    private static let width = 8
    private static let octaves = 27

    package init() {}

    /// O(1).
    mutating func record(microseconds: Int64) {
        if buckets.isEmpty { buckets = ContiguousArray(repeating: 0, count: Self.octaves * Self.width) }
        buckets[Self.bucket(of: microseconds)] += 1
    }

    package mutating func add(_ other: LatencyCounts) {
        guard !other.buckets.isEmpty else { return }
        if buckets.isEmpty {
            buckets = other.buckets
        } else {
            for index in buckets.indices { buckets[index] += other.buckets[index] }
        }
    }

    /// What was counted after `earlier`; nil if these are not the later numbers.
    package func since(_ earlier: LatencyCounts) -> LatencyCounts? {
        guard !earlier.buckets.isEmpty else { return self }
        guard !buckets.isEmpty, zip(buckets, earlier.buckets).allSatisfy({ $0 >= $1 }) else { return nil }
        var result = LatencyCounts()
        result.buckets = ContiguousArray(zip(buckets, earlier.buckets).map { $0 - $1 })
        return result
    }

    package var count: UInt64 { buckets.reduce(0, +) }

    /// In microseconds: the middle of the bucket below which, or in which, the share `quantile` of the answers lies; nil
    /// without any.
    package func quantile(_ quantile: Double) -> Int64? {
        let rank = max(1, UInt64((Double(count) * quantile).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            seen += count
            if seen >= rank { return Self.middle(of: index) }
        }
        return nil
    }

    /// The octave, and within it an eighth.
    private static func bucket(of microseconds: Int64) -> Int {
        let value = UInt64(max(1, microseconds))
        let octave = 63 - value.leadingZeroBitCount
        guard octave < octaves else { return octaves * width - 1 }
        let eighth = octave >= 3 ? value >> UInt64(octave - 3) : value << UInt64(3 - octave)
        return octave * width + Int(eighth & 7)
    }

    private static func middle(of bucket: Int) -> Int64 {
        let (octave, eighth) = bucket.quotientAndRemainder(dividingBy: width)
        return Int64(Double(1 << octave) * (1 + (Double(eighth) + 0.5) / Double(width)))
    }
}
