/// One field line of a head, as offsets from the head's first byte.
package struct HeadField: Sendable {
    package var name: FieldName
    /// Named by a `Connection` field, so it must not be forwarded (RFC 9110 §7.6.1).
    package var isHopByHop = false
    package var nameLength: UInt16
    /// Where the line begins: the name's first byte.
    package var start: UInt32
    /// The value without the white space around it.
    package var valueStart: UInt32
    package var valueEnd: UInt32
    /// After the line's CRLF.
    package var end: UInt32

    package var line: Range<Int> { Int(start)..<Int(end) }
    package var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    package var nameRange: Range<Int> { Int(start)..<Int(start) + Int(nameLength) }
}

/// The sizes that a head may have; docs/HTTP.md.
package struct HeadLimits: Sendable {
    /// Bytes of the whole head.
    package var head: Int
    package var fields: Int
    /// Bytes of the request line or status line.
    package var startLine: Int

    package init(head: Int = 32 * 1024, fields: Int = 100, startLine: Int = 16 * 1024) {
        self.head = head
        self.fields = fields
        self.startLine = startLine
    }
}

/// What a scan of the bytes that have arrived says.
package enum HeadScan: Sendable {
    /// The head's end has not arrived; scan again from the first byte once another line feed has.
    case incomplete
    /// The head takes this many bytes.
    case complete(length: Int)
    case refused(HeadRefusal)
}

/// Why a head is not acceptable. A request is answered with `status` and the connection closed; an answer of the origin
/// is a 502.
package struct HeadRefusal: Error, Hashable, Sendable {
    package var status: Int
    /// One sentence for the visitor and the log; it repeats nothing of what was sent.
    package var reason: StaticString

    package init(_ status: Int, _ reason: StaticString) {
        self.status = status
        self.reason = reason
    }

    package static func == (a: Self, b: Self) -> Bool { a.status == b.status && "\(a.reason)" == "\(b.reason)" }

    package func hash(into hasher: inout Hasher) { hasher.combine(status) }
}

/// How the end of a body is found (RFC 9112 §6.3).
package enum BodyFraming: Hashable, Sendable {
    case none
    /// Content-Length, above 0.
    case length(Int)
    case chunked
    /// An answer that ends with its connection.
    case untilClose
}
