import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
package import Prometheus
import ServiceLifecycle

/// The listener for operators and Prometheus: `/metrics`, `/healthz`, `/readyz`, and the admin API.
package struct AdminServer: Service {
    private let host: String
    private let port: Int
    private let routes: AdminRoutes
    private let services: AdminServices?
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let patience: Duration
    private let stallLimit: Duration
    private let maxConnections: Int
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - services: what the admin API works on; nil: there is none.
    ///   - host: a name or an IP address, without brackets.
    ///   - port: 0 for one that is free.
    ///   - patience: how long it waits for another process to leave the address.
    ///   - maxConnections: at a time; more wait in the kernel's backlog.
    ///   - stallLimit: how long nothing of an answer may be taken; the connection is closed within twice that.
    ///   - onListening: called once with the port that it listens on.
    package init(
        host: String, port: Int, registry: PrometheusCollectorRegistry, checks: [ReadinessCheck],
        services: AdminServices? = nil, eventLoopGroup: any EventLoopGroup, logger: Logger, patience: Duration = .zero,
        maxConnections: Int = 64, stallLimit: Duration = .seconds(15),
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.routes = AdminRoutes(registry: registry, checks: checks, services: services)
        self.services = services
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.patience = patience
        self.stallLimit = stallLimit
        self.maxConnections = maxConnections
        self.onListening = onListening
    }

    /// Serves until graceful shutdown or cancellation. Throws `AdminServerError` if it cannot listen.
    package func run() async throws {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let end = ContinuousClock.now + patience
        while true {
            do {
                return try await serve()
            } catch  where !(error is CancellationError) {
                let failure = AdminServerError(listeningOn: address, error)
                guard failure.code == .addressInUse, ContinuousClock.now < end else { throw failure }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Tails would go on for ever: they end as the listener does, and it waits for them no longer.
    private func serve() async throws {
        guard let services else { return try await application.run() }
        let beats = Task { await services.tails.run(services.keys) }
        defer { beats.cancel() }
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            services.tails.close()
        }
    }

    private var application: some ApplicationProtocol {
        // Hummingbird reports each start and connection in words of its own.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var limits = HTTP1Channel.Configuration(
            additionalChannelHandlers: [StalledWriteHandler(limit: TimeAmount(stallLimit))],
            idleTimeout: .seconds(60))
        limits.httpDecoder = .init(
            maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 100)
        return Application(
            router: routes.router(), server: .http1(configuration: limits),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(maxConnections, logger: quiet)),
            onServerRunning: { [host, logger, onListening] channel in
                let port = channel.localAddress?.port ?? 0
                logger.info(
                    "Admin listener open", metadata: ["host": .string(host), "port": .stringConvertible(port)])
                await onListening(port)
            },
            eventLoopGroupProvider: .shared(eventLoopGroup), logger: quiet)
    }
}
