import DragonflyStore
import Logging
import NATSBus
import QueueStore
import VisitorAPI
import WaitingRoom

/// Compares the rooms of a shared store with their events in the stream, and brings those up to date that the store has
/// lost or has as they once were: it keeps snapshots only. Until then a room takes no steps at this gate.
struct RoomRestorer {
    let store: DragonflyStore
    /// Nil without NATS: then the store is taken as it is.
    let log: StreamLog?
    /// What this gate has seen of the rooms.
    let monitor: RoomMonitor
    let logger: Logger

    /// Lets the room take steps, restored if need be, and applies its limits. One gate restores it; the others are told
    /// `unavailable` meanwhile.
    /// - Throws: `unavailable` if the room cannot be compared or restored now; `corrupt` if its events cannot be replayed.
    func compare(_ settings: RoomSettings) async throws(StoreError) {
        let room = settings.id
        guard let number = store.connectionNumber else { throw StoreError(.unavailable, "the store is away") }
        let server = try await store.serverProcess()
        let seen = try await store.standing(of: room)
        if let flaw = try await flaw(of: settings, seen, server) {
            logger.warning(
                "The store has lost a part of a room, which is restored from its events",
                metadata: ["queue_id": "\(room)", "reason": "\(flaw)"])
            report(try await restore(room, seen))
        } else {
            try await warnIfOlder(seen, settings)
        }
        if let seen = try await store.standing(of: room) { try await store.resume(room, seen: seen, in: server) }
        store.trust(room, on: number)
        try await store.configure([settings])
        if seen == nil, let made = try await store.standing(of: room) {
            try await store.resume(room, seen: made, in: server)
        }
    }

    /// What the stream has of the room and the store has not.
    private func flaw(
        of settings: RoomSettings, _ seen: RoomStanding?, _ server: ServerProcess?
    ) async throws(StoreError) -> StoreFlaw? {
        guard let log else { return nil }
        do {
            return StoreFlaw(store: seen, record: try await log.standing(of: settings.id))
        } catch {
            // A server process that has been running since the last comparison has lost nothing.
            guard let server, let last = seen?.server, server.isSame(as: last) else {
                throw StoreError(
                    .unavailable,
                    "whether the store has all of room \(settings.id) is known only to NATS, which cannot be read: "
                        + "\(error)")
            }
            logger.warning(
                "A room goes on without being compared with its events",
                metadata: ["queue_id": "\(settings.id)", "error": "\(error)"])
            return nil
        }
    }

    private func restore(_ room: RoomID, _ seen: RoomStanding?) async throws(StoreError) -> RestoredRoom {
        guard let log else { throw StoreError(.unavailable, "there is no record of room \(room)") }
        let restored = try await store.restore(room, seen: seen) { try await log.history(of: room) }
        _ = store.hasLostJoins(of: room, try await store.standing(of: room))
        return restored
    }

    private func lastSeen(_ room: RoomID) -> UInt64? { monitor.snapshot(of: room)?.facts.eventSequence }

    /// What the stream had not got yet nothing can bring back, but those who joined then can come back by themselves.
    private func warnIfOlder(_ seen: RoomStanding?, _ settings: RoomSettings) async throws(StoreError) {
        let last = lastSeen(settings.id) ?? 0
        let isOlder = last > seen?.lastSequence ?? 0
        let hasLostJoins = store.hasLostJoins(of: settings.id, seen)
        guard isOlder || hasLostJoins else { return }
        logger.error(
            "The store has lost events that no stream has: those who joined since come back by their tokens",
            metadata: [
                "queue_id": "\(settings.id)", "store": "\(seen?.lastSequence ?? 0)", "seen": "\(last)",
            ])
        if let seen { try await store.reopen(settings.id, settings, seen: seen) }
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
