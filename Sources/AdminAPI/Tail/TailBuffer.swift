import Synchronization

/// Bytes on their way from those who make events to one who reads them.
final class TailBuffer: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// False, and nothing more is taken, where more than `limit` bytes would wait.
    func append(_ bytes: [UInt8], limit: Int) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isFinished else { return true }
            guard state.bytes.count + bytes.count <= limit else {
                state.isFinished = true
                state.bytes = []
                return false
            }
            state.bytes += bytes
            return true
        }
        if isTaken { signal.yield() } else { signal.finish() }
        return isTaken
    }

    /// What waits is still read.
    func finish() {
        state.withLock { $0.isFinished = true }
        signal.finish()
    }

    /// All that waits, as soon as there is something; nil at the end, and for a task that was cancelled.
    func next() async -> [UInt8]? {
        while true {
            let (bytes, isFinished) = state.withLock { state in
                defer { state.bytes = [] }
                return (state.bytes, state.isFinished)
            }
            if !bytes.isEmpty { return bytes }
            if isFinished { return nil }
            var iterator = signals.makeAsyncIterator()
            guard await iterator.next() != nil else {
                return state.withLock(\.bytes).isEmpty ? nil : await next()
            }
        }
    }
}
