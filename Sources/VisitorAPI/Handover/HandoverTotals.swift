import Synchronization
package import WaitingRoom

/// What became of the wishes to move a place to another device, at one gate.
package final class HandoverTotals: Sendable {
    /// The label `outcome` of the metric.
    package enum Outcome: String, Sendable, CaseIterable {
        /// A code was made.
        case offered
        case moved
        /// There was no such code (any more).
        case wrong
        /// The place was used or had ended, or too many codes were out.
        case refused
        /// Too many calls of one address, or too many wrong codes in the room.
        case limited
    }

    private let counts = Mutex<[RoomID: [Outcome: Int]]>([:])

    init() {}

    func count(_ outcome: Outcome, in room: RoomID) {
        counts.withLock { $0[room, default: [:]][outcome, default: 0] += 1 }
    }

    /// Nothing yet of a room that is not there.
    package var totals: [RoomID: [Outcome: Int]] { counts.withLock { $0 } }

    /// Drops the rooms that are not among these.
    package func forget(allBut kept: [RoomID]) {
        let kept = Set(kept)
        counts.withLock { counts in counts = counts.filter { kept.contains($0.key) } }
    }
}
