import Synchronization

/// What the operation returns, or nil if that takes longer than `timeout`. The operation is then cancelled but not
/// waited for: one that does not heed cancellation goes on by itself.
func value<Value: Sendable>(
    within timeout: Duration, of operation: @escaping @Sendable () async -> Value
) async -> Value? {
    await withCheckedContinuation { continuation in
        let race = Race(continuation)
        let work = Task { race.finish(await operation()) }
        let alarm = Task {
            do {
                try await Task.sleep(for: timeout)
            } catch {
                return
            }
            race.finish(nil)
            work.cancel()
        }
        race.onFinish { alarm.cancel() }
    }
}

/// Resumes a continuation with the first of several results.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case running(CheckedContinuation<Value?, Never>, onFinish: (@Sendable () -> Void)?)
        case finished
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<Value?, Never>) {
        state = Mutex(.running(continuation, onFinish: nil))
    }

    func finish(_ value: Value?) {
        let state = self.state.withLock { state in
            defer { state = .finished }
            return state
        }
        guard case .running(let continuation, let onFinish) = state else { return }
        continuation.resume(returning: value)
        onFinish?()
    }

    /// Runs `action` when the race is over, at once if it is.
    func onFinish(_ action: @escaping @Sendable () -> Void) {
        let isFinished = state.withLock { state in
            guard case .running(let continuation, _) = state else { return true }
            state = .running(continuation, onFinish: action)
            return false
        }
        if isFinished { action() }
    }
}
