import COpenSSL

/// A SHA-256 computation (FIPS 180-4) that is set up once and used again and again, by one caller at a time.
@safe
package final class SHA256 {
    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    package static let length = 32

    init() throws(OpenSSLError) {
        // Fetched once: an implicit fetch per digest costs more than the digest.
        guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else { throw OpenSSLError("EVP_MD_fetch") }
        guard let context = unsafe EVP_MD_CTX_new() else {
            unsafe EVP_MD_free(algorithm)
            throw OpenSSLError("EVP_MD_CTX_new")
        }
        unsafe (self.algorithm, self.context) = unsafe (algorithm, context)
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
        unsafe EVP_MD_free(algorithm)
    }

    /// Puts the digest of the bytes into `digest`, which holds `length` bytes. False if libcrypto fails.
    func digest(of bytes: Span<UInt8>, into digest: inout [UInt8]) -> Bool {
        guard digest.count == Self.length, unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1,
            unsafe bytes.withUnsafeBufferPointer({ unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }) == 1
        else { return false }
        return unsafe EVP_DigestFinal_ex(context, &digest, nil) == 1
    }

    /// One digest for callers that need few.
    package static func digest(of bytes: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        guard unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1 else {
            throw OpenSSLError("EVP_Digest")
        }
        return digest
    }
}
