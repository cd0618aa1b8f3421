import COpenSSL
package import WaitingRoom

extension BindingSalt {
    /// Whom the limits per address count, for the bytes of a network: 40 bits of HMAC-SHA256 (RFC 2104) under the salt.
    /// Nil if libcrypto fails. Allocates; about 1 µs.
    package func addressDigest(of network: [UInt8]) -> AddressDigest? {
        // No binding begins with this byte, so nothing can be learnt of one by the other.
        let message = [0xff] + network
        var hash = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        guard
            unsafe HMAC(EVP_sha256(), bytes, Int32(clamping: bytes.count), message, message.count, &hash, &count) != nil
        else { return nil }
        return AddressDigest(hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
