/// Learns how fast a room's line moves, and says what that means for a place in it.
///
/// People ahead leave the line in two ways: they are admitted, at a rate of so many per second, or they give up, each
/// with the same probability per second. Both are measured as exponentially weighted averages of the time in which
/// somebody waited. What the settings promise counts as a few seconds of observation, so that the first estimates
/// stand on it and later ones on what was seen.
package struct WaitEstimator: Hashable, Sendable {
    /// An observation loses its weight by a factor e in this time.
    private static let memorySeconds = 120.0
    /// How much observation the settings' promise is worth at first; half as much after that much observation, and so
    /// on, for it may be far off.
    private static let priorSeconds = 15.0

    /// How much waiting without anybody giving up is taken for granted, in persons times seconds: the first who gives
    /// up should not look like all.
    private static let patientSeconds = 600.0

    /// Seconds in which somebody waited; weighted, as are the following.
    private var waitedSeconds = 0.0
    private var admitted = 0.0
    private var abandoned = 0.0
    /// Sum over time of how many waited.
    private var waitingSeconds = 0.0
    private var last: Sample?

    private struct Sample: Hashable, Sendable {
        var time: Timestamp
        var admittedTotal: Int
        var abandonedTotal: Int
        var waiting: Int
    }

    package init() {}

    /// Feeds the room's totals at a moment, about once per admission step. A total or a time that steps back starts a
    /// new measurement. O(1).
    package mutating func observe(at time: Timestamp, admittedTotal: Int, abandonedTotal: Int, waiting: Int) {
        let sample = Sample(
            time: time, admittedTotal: admittedTotal, abandonedTotal: abandonedTotal, waiting: waiting)
        defer { last = sample }
        guard let last, time > last.time, admittedTotal >= last.admittedTotal, abandonedTotal >= last.abandonedTotal
        else { return }
        // Where nobody waited, admissions say how fast visitors came, not how fast the line could move.
        guard last.waiting > 0 else { return }
        let seconds = (time - last.time).seconds
        let kept = max(0, 1 - seconds / Self.memorySeconds)
        waitedSeconds = waitedSeconds * kept + seconds
        admitted = admitted * kept + Double(admittedTotal - last.admittedTotal)
        abandoned = abandoned * kept + Double(abandonedTotal - last.abandonedTotal)
        waitingSeconds = waitingSeconds * kept + seconds * Double(last.waiting + waiting) / 2
    }

    /// The wait for the place `rank` (1 = front). Nil when it cannot be known: the room is not active, or nothing can
    /// be admitted.
    /// - `freeSlots`: how many slots are not held now.
    package func estimate(rank: Int, freeSlots: Int, settings: RoomSettings) -> WaitEstimate? {
        let rate = settings.queueRate.perSecond
        guard settings.status == .active, rate > 0, settings.maxActiveUsers > 0 else { return nil }
        let people = Double(max(1, rank))
        let interval = max(0, settings.admissionInterval.seconds)

        // Without measurement: free slots fill at the rate, later ones as sessions end, at the slowest all by time-out.
        let turnover = Double(settings.maxActiveUsers) / max(1, settings.sessionTimeout.seconds)
        let slow = min(rate, turnover)
        let atOnce = min(people, Double(max(0, freeSlots)))
        let fastest = people / rate
        let slowest = atOnce / rate + (people - atOnce) / slow
        let promised = people / max(.leastNormalMagnitude, (fastest * slowest).squareRoot())

        let prior = Self.priorSeconds * Self.priorSeconds / (Self.priorSeconds + waitedSeconds)
        let measured = (admitted + promised * prior) / (waitedSeconds + prior)
        let admissionRate = min(rate, measured)
        let abandonment = abandoned / (waitingSeconds + Self.patientSeconds)
        let middle = Self.drain(people, admissionRate: admissionRate, abandonment: abandonment)

        // Counts scatter by their square root; what is only promised may be off by as much as the settings allow.
        let trust = waitedSeconds / (waitedSeconds + Self.priorSeconds)
        let scatter = 0.1 + 1 / (1 + admitted).squareRoot()
        let low = trust * middle / (1 + scatter) + (1 - trust) * min(middle, fastest)
        let high = trust * middle * (1 + scatter) + (1 - trust) * max(middle, slowest)
        return WaitEstimate(
            low: max(0, min(low, middle - interval)), middle: middle, high: max(high, middle) + interval)
    }

    /// How long until `people` have left the line: dn/dt = -admissionRate - abandonment·n.
    private static func drain(_ people: Double, admissionRate: Double, abandonment: Double) -> Double {
        let growth = abandonment * people / admissionRate
        // ln(1 + x) / x tends to 1, and is not worth computing near 0.
        guard growth > 1e-6 else { return people / admissionRate }
        return logarithm(1 + growth) / abandonment
    }

    /// The natural logarithm, for values above 0.
    private static func logarithm(_ value: Double) -> Double {
        // value = m·2^e with m in 1..<2; ln m = 2 artanh((m-1)/(m+1)), whose series converges like 9^-n.
        let z = (value.significand - 1) / (value.significand + 1)
        let square = z * z
        var term = z
        var sum = 0.0
        var divisor = 1.0
        while divisor < 30 {
            sum += term / divisor
            term *= square
            divisor += 2
        }
        return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
    }
}
