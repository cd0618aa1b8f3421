extension [UInt8] {
    /// Appends text so that it is text in HTML element content and inside quoted attribute values, whatever it holds.
    /// It goes by bytes: a quote that carries a combining mark is one `Character` with it, but to a browser a quote.
    mutating func appendHTML(_ text: String) {
        guard !Self.holds(text, Self.isMarkup) else {
            appendEscapedHTML(text)
            return
        }
        append(contentsOf: text.utf8)
    }

    private mutating func appendEscapedHTML(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): append(contentsOf: "&#39;".utf8)
            // HTML has no way to write most control characters (HTML standard, "control-character-reference").
            case 0..<0x20, 0x7f: append(UInt8(ascii: " "))
            default: append(byte)
            }
        }
    }

    /// Appends a JSON string (RFC 8259 §7) that may also stand inside a `<script>` element: it holds none of the
    /// characters that could end the element, open a comment in it, or end a line of an old JavaScript.
    mutating func appendScriptString(_ text: String) {
        append(UInt8(ascii: "\""))
        if Self.holds(text, Self.mayNeedEscape) {
            appendEscapedScript(text)
        } else {
            append(contentsOf: text.utf8)
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscapedScript(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                append(UInt8(ascii: "\\"))
                append(UInt8(truncatingIfNeeded: scalar.value))
            case "\0"..."\u{1f}", "<", ">", "&", "'", "\u{7f}", "\u{2028}", "\u{2029}":
                append(contentsOf: "\\u".utf8)
                for shift in [UInt32(12), 8, 4, 0] {
                    append(Self.hexDigits[Int(scalar.value >> shift & 0xf)])
                }
            default:
                append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// Appends `"name":` and the value.
    mutating func appendScriptMember(_ name: StaticString, _ value: String, last: Bool = false) {
        appendScriptName(name)
        appendScriptString(value)
        if !last { append(UInt8(ascii: ",")) }
    }

    mutating func appendScriptMember(_ name: StaticString, _ value: Int, last: Bool = false) {
        appendScriptName(name)
        appendDecimal(value)
        if !last { append(UInt8(ascii: ",")) }
    }

    mutating func appendScriptMember(_ name: StaticString, _ value: Bool, last: Bool = false) {
        appendScriptName(name)
        append(contentsOf: (value ? "true" : "false").utf8)
        if !last { append(UInt8(ascii: ",")) }
    }

    private mutating func appendScriptName(_ name: StaticString) {
        append(UInt8(ascii: "\""))
        name.withUTF8Buffer { append(contentsOf: $0) }
        append(contentsOf: "\":".utf8)
    }

    /// Appends a number in decimal digits.
    mutating func appendDecimal(_ number: Int) {
        guard (0..<1_000_000_000).contains(number) else {
            append(contentsOf: String(number).utf8)
            return
        }
        var unit = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
    }

    /// Nearly no text does, and then it is copied as a whole. All bytes are looked at, so that the compiler can compare
    /// many at a time.
    @inline(__always)
    private static func holds(_ text: String, _ isSpecial: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8.span
        var found: UInt8 = 0
        for index in bytes.indices { found |= isSpecial(bytes[index]) ? 1 : 0 }
        return found != 0
    }

    @inline(__always)
    private static func isMarkup(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "'")
            || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == 0x7f
    }

    /// U+2028 and U+2029 are not told from the rest of what is not ASCII here.
    @inline(__always)
    private static func mayNeedEscape(_ byte: UInt8) -> Bool {
        isMarkup(byte) || byte == UInt8(ascii: "\\") || byte >= 0x80
    }

    private static var hexDigits: [UInt8] { Array("0123456789abcdef".utf8) }
}
