import DragonflyStore
package import Logging
import NATSBus
import NIOPosix
import QueueStore
package import RoomConfiguration
import WaitingRoom

/// What `anteroom rebuild` does: the comparison that gates make by themselves, and the restoration where it is needed or
/// asked for.
package enum RebuildCommand {
    /// - Parameters:
    ///   - room: only this one.
    ///   - isForced: restore rooms too in which nothing is missing.
    /// - Returns: what was found and done, for a person.
    /// - Throws: what keeps it from doing so, in one line.
    package static func run(
        _ configuration: Configuration, room: String?, isForced: Bool, logger: Logger
    ) async throws -> [String] {
        let rooms = try CommandRooms.named(room, in: configuration)
        guard let address = configuration.store.address else {
            throw Refusal(
                "store.kind is not dragonfly: the embedded store restores itself from its journal at each start")
        }
        let log = try CommandRooms.log(configuration)
        let store = try DragonflyStore(
            address: address, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            caFile: configuration.store.caFile, logger: logger)
        defer { store.close() }
        var lines: [String] = []
        do {
            try await log.waitForConnection(HistoryCommand.patience)
            try await store.connect()
            for room in rooms { lines += try await rebuild(room, store, log, isForced: isForced) }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
        return lines
    }

    private static func rebuild(
        _ room: RoomID, _ store: DragonflyStore, _ log: StreamLog, isForced: Bool
    ) async throws -> [String] {
        guard let record = try await log.standing(of: room) else {
            return ["room \(room): the stream holds no events of it; nothing done"]
        }
        let seen = try await store.standing(of: room)
        let flaw = StoreFlaw(store: seen, record: record)
        if flaw == nil, !isForced {
            return ["room \(room): the store is as new as the stream (event \(record.lastSequence)); nothing done"]
        }
        if flaw == nil, let seen, seen.lastSequence > record.lastSequence {
            throw Refusal(
                "room \(room): the stream is at event \(record.lastSequence), the store at \(seen.lastSequence): what is "
                    + "missing would be lost; wait until anteroom_events_backlog is 0")
        }
        let restored = try await store.restore(room, seen: seen) { try await log.history(of: room) }
        return [
            "room \(room): \(flaw.map(\.description) ?? "nothing was missing, but it was asked for")",
            "room \(room): restored from \(restored.events) events: \(restored.waiting) waiting, "
                + "\(restored.admitted) admitted, \(restored.activeSessions) active sessions, generation "
                + restored.generation,
        ]
    }
}
