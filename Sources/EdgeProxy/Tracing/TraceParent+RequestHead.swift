import HTTPWire

extension TraceParent {
    /// What the visitor's side says of the trace, if it is valid and given once; else the trace begins anew (W3C Trace
    /// Context §3.2).
    init?(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        var parent: TraceParent?
        guard head.contains(.traceparent) else { return nil }
        for field in head.fields where field.name == .traceparent {
            guard parent == nil else { return nil }
            parent = unsafe TraceParent(UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            if parent == nil { return nil }
        }
        guard let parent else { return nil }
        self = parent
    }
}
