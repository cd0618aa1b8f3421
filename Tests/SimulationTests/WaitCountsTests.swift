import Testing
import WaitingRoom

@testable import Simulation

struct WaitCountsTests {
    @Test("Quantiles are those of the sorted waits, to a 32,768th part")
    func quantiles() throws {
        var random = SplitMix(state: 2)
        var counts = WaitCounts()
        var waits: [Int64] = []
        for _ in 0..<10_000 {
            let wait = Int64(random.exponential() * 100_000)
            counts.add(Milliseconds(wait))
            waits.append(wait)
        }
        waits.sort()
        for part in [0.001, 0.01, 0.5, 0.95, 0.99, 1] {
            let exact = waits[max(0, Int((part * 10_000).rounded(.up)) - 1)]
            let told = try #require(counts.quantile(part)).count
            #expect(told <= exact && Double(exact - told) <= Double(exact) / 32_768 + 1)
        }
        #expect(counts.mean?.count == waits.reduce(0, +) / 10_000)
        #expect(counts.longest.count == waits.last)
        #expect(WaitCounts().quantile(0.5) == nil)
    }
}
