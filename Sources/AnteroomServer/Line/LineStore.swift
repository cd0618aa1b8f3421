import AdminAPI
import DragonflyStore
import Logging
import NATSBus
import NIOPosix
import QueueStore
import RecordChain
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import VisitorAPI
import WaitingRoom

/// Where the line lives, and what goes on beside it: in this process with a journal, or in a DragonflyDB that other gates
/// share.
final class LineStore: Sendable {
    private enum Backend {
        case memory(MemoryStore)
        case dragonfly(DragonflyStore)
    }

    private let backend: Backend
    /// Nil without NATS, and while another process has the events on disk.
    private let currentBus: Mutex<EventBus?>
    /// Of the embedded store.
    private let journal = Mutex<Journal?>(nil)
    /// Of a shared store.
    private let restorer: RoomRestorer?
    private let outbox = OutboxTally()
    private let observers: [@Sendable ([RoomEvent]) -> Void]
    private let configuration: Configuration
    private let clock: @Sendable () -> Timestamp
    private let checkouts = Mutex<(@Sendable (CheckoutEvent) async -> CheckoutOutcome)?>(nil)
    private let isSuspended = Atomic(false)
    /// What was done to the rooms, and by whom.
    let audit: any AuditLog
    private let logger: Logger

    private init(
        _ configuration: Configuration, _ backend: Backend, bus: EventBus?, restorer: RoomRestorer?,
        observers: [@Sendable ([RoomEvent]) -> Void], clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.configuration = configuration
        self.backend = backend
        switch backend {
        case .memory: audit = AuditFile(directory: configuration.store.dataDirectory)
        case .dragonfly(let store): audit = SharedAudit(store: store)
        }
        currentBus = Mutex(bus)
        self.restorer = restorer
        self.observers = observers
        self.clock = clock
        self.logger = logger
    }

    /// - Parameter observers: told of events: of the embedded store all; of a shared one those that this gate carries.
    /// - Throws: what keeps the gate from starting: a journal that cannot be read, a wrong stream.
    static func open(
        _ configuration: Configuration, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        observers: [@Sendable ([RoomEvent]) -> Void]
    ) throws -> LineStore {
        if let address = configuration.store.address {
            let store = try DragonflyStore(
                address: address, needsTrust: true, viewLifetime: .seconds(1), activityDelay: .seconds(2),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, caFile: configuration.store.caFile,
                logger: logger)
            let bus = try openBus(configuration, logger)
            return LineStore(
                configuration, .dragonfly(store), bus: bus,
                restorer: RoomRestorer(store: store, log: bus?.log, logger: logger), observers: observers,
                clock: clock, logger: logger)
        }
        let (journal, bus) = try openJournal(configuration, clock, logger)
        let relay = EventRelay(observers)
        let memory = MemoryStore(clock: clock, journal: journal, observer: relay.observe)
        let line = LineStore(
            configuration, .memory(memory), bus: bus, restorer: nil, observers: observers, clock: clock,
            logger: logger)
        relay.connect(line)
        line.journal.withLock { $0 = journal.journal }
        return line
    }

    private static func openBus(_ configuration: Configuration, _ logger: Logger) throws -> EventBus? {
        try configuration.events.nats.map {
            try EventBus($0, directory: configuration.store.dataDirectory + "/events", logger: logger)
        }
    }

    /// The journal, and the bus with those of its events that it lacks.
    private static func openJournal(
        _ configuration: Configuration, _ clock: @Sendable () -> Timestamp, _ logger: Logger
    ) throws -> (OpenedJournal, EventBus?) {
        let recent = RecentEvents(isKept: configuration.events.nats != nil)
        let journal = try Journal.open(
            directory: configuration.store.dataDirectory, now: clock(), logger: logger, replayed: recent.append)
        let bus = try openBus(configuration, logger)
        bus?.resume(opened: journal.rooms.mapValues(\.createdAt), journal: recent.events)
        return (journal, bus)
    }

    // MARK: Moving to another process

    /// Only one process at a time can have this store.
    var isPrivate: Bool {
        if case .memory = backend { true } else { false }
    }

    /// Lets go of the files, so that another process can open them. No step may be on its way.
    func suspend() async throws(StoreError) {
        guard case .memory(let store) = backend else { return }
        isSuspended.store(true, ordering: .releasing)
        try await store.close()
        await takeBus()?.close()
    }

    /// Goes on with what the files hold now.
    func resume() throws {
        guard case .memory(let store) = backend, isSuspended.load(ordering: .acquiring) else { return }
        let (journal, bus) = try Self.openJournal(configuration, clock, logger)
        currentBus.withLock { $0 = bus }
        self.journal.withLock { $0 = journal.journal }
        store.reopen(journal)
        if let checkouts = checkouts.withLock({ $0 }) { bus?.start(checkouts: checkouts) }
        isSuspended.store(false, ordering: .releasing)
    }

    private func takeBus() -> EventBus? {
        currentBus.withLock { bus in
            defer { bus = nil }
            return bus
        }
    }

    /// Begins to publish, and to hear of checkouts.
    func start(checkouts: @escaping @Sendable (CheckoutEvent) async -> CheckoutOutcome) {
        self.checkouts.withLock { $0 = checkouts }
        currentBus.withLock { $0 }?.start(checkouts: checkouts)
    }

    func publish(_ events: [RoomEvent]) { currentBus.withLock { $0 }?.publish(events) }

    // MARK: The record

    /// How far the chain over a room's record has come: the stream is the record where there is one, else the journal. Nil
    /// if there is neither, or no chain in it yet.
    func chainHead(of room: RoomID, in store: some QueueStore) async throws -> ChainHead? {
        switch backend {
        case .dragonfly: return try await currentBus.withLock { $0 }?.log.chainHead(of: room)
        case .memory:
            if hasBus { return currentBus.withLock { $0 }?.chainHead(of: room) }
            guard let head = journal.withLock({ $0 })?.chainHead(of: room) else { return nil }
            return ChainHead(
                room: room, opened: try await store.facts(of: room).createdAt, sequence: head.sequence, hash: head.hash)
        }
    }

    /// Into the stream, if there is one; every gate's word of the same head is stored once.
    func publish(_ head: SignedChainHead) async {
        try? await currentBus.withLock { $0 }?.log.publish(head.head, signature: head.signature, at: head.time)
    }

    var hasBus: Bool { configuration.events.nats != nil }

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
        guard var status = currentBus.withLock({ $0 })?.status else { return nil }
        status.backlog += outbox.waiting.load(ordering: .relaxed)
        status.lost += outbox.lost.load(ordering: .relaxed)
        return status
    }

    /// What runs as long as the gate does.
    func services(
        rooms: @escaping @Sendable () -> [RoomSettings], loops: [LoopHandle],
        isFollowed: @escaping @Sendable () -> Bool
    ) -> [any Service] {
        guard case .dragonfly(let store) = backend, let restorer else { return [] }
        return [
            StoreKeeper(store: store),
            RestorationService(restorer: restorer, rooms: rooms),
            RevocationPoller(
                store: store, rooms: rooms, loops: loops, tokenLifetime: configuration.tokens.lifetime),
            OutboxCarrier(
                store: store, bus: currentBus.withLock { $0 }, rooms: rooms, observers: observers,
                isFollowed: isFollowed, tally: outbox, logger: logger),
        ]
    }

    /// Nothing, if another process has it.
    func close() async throws(StoreError) {
        guard !isSuspended.load(ordering: .acquiring) else { return }
        switch backend {
        case .memory(let store): try await store.close()
        case .dragonfly(let store): store.close()
        }
        await takeBus()?.close()
    }
}

/// Tells observers of the embedded store's events, and publishes them.
private final class EventRelay: Sendable {
    private let observers: [@Sendable ([RoomEvent]) -> Void]
    private let line = Mutex<LineStore?>(nil)

    init(_ observers: [@Sendable ([RoomEvent]) -> Void]) { self.observers = observers }

    /// Before the store's first step.
    func connect(_ line: LineStore) { self.line.withLock { $0 = line } }

    func observe(_ events: [RoomEvent]) {
        for observer in observers { observer(events) }
        line.withLock { $0 }?.publish(events)
    }
}

/// Keeps the connection to a shared store.
struct StoreKeeper: Service {
    let store: DragonflyStore

    func run() async throws {
        await cancelWhenGracefulShutdown { await store.run() }
    }
}
