/// The grammar of names:
/// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
enum MetricName {
    /// Throws `invalidName` unless `name` is `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func check(_ name: String) throws(MetricsError) {
        guard isIdentifier(name, colons: true) else {
            throw MetricsError(
                .invalidName, "\"\(name)\" is no metric name: letters, digits, _ and : are, a digit not first")
        }
    }

    /// Throws `invalidLabel` unless `name` is `[a-zA-Z_][a-zA-Z0-9_]*` and does not begin with `__`.
    static func checkLabel(_ name: String) throws(MetricsError) {
        guard isIdentifier(name, colons: false), !name.hasPrefix("__") else {
            throw MetricsError(
                .invalidLabel,
                "\"\(name)\" is no label name: letters, digits and _ are, a digit not first, and not __ in front")
        }
    }

    /// The nearest valid metric name: other characters become `_`.
    static func sanitized(_ name: String) -> String { identifier(from: name, colons: true) }

    /// The nearest valid label name: other characters become `_`, and at most one `_` is in front.
    static func sanitizedLabel(_ name: String) -> String {
        var text = identifier(from: name, colons: false)
        while text.hasPrefix("__") { text.removeFirst() }
        return text
    }

    private static func isIdentifier(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isDigit($0) || isLetter($0, colons: colons) }
    }

    private static func identifier(from text: String, colons: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            let byte = UInt8(exactly: character.value) ?? 0
            if isDigit(byte) {
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(character)
            } else {
                result.unicodeScalars.append(isLetter(byte, colons: colons) ? character : "_")
            }
        }
        return result.isEmpty ? "_" : result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8, colons: Bool) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_") || colons && byte == UInt8(ascii: ":")
    }
}
