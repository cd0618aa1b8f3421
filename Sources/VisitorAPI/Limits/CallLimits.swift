package import RoomConfiguration
import Synchronization
package import WaitingRoom

/// What one gate remembers of who called how often: the limits per token, and of the limits per address, which the store
/// keeps for all gates, as much as spares the store those who are over them. No room has more than the tables' bounds.
package final class CallLimits: Sendable {
    /// Why a visitor was refused.
    package enum Refusal: Hashable, Sendable {
        case calls(CallLimit)
        /// `max_positions_per_address`.
        case positions

        package static let allCases = CallLimit.allCases.map(Refusal.calls) + [.positions]

        /// The label `limit` of the metric.
        package var name: String {
            switch self {
            case .calls(let limit): limit.rawValue
            case .positions: "positions"
            }
        }
    }

    /// What is counted of one room.
    package struct Totals: Sendable {
        package fileprivate(set) var refused: [Refusal: Int] = [:]
        /// Calls that passed because a table was full.
        package fileprivate(set) var uncounted = 0
    }

    private struct RoomTables {
        var windows: [CallLimit: RateTable] = [:]
        /// Addresses that the store has refused.
        var refusals: [Refusal: RefusalTable] = [:]
        var totals = Totals()
    }

    private let rooms = Mutex<[RoomID: RoomTables]>([:])

    package init() {}

    /// Counts a call. O(1).
    /// - Parameter caller: random bits that stand for the token or the address.
    func take(
        _ limit: CallLimit, of caller: UInt64, in room: RoomID, at now: Timestamp, under rate: Rate
    ) -> RateVerdict {
        rooms.withLock { rooms in
            let verdict = rooms[room, default: RoomTables()].windows[limit, default: RateTable()]
                .take(caller, at: now, under: rate)
            if case .uncounted = verdict { rooms[room]?.totals.uncounted += 1 }
            return verdict
        }
    }

    func count(_ refusal: Refusal, in room: RoomID) {
        rooms.withLock { $0[room, default: RoomTables()].totals.refused[refusal, default: 0] += 1 }
    }

    /// Notes that the store need not be asked about this address for a while.
    func note(_ refusal: Refusal, of address: AddressDigest, in room: RoomID, for span: Milliseconds, at now: Timestamp)
    {
        rooms.withLock { rooms in
            rooms[room, default: RoomTables()].refusals[refusal, default: RefusalTable()]
                .note(address.value, until: now + span, at: now)
        }
    }

    /// For how long still it need not.
    func rest(of refusal: Refusal, of address: AddressDigest, in room: RoomID, at now: Timestamp) -> Milliseconds? {
        rooms.withLock { $0[room]?.refusals[refusal]?.rest(of: address.value, at: now) }
    }

    /// Drops the rooms that are not among these.
    package func forget(allBut kept: [RoomID]) {
        let kept = Set(kept)
        rooms.withLock { rooms in rooms = rooms.filter { kept.contains($0.key) } }
    }

    /// Nothing yet of a room that is not there.
    package var totals: [RoomID: Totals] { rooms.withLock { $0.mapValues(\.totals) } }
}
