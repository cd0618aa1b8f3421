import Logging
import NIOPosix
import Prometheus
import QueueStore
import RoomConfiguration
import ServiceLifecycle
import Synchronization
import Testing
import WaitingRoom

@testable import AdminAPI

/// An admin listener before a store in memory with the room `hall` of two slots, and a key for each role.
struct AdminFixture {
    static let operatorKey = "o".padded
    static let viewerKey = "v".padded

    let room: RoomSettings
    let keys = AdminKeyTable(Self.keys)
    let tails = EventTails { event in ("\(event.sequence)", Array("{\"type\":\"\(event.change.kind)\"}".utf8)) }
    let audit = TestAudit()
    let store: MemoryStore
    let logged = TestLog()

    static var keys: [AdminKey] {
        [
            key("olga", .operator, operatorKey), key("wall", .viewer, viewerKey),
        ]
    }

    static func key(_ name: String, _ role: AdminRole, _ key: String) -> AdminKey {
        AdminKey(name: OperatorName(name) ?? .unnamed, role: role, key: key)
    }

    init(_ room: RoomSettings? = nil) throws {
        let settings = RoomSettings(
            id: try #require(RoomID("hall")), targetURL: "http://127.0.0.1:9", maxActiveUsers: 2)
        self.room = room ?? settings
        let time = Timestamp(milliseconds: 1_795_240_000_000)
        store = MemoryStore(clock: { time }, observer: { [tails] in tails.observe($0) })
    }

    var services: AdminServices {
        AdminServices(
            version: "1.2.3", startedAt: Timestamp(milliseconds: 0), store: store, rooms: { [room] in [room] },
            isShadow: { $0.text == "dusk" },
            estimate: { _, rank in WaitEstimate(low: 1.5, middle: Double(rank), high: 9.2) }, keys: keys,
            configuration: {
                ConfigurationStanding(
                    file: "a.yml", loadedAt: Timestamp(milliseconds: 1000), problems: ["a.yml:1:1: no"])
            },
            eventsBacklog: { 3 }, tails: tails, audit: audit, clock: { Timestamp(milliseconds: 2000) },
            logger: Logger(label: "test") { _ in logged })
    }

    /// Runs the listener on a free port, with the room configured, and shuts it down gracefully after `body`.
    func serving(_ checks: [ReadinessCheck] = [], _ body: (AdminClient) async throws -> Void) async throws {
        try await store.configure([room])
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = AdminServer(
            host: "127.0.0.1", port: 0, registry: PrometheusCollectorRegistry(), checks: checks, services: services,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { port.yield($0) })
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            for await port in ports {
                do {
                    try await body(AdminClient(port: port))
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    /// Somebody in line, or let in if the room has a free slot.
    @discardableResult
    func arrive() async throws -> PositionID {
        var generator = SystemRandomNumberGenerator()
        let id = PositionID(using: &generator)
        _ = try await store.arrive(
            Arrival(id: id, client: Client(address: "192.0.2.7", userAgent: "test")), in: room.id)
        return id
    }
}

/// Asks on a connection of its own each time.
struct AdminClient {
    let port: Int

    func ask(
        _ method: String, _ target: String, key: String? = AdminFixture.operatorKey, body: String? = nil
    ) async throws -> RawExchange {
        var request = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if let key { request += "Authorization: Bearer \(key)\r\n" }
        if let body { request += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        return try await RawExchange(port: port, request + "\r\n" + (body ?? ""))
    }
}

/// An audit in memory.
final class TestAudit: AuditLog {
    private let entries = Mutex<[AuditEntry]>([])

    func append(_ new: [AuditEntry]) { entries.withLock { $0 += new } }
    func latest(_ limit: Int) -> [AuditEntry] { entries.withLock { $0.suffix(limit).reversed() } }
}

/// What was logged, as text.
final class TestLog: LogHandler {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLock { $0.append("\(event.level) \(event.message) \(facts.joined(separator: " "))") }
    }
}

extension String {
    /// A key that begins so.
    var padded: String { self + String(repeating: "x", count: 32) }
}
