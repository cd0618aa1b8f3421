import DragonflyStore
import Logging
import NATSBus
import QueueStore
import WaitingRoom

/// Compares the rooms of a shared store with their events in the stream, and brings those up to date that the store has
/// lost or has as they once were: it keeps snapshots only. Until then a room takes no steps at this gate.
struct RoomRestorer {
    let store: DragonflyStore
    /// Nil without NATS: then the store is taken as it is.
    let log: StreamLog?
    let logger: Logger

    /// Lets the room take steps, restored if need be, and applies its limits. One gate restores it; the others are told
    /// `unavailable` meanwhile.
    /// - Throws: `unavailable` if the room cannot be compared or restored now; `corrupt` if its events cannot be replayed.
    func compare(_ settings: RoomSettings) async throws(StoreError) {
        let room = settings.id
        guard let number = store.connectionNumber else { throw StoreError(.unavailable, "the store is away") }
        let server = try await store.serverProcess()
        let seen = try await store.standing(of: room)
        let isSameProcess = if let server, let last = seen?.server { server.isSame(as: last) } else { false }
        let record: StreamLog.Standing?
        do {
            record = try await log?.standing(of: room)
        } catch {
            // A process that has been running since the last comparison has lost nothing.
            guard isSameProcess else {
                throw StoreError(
                    .unavailable,
                    "whether the store has all of it is known only to NATS, which cannot be read (\(error)): see to NATS"
                )
            }
            logger.warning(
                "A room goes on without being compared with its events: it was, in this very store, before",
                metadata: ["queue_id": "\(room)", "error": "\(error)"])
            record = nil
        }
        let flaw = StoreFlaw(store: seen, record: record)
        if let flaw {
            try await restore(room, seen, record, flaw)
        } else if let seen, seen.server != nil, !isSameProcess {
            try await adopt(settings, seen, record, on: number)
        } else if let seen, store.hasLostJoins(of: room, seen) {
            try await store.reopen(settings, seen: seen, on: number)
        }
        let present = try await store.standing(of: room)
        store.forgetLostJoins(of: room, present)
        if let present { try await store.resume(room, seen: present, in: server, on: number) }
        store.trust(room, on: number)
        guard present == nil else { return try await store.configure([settings]) }
        try await store.make(settings)
        if let made = try await store.standing(of: room) {
            try await store.resume(room, seen: made, in: server, on: number)
        }
    }

    /// How long after a restoration into another store this one is taken for the wrong one.
    private static let doubt = Milliseconds.seconds(20)

    private func restore(
        _ room: RoomID, _ seen: RoomStanding?, _ record: StreamLog.Standing?, _ flaw: StoreFlaw
    ) async throws(StoreError) {
        guard let log else { throw StoreError(.unavailable, "there is no record of room \(room)") }
        if flaw == .otherGeneration, let restored = record?.restored, try await store.now() - restored < Self.doubt {
            // Two stores that restore each other in turn help nobody: first look whether the address has moved.
            store.reconnect()
            throw StoreError(
                .unavailable,
                "room \(room) was just restored into another store, of generation \(record?.generation ?? ""); this one is of "
                    + (seen?.generation ?? ""))
        }
        logger.warning(
            "The store has lost a part of a room, which is restored from its events",
            metadata: ["queue_id": "\(room)", "reason": "\(flaw)"])
        report(try await store.restore(room, seen: seen) { try await log.history(of: room) })
    }

    /// A server that was started since the last comparison may lack what the stream had not got yet, and something may
    /// still be on its way there from its life before.
    private func adopt(
        _ settings: RoomSettings, _ seen: RoomStanding, _ record: StreamLog.Standing?, on number: Int
    ) async throws(StoreError) {
        let room = settings.id
        logger.warning(
            "The store was started again: those who had a place that it may have lost come back first",
            metadata: [
                "queue_id": "\(room)", "newcomers_join_after": "\(settings.heartbeatInterval)",
                "event": "\(seen.lastSequence)",
            ])
        guard let log, let record else { return try await store.reopen(settings, seen: seen, on: number) }
        let time = try await store.now()
        try await store.adopt(settings, seen: seen) { generation in
            try await log.seal(room, at: record, generation: generation, time: time)
        }
    }

    private func report(_ restored: RestoredRoom) {
        logger.notice(
            "Room restored",
            metadata: [
                "queue_id": "\(restored.room)", "events": "\(restored.events)", "waiting": "\(restored.waiting)",
                "admitted": "\(restored.admitted)", "active_sessions": "\(restored.activeSessions)",
                "last_sequence": "\(restored.lastSequence)", "generation": "\(restored.generation)",
            ])
    }
}
