/// Which process it is that tells of itself, with the names of OpenTelemetry's conventions: the same in spans and logs.
package struct ServiceResource: Hashable, Sendable {
    package var version: String
    /// Tells the gates of one service apart.
    package var instance: String
    package var host: String

    package init(version: String, instance: String, host: String) {
        self.version = version
        self.instance = instance
        self.host = host
    }

    package var attributes: [(name: String, value: String)] {
        [
            ("service.name", "anteroom"), ("service.version", version), ("service.instance.id", instance),
            ("host.name", host),
        ]
    }
}
