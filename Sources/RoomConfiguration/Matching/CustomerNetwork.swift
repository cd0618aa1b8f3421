/// What counts as one visitor where addresses are counted: an IPv4 address, or the /64 that a network gives to one
/// customer (RFC 6177).
package struct CustomerNetwork: Hashable, Sendable {
    private let isV4: Bool
    private let bits: UInt64

    package init(of address: IPAddress) {
        isV4 = address.family == .v4
        bits = isV4 ? address.low : address.high
    }

    /// Four bytes, or eight, in network order.
    package var bytes: [UInt8] {
        stride(from: isV4 ? 24 : 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
    }
}
