import AdminAPI
import Logging
import ServiceLifecycle

/// The admin listener, which ends with the gate, or before it when another process takes its address over.
struct AdminService: Service {
    private let group: ServiceGroup

    init(_ server: AdminServer, logger: Logger) {
        group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
    }

    func run() async throws {
        try await group.run()
        // A service may not end before it is its turn.
        try? await gracefulShutdown()
    }

    /// Leaves the address.
    func leave() async { await group.triggerGracefulShutdown() }
}
