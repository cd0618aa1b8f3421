import COpenSSL

/// HMAC-SHA256 (RFC 2104) under one salt, set up once and used again and again by one caller at a time: the set-up costs
/// more than the hash.
@safe
package final class BindingHasher {
    private let context: OpaquePointer
    private var message: [UInt8] = []
    private var hash = [UInt8](repeating: 0, count: 32)

    package init(_ salt: BindingSalt) throws(OpenSSLError) {
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { throw OpenSSLError("EVP_MAC_fetch") }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw OpenSSLError("EVP_MAC_CTX_new") }
        unsafe self.context = context
        var name = Array("SHA256".utf8CString)
        let isSetUp = unsafe name.withUnsafeMutableBufferPointer { name in
            var parameters = unsafe [
                OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0), OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_init(context, salt.bytes, salt.bytes.count, &parameters) == 1
        }
        // From here on a throw runs deinit, which frees the context.
        guard isSetUp else { throw OpenSSLError("EVP_MAC_init") }
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// See `Binding.digest`.
    func digest(_ binding: Binding, address: Span<UInt8>, userAgent: Span<UInt8>) -> BindingDigest? {
        guard binding.writeMessage(address: address, userAgent: userAgent, into: &message) else { return nil }
        var count = 0
        // Without a key it begins anew with the one that it has.
        guard unsafe EVP_MAC_init(context, nil, 0, nil) == 1,
            unsafe EVP_MAC_update(context, message, message.count) == 1,
            unsafe EVP_MAC_final(context, &hash, &count, hash.count) == 1, count == hash.count
        else { return nil }
        return BindingDigest(prefixOf: hash)
    }
}
