import EdgeProxy
import WaitingRoom

/// Makes samples of a room's origin of the growing counts of the event loops.
struct OriginMeter: Sendable {
    /// What the next sample is counted from; nil before the first.
    private var start: OriginCounts?
    private var startedAt: ContinuousClock.Instant?
    /// After so many intervals with too few requests a sample begins anew: what is longer ago tells little of now.
    private static let patience = 6

    enum Reading: Hashable {
        case sample(OriginSample)
        /// More is needed; what comes counts with what is there.
        case growing
        case nothing
    }

    /// What was counted since the last sample: as soon as it is enough to judge by, or for so long that it will not be.
    mutating func read(
        _ counts: OriginCounts, at now: ContinuousClock.Instant, under settings: AdaptiveSettings
    ) -> Reading {
        guard let start, let startedAt else {
            (self.start, self.startedAt) = (counts, now)
            return .nothing
        }
        // Else an event loop did not answer; its counts come with the next ones.
        guard counts.requests >= start.requests, counts.errors >= start.errors,
            let latencies = counts.latencies.since(start.latencies)
        else { return .growing }
        let sample = OriginSample(
            requests: counts.requests - start.requests, errors: counts.errors - start.errors,
            latency: latencies.quantile(0.95).map { Milliseconds(($0 + 999) / 1000) })
        let isOver = now - startedAt >= .milliseconds(settings.interval.count * Int64(Self.patience))
        guard sample.requests >= settings.minSamples || isOver else { return .growing }
        (self.start, self.startedAt) = (counts, now)
        return .sample(sample)
    }
}
