#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Which bytes may stand where in an HTTP/1.1 head (RFC 9110 §5.6.2, §5.5; RFC 9112 §3).
enum ByteClass {
    /// `tchar` of RFC 9110 §5.6.2, one bit for each ASCII code below 64: ``!#$%&'*+-.`` and digits. A literal, because
    /// a computed global would be asked at each use whether it is computed already.
    static let tokenLow: UInt64 = 0x03ff_6cfa_0000_0000
    /// The codes from 64 on: letters and ``^_`|~``.
    static let tokenHigh: UInt64 = 0x57ff_ffff_c7ff_fffe

    /// How many `tchar` the bytes begin with.
    static func tokenLength(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = bytes.count
        var index = 0
        while index < count {
            let byte = unsafe bytes[index]
            // Most are letters.
            if (byte | 0x20) &- UInt8(ascii: "a") >= 26, !isToken(byte) { return index }
            index &+= 1
        }
        return count
    }

    /// Whether the byte is a `tchar`.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? tokenLow : tokenHigh
        return byte < 128 && word &>> UInt64(byte & 63) & 1 != 0
    }

    /// Whether all bytes are `tchar` and there is at least one.
    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe bytes.count > 0 && tokenLength(bytes) == bytes.count
    }

    /// Whether no byte is a control character; a tab is allowed (`field-content`, RFC 9110 §5.5).
    static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        var offset = 0
        while offset &+ 8 <= count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if mayHoldControl(word) {
                for index in offset..<offset &+ 8 where unsafe isControl(bytes[index]) { return false }
            }
            offset &+= 8
        }
        while offset < count {
            if unsafe isControl(bytes[offset]) { return false }
            offset &+= 1
        }
        return true
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7f }

    /// Whether one of eight bytes may be below 0x20 or equal to 0x7f, without a branch for each: the borrow of a
    /// subtraction, or the carry of an addition, shows in the byte's highest bit (after "Bit Twiddling Hacks", S. E.
    /// Anderson). A tab counts, and so does every byte above 0x7f: those are rare, and then looked at one by one.
    private static func mayHoldControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        return ((word &- ones &* 0x20) | (word &+ ones)) & (ones &* 0x80) != 0
    }

    /// Whether the bytes may stand in a request target: no control, no space, no fragment. Bytes above 127 are passed
    /// on as they are, as most servers do.
    static func isTarget(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "#") { return false }
        }
        return bytes.count > 0
    }

    /// Nil unless the byte is a hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Case-insensitive comparison with a text of lower-case letters, digits and `-./:`.
    ///
    /// The bytes must have passed `isToken`, `isFieldValue` or `isTarget`: without control characters, setting the bit
    /// 0x20 makes no byte equal to one of those but its own upper-case letter.
    static func equals(_ bytes: UnsafeRawBufferPointer, _ lowerCase: StaticString) -> Bool {
        let count = bytes.count
        guard count == lowerCase.utf8CodeUnitCount else { return false }
        let other = unsafe UnsafeRawBufferPointer(start: lowerCase.utf8Start, count: count)
        var offset = 0
        while offset &+ 8 <= count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) | 0x2020_2020_2020_2020
            if unsafe word != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
            offset &+= 8
        }
        while offset < count {
            if unsafe bytes[offset] | 0x20 != other[offset] { return false }
            offset &+= 1
        }
        return true
    }

    /// Whether the bytes are this text.
    static func areExactly(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        guard let start = bytes.baseAddress else { return true }
        return unsafe memcmp(start, text.utf8Start, bytes.count) == 0
    }
}
