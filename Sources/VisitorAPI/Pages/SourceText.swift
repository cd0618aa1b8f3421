/// The page sources of this folder as they are served: without comments and without white space that means nothing.
/// Done once, when the renderer is made; it knows the sources' style, not every style sheet or script there could be.
enum SourceText {
    /// Lines lose their indentation, empty lines go.
    static func html(_ source: [UInt8]) -> String {
        lines(of: source).joined(separator: "\n")
    }

    /// Also removes comments, line ends and the spaces around punctuation.
    static func styleSheet(_ source: [UInt8]) -> String {
        withoutSpaces(around: "{};:,", in: lines(of: source).joined())
    }

    /// Also removes comments (`//` only on lines of their own), the spaces around punctuation, and line ends where the
    /// statement is over or evidently goes on. Other line ends may end statements and stay.
    static func script(_ source: [UInt8]) -> String {
        let code = lines(of: source)
            .filter { !$0.hasPrefix("//") }
            .map { $0.hasSuffix(";") || $0.hasSuffix("{") || $0.hasSuffix(",") ? $0 : $0 + "\n" }
            .joined()
        return withoutSpaces(around: "{}()[];:,=<>?|&*!+-", in: code)
    }

    private static func lines(of source: [UInt8]) -> [String] {
        source.split(separator: UInt8(ascii: "\n"))
            .map { line in
                let start = line.firstIndex { $0 != UInt8(ascii: " ") } ?? line.endIndex
                let end = line.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? start
                return String(decoding: line[start..<max(start, end)], as: UTF8.self)
            }
            .filter { !$0.isEmpty }
    }

    /// Drops `/* … */` and each space beside one of `punctuation`, outside of quotes. A space between two signs stays:
    /// "a + +b" is not "a ++b".
    private static func withoutSpaces(around punctuation: String, in text: String) -> String {
        let marks = Array(punctuation.utf8), signs = Array("+-".utf8)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var quote: UInt8?
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if let open = quote {
                result.append(byte)
                if byte == UInt8(ascii: "\\"), index < bytes.count {
                    result.append(bytes[index])
                    index += 1
                } else if byte == open {
                    quote = nil
                }
                continue
            }
            let next = index < bytes.count ? bytes[index] : 0
            if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                index += 1
                while index < bytes.count, bytes[index - 1] != UInt8(ascii: "*") || bytes[index] != UInt8(ascii: "/") {
                    index += 1
                }
                index += 1
            } else if byte == UInt8(ascii: " ") {
                let before = result.last ?? 0
                if signs.contains(before), signs.contains(next) { result.append(byte); continue }
                if !marks.contains(before), !marks.contains(next), before != byte { result.append(byte) }
            } else {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") { quote = byte }
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
