import Testing
import WaitingRoom

struct RateTableTests {
    private static let rate = Rate(count: 1, per: .seconds(16))

    @Test("A full table lets further callers pass uncounted, and counts again when others are over")
    func full() {
        var table = RateTable()
        let start = Timestamp(milliseconds: 0)
        for caller in 0..<UInt64(RateTable.capacity) {
            #expect(table.take(caller, at: start, under: Self.rate) == .passed(remaining: 0, reset: .seconds(16)))
        }
        for caller in [1 << 40, 1 << 41 | 5] as [UInt64] {
            for _ in 1...2 { #expect(table.take(caller, at: start, under: Self.rate) == .uncounted) }
        }
        #expect(table.take(7, at: start, under: Self.rate) == .refused(retryAfter: .seconds(16)))
        let later = start + .seconds(16)
        #expect(table.take(1 << 40, at: later, under: Self.rate) == .passed(remaining: 0, reset: .seconds(16)))
        #expect(table.take(1 << 40, at: later, under: Self.rate) == .refused(retryAfter: .seconds(16)))
    }

    @Test("Callers are counted each for itself, and anew when the span of the limit changes")
    func callers() {
        var table = RateTable()
        let now = Timestamp(milliseconds: 0)
        for caller in [3, 3 + 1024] as [UInt64] {
            #expect(table.take(caller, at: now, under: Self.rate) != .uncounted)
            #expect(table.take(caller, at: now, under: Self.rate) == .refused(retryAfter: .seconds(16)))
        }
        let other = Rate(count: 1, per: .seconds(32))
        #expect(table.take(3, at: now, under: other) == .passed(remaining: 0, reset: .seconds(32)))
    }

    @Test("A refusal holds for its time, and a table of refusals is bounded")
    func refusals() {
        var table = RefusalTable()
        let now = Timestamp(milliseconds: 1_000)
        table.note(5, until: now + .seconds(1), at: now)
        #expect(table.rest(of: 5, at: now + Milliseconds(400)) == Milliseconds(600))
        #expect(table.rest(of: 5, at: now + .seconds(1)) == nil)
        #expect(table.rest(of: 6, at: now) == nil)
        for caller in 0..<100_000 as Range<UInt64> { table.note(caller, until: now + .seconds(1), at: now) }
        let noted = (0..<100_000 as Range<UInt64>).count { table.rest(of: $0, at: now) != nil }
        #expect(noted == 12_288)
        let later = now + .seconds(2)
        table.note(99_999, until: later + .seconds(1), at: later)
        #expect(table.rest(of: 99_999, at: later) == .seconds(1))
    }
}
