import FoundationEssentials
import NIOCore
import NIOEmbedded
import QueueStore
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

@testable import EdgeProxy

/// What a gate of one event loop consists of, without sockets: every host named `shop.test` is passed through to an
/// origin whose connections are put into its pool, for none can be made.
struct OfflineGate {
    let loop = EmbeddedEventLoop()
    private let desk: VisitorDesk
    private let tokens: LoopTokens
    private let activity = LoopActivity()
    private let accessLog: AccessLogWriter
    private let routing: RoutingTable
    private let noRouting: RoutingTable

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "anteroom-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = try KeyRing(keyFile: "\(folder)/signing.pem", algorithm: .es256, now: 0)
        let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 0) }
        let services = VisitorServices(
            store: MemoryStore(clock: clock), signer: TokenSigner(keys: keys), keys: keys,
            salt: try BindingSalt(besideKeyFile: "\(folder)/signing.pem"), monitor: RoomMonitor(),
            pages: try PageRenderer(rooms: [], reservedPath: "/__anteroom"), lifetime: .minutes(5), clock: clock)
        tokens = try LoopTokens(services: services, loop: loop)
        desk = VisitorDesk(
            services: services, loop: loop, tokens: NIOLoopBound(tokens, eventLoop: loop),
            activity: NIOLoopBound(activity, eventLoop: loop), live: NIOLoopBound(LiveBoard(), eventLoop: loop))
        accessLog = try AccessLogWriter(.off)
        var health = HealthConfiguration()
        health.maxFailures = 0
        let target = TargetConfiguration([Origin(host: "127.0.0.1", port: 9)], health: health)
        let hosts = [HostPattern("shop.test")].compactMap(\.self)
        let configuration = Configuration(
            passthrough: [PassthroughConfiguration(hosts: hosts, target: target)], rooms: [])
        routing = RoutingTable(
            configuration, labels: LabelTable(), tls: try TLSContexts(configuration), at: clock())
        let nothing = Configuration(rooms: [])
        noRouting = RoutingTable(nothing, labels: LabelTable(), tls: try TLSContexts(nothing), at: clock())
    }

    /// A gate that has served nobody yet. It has no descriptor for a connection of its own to the origin.
    func begin() -> GateLoop {
        GateLoop(
            loop: loop, routing: routing, desk: desk, tokens: tokens, activity: activity, accessLog: accessLog,
            ledger: ConnectionLedger(capacity: 0), endpointChanged: { _ in })
    }

    /// Takes its origin away from a gate.
    func end(_ gate: GateLoop) { gate.apply(noRouting) }

    /// The gate's connections to the origin.
    func pool(of gate: GateLoop) -> UpstreamPool? {
        let host = Array("shop.test".utf8)
        let match = host.withUnsafeBytes { host in routing.match(host: host, path: host) }
        guard case .passthrough(let target) = match else { return nil }
        let exchange = gate.takeExchange()
        defer { gate.give(back: exchange) }
        _ = gate.group(for: target.upstream).choose(for: exchange, at: 0)
        return exchange.pool
    }
}
