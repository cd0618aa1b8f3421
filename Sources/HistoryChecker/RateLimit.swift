import WaitingRoom

/// Whether admissions keep to `queue_rate`·T + one tick's worth in every span of time, exactly.
///
/// Let A be the admissions so far and R the integral of the rate, both at some admission i; C one tick's worth in
/// whole admissions. The limit holds for all pairs i ≤ j if A(j) − R(j) ≤ the least of A(i) − 1 − R(i) + C(i). All are
/// kept in units of 1/`unit` of an admission, and `unit` is a multiple of every `per` so far.
struct RateLimit: Sendable {
    private var rate = Rate(count: 0, per: Milliseconds(1))
    private var tickWorth: Int128 = 0
    private var unit: Int128 = 1
    /// A − R.
    private var excess: Int128 = 0
    /// The least so far of what `excess` may become.
    private var limit: Int128?
    private var time: Timestamp?

    mutating func adopt(_ new: Rate, tick: Milliseconds, at now: Timestamp) {
        pass(to: now)
        let per = Int128(max(1, new.per.count))
        let scale = per / Self.commonDivisor(unit, per)
        unit *= scale
        excess *= scale
        limit = limit.map { $0 * scale }
        rate = Rate(count: max(0, new.count), per: Milliseconds(Int64(per)))
        let exact = Int128(rate.count) * Int128(max(0, tick.count))
        tickWorth = rate.count == 0 ? 0 : max(1, (exact + per - 1) / per)
    }

    /// False if this admission is one too many.
    mutating func admit(at now: Timestamp) -> Bool {
        pass(to: now)
        let own = excess + tickWorth * unit
        let limit = min(self.limit ?? own, own)
        self.limit = limit
        excess += unit
        return excess <= limit
    }

    private mutating func pass(to now: Timestamp) {
        defer { time = max(time ?? now, now) }
        guard let time, now > time else { return }
        excess -= Int128((now - time).count) * Int128(rate.count) * (unit / Int128(rate.per.count))
    }

    private static func commonDivisor(_ a: Int128, _ b: Int128) -> Int128 { b == 0 ? a : commonDivisor(b, a % b) }
}
