import Testing
import WaitingRoom

@Suite("A limit such as 10/min")
struct SlicedWindowTests {
    private static let rate = Rate(count: 4, per: .seconds(16))

    /// One caller under a limit of 4 in 16 s, whose slices are whole seconds.
    private struct Caller {
        var window = SlicedWindow(at: Timestamp(milliseconds: 1_600_000), under: SlicedWindowTests.rate)

        /// - Parameter time: milliseconds since the first slice began.
        mutating func call(_ time: Int64) -> RateVerdict {
            window.take(at: Timestamp(milliseconds: 1_600_000 + time), under: SlicedWindowTests.rate)
        }

        mutating func passes(_ time: Int64) -> Bool { if case .passed = call(time) { true } else { false } }
    }

    @Test("So many calls pass, the next is told when to come back, and then one passes")
    func limit() {
        var caller = Caller()
        #expect(caller.call(0) == .passed(remaining: 3, reset: .seconds(16)))
        #expect(caller.call(500) == .passed(remaining: 2, reset: Milliseconds(15_500)))
        #expect(caller.call(1_000) == .passed(remaining: 1, reset: .seconds(15)))
        #expect(caller.call(1_999) == .passed(remaining: 0, reset: Milliseconds(14_001)))
        #expect(caller.call(2_000) == .refused(retryAfter: .seconds(14)))
        #expect(caller.call(15_999) == .refused(retryAfter: Milliseconds(1)))
        #expect(caller.call(16_000) == .passed(remaining: 1, reset: .seconds(1)))
    }

    @Test("A call counts until its slice is sixteen old: 15/16 of the span at least, the whole at most")
    func edges() {
        for (time, first) in [(0, 16_000), (1, 16_000), (999, 16_000), (1_000, 17_000)] as [(Int64, Int64)] {
            var caller = Caller()
            for _ in 1...4 { #expect(caller.passes(time) == true) }
            #expect(caller.passes(first - 1) == false)
            #expect(caller.passes(first) == true)
        }
    }

    @Test("Refused calls do not count: who goes on asking is let through all the same")
    func refusedCallsAreFree() {
        var caller = Caller()
        var passed = 0
        for time in stride(from: 0 as Int64, to: 160_000, by: 100) where caller.passes(time) { passed += 1 }
        #expect(passed == 40)
    }

    @Test("In no 15/16 of a span more calls pass than the limit, however they come", arguments: 0..<50 as Range<UInt64>)
    func bound(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var caller = Caller()
        var times: [Int64] = []
        var time: Int64 = 0
        for _ in 0..<2_000 {
            time += Int64.random(in: 0...(Bool.random(using: &random) ? 40 : 3_000), using: &random)
            switch caller.call(time) {
            case .passed(_, let reset): #expect(reset <= Self.rate.per)
            case .refused(let wait):
                #expect(wait > Milliseconds(0) && wait <= Self.rate.per)
                continue
            case .uncounted: Issue.record("a window counts")
            }
            times.append(time)
            if times.count > 4 { #expect(time - times[times.count - 5] > 15_000) }
        }
    }

    @Test("A limit that was lowered holds at once")
    func lowered() {
        let start = Timestamp(milliseconds: 0)
        var window = SlicedWindow(at: start, under: Self.rate)
        for _ in 1...4 { _ = window.take(at: start, under: Self.rate) }
        let less = Rate(count: 2, per: Self.rate.per)
        #expect(window.take(at: start, under: less) == .refused(retryAfter: .seconds(16)))
    }

    @Test("A clock that steps back a little stands still, one that was far ahead begins anew")
    func clock() {
        var caller = Caller()
        for _ in 1...4 { #expect(caller.passes(10_000) == true) }
        #expect(caller.passes(0) == false)
        #expect(caller.passes(-100_000) == true)
    }

    @Test("Spans that sixteen does not divide have slices too", arguments: [1, 7, 1_000, 60_000] as [Int64])
    func spans(length: Int64) {
        let rate = Rate(count: 1, per: Milliseconds(length))
        for start in 1_000_000...1_000_040 as ClosedRange<Int64> {
            var window = SlicedWindow(at: Timestamp(milliseconds: start), under: rate)
            #expect(window.take(at: Timestamp(milliseconds: start), under: rate) != .uncounted)
            guard case .refused(let wait) = window.take(at: Timestamp(milliseconds: start), under: rate) else {
                Issue.record("not refused")
                return
            }
            let end = Timestamp(milliseconds: start) + wait
            #expect(wait.count <= length)
            #expect(!window.isOver(at: Timestamp(milliseconds: end.milliseconds - 1), under: rate) || wait.count == 1)
            guard case .passed = window.take(at: end, under: rate) else {
                Issue.record("still refused when it was to pass")
                return
            }
        }
    }
}
