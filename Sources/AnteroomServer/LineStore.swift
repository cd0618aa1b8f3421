import DragonflyStore
import Logging
import NATSBus
import NIOPosix
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import WaitingRoom

/// Where the line lives, and what goes on beside it: in this process with a journal, or in a DragonflyDB that other gates
/// share.
struct LineStore {
    private enum Backend {
        case memory(MemoryStore)
        case dragonfly(DragonflyStore)
    }

    private let backend: Backend
    let bus: EventBus?
    /// Of a shared store.
    private let restorer: RoomRestorer?
    private let outbox = OutboxTally()
    private let observers: [@Sendable ([RoomEvent]) -> Void]
    private let tokenLifetime: Milliseconds
    private let logger: Logger

    /// - Parameter observers: told of events: of the embedded store all; of a shared one those that this gate carries.
    /// - Throws: what keeps the gate from starting: a journal that cannot be read, a wrong stream.
    static func open(
        _ configuration: Configuration, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        observers: [@Sendable ([RoomEvent]) -> Void]
    ) async throws -> LineStore {
        let directory = configuration.store.dataDirectory
        func openBus() throws -> EventBus? {
            try configuration.events.nats.map { try EventBus($0, directory: directory + "/events", logger: logger) }
        }
        if let address = configuration.store.address {
            let store = try DragonflyStore(
                address: address, needsTrust: true, viewLifetime: .seconds(1), activityDelay: .seconds(2),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, caFile: configuration.store.caFile,
                logger: logger)
            let bus = try openBus()
            return LineStore(
                backend: .dragonfly(store), bus: bus,
                restorer: RoomRestorer(store: store, log: bus?.log, logger: logger), observers: observers,
                tokenLifetime: configuration.tokens.lifetime, logger: logger)
        }
        let recent = RecentEvents(isKept: configuration.events.nats != nil)
        let journal = try Journal.open(directory: directory, now: clock(), logger: logger, replayed: recent.append)
        let bus = try openBus()
        bus?.resume(opened: journal.rooms.mapValues(\.createdAt), journal: recent.events)
        let memory = MemoryStore(clock: clock, journal: journal) { events in
            for observer in observers { observer(events) }
            bus?.publish(events)
        }
        return LineStore(
            backend: .memory(memory), bus: bus, restorer: nil, observers: observers,
            tokenLifetime: configuration.tokens.lifetime, logger: logger)
    }

    var store: any QueueStore {
        switch backend {
        case .memory(let store): store
        case .dragonfly(let store): store
        }
    }

    /// Makes the rooms known, restored from their events where a shared store has lost them, and applies their limits.
    func configure(_ store: some QueueStore, _ rooms: [RoomSettings]) async throws(StoreError) {
        guard let restorer else { return try await store.configure(rooms) }
        try await restorer.store.connect()
        for room in rooms {
            if restorer.store.isTrusted(room.id) {
                try await store.configure([room])
            } else {
                try await restorer.compare(room)
            }
        }
    }

    /// The same for a start, which a shared store that is away does not stop, nor one room that cannot be restored.
    /// - Returns: the rooms that are open.
    func configureAtStart(
        _ store: some QueueStore, _ rooms: [RoomSettings]
    ) async throws(StoreError) -> [RoomID] {
        guard let restorer else {
            try await store.configure(rooms)
            return rooms.map(\.id)
        }
        var open: [RoomID] = []
        do throws(StoreError) {
            try await restorer.store.connect()
        } catch {
            logger.error("The gate starts without its store: nobody can join", metadata: ["error": "\(error)"])
            return []
        }
        for room in rooms {
            do throws(StoreError) {
                try await restorer.compare(room)
                open.append(room.id)
            } catch {
                logger.error(
                    "The gate starts with a room closed: nobody can join it",
                    metadata: ["queue_id": "\(room.id)", "error": "\(error)"])
            }
        }
        return open
    }

    /// How the events of this store fare; nil without NATS.
    var eventStatus: EventBus.Status? {
        guard var status = bus?.status else { return nil }
        status.backlog += outbox.waiting.load(ordering: .relaxed)
        status.lost += outbox.lost.load(ordering: .relaxed)
        return status
    }

    /// What runs as long as the gate does.
    func services(
        rooms: @escaping @Sendable () -> [RoomSettings], loops: [LoopHandle]
    ) -> [any Service] {
        guard case .dragonfly(let store) = backend, let restorer else { return [] }
        return [
            StoreKeeper(store: store),
            RestorationService(restorer: restorer, rooms: rooms),
            RevocationPoller(store: store, rooms: rooms, loops: loops, tokenLifetime: tokenLifetime),
            OutboxCarrier(store: store, bus: bus, rooms: rooms, observers: observers, tally: outbox, logger: logger),
        ]
    }

    func close() async throws(StoreError) {
        switch backend {
        case .memory(let store): try await store.close()
        case .dragonfly(let store): store.close()
        }
        await bus?.close()
    }
}

/// Keeps the connection to a shared store.
struct StoreKeeper: Service {
    let store: DragonflyStore

    func run() async throws {
        await cancelWhenGracefulShutdown { await store.run() }
    }
}
