import Testing

@testable import WaitingRoom

struct RoomClockTests {
    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("A clock that steps back leaves room time standing, then running at half speed until it has caught up")
    func steppingBack() {
        var clock = RoomClock(wall: Self.at(10_000), floor: Self.at(0))
        clock.observe(Self.at(4_000))
        #expect(clock.now == Self.at(10_000))
        clock.observe(Self.at(6_000))
        #expect(clock.now == Self.at(11_000))
        clock.observe(Self.at(16_000))
        #expect(clock.now == Self.at(16_000))
        clock.observe(Self.at(17_000))
        #expect(clock.now == Self.at(17_000))
    }

    @Test("Frequent readings do not stop room time while it is ahead")
    func frequentReadings() {
        var clock = RoomClock(wall: Self.at(0), floor: Self.at(10_000))
        for millisecond in 1...1_000 { clock.observe(Self.at(Int64(millisecond))) }
        #expect(clock.now == Self.at(10_500))
    }

    @Test("Room time never steps back and never runs faster than the wall clock while it is ahead", arguments: 0..<20)
    func monotonic(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wall: Int64 = 0
        var clock = RoomClock(wall: Self.at(wall), floor: Self.at(0))
        for _ in 0..<500 {
            let before = clock
            let step = Int64.random(in: -500...1_000, using: &random)
            wall += step
            clock.observe(Self.at(wall))
            #expect(clock.now >= before.now)
            #expect(clock.now >= Self.at(wall))
            #expect(clock.now - before.now <= Milliseconds(max(0, step + 1)))
        }
    }
}
