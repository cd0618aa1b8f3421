extension [UInt8] {
    /// Appends text so that it is text in HTML element content and inside quoted attribute values, whatever it holds.
    /// It goes by bytes: a quote that carries a combining mark is one `Character` with it, but to a browser a quote.
    mutating func appendHTML(_ text: String) {
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
        append(UInt8(ascii: "\""))
    }

    /// Appends `"name":` and the value.
    mutating func appendScriptMember(_ name: StaticString, _ value: String, last: Bool = false) {
        appendScriptName(name)
        appendScriptString(value)
        if !last { append(UInt8(ascii: ",")) }
    }

    mutating func appendScriptMember(_ name: StaticString, _ value: Int, last: Bool = false) {
        appendScriptName(name)
        append(contentsOf: String(value).utf8)
        if !last { append(UInt8(ascii: ",")) }
    }

    mutating func appendScriptMember(_ name: StaticString, _ value: Bool, last: Bool = false) {
        appendScriptName(name)
        append(contentsOf: (value ? "true" : "false").utf8)
        if !last { append(UInt8(ascii: ",")) }
    }

    mutating func appendScriptName(_ name: StaticString) {
        append(UInt8(ascii: "\""))
        append(contentsOf: String(describing: name).utf8)
        append(contentsOf: "\":".utf8)
    }

    private static var hexDigits: [UInt8] { Array("0123456789abcdef".utf8) }
}
