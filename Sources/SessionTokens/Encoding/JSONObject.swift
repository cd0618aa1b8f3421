/// One JSON object (RFC 8259), read strictly. Where two readers could come to different results, this one refuses:
/// a name that occurs twice or is written with escapes, invalid UTF-8, anything after the object.
///
/// It keeps offsets only; every method needs the text that the object was made of.
struct JSONObject {
    enum Value {
        /// The string's content, where it has no escapes.
        case string(Range<Int>)
        /// A number without fraction and exponent and of at most 15 digits.
        case integer(Int64)
        /// Valid, and nothing that a token of ours holds.
        case other
    }

    private let members: [JSONReader.Member]

    /// Nil if the text is not exactly one acceptable object. O(n), and O(m²) for m ≤ 32 members.
    init?(_ text: Span<UInt8>) {
        guard (try? UTF8Span(validating: text)) != nil else { return nil }
        var reader = JSONReader()
        reader.skipSpace(text)
        guard let members = reader.object(text, depth: 1) else { return nil }
        reader.skipSpace(text)
        guard reader.index == text.count else { return nil }
        self.members = members
    }

    func has(_ name: String, in text: Span<UInt8>) -> Bool { value(name, text) != nil }

    /// Where in the text the string's content stands; nil if there is no such member or it is not a string without
    /// escapes.
    func string(_ name: String, in text: Span<UInt8>) -> Range<Int>? {
        guard case .string(let range) = value(name, text) else { return nil }
        return range
    }

    /// Whether there is such a member and it is this string.
    func string(_ name: String, is expected: String, in text: Span<UInt8>) -> Bool {
        guard case .string(let range) = value(name, text) else { return false }
        return text.holds(expected, at: range)
    }

    /// Nil if there is no such member or it is not an integer of at most 15 digits.
    func integer(_ name: String, in text: Span<UInt8>) -> Int64? {
        guard case .integer(let value) = value(name, text) else { return nil }
        return value
    }

    private func value(_ name: String, _ text: Span<UInt8>) -> Value? {
        for member in members where text.holds(name, at: member.name) { return member.value }
        return nil
    }
}
