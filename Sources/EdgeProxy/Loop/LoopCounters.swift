package import VisitorAPI

/// What one event loop counts on the data path: plain numbers, merged with those of the other loops when Prometheus
/// asks. Label sets are bounded: rooms from the configuration, outcomes and status codes from fixed sets.
package struct LoopCounters: Sendable {
    /// What became of a request; the `outcome` label.
    package enum Outcome: Int, Sendable, CaseIterable {
        case forwarded, queued, full, limited, challenged, maintenance, api, page
        case bypassed, redirected, refused, failed, aborted

        package var name: String { "\(self)" }
    }

    package struct Key: Hashable, Sendable {
        package var label: Int
        package var outcome: Outcome
        package var code: Int
    }

    package struct ShadowKey: Hashable, Sendable {
        package var label: Int
        package var decision: ShadowDecision
    }

    package private(set) var requests: [Key: Int] = [:]
    /// Requests that a room let through because it is in shadow.
    package private(set) var shadowed: [ShadowKey: Int] = [:]
    package var requestDuration = DurationCounts()
    /// How long origins took to their answers' heads, by the room's label (`LabelTable`).
    package private(set) var upstreamDurations: ContiguousArray<DurationCounts> = []
    /// The same of answers to those who are through, in fine steps, of rooms whose rate follows their origin.
    package private(set) var latencies: ContiguousArray<LatencyCounts> = []
    package var connections = 0
    /// Connections that were closed before their first request.
    package private(set) var refusals: [ConnectionLedger.Refusal: Int] = [:]
    /// Connections without a request that were closed to make room.
    package var shed = 0
    package var http2Streams = 0
    package var upstreamConnections = 0
    package var upstreamReused = 0
    package var upstreamRetries = 0
    /// Nearly all requests are of one kind; its count is kept out of the dictionary until another kind comes.
    private var lastKey = Key(label: 0, outcome: .forwarded, code: 0)
    private var lastCount = 0

    package init() {}

    mutating func count(_ outcome: Outcome, label: Int, code: Int) {
        // A code beyond the registered classes would let an origin make up labels.
        let key = Key(label: label, outcome: outcome, code: (100...599).contains(code) ? code : 0)
        if key == lastKey {
            lastCount += 1
        } else {
            settle()
            lastKey = key
            lastCount = 1
        }
    }

    /// Notes how long the origin of a room took. O(1), but for the first request of a room.
    mutating func countUpstream(microseconds: Int64, label: Int) {
        while upstreamDurations.count <= label { upstreamDurations.append(DurationCounts()) }
        upstreamDurations[label].record(microseconds: microseconds)
    }

    mutating func count(_ decision: ShadowDecision, label: Int) {
        shadowed[ShadowKey(label: label, decision: decision), default: 0] += 1
    }

    /// The same in fine steps. O(1), but for the first request of a room.
    mutating func countLatency(microseconds: Int64, label: Int) {
        while latencies.count <= label { latencies.append(LatencyCounts()) }
        latencies[label].record(microseconds: microseconds)
    }

    mutating func refuse(_ reason: ConnectionLedger.Refusal) { refusals[reason, default: 0] += 1 }

    /// Makes `requests` complete.
    package mutating func settle() {
        if lastCount > 0 { requests[lastKey, default: 0] += lastCount }
        lastCount = 0
    }
}

/// A histogram of durations with fixed bounds.
package struct DurationCounts: Sendable {
    /// Upper bounds in seconds.
    package static let bounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    private static let boundsInMicroseconds: ContiguousArray<Int64> = ContiguousArray(
        bounds.map { Int64($0 * 1_000_000) })

    /// Per bucket, not cumulative; the last one has no upper bound.
    package private(set) var buckets = ContiguousArray(repeating: 0, count: bounds.count + 1)
    package private(set) var sumMicroseconds: Int64 = 0

    package init() {}

    mutating func record(microseconds: Int64) {
        var index = 0
        while index < Self.boundsInMicroseconds.count, microseconds > Self.boundsInMicroseconds[index] { index += 1 }
        buckets[index] += 1
        sumMicroseconds += microseconds
    }
}
