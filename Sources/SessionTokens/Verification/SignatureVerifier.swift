import COpenSSL

/// A public key that is set up once to check signatures over SHA-256 digests, by one caller at a time.
@safe
final class SignatureVerifier {
    let key: VerificationKey
    private let context: OpaquePointer
    private var der: [UInt8] = []

    init(_ key: VerificationKey) throws(OpenSSLError) {
        guard let context = unsafe EVP_PKEY_CTX_new(key.key.pointer, nil) else {
            throw OpenSSLError("EVP_PKEY_CTX_new")
        }
        self.key = key
        unsafe self.context = context
        // From here on a throw runs deinit, which frees the context.
        guard unsafe EVP_PKEY_verify_init(context) > 0,
            unsafe key.algorithm == .es256 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0,
            unsafe EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) > 0
        else { throw OpenSSLError("EVP_PKEY_verify_init") }
        der.reserveCapacity(ECDSASignature.longestDER)
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// Whether this is the key's signature over the digest. Neither allocates nor leaves errors behind.
    func accepts(_ signature: [UInt8], _ digest: [UInt8]) -> Bool {
        switch key.algorithm {
        case .rs256: return check(signature, digest)
        case .es256:
            guard ECDSASignature.der(fromRaw: signature.span, into: &der) else { return false }
            return check(der, digest)
        }
    }

    private func check(_ signature: [UInt8], _ digest: [UInt8]) -> Bool {
        let result = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe digest.withUnsafeBufferPointer { digest in
                unsafe EVP_PKEY_verify(
                    context, signature.baseAddress, signature.count, digest.baseAddress, digest.count)
            }
        }
        if result != 1 { ERR_clear_error() }
        return result == 1
    }
}
