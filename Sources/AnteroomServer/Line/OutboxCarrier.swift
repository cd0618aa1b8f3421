import DragonflyStore
import Logging
import NATSBus
import QueueStore
import ServiceLifecycle
import Synchronization
import WaitingRoom

/// Carries the events of a shared store from its outbox to JetStream: one gate at a time, so that they stay in order, and
/// removed from the outbox only once they are stored, so that none is lost whichever gate ends.
struct OutboxCarrier: Service {
    let store: DragonflyStore
    let bus: EventBus?
    let rooms: @Sendable () -> [RoomSettings]
    let observers: [@Sendable ([RoomEvent]) -> Void]
    /// Whether somebody follows the events at this gate: then it should be the one that carries them.
    let isFollowed: @Sendable () -> Bool
    let tally: OutboxTally
    let logger: Logger

    /// How soon an event is carried: so much, at most, a store takes with it that dies.
    private static let pause = Duration.milliseconds(50)
    private static let lease = "outbox"
    /// Held by a gate where somebody follows the events; the others leave them to it.
    private static let followers = "followers"
    /// Another gate goes on after this time without a sign.
    private static let span = Milliseconds.seconds(3)
    private static let batch = 500
    /// How many events of a room may wait in the store while NATS is away; the oldest are dropped beyond it.
    private static let limit: UInt64 = 2_000_000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var generator = SystemRandomNumberGenerator()
            let holder = String(generator.next() as UInt64, radix: 16)
            var isFailing = false
            var nextCount = ContinuousClock.now
            var stepsAside = false
            while !Task.isCancelled {
                var carried = 0
                if nextCount <= .now {
                    nextCount = .now + .seconds(1)
                    await count()
                    let isElsewhere = await isFollowedElsewhere(holder)
                    if isElsewhere, !stepsAside { try? await store.releaseLease(Self.lease, holder: holder) }
                    stepsAside = isElsewhere
                }
                do {
                    if bus?.log.isConnected == false { throw NATSError.away }
                    if !stepsAside, try await store.acquireLease(Self.lease, holder: holder, lasting: Self.span) {
                        // One room's trouble is not the others'.
                        var failure: (any Error)?
                        for room in rooms().map(\.id) {
                            do { carried += try await carry(room) } catch { failure = failure ?? error }
                        }
                        if let failure { throw failure }
                        if isFailing { logger.notice("Events of the store reach NATS again") }
                        isFailing = false
                    }
                } catch {
                    if !isFailing {
                        logger.error("Events stay in the store's outbox", metadata: ["error": "\(error)"])
                    }
                    isFailing = true
                    // A gate that has NATS may do better.
                    try? await store.releaseLease(Self.lease, holder: holder)
                    try? await bound()
                }
                if carried < Self.batch { try? await Task.sleep(for: isFailing ? .seconds(1) : Self.pause) }
            }
            try? await store.releaseLease(Self.lease, holder: holder)
        }
    }

    /// Whether somebody follows the events at another gate, which is there for them, and nobody here.
    private func isFollowedElsewhere(_ holder: String) async -> Bool {
        if bus?.log.isConnected == false { return false }
        let isFollowed = isFollowed()
        guard let isFree = try? await store.acquireLease(Self.followers, holder: holder, lasting: Self.span) else {
            return false
        }
        if isFree, !isFollowed { try? await store.releaseLease(Self.followers, holder: holder) }
        return !isFree && !isFollowed
    }

    /// - Returns: how many were carried.
    private func carry(_ room: RoomID) async throws -> Int {
        guard store.isTrusted(room) else { return 0 }
        guard let bus else {
            let events = try await store.outbox(of: room, limit: Self.batch)
            return try await finish(events, of: room)
        }
        guard try await store.outboxCount(of: room) > 0, let standing = try await store.standing(of: room)
        else { return 0 }
        do {
            let moment = try await bus.log.moment(
                for: room, opened: standing.opened, generation: standing.generation,
                lastSequence: standing.lastSequence)
            // Only now: what is read of a store that has lost its place by then is not stored.
            let events = try await store.outbox(of: room, limit: Self.batch)
            let new = Array(events.drop { $0.sequence <= moment.lastSequence })
            if let first = new.first {
                reportGap(of: room, from: moment.lastSequence + 1, to: first.sequence)
                try await bus.deliver(new, opened: standing.opened, after: moment)
            }
            return try await finish(events, of: room)
        } catch let error as NATSError where error.code == .superseded {
            logger.warning(
                "The store is compared with its events again", metadata: ["queue_id": "\(room)", "reason": "\(error)"])
            store.distrust(room)
            return 0
        } catch let error as NATSError where error.code == .conflict {
            // The next attempt looks again.
            return 0
        }
    }

    private func finish(_ events: [RoomEvent], of room: RoomID) async throws -> Int {
        guard let last = events.last else { return 0 }
        for observer in observers { observer(events) }
        try await store.trimOutbox(of: room, through: last.sequence)
        return events.count
    }

    private func reportGap(of room: RoomID, from expected: UInt64, to first: UInt64) {
        guard first > expected else { return }
        logger.error(
            "Events are missing from the stream",
            metadata: ["queue_id": "\(room)", "from": "\(expected)", "to": "\(first - 1)"])
    }

    /// For the metrics, at every gate.
    private func count() async {
        var waiting = 0
        for room in rooms().map(\.id) { waiting += (try? await store.outboxCount(of: room)) ?? 0 }
        tally.waiting.store(waiting, ordering: .relaxed)
    }

    private func bound() async throws {
        for room in rooms().map(\.id) {
            guard let first = try await store.outboxFirst(of: room), let standing = try await store.standing(of: room),
                standing.lastSequence - first >= Self.limit
            else { continue }
            let dropped = standing.lastSequence - Self.limit
            logger.error(
                "Events were lost: NATS has been away too long",
                metadata: ["queue_id": "\(room)", "from": "\(first)", "to": "\(dropped)"])
            tally.lost.add(Int(dropped - first + 1), ordering: .relaxed)
            try await store.trimOutbox(of: room, through: dropped)
        }
    }
}

/// What the metrics say of the outbox.
final class OutboxTally: Sendable {
    /// Events in the store that NATS has not stored yet, at most a second ago.
    let waiting = Atomic<Int>(0)
    /// Events that this gate has dropped because they were too many.
    let lost = Atomic<Int>(0)
}
