/// One event of `text/event-stream` (WHATWG HTML §9.2.6).
package struct ServerSentEvent: Hashable, Sendable {
    package var id: String?
    package var data: String
}

/// Splits the bytes of a `text/event-stream` into its events; comments and fields of no use here are dropped.
struct EventStreamParser {
    /// A line or event is longer than `limit`.
    struct TooLong: Error, CustomStringConvertible {
        let description = "the gate sent an event of more than \(EventStreamParser.limit / 1024) KiB"
    }

    /// Bytes of one line, and of one event's data.
    static let limit = 1024 * 1024

    private var line: [UInt8] = []
    private var endedInReturn = false
    private var data: [UInt8]?
    private var id: String?

    /// The events that these bytes complete.
    mutating func consume(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let isSecondHalf = endedInReturn && byte == UInt8(ascii: "\n")
            endedInReturn = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = try endLine() { events.append(event) }
            } else {
                guard line.count < Self.limit else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    /// The event that an empty line closes.
    private mutating func endLine() throws(TooLong) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { data = nil }
            return data.map { ServerSentEvent(id: id, data: String(decoding: $0, as: UTF8.self)) }
        }
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count == 2 ? parts[1] : []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "data":
            guard (data?.count ?? 0) + value.count < Self.limit else { throw TooLong() }
            data = data.map { $0 + [UInt8(ascii: "\n")] + value } ?? Array(value)
        case "id": id = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }
}
