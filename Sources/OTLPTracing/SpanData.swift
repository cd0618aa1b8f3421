package import Tracing

/// What is told of one span.
package struct SpanData: Sendable {
    /// What a span may hold; more is dropped, as the specification's defaults have it.
    static let attributeLimit = 128
    static let eventLimit = 128

    package var identity: SpanIdentity
    package var state: String?
    package var name: String
    package var kind: SpanKind
    /// Nanoseconds since 1970, as is the end.
    package var startedAt: UInt64
    package var endedAt: UInt64
    package var attributes: SpanAttributes
    package var events: [SpanEvent] = []
    package var links: [SpanLink] = []
    package var status: SpanStatus?

    package init(
        _ identity: SpanIdentity, name: String, kind: SpanKind, startedAt: UInt64, endedAt: UInt64,
        attributes: SpanAttributes = [:]
    ) {
        self.identity = identity
        self.name = name
        self.kind = kind
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.attributes = attributes
    }
}
