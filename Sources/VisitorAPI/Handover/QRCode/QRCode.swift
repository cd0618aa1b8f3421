/// A QR code of a short text: mode bytes, error correction level M, versions 1 to 10 (ISO/IEC 18004:2015).
struct QRCode: Sendable {
    let version: QRVersion
    private var matrix: QRMatrix

    /// Nil if the text has more than 213 bytes. Takes about a millisecond.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = QRVersion(holding: bytes.count) else { return nil }
        self.version = version
        var plain = QRMatrix(version)
        plain.place(Self.codewords(of: bytes, in: version))
        // Of the eight masks the one that looks least like something else (clause 7.8.3).
        matrix = plain.masked(by: 0)
        var least = matrix.penalty
        for mask in 1..<8 {
            let masked = plain.masked(by: mask)
            let penalty = masked.penalty
            if penalty < least { (matrix, least) = (masked, penalty) }
        }
    }

    /// Modules on each side.
    var size: Int { version.size }

    /// Whether a module is dark.
    subscript(x: Int, y: Int) -> Bool { matrix[x, y] }

    /// The bytes as they are laid down: in blocks, each with its check bytes, the blocks' bytes in turn (clause 7.6).
    private static func codewords(of bytes: [UInt8], in version: QRVersion) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        append(4, 4)
        append(bytes.count, version.countBits)
        for byte in bytes { append(Int(byte), 8) }
        append(0, min(4, 8 * version.dataCount - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var data = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        for index in 0..<version.dataCount - data.count { data.append(index % 2 == 0 ? 0xec : 0x11) }

        var blocks: [[UInt8]] = []
        for length in version.blockLengths {
            blocks.append(Array(data.prefix(length)))
            data.removeFirst(length)
        }
        let checks = blocks.map { ReedSolomon.check(of: $0, count: version.checkCount) }
        let longest = version.blockLengths.max() ?? 0
        let inTurn = (0..<longest).flatMap { index in blocks.compactMap { index < $0.count ? $0[index] : nil } }
        return inTurn + (0..<version.checkCount).flatMap { index in checks.map { $0[index] } }
    }
}
