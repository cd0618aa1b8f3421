import EdgeProxy
import Prometheus

/// What this gate has counted at the origins of one room since it started.
struct OriginCounts: Hashable, Sendable {
    /// Requests that were sent there, or could not be.
    var requests = 0
    /// Those that got an answer of the 500s, from the origin or in its place.
    var errors = 0
    /// From handing a request over to its answer's head, in seconds.
    var durations = HistogramCounts(bounds: DurationCounts.bounds)
    /// The same in fine steps, of answers to those who are through; only where the room's rate follows its origin.
    var latencies = LatencyCounts()

    mutating func add(_ count: Int, of key: LoopCounters.Key) {
        switch key.outcome {
        case .forwarded, .bypassed:
            requests += count
            if key.code >= 500 { errors += count }
        case .failed:
            requests += count
            errors += count
        default: break
        }
    }
}
