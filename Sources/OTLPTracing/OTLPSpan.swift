import Synchronization
package import Tracing

/// A span of the control paths. One that is not recorded is its context and nothing else.
package struct OTLPSpan: Tracing.Span {
    package let context: ServiceContext
    private let record: Record?

    private final class Record: Sendable {
        /// Nil once the span has ended.
        let data: Mutex<SpanData?>
        let queue: SpanQueue

        init(_ data: SpanData, _ queue: SpanQueue) {
            self.data = Mutex(data)
            self.queue = queue
        }

        func update(_ change: (inout SpanData) -> Void) {
            data.withLock { data in
                guard var changed = data.take() else { return }
                change(&changed)
                data = changed
            }
        }
    }

    /// One that is not recorded.
    init(_ context: ServiceContext) {
        self.context = context
        record = nil
    }

    init(_ context: ServiceContext, recording data: SpanData, to queue: SpanQueue) {
        self.context = context
        record = Record(data, queue)
    }

    /// Until it has ended.
    package var isRecording: Bool { record?.data.withLock { $0 != nil } ?? false }

    package var operationName: String {
        get { record?.data.withLock { $0?.name } ?? "" }
        nonmutating set { record?.update { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { record?.data.withLock { $0?.attributes } ?? [:] }
        nonmutating set { record?.update { $0.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) { record?.update { $0.status = status } }

    package func addEvent(_ event: SpanEvent) {
        record?.update { if $0.events.count < SpanData.eventLimit { $0.events.append(event) } }
    }

    package func addLink(_ link: SpanLink) {
        record?.update { if $0.links.count < SpanData.eventLimit { $0.links.append(link) } }
    }

    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard record != nil else { return }
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = "\(error)"
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    /// The first call counts.
    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let record, var data = record.data.withLock({ $0.take() }) else { return }
        data.endedAt = max(data.startedAt, instant().nanosecondsSinceEpoch)
        record.queue.add([data])
    }
}
