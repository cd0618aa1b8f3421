import ServiceLifecycle

/// Says that the gate serves, once the service group runs: from then on a signal to stop is a signal to drain.
struct ReadyService: Service {
    let announce: @Sendable () -> Void

    func run() async throws {
        announce()
        // A service may not end before it is its turn.
        try? await gracefulShutdown()
    }
}
