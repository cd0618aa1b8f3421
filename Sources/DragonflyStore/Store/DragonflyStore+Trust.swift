package import QueueStore
import Synchronization
package import WaitingRoom

/// A store that may come back older than it was takes no steps until somebody has compared it with the rooms' record.
extension DragonflyStore {
    /// Which connection this is, counted from 1; nil while there is none.
    package var connectionNumber: Int? { connection.number }

    /// Lets a room take steps on the connection of that number.
    package func trust(_ room: RoomID, on number: Int) {
        trusted.withLock { $0[room] = number }
        closed.withLock { $0[room] = nil }
    }

    /// Whether this gate was told of joins that the store does not know any more.
    package func hasLostJoins(of room: RoomID, _ standing: RoomStanding?) -> Bool {
        lastJoins.withLock { $0[room] ?? 0 > standing?.lastJoin ?? 0 }
    }

    /// From now on it goes by the store.
    package func forgetLostJoins(of room: RoomID, _ standing: RoomStanding?) {
        lastJoins.withLock { $0[room] = standing?.lastJoin }
    }

    /// Which life of the server this is; nil if it does not say.
    package func serverProcess() async throws(StoreError) -> ServerProcess? {
        let now = try await now()
        return try await command("INFO", "server").text.flatMap { ServerProcess(info: $0, now: now) }
    }

    /// Says that the room goes on in that server process. If it took no step for a while, because store or gates were
    /// away, nobody counts as silent in that time.
    package func resume(
        _ room: RoomID, seen: RoomStanding, in server: ServerProcess?, on number: Int
    ) async throws(StoreError) {
        _ = try await run(
            .restore, in: room, on: number,
            ["resume", server?.text ?? "", "\(Self.longestPause.count)", seen.generation])
    }

    /// A room whose gates are there takes a step more often.
    private static var longestPause: Milliseconds { .seconds(3) }

    /// Says why a room is not trusted; its steps fail with that.
    package func explain(_ reason: String, of room: RoomID) { closed.withLock { $0[room] = reason } }

    /// Stops a room's steps until it is trusted again.
    package func distrust(_ room: RoomID) { trusted.withLock { $0[room] = nil } }

    /// Whether the room may take steps now.
    package func isTrusted(_ room: RoomID) -> Bool {
        guard let number = connection.number else { return false }
        return !needsTrust || trusted.withLock { $0[room] == number }
    }

    /// The connection on which a room may take a step; nil: any.
    func trustedConnection(for room: RoomID) throws(StoreError) -> Int? {
        guard needsTrust else { return nil }
        guard let number = trusted.withLock({ $0[room] }), connection.number.map({ $0 == number }) ?? true else {
            let reason = closed.withLock { $0[room] }
            throw StoreError(
                .unavailable,
                reason.map { "room \(room) is closed: \($0)" } ?? "room \(room) is being compared with its events")
        }
        return number
    }
}
