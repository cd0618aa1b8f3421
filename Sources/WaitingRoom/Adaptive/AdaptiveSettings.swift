/// How a room's rate follows what its origin bears.
package struct AdaptiveSettings: Hashable, Sendable {
    /// The rate never falls below it.
    package var floor: Rate
    /// What the 95th percentile of the time to an answer's head may be.
    package var targetLatency: Milliseconds
    /// What share of the requests may fail, or be answered with 5xx, in thousandths.
    package var maxErrorRate: Int
    /// How often the origin is judged, and the rate changed at most.
    package var interval: Milliseconds
    /// Fewer requests are not judged by.
    package var minSamples: Int

    package init(
        floor: Rate = Rate(count: 1, per: .seconds(1)), targetLatency: Milliseconds = Milliseconds(500),
        maxErrorRate: Int = 50, interval: Milliseconds = .seconds(10), minSamples: Int = 50
    ) {
        self.floor = floor
        self.targetLatency = targetLatency
        self.maxErrorRate = maxErrorRate
        self.interval = interval
        self.minSamples = minSamples
    }
}

extension AdaptiveSettings {
    /// Why the rate is too high for the origin; nil if it is not. Errors first: an origin that fails at once is quick.
    func distress(in sample: OriginSample) -> AdaptationReason? {
        if sample.errorRate > maxErrorRate { return .errors(sample.errorRate, limit: maxErrorRate) }
        if let latency = sample.latency, latency > targetLatency { return .latency(latency, target: targetLatency) }
        return nil
    }

    /// Well within what is allowed.
    func isCalm(_ sample: OriginSample) -> Bool {
        let isQuick = sample.latency.map { $0.count <= targetLatency.count * 4 / 5 } ?? false
        return isQuick && sample.errorRate <= maxErrorRate / 2
    }
}

extension Rate {
    package func isLower(than other: Rate) -> Bool {
        Int128(count) * Int128(other.per.count) < Int128(other.count) * Int128(per.count)
    }

    /// The nearest whole number of admissions a minute; an hour, where that says too little.
    init(perSecond: Double) {
        if perSecond < 1 {
            self.init(count: max(1, Int64((perSecond * 3600).rounded())), per: .minutes(60))
        } else {
            self.init(count: Int64((perSecond * 60).rounded()), per: .minutes(1))
        }
    }
}
