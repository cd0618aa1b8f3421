#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The gate's own cookies in a request: `anteroom_p_<room>`, `anteroom_s_<room>` and `anteroom_k_<room>`.
package struct GateCookies: Sendable {
    package enum Kind: UInt8, Sendable { case position, session, pass }

    /// One `name=value` pair, as offsets from the head's first byte.
    package struct Pair: Sendable {
        package var kind: Kind
        /// The room's id.
        package var room: Range<Int>
        package var value: Range<Int>
        /// What to cut: the pair and the separator behind it. A separator before a last pair is left to the caller.
        package var cut: Range<Int>
    }

    package private(set) var pairs: ContiguousArray<Pair> = []
    /// At most this many are looked at; a request with more is refused.
    package static let limit = 64

    package init() { pairs.reserveCapacity(4) }

    /// Finds the pairs in one `Cookie` field's value, after those of the fields before it. O(n).
    package mutating func scan(_ bytes: UnsafeRawBufferPointer, value: Range<Int>) throws(HeadRefusal) {
        guard let base = bytes.baseAddress else { return }
        var start = value.lowerBound
        while start < value.upperBound {
            while start < value.upperBound, unsafe FieldLines.isBlank(bytes[start]) { start += 1 }
            let found = unsafe memchr(base + start, 0x3b, value.upperBound - start)
            let end = unsafe found.map { unsafe UnsafeRawPointer($0) - base } ?? value.upperBound
            if unsafe Self.hasPrefix(base + start, end - start) {
                try unsafe add(base, pair: start..<end, in: value)
            }
            start = end + 1
        }
    }

    private mutating func add(_ base: UnsafeRawPointer, pair: Range<Int>, in value: Range<Int>) throws(HeadRefusal) {
        let bytes = unsafe UnsafeRawBufferPointer(start: base, count: value.upperBound)
        let prefixEnd = pair.lowerBound + Self.prefix.utf8CodeUnitCount
        guard pair.upperBound > prefixEnd + 2, unsafe bytes[prefixEnd + 1] == UInt8(ascii: "_") else { return }
        let kind: Kind
        switch unsafe bytes[prefixEnd] {
        case UInt8(ascii: "p"): kind = .position
        case UInt8(ascii: "s"): kind = .session
        case UInt8(ascii: "k"): kind = .pass
        default: return
        }
        let roomStart = prefixEnd + 2
        guard let equals = unsafe bytes[roomStart..<pair.upperBound].firstIndex(of: UInt8(ascii: "=")) else { return }
        var valueEnd = pair.upperBound
        while valueEnd > equals + 1, unsafe FieldLines.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
        guard pairs.count < Self.limit else { throw HeadRefusal(400, "There are too many cookies of the gate.") }
        let length = equals - roomStart
        for other in pairs where other.kind == kind && other.room.count == length {
            if unsafe memcmp(base + other.room.lowerBound, base + roomStart, length) == 0 {
                throw HeadRefusal(400, "A cookie of the gate is given twice.")
            }
        }
        pairs.append(
            Pair(
                kind: kind, room: roomStart..<equals, value: equals + 1..<valueEnd,
                cut: unsafe Self.cut(bytes, pair: pair, in: value)))
    }

    package mutating func removeAll() { pairs.removeAll(keepingCapacity: true) }

    private static let prefix: StaticString = "anteroom_"

    private static func hasPrefix(_ start: UnsafeRawPointer, _ count: Int) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return unsafe count >= length && memcmp(start, prefix.utf8Start, length) == 0
    }

    /// Up to where the next pair begins, or to the field's end.
    private static func cut(_ bytes: UnsafeRawBufferPointer, pair: Range<Int>, in value: Range<Int>) -> Range<Int> {
        var next = min(pair.upperBound + 1, value.upperBound)
        while next < value.upperBound, unsafe FieldLines.isBlank(bytes[next]) { next += 1 }
        return pair.lowerBound..<next
    }
}
