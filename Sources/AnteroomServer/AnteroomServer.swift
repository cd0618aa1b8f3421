import AdminAPI
import EdgeProxy
package import Logging
import NATSBus
import NIOCore
import NIOPosix
import Prometheus
import QueueStore
package import RoomConfiguration
import ServiceLifecycle
import SessionTokens
import UnixSignals
import VisitorAPI
import WaitingRoom

/// One gate: configuration in, a running process out.
package struct AnteroomServer {
    private let configurationPath: String
    private let environment: [String: String]
    private let configuration: Configuration
    private let loader: ConfigurationLoader
    private let logger: Logger
    private let logLevel: LiveLogLevel

    package init(
        configurationPath: String, environment: [String: String], configuration: Configuration,
        loader: ConfigurationLoader, logger: Logger, logLevel: LiveLogLevel
    ) {
        self.configurationPath = configurationPath
        self.environment = environment
        self.configuration = configuration
        self.loader = loader
        self.logger = logger
        self.logLevel = logLevel
    }

    /// Runs until SIGTERM or SIGINT, and drains.
    /// - Throws: what keeps the gate from starting, in one line: a key or journal that cannot be read, a busy port.
    package func run() async throws {
        let clock: @Sendable () -> Timestamp = { SystemClock.now }
        let keys = try KeyRing.open(configuration.tokens, now: clock().milliseconds / 1000)
        let accessLog = try AccessLogWriter(configuration.gate.accessLog)

        let monitor = RoomMonitor()
        let lineMetrics = LineMetrics(monitor: monitor)
        let registry = PrometheusCollectorRegistry()
        let revocations = RevocationRelay()
        let line = try await LineStore.open(
            configuration, clock: clock, logger: logger,
            observers: [lineMetrics.observe, revocations.observe])
        let bus = line.bus
        let store = try MeteredStore(line.store, registry: registry)
        let open = try await line.configureAtStart(store, configuration.rooms.map(\.settings))

        let services = VisitorServices(
            store: store, signer: TokenSigner(keys: keys), keys: keys,
            salt: try BindingSalt.open(configuration.tokens), monitor: monitor,
            pages: try PageRenderer(rooms: configuration.rooms), lifetime: configuration.tokens.lifetime, clock: clock)

        let workers = configuration.gate.workers > 0 ? configuration.gate.workers : System.coreCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: workers)
        let labels = LabelTable()
        let routing = RoutingTable(configuration, labels: labels)
        let notices = OriginNotices(logger: logger)
        let eventLoops = (0..<workers).map { _ in group.next() }
        var loops: [LoopHandle] = []
        for eventLoop in eventLoops {
            loops.append(
                try await LoopHandle.make(
                    on: eventLoop, services: services, routing: routing, accessLog: accessLog, notices: notices))
        }
        let handles = loops
        let since = clock() + Milliseconds(-configuration.tokens.lifetime.count)
        for room in open {
            let ended = try await store.endedSessions(in: room, since: since)
            for handle in handles { handle.eventLoop.execute { handle.gate.value.revoke(ended) } }
        }
        revocations.connect(handles)

        let listener: GateListener
        do {
            listener = try await GateListener.bind(
                configuration.gate.listen, loops: handles.map(\.gate), eventLoops: eventLoops)
        } catch {
            try? await line.close()
            try? await group.shutdownGracefully()
            throw error
        }
        for address in listener.addresses {
            logger.notice("Gate listens", metadata: ["address": "\(address)"])
        }

        let checks = OriginChecks(loops: handles, notices: notices)
        checks.apply(routing.endpoints)
        let flusher = ActivityFlusher(store: store, loops: handles, logger: logger)
        let worker = LineWorker(
            store: store, rooms: configuration.rooms.map(\.settings), flusher: flusher,
            monitor: monitor,
            metrics: lineMetrics, desks: handles.map(\.desk), clock: clock, logger: logger)
        let gateService = GateService(
            listener: listener, loops: handles, drain: configuration.gate.timeouts.drain, logger: logger)
        let reloadSucceeded = try registry.makeGauge(
            name: "anteroom_config_last_reload_successful", help: "1 if the files are in force, 0 after a mistake.")
        reloadSucceeded.set(1.0)
        let reloader = ConfigurationReloader(
            path: configurationPath, environment: environment, initial: configuration, loader: loader, logger: logger,
            apply: { configuration in
                let pages = try PageRenderer(rooms: configuration.rooms)
                try accessLog.apply(configuration.gate.accessLog)
                logLevel.value = Logger.Level(rawValue: configuration.log.level) ?? .info
                gateService.apply(drain: configuration.gate.timeouts.drain)
                // The loops before the store: what the store then says of a room's status holds on every connection. A
                // room that is new must be known to the store before the first visitor comes.
                let known = Set(monitor.all.map(\.facts.settings.id))
                let settings = configuration.rooms.map(\.settings)
                try await line.configure(store, settings.filter { !known.contains($0.id) })
                let routing = RoutingTable(configuration, labels: labels)
                for handle in handles {
                    try await handle.eventLoop.submit { handle.gate.value.apply(routing) }.get()
                }
                notices.forget(allBut: routing.endpoints)
                checks.apply(routing.endpoints)
                try await line.configure(store, settings)
                services.apply(pages: pages, lifetime: configuration.tokens.lifetime)
                worker.apply(configuration.rooms.map(\.settings))
                monitor.forget(allBut: settings.map(\.id))
                for rule in configuration.rooms {
                    monitor.observe(try await store.facts(of: rule.settings.id), at: clock())
                }
                for handle in handles {
                    for rule in configuration.rooms { await handle.desk.refresh(rule.settings.id) }
                }
            },
            reportOutcome: { reloadSucceeded.set($0 ? 1.0 : 0.0) })

        bus?.start { checkout in
            await CheckoutDesk(store: store, rooms: { worker.currentRooms }).apply(checkout)
        }
        registry.addCollector { lineMetrics.write(&$0) }
        registry.addCollector { writer in
            if let status = line.eventStatus { EventMetrics.write(status, &writer) }
        }
        registry.addCollector(
            gather: { await ProxyMetrics.gather(handles, labels: labels, accessLog: accessLog) },
            write: ProxyMetrics.write)

        let admin = AdminServer(
            host: configuration.admin.listen.host, port: configuration.admin.listen.port, registry: registry,
            checks: [storeCheck(store)], eventLoopGroup: group, logger: logger)
        let running: [any Service] =
            [
                admin, worker, flusher, reloader, checks,
                HangUpService(reloader: reloader, keys: keys, accessLog: accessLog, logger: logger),
                gateService,
            ] + line.services(rooms: { worker.currentRooms }, loops: handles)
        let serviceGroup = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: running.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        var failure: (any Error)?
        do {
            try await serviceGroup.run()
        } catch {
            failure = error
        }
        await flusher.flush()
        try await line.close()
        try? await accessLog.shutdown()
        try? await group.shutdownGracefully()
        if let failure { throw failure }
        logger.notice("Stopped")
    }

    /// The service group tells of each of its steps; an operator wants to hear of trouble.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .error)
        return logger
    }

    private func storeCheck(_ store: some QueueStore) -> ReadinessCheck {
        let rooms = configuration.rooms.map(\.settings.id)
        return ReadinessCheck(name: "store") {
            do throws(StoreError) {
                for room in rooms { _ = try await store.facts(of: room) }
                return .ok
            } catch {
                return .failed(reason: error.message)
            }
        }
    }
}
