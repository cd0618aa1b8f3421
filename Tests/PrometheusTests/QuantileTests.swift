import Testing

@testable import Prometheus

@Suite("Quantiles of a histogram")
struct QuantileTests {
    /// Ten values up to 1, and ten between 1 and 2.
    private let counts = HistogramCounts(bounds: [1, 2, 4], counts: [10, 10, 0, 0], sum: 20)

    @Test(
        "Values are taken to be spread evenly within their bucket",
        arguments: [(0.25, 0.5), (0.5, 1.0), (0.75, 1.5), (1.0, 2.0)])
    func interpolation(quantile: Double, value: Double) throws {
        #expect(abs(try #require(counts.quantile(quantile)) - value) < 1e-9)
    }

    @Test("A value beyond the last bound is said to be at it")
    func beyond() {
        #expect(HistogramCounts(bounds: [1, 2], counts: [0, 0, 5], sum: 50).quantile(0.5) == 2)
    }

    @Test("Without values, and without bounds, there is none")
    func nothing() {
        #expect(HistogramCounts(bounds: [1, 2]).quantile(0.5) == nil)
        #expect(HistogramCounts(bounds: [], counts: [3], sum: 3).quantile(0.5) == nil)
    }

    @Test("What came after an earlier moment is the difference of the counts")
    func difference() throws {
        var later = counts
        later.observe(3)
        later.observe(3.5)
        let between = try #require(later.since(counts))
        #expect(between.counts == [0, 0, 2, 0] && between.sum == 6.5)
        #expect(counts.since(later) == nil, "counts do not fall")
        #expect(counts.since(HistogramCounts(bounds: [1])) == nil, "another histogram")
    }
}
