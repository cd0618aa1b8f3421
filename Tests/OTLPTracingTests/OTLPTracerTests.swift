import HTTPWire
import Logging
import Testing
import Tracing

@testable import OTLPTracing

@Suite("The tracer")
struct OTLPTracerTests {
    private let tracer = OTLPTracer(seed: 1)
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let valid = "00-\(trace)-b7ad6b7169203331-01"

    init() { tracer.apply(TraceSampling(share: 1000)) }

    private struct Fields: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }

    private func extracted(_ fields: [String: String]) -> ServiceContext {
        var context = ServiceContext.topLevel
        tracer.extract(fields, into: &context, using: Fields())
        return context
    }

    private func injected(_ context: ServiceContext) -> [String: String] {
        var fields: [String: String] = [:]
        tracer.inject(context, into: &fields, using: Fields())
        return fields
    }

    private var ended: [SpanData] { tracer.queue.take(10_000) }

    @Test("What is extracted is injected as it was, and in a child with the child's own id")
    func roundTrip() throws {
        let fields = ["traceparent": Self.valid, "tracestate": "a=1,b@c=2 3"]
        let context = extracted(fields)
        #expect(injected(context) == fields)
        let span = tracer.startSpan("child", context: context)
        let sent = injected(span.context)
        let parent = try #require(sent["traceparent"].flatMap { TraceParent($0) })
        #expect(parent.traceID.hex == Self.trace && parent.isSampled && parent.spanID.hex != "b7ad6b7169203331")
        #expect(sent["tracestate"] == fields["tracestate"])
        span.end()
        let told = ended
        #expect(told.count == 1 && told[0].identity.own == parent && told[0].state == fields["tracestate"])
        #expect(told[0].identity.parentID?.hex == "b7ad6b7169203331")
    }

    @Test(
        "An invalid traceparent counts for nothing, and neither does the state beside it",
        arguments: [
            "", "nonsense", "ff-\(trace)-b7ad6b7169203331-01", "00-\(trace)-0000000000000000-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01", "\(valid)-more", "\(valid), \(valid)",
            "00-\(trace.uppercased())-b7ad6b7169203331-01", " \(valid)",
        ])
    func invalid(_ text: String) {
        #expect(extracted(["traceparent": text, "tracestate": "a=1"]).isEmpty)
    }

    @Test(
        "An invalid state is dropped by itself",
        arguments: [
            "", " , ", "a", "a=\u{1}", "a=é", String(repeating: "a", count: 511) + "=1",
            (0..<33).map { "k\($0)=1" }.joined(separator: ","),
        ])
    func invalidState(_ text: String) {
        let context = extracted(["traceparent": Self.valid, "tracestate": text])
        #expect(context.span?.parent.text == Self.valid && context.span?.state == nil)
    }

    @Test("Without a span nothing is injected")
    func nothing() { #expect(injected(.topLevel).isEmpty) }

    @Test("Nested spans are one trace, each the child of the one around it")
    func nesting() async {
        await tracer.withSpan("outer", ofKind: .server) { outer in
            #expect(ServiceContext.current?.span == outer.context.span)
            await tracer.withSpan("inner", ofKind: .client) { inner in
                inner.attributes["key"] = "value"
                await Task { tracer.withSpan("innermost") { _ in } }.value
            }
            outer.operationName = "renamed"
        }
        let told = ended
        #expect(told.map(\.name) == ["innermost", "inner", "renamed"])
        #expect(told.map(\.kind) == [.internal, .client, .server])
        #expect(Set(told.map(\.identity.own.traceID)).count == 1)
        #expect(told[0].identity.parentID == told[1].identity.own.spanID)
        #expect(told[1].identity.parentID == told[2].identity.own.spanID && told[2].identity.parentID == nil)
        #expect(told[1].attributes.get("key") == .string("value"))
        #expect(told.allSatisfy { $0.startedAt <= $0.endedAt })
        #expect(ServiceContext.current?.span == nil)
    }

    @Test("An error that is thrown is told with its span")
    func errors() {
        struct Trouble: Error {}
        #expect(throws: Trouble.self) { try tracer.withSpan("failing") { _ in throw Trouble() } }
        let told = ended
        #expect(told[0].status?.code == .error && told[0].events.map(\.name) == ["exception"])
        #expect(told[0].events[0].attributes.get("exception.type") == .string("Trouble"))
    }

    @Test("The parent's flag holds, and where there is no parent the sample decides")
    func sampling() {
        tracer.apply(TraceSampling(share: 0))
        let root = tracer.startSpan("root")
        #expect(!root.isRecording && root.context.span?.parent.isSampled == false)
        let child = tracer.startSpan("child", context: root.context)
        #expect(child.context.span?.parent.traceID == root.context.span?.parent.traceID)
        #expect(!child.isRecording && injected(child.context)["traceparent"]?.hasSuffix("-00") == true)
        #expect(tracer.startSpan("child", context: extracted(["traceparent": Self.valid])).isRecording)
        tracer.apply(TraceSampling(share: 1000))
        #expect(tracer.startSpan("root").isRecording)
        let unsampled = extracted(["traceparent": String(Self.valid.dropLast()) + "0"])
        #expect(!tracer.startSpan("child", context: unsampled).isRecording)
        for span in [root, child] { span.end() }
        #expect(ended.isEmpty)
    }

    @Test("A request's span and the tracer's follow the same rules, but for who may say what is recorded")
    func loop() throws {
        var loop = LoopTracer(tracer.queue)
        let parent = try #require(TraceParent(Self.valid))
        let none = TraceSampling(share: 0)
        let trusted = loop.start(childOf: parent, isTrusted: true, sampling: none)
        #expect(trusted.own.isSampled && trusted.parentID == parent.spanID && trusted.own.traceID == parent.traceID)
        #expect(!loop.start(childOf: parent, isTrusted: false, sampling: none).own.isSampled)
        #expect(loop.start(childOf: nil, isTrusted: true, sampling: none).parentID == nil)
        let child = tracer.startSpan("store", context: .of(trusted.own))
        child.end()
        #expect(ended.map(\.identity.parentID) == [trusted.own.spanID])
    }

    @Test("A span counts once, and nothing changes it after its end")
    func end() {
        let span = tracer.startSpan("once")
        #expect(span.isRecording)
        span.end()
        span.operationName = "late"
        span.attributes["late"] = true
        span.addEvent("late")
        span.end()
        #expect(!span.isRecording)
        let told = ended
        #expect(told.map(\.name) == ["once"] && told[0].attributes.isEmpty && told[0].events.isEmpty)
    }

    @Test("Events are bounded")
    func bound() {
        let span = tracer.startSpan("busy")
        for _ in 0..<1000 { span.addEvent("again") }
        span.end()
        #expect(ended[0].events.count == 128)
    }

    @Test("While it is off nothing is recorded, begun or taken over")
    func off() {
        tracer.apply(nil)
        let span = tracer.startSpan("nothing")
        #expect(!span.isRecording && span.context.isEmpty)
        span.end()
        #expect(ended.isEmpty && extracted(["traceparent": Self.valid]).isEmpty)
    }

    @Test("Ids are never zero and do not come twice")
    func ids() {
        var ids = TraceIDs(seed: 3)
        var seen: Set<UInt64> = []
        for _ in 0..<10_000 { seen.insert(ids.next()) }
        #expect(seen.count == 10_000 && !seen.contains(0))
    }

    @Test("What is logged in the course of a span has its ids, and nothing else has")
    func metadata() throws {
        #expect(TraceMetadata.provider.get().isEmpty)
        try tracer.withSpan("logged") { span in
            let parent = try #require(span.context.span?.parent)
            #expect(
                TraceMetadata.provider.get() == [
                    "trace_id": "\(parent.traceID.hex)", "span_id": "\(parent.spanID.hex)",
                ])
        }
    }
}
