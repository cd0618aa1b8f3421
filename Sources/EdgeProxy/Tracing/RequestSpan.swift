import HTTPWire

/// Where a request stands in its trace: the gate's own span, and whose child it is.
struct RequestSpan {
    /// The gate's own.
    var own: TraceParent
    /// Nil: the trace begins here.
    var parentID: UInt64?

    /// What the visitor's side says of the trace is continued if it is valid, given once; else the trace begins anew (W3C
    /// Trace Context §3.2). Whether it is recorded only a trusted peer may say: visitors could have all of theirs recorded.
    init(
        continuing head: RequestHead, _ bytes: UnsafeRawBufferPointer, isTrusted: Bool, sampling: TraceSampling,
        ids: inout TraceIDs
    ) {
        let spanID = ids.next()
        let isPicked = sampling.picks(ids.next())
        guard let parent = unsafe Self.parent(head, bytes) else {
            let traceID = TraceParent.UInt64Pair(high: ids.next(), low: ids.next())
            own = TraceParent(traceID: traceID, spanID: spanID, isSampled: isPicked)
            return
        }
        own = TraceParent(traceID: parent.traceID, spanID: spanID, isSampled: isTrusted ? parent.isSampled : isPicked)
        parentID = parent.spanID
    }

    private static func parent(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> TraceParent? {
        var parent: TraceParent?
        guard head.contains(.traceparent) else { return nil }
        for field in head.fields where field.name == .traceparent {
            guard parent == nil else { return nil }
            parent = unsafe TraceParent(UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            if parent == nil { return nil }
        }
        return parent
    }
}

/// Which requests are recorded.
package struct TraceSampling: Hashable, Sendable {
    /// Of 1000 requests.
    package var share: Int

    package init(share: Int) { self.share = share }

    func picks(_ random: UInt64) -> Bool { random % 1000 < UInt64(max(0, share)) }
}

/// Random ids, none of them zero.
struct TraceIDs {
    private var generator: RequestIDSequence

    init(seed: UInt64) { generator = RequestIDSequence(seed: seed) }

    mutating func next() -> UInt64 { max(1, generator.next()) }
}
