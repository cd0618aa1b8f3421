/// What a gate has seen of a room's origin in a span of time.
package struct OriginSample: Hashable, Sendable {
    /// Requests that ended there: answered, or failed.
    package var requests: Int
    /// Those of them that failed, or were answered with 5xx.
    package var errors: Int
    /// Below it 95 of 100 answers' heads came; nil without answers.
    package var latency: Milliseconds?

    package init(requests: Int, errors: Int, latency: Milliseconds?) {
        self.requests = requests
        self.errors = errors
        self.latency = latency
    }

    /// In thousandths.
    package var errorRate: Int { requests > 0 ? errors * 1000 / requests : 0 }
}
