/// A signed pass as its bearer presents it to a room. Each use makes one position, or moves one up.
package struct Pass: Hashable, Sendable {
    package var id: PassID
    /// The priority that this use gives.
    package var priority: Int
    /// How many uses it has in all.
    package var uses: Int
    package var expiresAt: Timestamp

    package init(id: PassID, priority: Int, uses: Int, expiresAt: Timestamp) {
        self.id = id
        self.priority = priority
        self.uses = uses
        self.expiresAt = expiresAt
    }
}

/// The id of a pass (its claim `jti`): 128 random bits, written as a lower-case UUID.
package struct PassID: Hashable, Sendable, CustomStringConvertible {
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

extension PassID: ShardedKey {}

/// Why a store does not count a use of a pass.
package enum PassRefusal: String, Hashable, Sendable, CaseIterable {
    /// It has been used as often as it may be.
    case spent
    /// Its time is over.
    case over
    /// The room remembers as many passes as it can; once some have run out there is room again.
    case crowded
}

/// What became of a pass that was presented for a position.
package enum PassOutcome: Hashable, Sendable {
    /// The position stands where the pass puts it. No use was counted if it stood there, or was through, before.
    case place(Place)
    case refused(PassRefusal)
    case unknown
}
