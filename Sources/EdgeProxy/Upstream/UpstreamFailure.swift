/// Why an origin gave no whole answer.
package enum UpstreamFailure: Error {
    /// No connection within the time, or none at all.
    case unreachable
    /// No TLS with it.
    case handshake(StaticString)
    /// Closed before any byte of an answer.
    case closed
    /// Closed in the middle of an answer.
    case truncated
    /// Not an answer that can be trusted.
    case malformed(StaticString)
    /// No first byte in time, or no more of a body.
    case timedOut

    /// The `reason` label of metrics.
    package enum Kind: Int, Sendable, CaseIterable {
        case connection, closed, truncated, malformed, timeout

        package var name: String { "\(self)" }
    }

    var kind: Kind {
        switch self {
        case .unreachable, .handshake: .connection
        case .closed: .closed
        case .truncated: .truncated
        case .malformed: .malformed
        case .timedOut: .timeout
        }
    }

    /// What went wrong, for the log.
    var reason: StaticString {
        switch self {
        case .unreachable: "no connection to the origin"
        case .closed: "the origin closed the connection without an answer"
        case .truncated: "the origin closed the connection within its answer"
        case .malformed(let reason), .handshake(let reason): reason
        case .timedOut: "the origin did not answer in time"
        }
    }

    var status: Int {
        if case .timedOut = self { 504 } else { 502 }
    }
}
