/// Which bytes may stand where in an HTTP/1.1 head (RFC 9110 §5.6.2, §5.5; RFC 9112 §3).
enum ByteClass {
    /// `tchar` of RFC 9110 §5.6.2, one bit for each of the 128 ASCII codes.
    private static let tokenLow: UInt64 = bits("!#$%&'*+-.0123456789", offset: 0)
    private static let tokenHigh: UInt64 = bits("ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~", offset: 64)

    private static func bits(_ characters: StaticString, offset: UInt8) -> UInt64 {
        characters.withUTF8Buffer { unsafe $0.reduce(0) { $0 | 1 << UInt64($1 - offset) } }
    }

    /// Whether all bytes are `tchar` and there is at least one.
    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (low, high) = (tokenLow, tokenHigh)
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            let word = byte < 64 ? low : high
            if byte >= 128 || word >> UInt64(byte & 63) & 1 == 0 { return false }
        }
        return bytes.count > 0
    }

    /// Whether no byte is a control character; a tab is allowed (`field-content`, RFC 9110 §5.5).
    static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        let count = bytes.count
        while offset &+ 16 <= count {
            let block = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
            let control = (block .< 0x20) .& (block .!= 0x09) .| (block .== 0x7f)
            if any(control) { return false }
            offset &+= 16
        }
        while offset < count {
            let byte = unsafe bytes[offset]
            if byte < 0x20 && byte != 0x09 || byte == 0x7f { return false }
            offset &+= 1
        }
        return true
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

    /// Case-insensitive comparison of a token with a lower-case one.
    static func equals(_ bytes: UnsafeRawBufferPointer, _ lowerCase: StaticString) -> Bool {
        guard bytes.count == lowerCase.utf8CodeUnitCount else { return false }
        let other = unsafe lowerCase.utf8Start
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            let isUpper = byte &- UInt8(ascii: "A") < 26
            if unsafe (isUpper ? byte | 0x20 : byte) != other[index] { return false }
        }
        return true
    }
}
