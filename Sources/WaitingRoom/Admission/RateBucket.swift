/// An exact token bucket for a room's `queue_rate`, shared by ticks and by direct admissions.
///
/// Counted in whole units of 1/`per` of an admission: each millisecond adds `count` units. It holds one tick's worth,
/// rounded up to whole admissions (else 1.5 per second at a tick a second would yield 1 per second), so in any T
/// seconds at most rate·T + one tick's worth are admitted, and none at rate 0.
struct RateBucket: Hashable, Sendable {
    /// Units at `time`.
    private(set) var fill: Int64
    private(set) var time: Timestamp
    private var count: Int64
    private var per: Int64
    private var capacity: Int64

    /// Full.
    init(rate: Rate, interval: Milliseconds, at time: Timestamp) {
        count = max(0, rate.count)
        per = max(1, rate.per.count)
        capacity = Self.capacity(count: count, per: per, interval: interval)
        fill = capacity
        self.time = time
    }

    /// As it was when `fill` and `time` were read.
    init(rate: Rate, interval: Milliseconds, fill: Int64, time: Timestamp) {
        self.init(rate: rate, interval: interval, at: time)
        self.fill = min(max(0, fill), capacity)
    }

    /// Whole admissions free at `now`. A moment before the last one adds nothing.
    func available(at now: Timestamp) -> Int { Int(units(at: now) / per) }

    /// Takes one admission; below empty it stays empty.
    mutating func take(at now: Timestamp) {
        refill(to: now)
        fill = max(0, fill - per)
    }

    /// A new rate from `now` on. What was filled at the old rate stays, as far as the new bucket holds it.
    mutating func adopt(rate: Rate, interval: Milliseconds, at now: Timestamp) {
        refill(to: now)
        let new = RateBucket(rate: rate, interval: interval, at: time)
        let converted = Int128(fill) * Int128(new.per) / Int128(per)
        fill = Int64(clamping: min(converted, Int128(new.capacity)))
        (count, per, capacity) = (new.count, new.per, new.capacity)
    }

    private mutating func refill(to now: Timestamp) {
        fill = units(at: now)
        time = max(time, now)
    }

    private func units(at now: Timestamp) -> Int64 {
        guard now > time else { return fill }
        let (added, overflow) = count.multipliedReportingOverflow(by: (now - time).count)
        return overflow || added > capacity - fill ? capacity : fill + added
    }

    private static func capacity(count: Int64, per: Int64, interval: Milliseconds) -> Int64 {
        guard count > 0 else { return 0 }
        let tick = Int128(count) * Int128(max(0, interval.count))
        let admissions = max(1, (tick + Int128(per) - 1) / Int128(per))
        // Half the range is left for what a refill adds.
        return Int64(clamping: min(admissions * Int128(per), Int128(Int64.max / 2)))
    }
}
