import Testing

@testable import AbuseGuard

@Suite("How somebody in line polls")
struct PollPaceTests {
    /// The sign after polls at these intervals, in milliseconds, where one each two seconds is due.
    private func signal(_ intervals: some Sequence<Int64>) -> AbuseSignal? {
        var pace = PollPace()
        var now: Int64 = 1_795_233_754_000
        pace.note(at: now, pollAfter: 2000)
        for interval in intervals {
            now += interval
            pace.note(at: now, pollAfter: 2000)
        }
        return pace.signal
    }

    @Test("As often as told, by the clock or by a person, is fine for hours", arguments: [0, 700])
    func patient(jitter: Int64) {
        #expect(signal((0..<5000).map { 2000 + ($0 * 7919 % 1400 - 700) * jitter / 700 }) == nil)
    }

    @Test("Some reloads and several tabs are fine")
    func reloads() {
        #expect(signal(Array(repeating: 100, count: 15) + Array(repeating: 2000, count: 50)) == nil)
        #expect(signal((0..<500).map { [300, 900, 600, 1400][$0 % 4] }) == nil)
    }

    @Test("Four times as often as told does not last", arguments: [100, 250, 400])
    func rate(interval: Int64) {
        #expect(signal((0..<200).map { interval + $0 % 3 * interval / 10 }) == .pollRate)
    }

    @Test("Sooner than told and by the clock is a program's rhythm; unevenly it is not")
    func rhythm() {
        #expect(signal((0..<40).map { 1000 + $0 % 3 }) == .pollRhythm)
        #expect(signal((0..<400).map { 900 + $0 * 37 % 200 }) == nil)
    }

    @Test("Polls at one moment count, and a clock that was set back does no harm")
    func oddClocks() {
        #expect(signal(Array(repeating: 0, count: 25)) == .pollRate)
        #expect(signal([-5000, 2000, -10_000, 3000]) == nil)
    }
}
