package import WaitingRoom

/// Where the requests of a room or a passthrough go: `target_url` or `target_urls`, `balance` and `health`.
package struct TargetConfiguration: Hashable, Sendable {
    /// How one of several origins is chosen.
    package enum Balance: String, Hashable, Sendable, CaseIterable {
        /// The one with the fewest running requests.
        case leastConnections = "least_connections"
        /// The same one for all requests of a session, while it is healthy.
        case sticky
    }

    /// More origins of one target than this are a mistake.
    package static let originLimit = 64

    /// At least one, each host and port once.
    package var origins: [Origin]
    package var balance: Balance
    package var health: HealthConfiguration

    package init(
        _ origins: [Origin], balance: Balance = .leastConnections, health: HealthConfiguration = HealthConfiguration()
    ) {
        self.origins = origins
        self.balance = balance
        self.health = health
    }
}

/// `health:` when an origin gets no requests.
package struct HealthConfiguration: Hashable, Sendable {
    /// So many requests that fail in a row eject an origin; 0: none ever is.
    package var maxFailures = 5
    /// For how long; doubled each time that it happens again.
    package var ejectTime: Milliseconds = .seconds(10)
    package var maxEjectTime: Milliseconds = .minutes(5)
    /// Nil: origins are judged by visitors' requests alone.
    package var check: HealthCheck?

    package init() {}
}

/// A request of the gate's own that an origin has to answer.
package struct HealthCheck: Hashable, Sendable {
    /// Path and query.
    package var path = "/"
    package var interval: Milliseconds = .seconds(5)
    package var timeout: Milliseconds = .seconds(2)
    package var expectedStatuses: [ClosedRange<Int>] = [200...399]
    /// Successes in a row after which an origin that was down gets requests again.
    package var healthyThreshold = 2
    /// Failures in a row after which it gets none.
    package var unhealthyThreshold = 3

    package init() {}

    package func expects(_ status: Int) -> Bool { expectedStatuses.contains { $0.contains(status) } }
}
