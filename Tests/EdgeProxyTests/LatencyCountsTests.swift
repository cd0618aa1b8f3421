import Testing

@testable import EdgeProxy

@Suite("Counts of latencies")
struct LatencyCountsTests {
    @Test("Any latency is told to a tenth", arguments: [8, 9, 100, 999, 12_345, 499_000, 500_001, 60_000_000])
    func precision(microseconds: Int64) throws {
        var counts = LatencyCounts()
        counts.record(microseconds: microseconds)
        let told = Double(try #require(counts.quantile(0.95)))
        #expect(abs(told / Double(microseconds) - 1) < 0.07)
    }

    @Test("Nineteen of twenty are below the percentile")
    func percentile() {
        var counts = LatencyCounts()
        for _ in 0..<95 { counts.record(microseconds: 1000) }
        for _ in 0..<5 { counts.record(microseconds: 100_000) }
        #expect(counts.quantile(0.95) ?? .max < 1100)
        counts.record(microseconds: 100_000)
        #expect(counts.quantile(0.95) ?? 0 > 90_000)
    }

    @Test("Nothing has no percentile; nonsense and hours are counted at the ends")
    func ends() {
        var counts = LatencyCounts()
        #expect(counts.quantile(0.5) == nil && counts.count == 0)
        for value in [Int64.min, 0, .max] { counts.record(microseconds: value) }
        #expect(counts.count == 3)
        #expect(counts.quantile(0.1) == 1 && counts.quantile(1) ?? 0 > 60_000_000)
    }

    @Test("What came since is the difference, and sums are of both")
    func differences() throws {
        var counts = LatencyCounts()
        let empty = counts
        counts.record(microseconds: 10)
        let earlier = counts
        counts.record(microseconds: 5000)
        let since = try #require(counts.since(earlier))
        #expect(since.count == 1 && since.quantile(0.5) ?? 0 > 4000)
        #expect(earlier.since(counts) == nil && counts.since(empty) == counts)
        var sum = empty
        sum.add(counts)
        sum.add(earlier)
        sum.add(empty)
        #expect(sum.count == 3)
    }
}
