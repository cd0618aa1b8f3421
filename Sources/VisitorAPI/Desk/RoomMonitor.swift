package import QueueStore
import Synchronization
package import WaitingRoom

/// What the gate knows of each room without asking the store: the facts of the last admission step and what was learnt
/// from those before. At most about one `admission_interval` old.
package final class RoomMonitor: Sendable {
    package struct Snapshot: Sendable {
        package var facts: RoomFacts
        var estimator: WaitEstimator
        package var takenAt: Timestamp

        /// How long a visitor at `rank` will probably wait; nil when it cannot be known.
        package func estimate(rank: Int) -> WaitEstimate? {
            guard facts.phase == .open else { return nil }
            // Where nobody waited then and somebody does now, what was free has been taken since.
            let slots = facts.waiting == 0 ? 0 : facts.settings.maxActiveUsers - facts.admitted - facts.activeSessions
            return estimator.estimate(rank: rank, freeSlots: max(0, slots), settings: facts.settings)
        }
    }

    private let snapshots = Mutex<[RoomID: Snapshot]>([:])

    package init() {}

    /// Takes in the facts after an admission step.
    package func observe(_ facts: RoomFacts, at time: Timestamp) {
        snapshots.withLock { snapshots in
            // A line that may not move yet says nothing of how fast it will.
            let known = facts.phase == .open ? snapshots[facts.settings.id]?.estimator : nil
            var estimator = known ?? WaitEstimator()
            if facts.phase == .open {
                estimator.observe(
                    at: time, admittedTotal: facts.admittedTotal, abandonedTotal: facts.abandonedTotal,
                    waiting: facts.waiting)
            }
            snapshots[facts.settings.id] = Snapshot(facts: facts, estimator: estimator, takenAt: time)
        }
    }

    /// Drops the rooms that are not among these: what is known of a room that nobody steps any more grows old.
    package func forget(allBut rooms: [RoomID]) {
        let rooms = Set(rooms)
        snapshots.withLock { snapshots in snapshots = snapshots.filter { rooms.contains($0.key) } }
    }

    package func snapshot(of room: RoomID) -> Snapshot? { snapshots.withLock { $0[room] } }

    package var all: [Snapshot] { snapshots.withLock { Array($0.values) } }
}
