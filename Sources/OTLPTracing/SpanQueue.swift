import Synchronization

/// Spans that have ended, on their way to the exporter. Bounded: what does not fit is dropped and counted.
package final class SpanQueue: Sendable {
    private struct State {
        var spans: [SpanData] = []
        var dropped = 0
    }

    private let state = Mutex(State())
    package static let limit = 4096

    package init() {}

    /// Takes spans in: one of the control paths, or some of an event loop.
    package func add(_ spans: [SpanData]) {
        state.withLock { state in
            let fits = min(spans.count, Self.limit - state.spans.count)
            state.spans += spans.prefix(fits)
            state.dropped += spans.count - fits
        }
    }

    /// The oldest ones.
    package func take(_ count: Int) -> [SpanData] {
        state.withLock { state in
            let taken = Array(state.spans.prefix(count))
            state.spans.removeFirst(taken.count)
            return taken
        }
    }

    /// What did not reach its destination counts with what did not fit.
    func drop(_ count: Int) { state.withLock { $0.dropped += count } }

    package var dropped: Int { state.withLock { $0.dropped } }
}
