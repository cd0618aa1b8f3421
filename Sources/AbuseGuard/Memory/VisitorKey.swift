import RoomConfiguration

/// Who asks, as far as an address and a User-Agent tell: digests under a secret of this process, so that the tables hold no
/// personal data.
package struct VisitorKey: Hashable, Sendable {
    /// An IPv4 address, or an IPv6 /64, which is one customer's.
    package let address: UInt64
    /// The same with the User-Agent.
    package let agent: UInt64

    /// - `address`: an IP address in text form, or any other text.
    package init(address: String, userAgent: String) {
        var hasher = Hasher()
        hasher.combine(VisitorKey.network(of: address))
        self.address = UInt64(bitPattern: Int64(hasher.finalize()))
        hasher = Hasher()
        hasher.combine(self.address)
        hasher.combine(userAgent)
        agent = UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The part of an address that its holder cannot change at will.
    package static func network(of address: String) -> String {
        guard let parsed = IPAddress(address), parsed.family == .v6 else { return address }
        return "\(String(parsed.high, radix: 16))/64"
    }
}
