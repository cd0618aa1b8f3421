/// What is wrong with a value, and what would be right.
struct Mistake: Error, Hashable, Sendable {
    /// Such as `"10 per s" is not a rate`.
    let wrong: String
    /// Such as `write 10 or 500/min`.
    let remedy: String

    init(_ wrong: String, _ remedy: String) {
        self.wrong = wrong
        self.remedy = remedy
    }
}

extension String {
    /// In quotes, on one line, at most 80 characters of it.
    var quoted: String {
        let shown = unicodeScalars.prefix(80).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7f ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "\"\(shown.joined())\(unicodeScalars.count > 80 ? "…" : "")\""
    }

    /// As a part of a key path: in quotes unless it looks like a key.
    var keyPathPart: String {
        let isPlain = utf8.count <= 40 && utf8.allSatisfy { (0x21...0x7e).contains($0) && !".:[]\"".utf8.contains($0) }
        return isPlain && !isEmpty ? self : quoted
    }
}
