/// A path in which `*` is any run of bytes, "/" included. Without a `*` the path is meant exactly.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// As in the configuration.
    package let text: String
    /// The first piece must begin the path and the last must end it; those between must follow one another.
    private let pieces: [Piece]

    /// Nil unless the text begins with "/" or "*" and holds nothing that a normalised path cannot hold.
    package init?(_ text: String) {
        guard let pattern = try? Self.parse(text) else { return nil }
        self = pattern
    }

    private init(valid text: String) {
        self.text = text
        pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Piece.init)
    }

    package var description: String { text }

    /// Whether `path`, normalised and without a query, is meant. Linear in the path's length, without allocation.
    package func matches(_ path: borrowing Span<UInt8>) -> Bool {
        guard let first = pieces.first, first.matches(path, at: 0) else { return false }
        if pieces.count == 1 { return path.count == first.count }
        let last = pieces[pieces.count - 1]
        let end = path.count - last.count
        guard end >= first.count, last.matches(path, at: end) else { return false }
        // Taking each piece at its first occurrence leaves the most room for the next.
        var start = first.count
        for index in 1..<(pieces.count - 1) {
            guard let next = pieces[index].end(in: path, from: start, to: end) else { return false }
            start = next
        }
        return true
    }

    static func parse(_ text: String) throws(Mistake) -> PathPattern {
        guard text.hasPrefix("/") || text.hasPrefix("*") else {
            throw Mistake("\(text.quoted) is not a path", "write one that begins with \"/\", such as /static/*")
        }
        try PathText.validate(text)
        return PathPattern(valid: text)
    }
}

/// The text between two stars, with its failure function (Knuth, Morris and Pratt), so that a search never goes back.
private struct Piece: Hashable, Sendable {
    private let bytes: [UInt8]
    /// For each index: the length of the longest proper prefix that ends there.
    private let borders: [Int]

    init(_ bytes: Substring.UTF8View) {
        self.bytes = Array(bytes)
        var borders = [Int](repeating: 0, count: self.bytes.count)
        var length = 0
        for index in self.bytes.indices.dropFirst() {
            while length > 0 && self.bytes[index] != self.bytes[length] { length = borders[length - 1] }
            if self.bytes[index] == self.bytes[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    var count: Int { bytes.count }

    func matches(_ path: borrowing Span<UInt8>, at start: Int) -> Bool {
        guard path.count - start >= bytes.count else { return false }
        for index in bytes.indices where path[start + index] != bytes[index] { return false }
        return true
    }

    /// Where the first occurrence within these bounds ends.
    func end(in path: borrowing Span<UInt8>, from start: Int, to limit: Int) -> Int? {
        if bytes.isEmpty { return start }
        var length = 0
        for index in start..<max(start, limit) {
            while length > 0 && path[index] != bytes[length] { length = borders[length - 1] }
            if path[index] == bytes[length] { length += 1 }
            if length == bytes.count { return index + 1 }
        }
        return nil
    }
}
