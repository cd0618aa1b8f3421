extension Language {
    /// The most of an `Accept-Language` value that is looked at, in bytes.
    static let longestAcceptLanguage = 1024

    /// The language of an answer to a request with this `Accept-Language` value: see `negotiate(acceptLanguage:)` for
    /// bytes. Nil is a request without the field.
    package static func negotiate(acceptLanguage: String?) -> Language {
        guard let acceptLanguage else { return .english }
        return negotiate(acceptLanguage: acceptLanguage.utf8.span)
    }

    /// The language with the highest weight (RFC 9110 §12.5.4), the first of equals; a range with further subtags
    /// counts for its primary one ("de-CH" for German, RFC 4647 §3.4). "*" stands for English, and where English is
    /// refused for the first language that is not. Without any match it is English. O(n) in the value, of which at most
    /// `longestAcceptLanguage` bytes are read; allocates nothing.
    package static func negotiate(acceptLanguage: Span<UInt8>) -> Language {
        var choice = LanguageChoice()
        var range = LanguageRange()
        for index in 0..<min(acceptLanguage.count, longestAcceptLanguage) {
            let byte = acceptLanguage[index]
            if byte == UInt8(ascii: ",") {
                choice.consider(range)
                range = LanguageRange()
            } else {
                range.read(byte)
            }
        }
        choice.consider(range)
        return choice.result
    }

    /// The language of a primary subtag, lower case and packed big-endian.
    fileprivate init?(packedTag: UInt64) {
        guard let index = Self.packedTags.firstIndex(of: packedTag) else { return nil }
        self = Self.all[index]
    }

    fileprivate var bit: UInt32 { 1 << UInt32(Self.all.firstIndex(of: self) ?? 0) }

    fileprivate static let all = allCases
    private static let packedTags = all.map { $0.rawValue.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// One element of the list, read byte by byte: `language-range [ weight ]` (RFC 9110 §12.4.2).
private struct LanguageRange {
    private enum Stage {
        case start, primary, subtags, afterRange, weightName, weightEquals, weightDigit, weightPoint
        case weightFraction(digits: Int)
        case weightEnd, malformed
    }

    private var stage = Stage.start
    private(set) var packedTag: UInt64 = 0
    private var length = 0
    private(set) var hasSubtags = false
    /// In thousandths.
    private(set) var weight = 1000

    var isAny: Bool { packedTag == UInt64(UInt8(ascii: "*")) }

    /// False: empty, or not of the grammar, and to be ignored.
    var isValid: Bool {
        switch stage {
        case .primary, .subtags, .afterRange, .weightPoint, .weightFraction, .weightEnd: weight <= 1000
        case .start, .weightName, .weightEquals, .weightDigit, .malformed: false
        }
    }

    mutating func read(_ byte: UInt8) {
        let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        switch stage {
        case .start where isSpace, .afterRange where isSpace, .weightName where isSpace, .weightEnd where isSpace:
            break
        case .start, .primary:
            readPrimary(byte, isSpace: isSpace)
        case .subtags:
            if byte == UInt8(ascii: ";") { stage = .weightName } else if isSpace { stage = .afterRange }
        case .afterRange:
            stage = byte == UInt8(ascii: ";") ? .weightName : .malformed
        case .weightName:
            stage = byte | 0x20 == UInt8(ascii: "q") ? .weightEquals : .malformed
        case .weightEquals:
            stage = byte == UInt8(ascii: "=") ? .weightDigit : .malformed
        case .weightDigit:
            guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { return stage = .malformed }
            weight = byte == UInt8(ascii: "1") ? 1000 : 0
            stage = .weightPoint
        case .weightPoint:
            if isSpace {
                stage = .weightEnd
            } else {
                stage = byte == UInt8(ascii: ".") ? .weightFraction(digits: 0) : .malformed
            }
        case .weightFraction(let digits):
            if isSpace { stage = .weightEnd } else { readFraction(byte, after: digits) }
        case .weightEnd, .malformed:
            stage = .malformed
        }
    }

    private mutating func readPrimary(_ byte: UInt8, isSpace: Bool) {
        let lower = byte | 0x20
        if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower), length < 8, !isAny {
            packedTag = packedTag << 8 | UInt64(lower)
            length += 1
            stage = .primary
        } else if byte == UInt8(ascii: "*"), length == 0 {
            packedTag = UInt64(byte)
            length = 1
            stage = .primary
        } else if length == 0 {
            stage = .malformed
        } else if byte == UInt8(ascii: "-") {
            hasSubtags = true
            stage = .subtags
        } else if byte == UInt8(ascii: ";") {
            stage = .weightName
        } else {
            stage = isSpace ? .afterRange : .malformed
        }
    }

    private mutating func readFraction(_ byte: UInt8, after digits: Int) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits < 3 else { return stage = .malformed }
        let scale = digits == 0 ? 100 : digits == 1 ? 10 : 1
        weight += Int(byte - UInt8(ascii: "0")) * scale
        stage = .weightFraction(digits: digits + 1)
    }
}

/// The best of the ranges seen so far.
private struct LanguageChoice {
    private var best: Language?
    private var bestWeight = 0
    private var anyWeight = 0
    private var named: UInt32 = 0
    private var refused: UInt32 = 0

    mutating func consider(_ range: LanguageRange) {
        guard range.isValid else { return }
        if range.isAny {
            anyWeight = max(anyWeight, range.weight)
            return
        }
        guard let language = Language(packedTag: range.packedTag) else { return }
        named |= language.bit
        if range.weight > bestWeight {
            best = language
            bestWeight = range.weight
        } else if range.weight == 0, !range.hasSubtags {
            // "de-CH;q=0" refuses one variety, "de;q=0" the language.
            refused |= language.bit
        }
    }

    var result: Language {
        if let best, refused & best.bit == 0, bestWeight >= anyWeight || named & Language.english.bit != 0 {
            return best
        }
        guard anyWeight > 0 else { return .english }
        return Language.all.first { refused & $0.bit == 0 } ?? .english
    }
}
