/// How the text of a scalar is read as a `Value`.
struct ScalarForm<Value> {
    let parse: (String) throws(Mistake) -> Value

    init(_ parse: @escaping (String) throws(Mistake) -> Value) {
        self.parse = parse
    }
}

extension ScalarForm<String> {
    /// Any text of one line but the empty one.
    static var text: Self {
        ScalarForm { text throws(Mistake) in
            guard !text.isEmpty else { throw Mistake("is empty", "write a value, or remove the line for the default") }
            guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
                throw Mistake("\(text.quoted) has a line break or a control character", "write one line of plain text")
            }
            guard text.utf8.count <= 1024 else { throw Mistake("is too long", "write at most 1024 bytes") }
            return text
        }
    }

    /// A path prefix; see `RoomMatch.paths`.
    static var pathPrefix: Self { ScalarForm(PathText.prefix) }
}

extension ScalarForm<Bool> {
    static var boolean: Self {
        ScalarForm { text throws(Mistake) in
            switch text {
            case "true": return true
            case "false": return false
            default: throw Mistake("\(text.quoted) is neither true nor false", "write true or false")
            }
        }
    }
}

extension ScalarForm<Int> {
    /// A whole number within `range`; underscores may group its digits.
    static func integer(_ range: ClosedRange<Int>) -> Self {
        ScalarForm { text throws(Mistake) in
            let digits = text.filter { $0 != "_" }
            let isNegative = digits.hasPrefix("-")
            guard !text.hasPrefix("_"), !text.hasSuffix("_"), digits.count - (isNegative ? 1 : 0) > 0,
                digits.utf8.dropFirst(isNegative ? 1 : 0).allSatisfy({ (0x30...0x39).contains($0) })
            else {
                throw Mistake(
                    "\(text.quoted) is not a whole number",
                    "write one from \(range.lowerBound) to \(range.upperBound)")
            }
            // Digits that overflow are too large in either direction.
            let value = Int(digits) ?? (isNegative ? .min : .max)
            guard value >= range.lowerBound else {
                throw Mistake("\(text) is too small", "write at least \(range.lowerBound)")
            }
            guard value <= range.upperBound else {
                throw Mistake("\(text) is too large", "write at most \(range.upperBound)")
            }
            return value
        }
    }

    /// A part between 0 and 1 in thousandths.
    static var thousandths: Self {
        ScalarForm { text throws(Mistake) in
            let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let decimals = parts.count == 2 ? parts[1] : "0"
            guard let whole = parts.first, whole == "0" || whole == "1", (1...3).contains(decimals.utf8.count),
                decimals.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int(whole + decimals + String(repeating: "0", count: 3 - decimals.utf8.count)),
                value <= 1000
            else {
                throw Mistake(
                    "\(text.quoted) is not a part between 0 and 1",
                    "write one with at most three decimals, such as 0.5")
            }
            return value
        }
    }
}

extension ScalarForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of `Value`'s cases.
    static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        return ScalarForm { text throws(Mistake) in
            guard let value = Value(rawValue: text) else { throw Mistake.unknownChoice(text, of: names) }
            return value
        }
    }
}

extension Mistake {
    static func unknownChoice(_ text: String, of names: [String]) -> Mistake {
        let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        return Mistake("\(text.quoted) is not known here", "write \(list)")
    }
}
