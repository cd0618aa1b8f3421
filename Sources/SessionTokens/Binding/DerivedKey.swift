import COpenSSL

/// A key for one use, derived from a site's salt: all its gates have the same, and what is made for one use is of none for
/// another.
package struct DerivedKey: Hashable, Sendable {
    /// Empty if libcrypto failed.
    private let bytes: [UInt8]

    package init(_ salt: BindingSalt, for use: String) {
        bytes = Self.hmac(Array(use.utf8), under: salt.bytes) ?? []
    }

    /// HMAC-SHA256 (RFC 2104) of a message, 32 bytes; nil if libcrypto fails.
    package func code(of message: [UInt8]) -> [UInt8]? {
        bytes.isEmpty ? nil : Self.hmac(message, under: bytes)
    }

    /// Whether `code` is a message's code, or begins it with at least 16 bytes. Takes the same time wherever they differ.
    package func isCode(_ code: [UInt8], of message: [UInt8]) -> Bool {
        guard let own = self.code(of: message), (16...own.count).contains(code.count) else { return false }
        return unsafe CRYPTO_memcmp(code, own, code.count) == 0
    }

    private static func hmac(_ message: [UInt8], under key: [UInt8]) -> [UInt8]? {
        var hash = [UInt8](repeating: 0, count: SHA256.length)
        var count: UInt32 = 0
        let isDone =
            unsafe HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &hash, &count) != nil
        return isDone && Int(count) == hash.count ? hash : nil
    }
}
