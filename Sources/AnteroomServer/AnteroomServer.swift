import AbuseGuard
import AdminAPI
import CaptchaClient
import EdgeProxy
import HostSystem
package import Logging
import NATSBus
import NIOCore
import NIOPosix
import OTLPTracing
import Prometheus
import QueueStore
package import RoomConfiguration
import ServiceLifecycle
import SessionTokens
import Synchronization
import Tracing
import UnixSignals
import VisitorAPI
import WaitingRoom

/// One gate: configuration in, a running process out.
package struct AnteroomServer {
    private let version: String
    private let configurationPath: String
    private let environment: [String: String]
    private let loaded: Configuration
    private let loader: ConfigurationLoader
    private let logger: Logger
    private let logLevel: LiveLogLevel

    package init(
        version: String, configurationPath: String, environment: [String: String], configuration: Configuration,
        loader: ConfigurationLoader, logger: Logger, logLevel: LiveLogLevel
    ) {
        self.version = version
        self.configurationPath = configurationPath
        self.environment = environment
        loaded = configuration
        self.loader = loader
        self.logger = logger
        self.logLevel = logLevel
    }

    /// Runs until SIGTERM or SIGINT, or until another process has taken over on SIGUSR2, and drains.
    /// - Throws: what keeps the gate from starting, in one line: a key or journal that cannot be read, a busy port.
    package func run() async throws {
        let clock: @Sendable () -> Timestamp = { SystemClock.now }
        let configuration = try Administration.makeKeys(for: loaded, logger: logger) {
            try loader.load(path: configurationPath, environment: environment)
        }
        let tls = Mutex(try TLSContexts(configuration))
        let transport = TransportWatch(clock: clock, logger: logger)
        // Trapped before anybody can know that the process is there: until then they would end it.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let upgrades = await UnixSignalsSequence(trapping: .sigusr2)
        // Before the clients and the listener that look for it.
        let tracer = OTLPTracer(seed: UInt64.random(in: .min ... .max))
        InstrumentationSystem.bootstrap(tracer)
        let notifier = ServiceNotifier(environment: environment)
        let predecessor = Predecessor(environment: environment)
        let descriptors = DescriptorLimit.raise()
        let workers = configuration.gate.workers > 0 ? configuration.gate.workers : System.coreCount
        let keys = try KeyRing.open(configuration.tokens, now: clock().milliseconds / 1000)
        let accessLog = try AccessLogWriter(configuration.gate.accessLog)

        let pages = try PageRenderer(rooms: configuration.rooms, reservedPath: configuration.gate.reservedPath)
        let salt = try BindingSalt.open(configuration.tokens)
        var inherited = ActivatedDescriptors.all(in: environment).compactMap { ListeningSocket.adopt($0) }
        inherited += predecessor?.sockets ?? []
        let listener = try GateListener.bind(configuration.gate.listen, inherited: &inherited, loops: workers)
        for socket in inherited {
            logger.warning(
                "A socket that was handed over is closed: gate.listen does not name it",
                metadata: ["address": "\(socket.address)"])
        }
        inherited = []
        // What can go wrong has gone wrong by now, so that the predecessor need not take the store back.
        try await predecessor?.releaseStore()

        let monitor = RoomMonitor()
        let lineMetrics = LineMetrics(monitor: monitor)
        let registry = PrometheusCollectorRegistry()
        let revocations = RevocationRelay()
        let administration = Administration(
            configuration, file: configurationPath, monitor: monitor, clock: clock, logger: logger)
        let line = try LineStore.open(
            configuration, clock: clock, logger: logger,
            observers: [lineMetrics.observe, revocations.observe, administration.observe])
        let storeGate = StoreGate()
        let store = try MeteredStore(
            line.store, of: configuration.store.kind, behind: storeGate, registry: registry)
        let open = try await line.configureAtStart(store, configuration.settings(at: clock()))

        let group = MultiThreadedEventLoopGroup(numberOfThreads: workers)
        let abuse = AbuseWatch(salt: salt)
        let captcha = SiteVerify(group: group, logger: logger)
        let tracing = TracingService(
            tracer: tracer,
            exporter: SpanExporter(
                tracer.queue, of: ServiceResource(configuration, version: version), group: group, logger: logger))
        let services = VisitorServices(
            store: store, signer: TokenSigner(keys: keys), keys: keys,
            salt: salt, monitor: monitor, abuse: abuse, captcha: captcha, pages: pages,
            lifetime: configuration.tokens.lifetime, api: configuration.api,
            isOperatorKey: { administration.keys.caller(presenting: $0)?.role == .operator }, clock: clock)

        let labels = LabelTable()
        let contexts = tls.withLock { $0 }
        let routing = RoutingTable(configuration, labels: labels, tls: contexts, at: clock())
        // What operators have set holds from the first request on.
        for room in open {
            let facts = try await store.facts(of: room)
            routing.room(room)?.adopt(RoomConduct(facts.settings, at: facts.time))
        }
        tracing.apply(configuration.tracing, routing.tracing)
        let routes = Mutex(routing)
        transport.apply(configuration, contexts)
        let notices = OriginNotices(logger: logger)
        let shadow = ShadowWatch(configuration.rooms, logger: logger)
        let eventLoops = (0..<workers).map { _ in group.next() }
        let ledger = ConnectionLedger(
            capacity: DescriptorLimit.free(within: descriptors), loops: workers)
        var loops: [LoopHandle] = []
        for eventLoop in eventLoops {
            loops.append(
                try await LoopHandle.make(
                    on: eventLoop, services: services, routing: routing, accessLog: accessLog, ledger: ledger,
                    notices: notices, tracer: tracer))
        }
        let handles = loops
        let since = clock() + Milliseconds(-configuration.tokens.lifetime.count)
        for room in open {
            let ended = try await store.endedSessions(in: room, since: since)
            for handle in handles { handle.eventLoop.execute { handle.gate.value.revoke(ended) } }
        }
        revocations.connect(handles)

        do {
            try await listener.accept(on: handles.map(\.gate), eventLoops, burst: ledger.burst)
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
            store: store, rooms: configuration.rooms.map(\.schedule), flusher: flusher,
            monitor: monitor, metrics: lineMetrics, desks: handles.map(\.desk), clock: clock,
            conduct: { settings, time in
                routes.withLock { $0 }.room(settings.id)?.adopt(RoomConduct(settings, at: time))
            }, logger: logger)
        let origins: @Sendable () async -> [String: OriginCounts] = {
            let merged = await ProxyMetrics.gather(handles, labels: labels, accessLog: accessLog)
            return Dictionary(zip(merged.rooms, merged.origins), uniquingKeysWith: { first, _ in first })
        }
        let recorder = SeriesRecorder(monitor: monitor, origins: origins, clock: clock)
        let adaptiveMetrics = AdaptiveMetrics(monitor: monitor)
        let adaptive = AdaptiveService(
            store: store, rules: configuration.rooms, monitor: monitor, metrics: adaptiveMetrics, origins: origins,
            logger: logger)
        let status = GateStatus(ledger: ledger)
        Administration.warnOfOpenListener(configuration.admin.listen, logger: logger)
        let admin = AdminService(
            AdminServer(
                host: configuration.admin.listen.host, port: configuration.admin.listen.port, registry: registry,
                checks: [status.check, storeCheck(store, of: configuration)],
                services: administration.services(
                    version: version, store: store, line: line, rooms: { worker.currentRooms },
                    isShadow: { room in routes.withLock { $0 }.room(room)?.rule.shadow ?? false }, monitor: monitor,
                    metrics: lineMetrics, onOverride: worker.look, history: recorder),
                eventLoopGroup: group, logger: logger, patience: predecessor == nil ? .zero : .seconds(10)),
            logger: quiet)
        let handover = HandoverService(
            signals: upgrades,
            parts: HandoverService.Parts(
                listener: listener, ledger: ledger, loops: handles, line: line, gate: storeGate, flusher: flusher,
                admin: admin,
                notifier: notifier),
            program: Program(arguments: CommandLine.arguments, searchPath: environment["PATH"]),
            environment: environment, isSuccessor: predecessor != nil,
            limit: configuration.gate.timeouts.handover, logger: logger)
        let gateService = GateService(
            listener: listener, loops: handles, timeouts: configuration.gate.timeouts, status: status,
            handover: handover, notifier: notifier, logger: logger)
        let overload = OverloadWatch(
            ledger: ledger, loops: handles, limit: configuration.gate.limits.memory, logger: logger)
        let reloadSucceeded = try registry.makeGauge(
            name: "anteroom_config_last_reload_successful", help: "1 if the files are in force, 0 after a mistake.")
        reloadSucceeded.set(1.0)
        let reloader = ConfigurationReloader(
            path: configurationPath, environment: environment, initial: configuration, loader: loader, logger: logger,
            apply: { configuration in
                let pages = try PageRenderer(rooms: configuration.rooms, reservedPath: configuration.gate.reservedPath)
                let contexts = try TLSContexts(configuration, after: tls.withLock { $0 })
                try accessLog.apply(configuration.gate.accessLog)
                administration.apply(configuration.admin)
                logLevel.value = Logger.Level(rawValue: configuration.log.level) ?? .info
                gateService.apply(configuration.gate.timeouts)
                handover.apply(limit: configuration.gate.timeouts.handover)
                overload.apply(configuration.gate.limits.memory)
                // The loops before the store: what the store then says of a room's status holds on every connection. A
                // room that is new must be known to the store before the first visitor comes.
                let known = Set(monitor.all.map(\.facts.settings.id))
                let settings = configuration.settings(at: clock())
                try await line.configure(store, settings.filter { !known.contains($0.id) })
                let routing = RoutingTable(configuration, labels: labels, tls: contexts, at: clock())
                // What operators have set holds on, whatever the file says.
                for room in settings {
                    guard let facts = monitor.snapshot(of: room.id)?.facts else { continue }
                    routing.room(room.id)?.adopt(
                        RoomConduct(room.inForce(adapted: nil, under: facts.overrides), at: facts.time))
                }
                for handle in handles {
                    try await handle.eventLoop.submit { handle.gate.value.apply(routing) }.get()
                }
                routes.withLock { $0 = routing }
                tls.withLock { $0 = contexts }
                transport.apply(configuration, contexts)
                notices.forget(allBut: routing.endpoints)
                shadow.apply(configuration.rooms)
                tracing.apply(configuration.tracing, routing.tracing)
                checks.apply(routing.endpoints)
                try await line.configure(store, settings)
                services.apply(pages: pages, lifetime: configuration.tokens.lifetime, api: configuration.api)
                worker.apply(configuration.rooms.map(\.schedule))
                adaptive.apply(configuration.rooms)
                monitor.forget(allBut: settings.map(\.id))
                services.limits.forget(allBut: settings.map(\.id))
                services.handovers.forget(allBut: settings.map(\.id))
                for rule in configuration.rooms {
                    monitor.observe(try await store.facts(of: rule.settings.id), at: clock())
                }
                for handle in handles {
                    for rule in configuration.rooms { await handle.desk.refresh(rule.settings.id) }
                }
            },
            reportOutcome: { outcome in
                reloadSucceeded.set(outcome == .inForce ? 1.0 : 0.0)
                administration.note(outcome)
            })

        line.start { checkout in
            await CheckoutDesk(store: store, rooms: { worker.currentRooms }).apply(checkout)
        }
        registry.addCollector { lineMetrics.write(&$0) }
        registry.addCollector { writer in
            LimitMetrics.write(services.limits.totals, of: worker.currentRooms.map(\.id), &writer)
            HandoverMetrics.write(services.handovers.totals, of: worker.currentRooms.map(\.id), &writer)
        }
        registry.addCollector { transport.write(&$0) }
        registry.addCollector { shadow.write(&$0) }
        registry.addCollector { writer in
            writer.counter(
                "anteroom_spans_exported_total", help: "Spans that the collector took.",
                value: tracing.exporter.exported)
            writer.counter(
                "anteroom_spans_dropped_total", help: "Spans that came too fast, or that the collector did not take.",
                value: tracer.queue.dropped)
        }
        registry.addCollector { adaptiveMetrics.write(&$0) }
        registry.addCollector { AbuseMetrics.write(abuse, &$0) }
        registry.addCollector { writer in
            if let status = line.eventStatus { EventMetrics.write(status, &writer) }
        }
        registry.addCollector(
            gather: { await ProxyMetrics.gather(handles, labels: labels, accessLog: accessLog) },
            write: ProxyMetrics.write)

        registry.addCollector { OverloadMetrics.write(ledger, overload.memory, &$0) }
        registry.addCollector { writer in
            for outcome in HandoverService.Outcome.allCases {
                writer.counter(
                    "anteroom_handovers_total", help: "Attempts to have a new process go on, on SIGUSR2.",
                    labels: [("outcome", outcome.rawValue)], value: handover.count(outcome))
            }
        }

        // They end in the reverse order: what visitors need while connections drain comes before the gate.
        let running: [any Service] =
            [
                admin, worker, flusher, reloader, checks, recorder, adaptive,
                tracing,
                HangUpService(
                    signals: hangUps, reloader: reloader, keys: keys, accessLog: accessLog, notifier: notifier,
                    logger: logger),
                administration.service(line),
            ] + line.services(rooms: { worker.currentRooms }, loops: handles, isFollowed: { administration.isFollowed })
            + (predecessor.map { [PredecessorService(channel: $0.channel, store: store, logger: logger)] } ?? []) + [
                ChainHeadService(
                    line: line, store: store, signer: services.signer, board: services.chainHeads,
                    rooms: { worker.currentRooms }, clock: clock, logger: logger),
                overload, WatchdogService(notifier: notifier, loops: handles), gateService, handover,
                ReadyService {
                    predecessor?.serving()
                    notifier.ready()
                },
            ]
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
        await captcha.close()
        await tracing.exporter.export()
        await tracing.exporter.close()
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

    private func storeCheck(_ store: some QueueStore, of configuration: Configuration) -> ReadinessCheck {
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
