/// A room's id as it stands in the configuration, in API paths, events and metric labels (there called `queue_id`).
///
/// One to 63 characters: lower-case letters, digits and hyphens, a letter or digit first and last. So it is also a
/// valid part of a cookie name (RFC 6265 §4.1.1), a NATS subject token and a Redis hash tag.
package struct RoomID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil if the text is not a valid id.
    package init?(_ text: some StringProtocol) { self.init(Array(text.utf8).span) }

    /// The same of a text in ASCII.
    package init?(_ bytes: Span<UInt8>) {
        guard (1...63).contains(bytes.count), bytes[0] != UInt8(ascii: "-"),
            bytes[bytes.count - 1] != UInt8(ascii: "-")
        else { return nil }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            default: return nil
            }
        }
        text = String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for index in bytes.indices { buffer[index] = bytes[index] }
            return bytes.count
        }
    }

    package var description: String { text }
}

/// The id of a place in line: 128 random bits, written as a lower-case UUID. Never reused.
package struct PositionID: Hashable, Sendable, CustomStringConvertible {
    package let bits: UUIDBits

    package init(bits: UUIDBits) { self.bits = bits }

    /// A fresh version 4 UUID (RFC 9562 §5.4).
    package init(using generator: inout some RandomNumberGenerator) {
        bits = UUIDBits(high: generator.next(), low: generator.next()).version(4)
    }

    /// Nil unless the text is a UUID in its 36-character form.
    package init?(_ text: some StringProtocol) {
        guard let bits = UUIDBits(text) else { return nil }
        self.bits = bits
    }

    /// The same of a text in ASCII.
    package init?(_ text: Span<UInt8>) {
        guard let bits = UUIDBits(text) else { return nil }
        self.bits = bits
    }

    package var description: String { bits.description }
}

/// Somebody who missed the turn and comes back gets a position whose id follows from the one before: so it is the same
/// however often they ask, and whoever knows the id knows that it is a return.
extension PositionID {
    private static let mask = UUIDBits(high: 0x5265_7475_726e_6564, low: 0x0054_6f46_726f_6e74)

    /// The position with which the one of `missed` comes back: a version 8 UUID (RFC 9562 §5.8). Nil if `missed` is such
    /// a return itself: there is one only.
    package init?(returningFrom missed: PositionID) {
        guard !missed.isReturn else { return nil }
        bits = UUIDBits(high: missed.bits.high ^ Self.mask.high, low: missed.bits.low ^ Self.mask.low).version(8)
    }

    /// Whether it stands for a return after a missed turn.
    package var isReturn: Bool { bits.high >> 12 & 0xf == 8 }
}

/// The id of a session. Each position leads to at most one session, so its id follows from the position's: a store
/// need not keep it and an admission need not draw it.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package let bits: UUIDBits

    package init(bits: UUIDBits) { self.bits = bits }

    /// The one session that `position` can become: a version 8 UUID (RFC 9562 §5.8), injective in the position's bits
    /// but for the six that the UUID format fixes.
    package init(of position: PositionID) {
        let bits = position.bits
        self.bits = UUIDBits(high: bits.high ^ Self.mask.high, low: bits.low ^ Self.mask.low).version(8)
    }

    /// The first position that `matches`, of those that could become this session: they differ in the six bits only that
    /// the UUID format fixes. What gates make, of version 4 or a return of version 8, comes first.
    func firstPosition(where matches: (PositionID) -> Bool) -> PositionID? {
        guard bits == bits.version(8) else { return nil }
        let rest = UUIDBits(
            high: (bits.high ^ Self.mask.high) & ~0xf000, low: (bits.low ^ Self.mask.low) & ~0xc000_0000_0000_0000)
        func position(version: UInt64, variant: UInt64) -> PositionID {
            PositionID(bits: UUIDBits(high: rest.high | version << 12, low: rest.low | variant << 62))
        }
        let drawn = position(version: 4, variant: 2)
        if matches(drawn) { return drawn }
        let returned = position(version: 8, variant: 2)
        if matches(returned) { return returned }
        // Ids that came from elsewhere.
        for version in 0..<16 as Range<UInt64> {
            for variant in 0..<4 as Range<UInt64> {
                let other = position(version: version, variant: variant)
                if matches(other) { return other }
            }
        }
        return nil
    }

    private static let mask = UUIDBits(high: 0x5365_7373_696f_6e00, low: 0x0041_6e74_6572_6f6f)

    /// Nil unless the text is a UUID in its 36-character form.
    package init?(_ text: some StringProtocol) {
        guard let bits = UUIDBits(text) else { return nil }
        self.bits = bits
    }

    /// The same of a text in ASCII.
    package init?(_ text: Span<UInt8>) {
        guard let bits = UUIDBits(text) else { return nil }
        self.bits = bits
    }

    package var description: String { bits.description }
}

/// The 128 bits of a UUID (RFC 9562) and their text form.
package struct UUIDBits: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless the text is 32 hexadecimal digits with hyphens in the usual four places.
    package init?(_ text: some StringProtocol) { self.init(Array(text.utf8).span) }

    /// The same of a text in ASCII.
    package init?(_ text: Span<UInt8>) {
        guard text.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for index in text.indices {
            let byte = text[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.hexDigit(byte) else { return nil }
                if digits < 16 { words.high = words.high << 4 | digit } else { words.low = words.low << 4 | digit }
                digits += 1
            }
        }
        (high, low) = words
    }

    package static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }

    package var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var out = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[out] = UInt8(ascii: "-")
                    out += 1
                }
                let word = nibble < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble % 16)) & 0xf)
                buffer[out] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                out += 1
            }
            return 36
        }
    }

    /// The same bits with the version and variant fields of RFC 9562 §4 set.
    func version(_ version: UInt64) -> Self {
        UUIDBits(
            high: high & 0xffff_ffff_ffff_0fff | version << 12, low: low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        )
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
