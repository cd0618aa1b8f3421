import Synchronization
import WaitingRoom

/// A wall clock that stands until the test moves it, in either direction.
final class ManualClock: Sendable {
    private let milliseconds: Mutex<Int64>

    init(milliseconds: Int64 = 1_700_000_000_000) { self.milliseconds = Mutex(milliseconds) }

    var now: Timestamp { milliseconds.withLock { Timestamp(milliseconds: $0) } }

    func advance(by span: Milliseconds) { milliseconds.withLock { $0 += span.count } }
}
