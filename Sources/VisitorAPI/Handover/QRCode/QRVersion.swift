/// The sizes of a QR code, 1 to 10, with error correction level M (ISO/IEC 18004:2015, tables 7, 9 and E.1).
struct QRVersion: Hashable, Sendable {
    let number: Int

    private static let blocks: [(check: Int, short: (count: Int, data: Int), long: Int)] = [
        (10, (1, 16), 0), (16, (1, 28), 0), (26, (1, 44), 0), (18, (2, 32), 0), (24, (2, 43), 0), (16, (4, 27), 0),
        (18, (4, 31), 0), (22, (2, 38), 2), (22, (3, 36), 2), (26, (4, 43), 1),
    ]
    private static let alignment: [[Int]] = [
        [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
    ]

    /// The smallest that so many bytes fit into; nil if they are too many.
    init?(holding count: Int) {
        for number in 1...Self.blocks.count {
            self.init(number)
            if 4 + countBits + 8 * count <= 8 * dataCount { return }
        }
        return nil
    }

    private init(_ number: Int) { self.number = number }

    /// Modules on each side.
    var size: Int { 17 + 4 * number }

    /// How many bits say the number of bytes.
    var countBits: Int { number < 10 ? 8 : 16 }

    /// How many check bytes each block has.
    var checkCount: Int { Self.blocks[number - 1].check }

    /// The lengths of the blocks of data, in bytes.
    var blockLengths: [Int] {
        let (_, short, long) = Self.blocks[number - 1]
        return [Int](repeating: short.data, count: short.count) + [Int](repeating: short.data + 1, count: long)
    }

    /// In bytes.
    var dataCount: Int { blockLengths.reduce(0, +) }

    /// Where the centres of the alignment patterns are, in both directions.
    var alignmentCentres: [Int] { Self.alignment[number - 1] }

    /// The 18 bits that say the version; nil where none are written (clause 7.10).
    var information: Int? {
        guard number >= 7 else { return nil }
        var rest = number
        for _ in 0..<12 { rest = rest << 1 ^ (rest >> 11) * 0x1f25 }
        return number << 12 | rest
    }
}
