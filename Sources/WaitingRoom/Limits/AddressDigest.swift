/// Whom the limits per address count: 40 bits of a salted hash of an IPv4 address or an IPv6 /64. So few that they cost
/// a line of a million little; two addresses in a million are taken for one, and nobody without the salt can say which.
package struct AddressDigest: Hashable, Sendable, CustomStringConvertible {
    /// The lower 40 bits, never all ones.
    package let value: UInt64

    private static let digits = 10

    package init(_ hash: UInt64) { value = min(hash & 0xff_ffff_ffff, 0xff_ffff_fffe) }

    /// Nil unless the text is that of a digest.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.digits, text.utf8.allSatisfy(Self.isDigit), let value = UInt64(text, radix: 16)
        else { return nil }
        self.init(value)
    }

    /// Ten hexadecimal digits.
    package var description: String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: Self.digits - text.utf8.count) + text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension AddressDigest: ShardedKey {
    var bits: UUIDBits { UUIDBits(high: 0, low: value) }

    init(bits: UUIDBits) { self.init(bits.low) }
}
