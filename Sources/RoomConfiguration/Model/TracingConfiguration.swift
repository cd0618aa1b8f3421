/// `tracing:` where the gate tells of the requests that it served.
package struct TracingConfiguration: Hashable, Sendable {
    /// The collector's URL, without the path of OTLP and without a slash at the end; nil: nowhere.
    package var endpoint: String?
    /// Of 1000 requests so many are told of.
    package var sample: Int

    package init(endpoint: String? = nil, sample: Int = 10) {
        self.endpoint = endpoint
        self.sample = sample
    }
}
