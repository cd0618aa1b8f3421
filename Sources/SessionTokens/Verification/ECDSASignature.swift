/// The two forms of a P-256 signature: R and S of 32 bytes each, one after the other (RFC 7518 §3.4), and the DER
/// sequence of two integers that libcrypto speaks.
enum ECDSASignature {
    /// A sequence head of two bytes, and twice an integer head of two and a number of up to 33.
    static let longestDER = 72

    /// False unless there are 64 bytes. Whether R and S are in range is libcrypto's to say.
    static func der(fromRaw raw: Span<UInt8>, into der: inout [UInt8]) -> Bool {
        guard raw.count == 64 else { return false }
        der.removeAll(keepingCapacity: true)
        der.append(0x30)
        der.append(0)
        appendInteger(raw, 0..<32, to: &der)
        appendInteger(raw, 32..<64, to: &der)
        der[1] = UInt8(der.count - 2)
        return true
    }

    /// Nil unless it is exactly such a sequence.
    static func raw(fromDER der: [UInt8]) -> [UInt8]? {
        guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var rest = der[2...]
        var raw: [UInt8] = []
        for _ in 0..<2 {
            guard rest.count >= 2, rest[rest.startIndex] == 0x02 else { return nil }
            let count = Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard (1...33).contains(count), rest.count >= count else { return nil }
            let number = rest.prefix(count).drop { $0 == 0 }
            guard number.count <= 32 else { return nil }
            raw += [UInt8](repeating: 0, count: 32 - number.count) + number
            rest = rest.dropFirst(count)
        }
        return rest.isEmpty ? raw : nil
    }

    /// The shortest form, not negative (X.690 §8.3).
    private static func appendInteger(_ raw: Span<UInt8>, _ range: Range<Int>, to der: inout [UInt8]) {
        var start = range.lowerBound
        while start < range.upperBound - 1, raw[start] == 0 { start += 1 }
        let isPadded = raw[start] & 0x80 != 0
        der.append(0x02)
        der.append(UInt8(range.upperBound - start + (isPadded ? 1 : 0)))
        if isPadded { der.append(0) }
        for index in start..<range.upperBound { der.append(raw[index]) }
    }
}
