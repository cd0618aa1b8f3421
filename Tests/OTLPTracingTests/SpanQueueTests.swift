import HTTPWire
import Testing
import Tracing

@testable import OTLPTracing

@Suite("Spans on their way out")
struct SpanQueueTests {
    @Test("No more wait than fit; the others are counted")
    func bound() {
        let queue = SpanQueue()
        func spans(_ numbers: Range<UInt64>) -> [SpanData] {
            numbers.map { SpanData(.numbered($0 + 1), name: "GET", kind: .server, startedAt: $0, endedAt: $0) }
        }
        queue.add(spans(0..<3000))
        queue.add(spans(3000..<5000))
        #expect(queue.dropped == 5000 - SpanQueue.limit)
        #expect(queue.take(2).map(\.startedAt) == [0, 1])
        #expect(queue.take(5000).count == SpanQueue.limit - 2)
        #expect(queue.take(1).isEmpty)
    }

    @Test("What a loop has gathered leaves with its next sweep, or when it is much")
    func loop() {
        let queue = SpanQueue()
        var tracer = LoopTracer(queue)
        let sampling = TraceSampling(share: 1000)
        for _ in 0..<257 {
            let identity = tracer.start(childOf: nil, isTrusted: false, sampling: sampling)
            tracer.end(identity, name: "GET", kind: .server, after: 5, [:])
        }
        #expect(queue.take(1000).count == 256)
        tracer.handOver()
        let last = queue.take(1000)
        #expect(last.count == 1 && last[0].endedAt - last[0].startedAt == 5000)
    }
}

extension SpanIdentity {
    static func numbered(_ number: UInt64, parent: UInt64? = nil) -> SpanIdentity {
        var ids = TraceIDs(seed: 0)
        var identity = SpanIdentity(
            childOf: nil, isTrusted: true, sampling: TraceSampling(share: 1000), ids: &ids)
        identity.own = TraceParent(
            traceID: TraceParent.UInt64Pair(high: 0, low: 0xabc), spanID: number, isSampled: true)
        identity.parentID = parent
        return identity
    }
}
