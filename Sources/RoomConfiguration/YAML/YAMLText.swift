/// What is checked on the text itself, before or after the YAML parser.
enum YAMLText {
    /// Aliases per file. Together with the parser's own limit on nesting it bounds what they can build.
    static let aliasLimit = 500

    /// Throws on what the YAML parser would explain badly or take too long over.
    static func validate(_ text: String) throws(MisplacedMistake) {
        var position = Position.start
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar) || scalar.value == 0x7f {
                let wrong = "a control character (\(scalar.escaped(asASCII: true))) is here"
                throw MisplacedMistake(Mistake(wrong, "remove it"), at: position)
            }
            position = scalar == "\n" ? Position(line: position.line + 1, column: 1) : position.next
        }
        try validateAliases(Array(text.utf8))
    }

    /// Counts aliases and refuses them as keys: the parser hashes keys, and the hash of an alias of aliases takes time
    /// without bound. Quotes and comments are not looked at: only a name that is also an anchor's counts.
    private static func validateAliases(_ bytes: [UInt8]) throws(MisplacedMistake) {
        let anchors = Set(references(to: UInt8(ascii: "&"), in: bytes).map { bytes[$0] })
        guard !anchors.isEmpty else { return }
        let aliases = references(to: UInt8(ascii: "*"), in: bytes).filter { anchors.contains(bytes[$0]) }
        if aliases.count > aliasLimit {
            throw MisplacedMistake(
                Mistake("there are more than \(aliasLimit) aliases", "write the values out"),
                at: position(of: aliases[aliasLimit].lowerBound - 1, in: bytes))
        }
        guard !aliases.isEmpty else { return }
        let keys = aliases.map(\.upperBound) + closedCollections(in: bytes)
        let key = keys.first { bytes[$0...].first { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":") }
        if let key = key ?? complexKey(in: bytes) {
            throw MisplacedMistake(
                Mistake("a key is an alias or a collection", "write keys out"), at: position(of: key, in: bytes))
        }
    }

    /// The names behind `sign` at the start of a token.
    private static func references(to sign: UInt8, in bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.compactMap { index in
            guard bytes[index] == sign, isTokenStart(index, in: bytes) else { return nil }
            let start = index + 1
            let end = bytes[start...].firstIndex { !isNameByte($0) } ?? bytes.endIndex
            return end > start ? start..<end : nil
        }
    }

    /// Where flow collections end.
    private static func closedCollections(in bytes: [UInt8]) -> [Int] {
        bytes.indices.filter { bytes[$0] == UInt8(ascii: "]") || bytes[$0] == UInt8(ascii: "}") }.map { $0 + 1 }
    }

    /// Where "? " announces a key.
    private static func complexKey(in bytes: [UInt8]) -> Int? {
        bytes.indices.first { index in
            bytes[index] == UInt8(ascii: "?") && isTokenStart(index, in: bytes)
                && (index + 1 == bytes.count || isBlank(bytes[index + 1]))
        }
    }

    private static func isTokenStart(_ index: Int, in bytes: [UInt8]) -> Bool {
        index == 0 || isBlank(bytes[index - 1]) || "[{,:".utf8.contains(bytes[index - 1])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func position(of index: Int, in bytes: [UInt8]) -> Position {
        let before = bytes[..<index]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Position(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1)
    }

    /// Where `key`, first seen at `first`, is written again in the same block mapping; nil in a flow mapping.
    static func secondOccurrence(of key: String, after first: Position, in text: String) -> Position? {
        for (index, line) in lines(of: text).enumerated().dropFirst(first.line) {
            let content = line.drop { $0 == " " }
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix("\r") { continue }
            let column = line.count - content.count + 1
            if column < first.column { return nil }
            let isKey = [key, "\"\(key)\"", "'\(key)'"].contains { written in
                content.hasPrefix(written) && content.dropFirst(written.count).drop { $0 == " " }.hasPrefix(":")
            }
            if column == first.column && isKey { return Position(line: index + 1, column: column) }
        }
        return nil
    }

    /// The first tab before anything else on `line`, which YAML forbids where indentation counts.
    static func indentingTab(onLine line: Int, of text: String) -> Position? {
        let lines = lines(of: text)
        guard lines.indices.contains(line - 1) else { return nil }
        let spaces = lines[line - 1].prefix { $0 == " " }
        let isTab = lines[line - 1].dropFirst(spaces.count).hasPrefix("\t")
        return isTab ? Position(line: line, column: spaces.count + 1) : nil
    }

    /// Split at line feeds only: CRLF is one `Character`, which would hide them.
    private static func lines(of text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
    }

    static func isExplainedByItsBeginning(_ problem: String, context: String?) -> Bool {
        problem == "found unexpected end of stream" || context == "while scanning an alias"
    }

    /// The parser's words, and what would be right where they leave that open.
    static func mistake(_ problem: String, context: String?) -> Mistake {
        let wrong = "not valid YAML: " + (context.map { "\($0): \(problem)" } ?? problem)
        switch (problem, context) {
        case (_, "while scanning an alias"), (_, "while scanning an anchor"):
            return Mistake(wrong, "put text that begins with * or & in quotes")
        case ("found undefined alias", _):
            return Mistake(wrong, "name an anchor (&name) that stands before it, or put the text in quotes")
        case ("but found another document", _):
            return Mistake("a second document begins here", "write one document per file, without a second ---")
        case ("mapping values are not allowed in this context", _):
            return Mistake(wrong, "indent the keys of one section alike, and put text with \": \" in quotes")
        case ("found character that cannot start any token", _):
            return Mistake(wrong, "put the text in quotes")
        case ("could not find expected ':'", _):
            return Mistake(wrong, "write a colon and a space between key and value")
        case ("found unexpected end of stream", _):
            return Mistake(wrong, "close the quote")
        case ("did not find expected ',' or ']'", _), ("did not find expected ',' or '}'", _):
            return Mistake(wrong, "close the bracket, or write the missing comma")
        default:
            return Mistake(wrong, "check the indentation, quotes and brackets here and on the line before")
        }
    }
}
