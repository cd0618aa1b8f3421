/// 32 bytes that decide a draw: secret from the beginning of the pre-queue to the opening, then published.
package struct DrawSeed: Hashable, Sendable {
    static let byteCount = 32

    private let bytes: [UInt8]

    /// - Parameter generator: must be one that nobody can predict.
    package init(using generator: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<Self.byteCount / 8 {
            let word: UInt64 = generator.next()
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        self.bytes = bytes
    }

    /// Nil unless the text is 64 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Lower case.
    package var hex: String { bytes.hex }

    /// SHA-256 of the 32 bytes.
    package var commitment: DrawCommitment { DrawCommitment(bytes: SHA256.digest(bytes)) }

    /// What puts positions in order. Making it costs as much as two keys.
    package var keys: DrawKeys { DrawKeys(seed: bytes) }
}

/// The hash of a seed, published while the seed is secret.
package struct DrawCommitment: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil unless the text is 64 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex), bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits, lower case.
    package var description: String { bytes.hex }
}

/// The keys by which a seed puts positions in order, least first; of two that are equal (64 bits) the earlier join goes
/// first.
package struct DrawKeys: Sendable {
    /// HMAC (RFC 2104) after its first block, for the inner and the outer hash.
    private let inner: SHA256
    private let outer: SHA256

    fileprivate init(seed: [UInt8]) {
        let key = seed + repeatElement(0, count: SHA256.blockSize - seed.count)
        var (inner, outer) = (SHA256(), SHA256())
        inner.update(key.map { $0 ^ 0x36 })
        outer.update(key.map { $0 ^ 0x5c })
        (self.inner, self.outer) = (inner, outer)
    }

    /// The first 64 bits of HMAC-SHA256(seed, the position's id in its 36 characters), as a number.
    package func key(of position: PositionID) -> UInt64 {
        code(position.description.utf8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// HMAC-SHA256 with the seed as its key.
    func code(_ message: some Sequence<UInt8>) -> [UInt8] {
        var (inner, outer) = (inner, outer)
        inner.update(message)
        outer.update(inner.finish())
        return outer.finish()
    }
}

extension [UInt8] {
    fileprivate init?(hex: some StringProtocol) {
        let digits = hex.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count % 2 == 0 else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            append(high << 4 | low)
        }
    }

    fileprivate var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
