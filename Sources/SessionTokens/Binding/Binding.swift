import COpenSSL

/// What of a visitor's connection a token is bound to, so that it is of no use to somebody else.
package enum Binding: Hashable, Sendable, CaseIterable {
    case none
    case userAgent
    case addressAndUserAgent

    /// So many bytes of the User-Agent count; it is up to a head long, and is kept beside each cached token.
    package static let userAgentLimit = 512

    /// The claim `bnd` for this visitor: 128 bits of HMAC-SHA256 under the salt over
    /// `address (if bound to) || 0 || user agent`. Nil for `none`. Allocates; about 1 µs.
    /// - `address`: The visitor's IP address as text.
    /// - `userAgent`: The value of the User-Agent field; empty if there is none.
    package func digest(salt: BindingSalt, address: Span<UInt8>, userAgent: Span<UInt8>) -> BindingDigest? {
        var message: [UInt8] = []
        guard writeMessage(address: address, userAgent: userAgent, into: &message) else { return nil }
        var hash = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        guard
            unsafe HMAC(
                EVP_sha256(), salt.bytes, Int32(clamping: salt.bytes.count), message, message.count, &hash, &count)
                != nil
        else { return nil }
        return BindingDigest(prefixOf: hash)
    }

    /// What is hashed. False if this binds to nothing.
    func writeMessage(address: Span<UInt8>, userAgent: Span<UInt8>, into message: inout [UInt8]) -> Bool {
        guard self != .none else { return false }
        let address = self == .addressAndUserAgent ? address : address.extracting(first: 0)
        let userAgent = userAgent.extracting(first: Self.userAgentLimit)
        message.removeAll(keepingCapacity: true)
        message.reserveCapacity(address.count + 1 + userAgent.count)
        for index in address.indices { message.append(address[index]) }
        message.append(0)
        for index in userAgent.indices { message.append(userAgent[index]) }
        return true
    }

    /// Whether somebody with this address and User-Agent may use a token with this `bnd`. A token without one is refused
    /// as soon as binding is on; one that is bound is accepted when binding is off.
    package func admits(
        _ digest: BindingDigest?, hasher: BindingHasher, address: Span<UInt8>, userAgent: Span<UInt8>
    ) -> Bool {
        guard self != .none else { return true }
        let own = hasher.digest(self, address: address, userAgent: userAgent)
        guard let digest, let own else { return false }
        return unsafe CRYPTO_memcmp(digest.bytes, own.bytes, BindingDigest.length) == 0
    }
}
