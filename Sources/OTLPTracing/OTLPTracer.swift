import HTTPWire
import Synchronization
package import Tracing

/// The process's tracer (swift-distributed-tracing): spans with W3C ids, told to an OpenTelemetry collector by way of
/// `queue`. While it is off its spans are not recorded and change no context.
package final class OTLPTracer: Tracer {
    private struct State {
        /// Nil: tracing is off.
        var sampling: TraceSampling?
        var ids: TraceIDs
    }

    package let queue = SpanQueue()
    private let state: Mutex<State>

    package init(seed: UInt64) { state = Mutex(State(ids: TraceIDs(seed: seed))) }

    /// - Parameter sampling: of traces that begin in this process; nil turns tracing off.
    package func apply(_ sampling: TraceSampling?) { state.withLock { $0.sampling = sampling } }

    /// A child of the context's span, recorded if that one is; else the first of a trace, recorded if the sample has it.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.span
        let identity = state.withLock { state in
            state.sampling.map {
                SpanIdentity(childOf: parent?.parent, isTrusted: true, sampling: $0, ids: &state.ids)
            }
        }
        guard let identity else { return OTLPSpan(context) }
        context.span = SpanContext(identity.own, state: parent?.state)
        guard identity.own.isSampled else { return OTLPSpan(context) }
        let now = instant().nanosecondsSinceEpoch
        var data = SpanData(identity, name: operationName, kind: kind, startedAt: now, endedAt: now)
        data.state = parent?.state
        return OTLPSpan(context, recording: data, to: queue)
    }

    /// `TracingService` sends what has gathered, about once a second.
    package func forceFlush() {}

    // MARK: W3C Trace Context

    private static let parentField = "traceparent"
    private static let stateField = "tracestate"

    /// An invalid `traceparent` leaves the context as it is, and then `tracestate` counts for nothing (§3.2.4, §4.3).
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard state.withLock({ $0.sampling != nil }) else { return }
        guard let text = extractor.extract(key: Self.parentField, from: carrier), let parent = TraceParent(text) else {
            return
        }
        let state = extractor.extract(key: Self.stateField, from: carrier)
        context.span = SpanContext(parent, state: state.flatMap(Self.valid))
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.span else { return }
        injector.inject(span.parent.text, forKey: Self.parentField, into: &carrier)
        if let state = span.state { injector.inject(state, forKey: Self.stateField, into: &carrier) }
    }

    /// A list of at most 32 members `key=value` and 512 characters (§3.3.1), which is passed on as it is; nil for another.
    private static func valid(_ state: String) -> String? {
        let members = state.split(separator: ",").filter { !$0.allSatisfy { $0 == " " || $0 == "\t" } }
        guard !members.isEmpty, members.count <= 32, state.utf8.count <= 512,
            state.utf8.allSatisfy({ 0x20...0x7e ~= $0 || $0 == 0x09 }), members.allSatisfy({ $0.contains("=") })
        else { return nil }
        return state
    }
}
