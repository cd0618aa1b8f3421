import Testing

@testable import WaitingRoom

struct RateBucketTests {
    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// Takes all that is free at each tick.
    private static func admitted(_ rate: Rate, interval: Milliseconds, ticks: Int64) -> Int {
        var bucket = RateBucket(rate: rate, interval: interval, at: at(0))
        var taken = 0
        for tick in 1...ticks {
            let now = at(tick * interval.count)
            let free = bucket.available(at: now)
            for _ in 0..<free { bucket.take(at: now) }
            taken += free
        }
        return taken
    }

    @Test(
        "Steady ticks admit exactly the rate, fractions of an admission included",
        arguments: [
            (Rate(count: 10, per: .seconds(1)), Milliseconds.seconds(1), 100, 1_000),
            (Rate(count: 500, per: .minutes(1)), .seconds(1), 60, 500),
            (Rate(count: 3, per: .seconds(2)), .seconds(1), 100, 150),
            (Rate(count: 10, per: .seconds(1)), Milliseconds(250), 400, 1_000),
            (Rate(count: 1, per: .minutes(1)), .seconds(1), 600, 10),
            (Rate(count: 0, per: .seconds(1)), .seconds(1), 100, 0),
        ])
    func steady(rate: Rate, interval: Milliseconds, ticks: Int64, expected: Int) {
        let admitted = Self.admitted(rate, interval: interval, ticks: ticks)
        // It begins full, so at most one more.
        #expect(admitted >= expected)
        #expect(admitted <= expected + 1)
    }

    @Test("After a pause of any length no more than one tick's worth is free")
    func burst() {
        let bucket = RateBucket(rate: Rate(count: 10, per: .seconds(1)), interval: .seconds(2), at: Self.at(0))
        #expect(bucket.available(at: Self.at(0)) == 20)
        #expect(bucket.available(at: Self.at(.max)) == 20)
    }

    @Test("A moment before the last one adds nothing")
    func clockSteppingBack() {
        var bucket = RateBucket(rate: Rate(count: 1, per: .seconds(1)), interval: .seconds(1), at: Self.at(5_000))
        bucket.take(at: Self.at(5_000))
        #expect(bucket.available(at: Self.at(4_000)) == 0)
        #expect(bucket.available(at: Self.at(5_999)) == 0)
        #expect(bucket.available(at: Self.at(6_000)) == 1)
    }

    @Test("A new rate keeps what the old one filled, but no more than it holds itself")
    func newRate() {
        var bucket = RateBucket(rate: Rate(count: 10, per: .seconds(1)), interval: .seconds(1), at: Self.at(0))
        for _ in 0..<6 { bucket.take(at: Self.at(0)) }
        bucket.adopt(rate: Rate(count: 600, per: .minutes(1)), interval: .seconds(1), at: Self.at(0))
        #expect(bucket.available(at: Self.at(0)) == 4)
        bucket.adopt(rate: Rate(count: 2, per: .seconds(1)), interval: .seconds(1), at: Self.at(0))
        #expect(bucket.available(at: Self.at(0)) == 2)
        bucket.adopt(rate: Rate(count: 0, per: .seconds(1)), interval: .seconds(1), at: Self.at(0))
        #expect(bucket.available(at: Self.at(1_000_000)) == 0)
    }
}
