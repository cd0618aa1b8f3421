package import HTTPWire

/// One request's way through the gate, as it is told to the operator's tracing system.
package struct FinishedSpan: Sendable {
    package var traceID: TraceParent.UInt64Pair
    package var spanID: UInt64
    /// Nil: the trace begins here.
    package var parentID: UInt64?
    /// Microseconds since 1970.
    package var startedAt: Int64
    /// Microseconds.
    package var duration: Int64
    /// Until the head of the origin's answer; nil where no origin answered.
    package var upstreamDuration: Int64?
    package var method: String
    package var host: String
    /// Without the query, which may hold what is nobody's business.
    package var path: String
    package var isSecure: Bool
    /// `1.0`, `1.1` or `2`; empty where the head could not be read.
    package var httpVersion: String
    package var status: Int
    package var room: String
    package var verdict: String
    package var requestID: String
    package var failure: String?

    package init(
        traceID: TraceParent.UInt64Pair, spanID: UInt64, parentID: UInt64?, startedAt: Int64, duration: Int64,
        upstreamDuration: Int64?, method: String, host: String, path: String, isSecure: Bool, httpVersion: String,
        status: Int, room: String, verdict: String, requestID: String, failure: String?
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentID = parentID
        self.startedAt = startedAt
        self.duration = duration
        self.upstreamDuration = upstreamDuration
        self.method = method
        self.host = host
        self.path = path
        self.isSecure = isSecure
        self.httpVersion = httpVersion
        self.status = status
        self.room = room
        self.verdict = verdict
        self.requestID = requestID
        self.failure = failure
    }
}
