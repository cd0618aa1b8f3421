import DragonflyStore
import Logging
import NATSBus
import QueueStore
import ServiceLifecycle
import WaitingRoom

/// Carries the events of a shared store from its outbox to JetStream: one gate at a time, so that they stay in order, and
/// removed from the outbox only once they are stored, so that none is lost whichever gate ends.
struct OutboxCarrier: Service {
    let store: DragonflyStore
    let bus: EventBus?
    let rooms: @Sendable () -> [RoomSettings]
    let observers: [@Sendable ([RoomEvent]) -> Void]
    let logger: Logger

    private static let lease = "outbox"
    /// Another gate goes on after this time without a sign.
    private static let span = Milliseconds.seconds(3)
    private static let batch = 500
    /// How many events of a room may wait in the store while NATS is away; the oldest are dropped beyond it.
    private static let limit: UInt64 = 500_000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var generator = SystemRandomNumberGenerator()
            let holder = String(generator.next() as UInt64, radix: 16)
            var isFailing = false
            while !Task.isCancelled {
                var carried = 0
                do {
                    if try await store.acquireLease(Self.lease, holder: holder, lasting: Self.span) {
                        for room in rooms().map(\.id) { carried += try await carry(room) }
                        if isFailing { logger.notice("Events of the store reach NATS again") }
                        isFailing = false
                    }
                } catch {
                    if !isFailing {
                        logger.error("Events stay in the store's outbox", metadata: ["error": "\(error)"])
                    }
                    isFailing = true
                    try? await bound()
                }
                if carried < Self.batch { try? await Task.sleep(for: .milliseconds(isFailing ? 1000 : 200)) }
            }
            try? await store.releaseLease(Self.lease, holder: holder)
        }
    }

    private func carry(_ room: RoomID) async throws -> Int {
        let events = try await store.outbox(of: room, limit: Self.batch)
        guard let last = events.last else { return 0 }
        if let bus { try await bus.deliver(events, opened: try await store.facts(of: room).createdAt) }
        for observer in observers { observer(events) }
        try await store.trimOutbox(of: room, through: last.sequence)
        return events.count
    }

    private func bound() async throws {
        for room in rooms().map(\.id) {
            guard let standing = try await store.standing(of: room), let first = standing.outboxFirst,
                standing.lastSequence - first >= Self.limit
            else { continue }
            let dropped = standing.lastSequence - Self.limit
            logger.error(
                "Events were lost: NATS has been away too long",
                metadata: ["queue_id": "\(room)", "from": "\(first)", "to": "\(dropped)"])
            try await store.trimOutbox(of: room, through: dropped)
        }
    }
}
