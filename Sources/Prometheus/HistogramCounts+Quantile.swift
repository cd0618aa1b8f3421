extension HistogramCounts {
    /// What was counted after `earlier`; nil if these are not the later numbers of the same histogram.
    package func since(_ earlier: Self) -> Self? {
        guard bounds == earlier.bounds, zip(counts, earlier.counts).allSatisfy({ $0 >= $1 }) else { return nil }
        return Self(bounds: bounds, counts: zip(counts, earlier.counts).map { $0 - $1 }, sum: sum - earlier.sum)
    }

    /// The value below which the share `quantile` (0 to 1) of the values lies, taken to be spread evenly within their
    /// bucket, as Prometheus' `histogram_quantile` does: no more exact than the buckets are narrow. The highest bound
    /// for values beyond it; nil where nothing was counted.
    package func quantile(_ quantile: Double) -> Double? {
        let total = count
        guard total > 0, let highest = bounds.last else { return nil }
        let rank = min(1, max(0, quantile)) * Double(total)
        var below: UInt64 = 0
        for (index, bound) in bounds.enumerated() {
            let inside = counts[index]
            if inside > 0, Double(below + inside) >= rank {
                let start = index > 0 ? bounds[index - 1] : min(0, bound)
                return start + (bound - start) * max(0, rank - Double(below)) / Double(inside)
            }
            below += inside
        }
        return highest
    }
}
