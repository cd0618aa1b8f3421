/// A place in a distributed trace, as the field `traceparent` has it (W3C Trace Context, Recommendation of 2021-11-23, §3.2).
package struct TraceParent: Hashable, Sendable {
    /// 128 bits, not all zero.
    package var traceID: UInt64Pair
    /// Not zero.
    package var spanID: UInt64
    /// Who sent it records it.
    package var isSampled: Bool

    package struct UInt64Pair: Hashable, Sendable {
        package var high: UInt64
        package var low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    package static let length = 55

    package init(traceID: UInt64Pair, spanID: UInt64, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Nil if the value is not valid: then nothing of it may be used (§3.2.4). A later version is read as far as this
    /// one goes.
    package init?(_ value: UnsafeRawBufferPointer) {
        guard value.count >= Self.length, unsafe value[2] == Self.dash, unsafe value[35] == Self.dash,
            unsafe value[52] == Self.dash, let version = unsafe Self.hex(value, 0..<2), version != 0xff,
            let high = unsafe Self.hex(value, 3..<19), let low = unsafe Self.hex(value, 19..<35),
            let span = unsafe Self.hex(value, 36..<52), let flags = unsafe Self.hex(value, 53..<55),
            high | low != 0, span != 0
        else { return nil }
        if value.count > Self.length {
            guard version > 0, unsafe value[Self.length] == Self.dash else { return nil }
        }
        self.init(traceID: UInt64Pair(high: high, low: low), spanID: span, isSampled: flags & 1 == 1)
    }

    /// The same of a field that is text already.
    package init?(_ value: String) {
        let parent = unsafe Array(value.utf8).withUnsafeBytes { unsafe TraceParent($0) }
        guard let parent else { return nil }
        self = parent
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Version 00; of the flags only the one that it knows.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.length)
        bytes += "00-".utf8
        traceID.appendHex(to: &bytes)
        bytes.append(Self.dash)
        spanID.appendHex(to: &bytes)
        bytes += (isSampled ? "-01" : "-00").utf8
        return bytes
    }

    private static let dash = UInt8(ascii: "-")

    /// Lower case only, as the specification has it.
    private static func hex(_ value: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
        var number: UInt64 = 0
        for index in range {
            let byte = unsafe value[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}

extension TraceParent.UInt64Pair {
    package var hex: String {
        var bytes: [UInt8] = []
        appendHex(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 32 lower-case digits.
    package func appendHex(to bytes: inout [UInt8]) {
        high.appendHex(to: &bytes)
        low.appendHex(to: &bytes)
    }
}

extension UInt64 {
    package var hex: String {
        var bytes: [UInt8] = []
        appendHex(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 16 lower-case digits.
    package func appendHex(to bytes: inout [UInt8]) {
        var rest = self
        for _ in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: rest >> 60)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            rest <<= 4
        }
    }
}
