/// The path of a request in the one form that decides and is forwarded.
///
/// Percent-encoded unreserved characters are decoded, other escapes get upper-case digits, dot segments are removed
/// (RFC 3986 §6.2.2). Origins differ on what they make of `//`, `\`, `%2F` or `;x`; such a path has a second, loose
/// reading, which does to it all that any of them does, and the gate lets the request through only where both readings
/// fall into the same room. An origin that does a part of that sees a path in between. As long as there are no dot
/// segments, whatever room that lies in, the loose reading lies in too; with dot segments it could be any, so that a
/// path with both is refused. (Browsers remove dot segments before they send a path.)
package struct RequestPath: Sendable {
    /// What is forwarded; begins with "/".
    package private(set) var normalized: [UInt8]
    /// As the most lenient origin would read it; nil where no reading could differ.
    package private(set) var loose: [UInt8]?
    /// Origins may differ on where its segments begin.
    package private(set) var isSplitInDoubt = false

    /// Whether a path is its own normal form and has one reading only, as nearly all have. O(n), no allocation.
    package static func isPlain(_ path: UnsafeRawBufferPointer) -> Bool {
        var previous: UInt8 = 0
        for index in 0..<path.count {
            let byte = unsafe path[index]
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: ";"): return false
            case UInt8(ascii: "/"), UInt8(ascii: "."): if previous == UInt8(ascii: "/") { return false }
            default: break
            }
            previous = byte
        }
        return true
    }

    /// Normalises a path that begins with "/". Refuses a malformed escape, an escaped control character, dot segments
    /// that climb above the root, and dot segments in a path whose segments are in doubt. O(n).
    package init(_ path: UnsafeRawBufferPointer) throws(HeadRefusal) {
        var once: [UInt8] = []
        var decoded: [UInt8] = []
        once.reserveCapacity(path.count)
        decoded.reserveCapacity(path.count)
        var isAmbiguous = false
        var index = 0
        while index < path.count {
            let byte = unsafe path[index]
            guard byte == UInt8(ascii: "%") else {
                if Self.isStructural(byte), byte != UInt8(ascii: "/") { isSplitInDoubt = true }
                once.append(byte)
                decoded.append(byte == UInt8(ascii: "\\") ? UInt8(ascii: "/") : byte)
                index += 1
                continue
            }
            guard index + 2 < path.count, let high = unsafe ByteClass.hexDigit(path[index + 1]),
                let low = unsafe ByteClass.hexDigit(path[index + 2])
            else { throw HeadRefusal(400, "The path has a malformed percent-encoding.") }
            let value = high << 4 | low
            if value < 0x20 || value == 0x7f {
                throw HeadRefusal(400, "The path has an encoded control character.")
            }
            if Self.isUnreserved(value) {
                once.append(value)
            } else {
                once += [UInt8(ascii: "%"), Self.upperHex(high), Self.upperHex(low)]
                isAmbiguous = true
                if Self.isStructural(value) { isSplitInDoubt = true }
            }
            decoded.append(value == UInt8(ascii: "\\") ? UInt8(ascii: "/") : value)
            index += 3
        }
        if zip(once, once.dropFirst()).contains(where: { $0 == 0x2f && $1 == 0x2f }) { isSplitInDoubt = true }
        normalized = try Self.removeDotSegments(once)
        if isAmbiguous || isSplitInDoubt {
            let merged = Self.mergeSlashes(Self.dropParameters(decoded))
            let reading = try Self.removeDotSegments(merged)
            if isSplitInDoubt, reading != merged {
                throw HeadRefusal(400, "The path can be read in more than one way.")
            }
            loose = reading == normalized ? nil : reading
        }
    }

    /// Separates segments, or ends them or the path, in some origin's eyes; "%" because some decode twice.
    private static func isStructural(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: "%"):
            true
        default: false
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func upperHex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }

    /// RFC 3986 §5.2.4, but climbing above the root is refused.
    private static func removeDotSegments(_ path: [UInt8]) throws(HeadRefusal) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var start = 0
        while start < path.count {
            let end = path[(start + 1)...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            let segment = path[start + 1..<end]
            let isLast = end == path.count
            if segment.elementsEqual(".".utf8) {
                if isLast { result.append(UInt8(ascii: "/")) }
            } else if segment.elementsEqual("..".utf8) {
                guard let parent = result.lastIndex(of: UInt8(ascii: "/")) else {
                    throw HeadRefusal(400, "The path climbs above the root.")
                }
                result.removeSubrange(parent...)
                if isLast { result.append(UInt8(ascii: "/")) }
            } else {
                result += path[start..<end]
            }
            start = end
        }
        return result
    }

    /// Some servers cut `;name=value` off each segment before they look at it.
    private static func dropParameters(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isParameter = false
        for byte in path {
            if byte == UInt8(ascii: "/") {
                isParameter = false
            } else if byte == UInt8(ascii: ";") {
                isParameter = true
            }
            if !isParameter { result.append(byte) }
        }
        return result
    }

    private static func mergeSlashes(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in path where byte != UInt8(ascii: "/") || result.last != UInt8(ascii: "/") { result.append(byte) }
        return result
    }
}
