import Synchronization
import WaitingRoom

/// The pace of those in line who were heard lately, for all event loops. A poll takes one of several locks for about as
/// long as it takes to find an entry.
final class PollMemory: Sendable {
    private final class Shard: Sendable {
        let paces = Mutex(RecentTable<PollPace>(capacity: 8192))
    }

    private let shards = (0..<16).map { _ in Shard() }

    /// - Returns: why the position has to prove itself; nil if it need not.
    func note(_ position: PositionID, at now: Int64, pollAfter: Int64) -> AbuseSignal? {
        let (key, shard) = place(of: position)
        return shard.paces.withLock { paces in
            paces.update(key, now: now, initial: PollPace()) { pace in
                pace.note(at: now, pollAfter: pollAfter)
                return pace.signal
            }
        }
    }

    func signal(of position: PositionID) -> AbuseSignal? {
        let (key, shard) = place(of: position)
        return shard.paces.withLock { $0.value(of: key)?.signal }
    }

    /// The position has proved itself, and begins anew.
    func clear(_ position: PositionID, at now: Int64) {
        let (key, shard) = place(of: position)
        shard.paces.withLock { $0.update(key, now: now, initial: PollPace()) { $0 = PollPace() } }
    }

    private func place(of position: PositionID) -> (UInt64, Shard) {
        let key = UInt64(bitPattern: Int64(position.hashValue))
        return (key, shards[Int(key >> 60)])
    }
}
