/// A block of addresses (RFC 4632): an address and how many of its leading bits count.
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    package let network: IPAddress
    /// At most 32 for IPv4, 128 for IPv6.
    package let prefix: Int
    private let maskHigh: UInt64
    private let maskLow: UInt64

    /// The block of `address` whose first `prefix` bits count; the others are cleared. Nil if `prefix` is too long.
    package init?(_ address: IPAddress, prefix: Int) {
        guard (0...address.family.bits).contains(prefix) else { return nil }
        let free = UInt128(address.family.bits - prefix)
        let mask: UInt128 = free == 128 ? 0 : UInt128.max << free
        maskHigh = UInt64(truncatingIfNeeded: mask >> 64)
        maskLow = UInt64(truncatingIfNeeded: mask)
        network =
            address.family == .v4
            ? IPAddress(v4: UInt32(truncatingIfNeeded: address.low & maskLow))
            : IPAddress(v6High: address.high & maskHigh, low: address.low & maskLow)
        self.prefix = prefix
    }

    /// Nil unless the text is an address, alone or followed by "/" and a number of bits, with no bit set behind them.
    package init?(_ text: String) {
        guard let block = try? Self.parse(text) else { return nil }
        self = block
    }

    /// O(1), without allocation. An IPv4 address is never in an IPv6 block, and the reverse.
    package func contains(_ address: IPAddress) -> Bool {
        address.family == network.family && address.high & maskHigh == network.high
            && address.low & maskLow == network.low
    }

    package var description: String { "\(network)/\(prefix)" }

    static func parse(_ text: String) throws(Mistake) -> CIDR {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else {
            throw Mistake(
                "\(text.quoted) is not an IP address or block",
                "write one such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")
        }
        guard parts.count == 2 else { return try whole(address) }
        // The length of a block that is written as IPv4-mapped IPv6 counts from the start of the IPv6 address.
        let shift = first.contains(":") && address.family == .v4 ? 96 : 0
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]),
            let block = CIDR(address, prefix: bits - shift)
        else {
            throw Mistake(
                "\(text.quoted) has no valid length behind the slash",
                "write a number from \(shift) to \(shift + address.family.bits)")
        }
        guard block.network == address else {
            throw Mistake(
                "\(text.quoted) has bits set behind the first \(bits)",
                "write \(block) for the block, or \(address) for the one address")
        }
        return block
    }

    private static func whole(_ address: IPAddress) throws(Mistake) -> CIDR {
        guard let block = CIDR(address, prefix: address.family.bits) else {
            throw Mistake("\(address) is not an IP address", "write one such as 192.0.2.7")
        }
        return block
    }
}
