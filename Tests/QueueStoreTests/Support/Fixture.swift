import Logging
import QueueStore
import Synchronization
import Testing
import WaitingRoom

/// What the journal's tests share: a room, a clock, files, and everything that was observed.
struct Fixture: Sendable {
    static let directory = "/data"

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let room: RoomID
    let clock = ManualClock()
    let observed = Observed()
    var files = SimulatedFiles()
    var compactionSize: Int64 = 1 << 30

    init() throws { room = try #require(RoomID("hall")) }

    var settings: RoomSettings {
        RoomSettings(id: room, maxActiveUsers: 3, maxQueueSize: 0, queueRate: Rate(count: 100, per: .seconds(1)))
    }

    static func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 0, low: number)) }

    static func arrival(_ number: UInt64) -> Arrival {
        Arrival(
            id: id(number), userID: number % 3 == 0 ? UserID("user \"\(number)\"", isVerified: number % 2 == 0) : nil,
            metadata: number % 2 == 0 ? ["line\n": "é\u{1}\\", "m.x": ""] : [:],
            client: Client(address: "192.0.2.1", userAgent: "test"),
            addressDigest: number % 5 == 0 ? nil : AddressDigest(number % 4))
    }

    func open() throws(StoreError) -> OpenedJournal {
        try Journal.open(
            directory: Self.directory, files: files, now: clock.now, compactionSize: compactionSize,
            logger: Self.silent)
    }

    func store(_ journal: OpenedJournal?) -> MemoryStore {
        MemoryStore(
            clock: { [clock] in clock.now }, random: SeededGenerator(seed: 1), journal: journal,
            observer: { [observed] in observed.take($0) })
    }

    /// A store that has seen some of everything: position `n` of 1...`joins` joined n-th, some are in, some have left.
    func livedStore(joins: UInt64 = 12) async throws -> MemoryStore {
        let store = store(try open())
        try await store.configure([settings])
        for number in 1...joins {
            _ = try await store.arrive(Self.arrival(number), in: room)
            clock.advance(by: Milliseconds(300))
        }
        let visits = [1, 2].map { number in
            SessionActivity(
                session: SessionID(of: Self.id(number)), position: Self.id(number), pageViews: 2,
                client: Client(address: "2001:db8::1", userAgent: "Mozilla/5.0 \"x\""))
        }
        _ = try await store.record(Activity(heartbeats: [Self.id(5)], sessions: visits), in: room)
        _ = try await store.end(SessionID(of: Self.id(1)), as: .completed, in: room)
        _ = try await store.leave(Self.id(6), in: room)
        _ = try await store.admit(in: room)
        return store
    }

    func answers(_ store: some QueueStore, joins: UInt64 = 12) async throws -> StoreAnswers {
        try await StoreAnswers(of: room, for: (1...joins).map { Self.id($0) }, in: store)
    }
}

/// The events that a store told its observer, in order.
final class Observed: Sendable {
    private let state = Mutex<[RoomEvent]>([])

    func take(_ events: [RoomEvent]) { state.withLock { $0 += events } }

    var events: [RoomEvent] { state.withLock { $0 } }
}
