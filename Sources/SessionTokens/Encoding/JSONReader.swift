/// The grammar of RFC 8259 over a text that is handed to each step. Every step returns nil or false at the first
/// byte that does not fit; the reader is then of no further use.
struct JSONReader {
    struct Member {
        var name: Range<Int>
        var value: JSONObject.Value
    }

    private static let deepest = 4
    private static let mostMembers = 32

    private(set) var index = 0

    mutating func skipSpace(_ text: Span<UInt8>) {
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): index += 1
            default: return
            }
        }
    }

    mutating func object(_ text: Span<UInt8>, depth: Int) -> [Member]? {
        guard depth <= Self.deepest, take("{", text) else { return nil }
        var members: [Member] = []
        skipSpace(text)
        if take("}", text) { return members }
        while true {
            skipSpace(text)
            guard members.count < Self.mostMembers, case .string(let name)? = string(text) else { return nil }
            for member in members where text.holdsSame(at: member.name, and: name) { return nil }
            skipSpace(text)
            guard take(":", text) else { return nil }
            skipSpace(text)
            guard let value = value(text, depth: depth) else { return nil }
            members.append(Member(name: name, value: value))
            skipSpace(text)
            if take("}", text) { return members }
            guard take(",", text) else { return nil }
        }
    }

    private mutating func value(_ text: Span<UInt8>, depth: Int) -> JSONObject.Value? {
        guard index < text.count else { return nil }
        switch text[index] {
        case UInt8(ascii: "\""): return string(text)
        case UInt8(ascii: "{"): return object(text, depth: depth + 1) == nil ? nil : .other
        case UInt8(ascii: "["): return array(text, depth: depth + 1) ? .other : nil
        case UInt8(ascii: "t"): return literal("true", text)
        case UInt8(ascii: "f"): return literal("false", text)
        case UInt8(ascii: "n"): return literal("null", text)
        default: return number(text)
        }
    }

    private mutating func array(_ text: Span<UInt8>, depth: Int) -> Bool {
        guard depth <= Self.deepest, take("[", text) else { return false }
        skipSpace(text)
        if take("]", text) { return true }
        while true {
            skipSpace(text)
            guard value(text, depth: depth) != nil else { return false }
            skipSpace(text)
            if take("]", text) { return true }
            guard take(",", text) else { return false }
        }
    }

    /// `.string` where it has no escapes, else `.other`.
    private mutating func string(_ text: Span<UInt8>) -> JSONObject.Value? {
        guard take("\"", text) else { return nil }
        let start = index
        var isPlain = true
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return isPlain ? .string(start..<index - 1) : .other
            case UInt8(ascii: "\\"):
                guard escape(text) else { return nil }
                isPlain = false
            case 0..<0x20: return nil
            default: break
            }
        }
        return nil
    }

    private mutating func escape(_ text: Span<UInt8>) -> Bool {
        guard index < text.count else { return false }
        let byte = text[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard index + 4 <= text.count else { return false }
            for offset in 0..<4 where !Self.isHexDigit(text[index + offset]) { return false }
            index += 4
            return true
        default: return false
        }
    }

    private mutating func number(_ text: Span<UInt8>) -> JSONObject.Value? {
        let isNegative = take("-", text)
        let start = index
        var magnitude: Int64 = 0
        while index < text.count, Self.isDigit(text[index]) {
            magnitude = magnitude &* 10 &+ Int64(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        let digits = index - start
        guard digits == 1 || (digits > 1 && text[start] != UInt8(ascii: "0")) else { return nil }
        var isWhole = digits <= 15
        if take(".", text) {
            guard skipDigits(text) else { return nil }
            isWhole = false
        }
        if take("e", text) || take("E", text) {
            if !take("+", text) { _ = take("-", text) }
            guard skipDigits(text) else { return nil }
            isWhole = false
        }
        return isWhole ? .integer(isNegative ? -magnitude : magnitude) : .other
    }

    /// False if there is not at least one.
    private mutating func skipDigits(_ text: Span<UInt8>) -> Bool {
        let start = index
        while index < text.count, Self.isDigit(text[index]) { index += 1 }
        return index > start
    }

    private mutating func literal(_ word: String, _ text: Span<UInt8>) -> JSONObject.Value? {
        let range = index..<index + word.utf8.count
        guard range.upperBound <= text.count, text.holds(word, at: range) else { return nil }
        index = range.upperBound
        return .other
    }

    private mutating func take(_ character: Unicode.Scalar, _ text: Span<UInt8>) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
