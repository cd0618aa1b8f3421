package import HTTPWire
package import Tracing

/// One event loop's part in tracing: the same ids, rules and spans as the tracer's, without its lock, its contexts and, for
/// a request that is not recorded, without memory.
package struct LoopTracer {
    private var ids: TraceIDs
    private let queue: SpanQueue
    private var ended: [SpanData] = []

    /// - Parameter queue: the tracer's.
    package init(_ queue: SpanQueue) {
        ids = TraceIDs(seed: UInt64.random(in: .min ... .max))
        self.queue = queue
    }

    /// The place of a request's span.
    package mutating func start(
        childOf parent: TraceParent?, isTrusted: Bool, sampling: TraceSampling
    ) -> SpanIdentity {
        SpanIdentity(childOf: parent, isTrusted: isTrusted, sampling: sampling, ids: &ids)
    }

    /// Takes a recorded span that ends now and took `duration` microseconds; what `handOver` cannot carry away is counted
    /// as dropped.
    package mutating func end(
        _ identity: SpanIdentity, name: String, kind: SpanKind, after duration: Int64, _ attributes: SpanAttributes
    ) {
        let now = DefaultTracerClock.now.nanosecondsSinceEpoch
        ended.append(
            SpanData(
                identity, name: name, kind: kind, startedAt: now - UInt64(max(0, duration)) * 1000, endedAt: now,
                attributes: attributes))
        if ended.count >= 256 { handOver() }
    }

    /// Brings what has gathered to the exporter; called a few times a second.
    package mutating func handOver() {
        guard !ended.isEmpty else { return }
        queue.add(ended)
        ended.removeAll(keepingCapacity: true)
    }
}
