package import HTTPWire

/// Where a span stands: its own ids, and whose child it is. Every span of the gate gets its ids here.
package struct SpanIdentity: Hashable, Sendable {
    package var own: TraceParent
    /// Nil: the trace begins here.
    package var parentID: UInt64?

    /// - Parameter isTrusted: whether the parent may say what is recorded; else the sample decides, as it does where there
    ///   is no parent: visitors could have all of theirs recorded.
    package init(childOf parent: TraceParent?, isTrusted: Bool, sampling: TraceSampling, ids: inout TraceIDs) {
        let spanID = ids.next()
        let isPicked = sampling.picks(ids.next())
        guard let parent else {
            let traceID = TraceParent.UInt64Pair(high: ids.next(), low: ids.next())
            own = TraceParent(traceID: traceID, spanID: spanID, isSampled: isPicked)
            return
        }
        own = TraceParent(traceID: parent.traceID, spanID: spanID, isSampled: isTrusted ? parent.isSampled : isPicked)
        parentID = parent.spanID
    }
}

/// Which spans are recorded where nobody has said so before.
package struct TraceSampling: Hashable, Sendable {
    /// Of 1000 traces.
    package var share: Int

    package init(share: Int) { self.share = share }

    func picks(_ random: UInt64) -> Bool { random % 1000 < UInt64(max(0, share)) }
}

/// Random ids, none of them zero.
package struct TraceIDs: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return max(1, value ^ value >> 31)
    }
}
