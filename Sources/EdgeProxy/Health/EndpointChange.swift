/// What a loop has found out about an endpoint by visitors' requests, for the log.
package struct EndpointChange: Sendable {
    package enum Verdict: Sendable {
        /// By a failure of this kind, the last of several in a row.
        case ejected(UpstreamFailure.Kind)
        case returned
    }

    package var endpoint: Endpoint
    package var verdict: Verdict
}

/// What a loop counts of an endpoint.
package struct EndpointCounts: Sendable {
    package var ejections = 0
    /// By the raw value of `UpstreamFailure.Kind`.
    package var failures = ContiguousArray(repeating: 0, count: UpstreamFailure.Kind.allCases.count)

    package init() {}
}

/// An endpoint as one loop sees it, for metrics.
package struct EndpointReport: Sendable {
    package var endpoint: Endpoint
    /// Gets requests.
    package var isIn = true
    package var counts = EndpointCounts()
}
