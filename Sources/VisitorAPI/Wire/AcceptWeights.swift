/// The quality values (in thousandths) that an `Accept` field gives to what the gate can produce.
struct AcceptWeights {
    private(set) var html = 0
    private(set) var json = 0
    /// Of any range, wildcards included.
    private(set) var best = 0
    /// How exactly the range spoke that the weight is of.
    private var specificity = (html: 0, json: 0)

    /// O(n), of which the first 64 ranges are looked at; allocates nothing.
    init(_ accept: String) {
        let bytes = accept.utf8.span
        var start = 0
        for _ in 0..<64 {
            let end = Self.first(UInt8(ascii: ","), in: bytes, start..<bytes.count)
            readRange(bytes, start..<end)
            guard end < bytes.count else { return }
            start = end + 1
        }
    }

    /// `media-range [ parameters ] [ weight ]` (RFC 9110 §12.5.1).
    private mutating func readRange(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let typeEnd = Self.first(UInt8(ascii: ";"), in: bytes, range)
        let type = Self.trimmed(bytes, range.lowerBound..<typeEnd)
        guard !type.isEmpty else { return }
        var weight = 1000
        var start = typeEnd
        while start < range.upperBound {
            let end = Self.first(UInt8(ascii: ";"), in: bytes, start + 1..<range.upperBound)
            let parameter = Self.trimmed(bytes, start + 1..<end)
            if parameter.count >= 2, bytes[parameter.lowerBound] | 0x20 == UInt8(ascii: "q"),
                bytes[parameter.lowerBound + 1] == UInt8(ascii: "=")
            {
                weight = Self.weight(bytes, parameter.dropFirst(2))
            }
            start = end
        }
        best = max(best, weight)
        let rank = Self.rank(bytes, type)
        if rank.html > specificity.html || rank.html == 3 && weight > html {
            (specificity.html, html) = (rank.html, weight)
        }
        if rank.json > specificity.json || rank.json == 3 && weight > json {
            (specificity.json, json) = (rank.json, weight)
        }
    }

    /// How exactly a media range names what the gate has: 3 for its type, 1 for anything, 0 for something else.
    private static func rank(_ bytes: Span<UInt8>, _ type: Range<Int>) -> (html: Int, json: Int) {
        func names(_ name: StaticString) -> Bool {
            guard type.count == name.utf8CodeUnitCount else { return false }
            return name.withUTF8Buffer { name in
                name.indices.allSatisfy { index in
                    let byte = bytes[type.lowerBound + index]
                    return (byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte) == name[index]
                }
            }
        }
        if names("text/html") || names("application/xhtml+xml") { return (3, 0) }
        if names("application/json") || names("application/problem+json") { return (0, 3) }
        if names("text/*") { return (2, 0) }
        if names("application/*") { return (0, 2) }
        if names("*/*") || names("*") { return (1, 1) }
        return (0, 0)
    }

    /// `0.5` as 500, without what stands behind the third digit; what is no weight counts as 0, so that a malformed range
    /// is never preferred.
    private static func weight(_ bytes: Span<UInt8>, _ text: Range<Int>) -> Int {
        guard !text.isEmpty else { return 0 }
        var (weight, unit) = (0, 1000)
        var isFraction = false
        for index in text {
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if byte &- UInt8(ascii: "0") < 10, isFraction || index == text.lowerBound {
                if isFraction { unit /= 10 }
                weight += Int(byte - UInt8(ascii: "0")) * unit
            } else {
                return 0
            }
        }
        return weight <= 1000 ? weight : 0
    }

    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// The end of `range`, if there is none.
    private static func first(_ byte: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != byte { index += 1 }
        return index
    }
}
