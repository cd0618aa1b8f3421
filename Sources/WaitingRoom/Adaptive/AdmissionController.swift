/// Finds the rate that a room's origin bears, by one sample after the other: multiplicative decrease, and an increase that is
/// quick up to just below the rate that was too much last and careful from there on (as CUBIC's, RFC 9438). Between
/// calm and distress nothing is changed, and one sample alone changes nothing unless it is far out, so that neither
/// noise nor the time that a change takes to show moves the rate to and fro.
///
/// The rate itself is told each time: another gate may have changed it.
package struct AdmissionController: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case lower(to: Rate, AdaptationReason)
        /// The origin bears less than it gets, but one sample may be chance, or the rate is at the floor.
        case distress(AdaptationReason)
        /// Nil: to what is configured.
        case raise(to: Rate?)
        /// The origin bears what it gets.
        case hold
        /// So few requests say nothing.
        case unknown
    }

    /// So many samples in a row have to be in distress before the rate falls, unless one is beyond twice what is allowed.
    private static let distressedSamples = 2
    /// So many in a row have to be calm before it rises.
    package static let calmSamples = 3

    private var distressed = 0
    private var calm = 0
    /// The rate that was too much last, per second.
    private var tooMuch: Double?
    /// The last careful step, per second.
    private var step: Double?

    package init() {}

    package mutating func judge(
        _ sample: OriginSample, at rate: Rate, below ceiling: Rate, under settings: AdaptiveSettings
    ) -> Verdict {
        guard sample.requests >= settings.minSamples else {
            // What was seen before is over; nothing is in a row any more.
            (distressed, calm) = (0, 0)
            return .unknown
        }
        if let reason = settings.distress(in: sample) {
            calm = 0
            distressed += 1
            guard distressed >= Self.distressedSamples || reason.excess > 2 else { return .distress(reason) }
            return lower(rate, reason, under: settings)
        }
        distressed = 0
        guard settings.isCalm(sample) else {
            (calm, step) = (0, nil)
            return .hold
        }
        calm += 1
        guard calm >= Self.calmSamples, rate.isLower(than: ceiling) else { return .hold }
        return raise(rate, below: ceiling, under: settings)
    }

    private mutating func lower(_ rate: Rate, _ reason: AdaptationReason, under settings: AdaptiveSettings) -> Verdict {
        (distressed, step) = (0, nil)
        guard settings.floor.isLower(than: rate) else { return .distress(reason) }
        tooMuch = rate.perSecond
        let wanted = Rate(perSecond: rate.perSecond * min(0.95, max(0.7, 1 / reason.excess)))
        // What rounding gave back would be given back each time.
        let lowered = wanted.isLower(than: rate) ? wanted : Rate(count: max(1, wanted.count - 1), per: wanted.per)
        return .lower(to: lowered.isLower(than: settings.floor) ? settings.floor : lowered, reason)
    }

    private mutating func raise(_ rate: Rate, below ceiling: Rate, under settings: AdaptiveSettings) -> Verdict {
        let span = max(0, ceiling.perSecond - settings.floor.perSecond)
        let wall = 0.95 * (tooMuch ?? 0)
        var raised = rate.perSecond
        if raised < 0.97 * wall {
            raised += max(span / 200, (wall - raised) / 3)
        } else {
            let next = min(2 * (step ?? span / 400), span / 10)
            step = next
            raised += next
            calm = 0
        }
        let wanted = Rate(perSecond: raised)
        let next = rate.isLower(than: wanted) ? wanted : Rate(count: wanted.count + 1, per: wanted.per)
        guard next.isLower(than: ceiling) else {
            (tooMuch, step) = (nil, nil)
            return .raise(to: nil)
        }
        return .raise(to: next)
    }
}
