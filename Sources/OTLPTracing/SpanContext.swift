package import HTTPWire
package import Logging
package import Tracing

/// What of a span goes along with its work: to its children, to the log, and to who is called.
package struct SpanContext: Hashable, Sendable {
    package var parent: TraceParent
    /// What tracing systems before the gate have added; nil or a valid `tracestate` (W3C Trace Context §3.3).
    package var state: String?

    package var isRecorded: Bool { parent.isSampled }

    package init(_ parent: TraceParent, state: String? = nil) {
        self.parent = parent
        self.state = state
    }
}

private enum SpanContextKey: ServiceContextKey {
    typealias Value = SpanContext
    static var nameOverride: String? { "anteroom-span" }
}

extension ServiceContext {
    /// The span in whose course something is done; nil: in that of none.
    package var span: SpanContext? {
        get { self[SpanContextKey.self] }
        set { self[SpanContextKey.self] = newValue }
    }

    /// Of a span that was made without the library's way of passing it on.
    package static func of(_ span: TraceParent) -> ServiceContext {
        var context = ServiceContext.topLevel
        context.span = SpanContext(span)
        return context
    }
}

/// The ids of the span in whose course a line is logged, as metadata.
package enum TraceMetadata {
    package static let traceID = "trace_id"
    package static let spanID = "span_id"

    package static let provider = Logger.MetadataProvider {
        guard let parent = ServiceContext.current?.span?.parent else { return [:] }
        return [traceID: "\(parent.traceID.hex)", spanID: "\(parent.spanID.hex)"]
    }
}
