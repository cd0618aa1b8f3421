import COpenSSL

extension OpenSSLKey {
    /// The private key of a PEM text, PKCS#8 or traditional; nil if there is none or it needs a pass phrase.
    static func privateKey(pem: [UInt8]) -> OpenSSLKey? {
        // Without a callback of its own libcrypto would ask for the pass phrase on the terminal.
        unsafe read(pem) { bio in unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) }
    }

    /// The public key of a PEM text (`SubjectPublicKeyInfo`), or nil.
    static func publicKey(pem: [UInt8]) -> OpenSSLKey? {
        unsafe read(pem) { bio in unsafe PEM_read_bio_PUBKEY(bio, nil, { _, _, _, _ in -1 }, nil) }
    }

    private static func read(_ pem: [UInt8], _ key: (OpaquePointer) -> OpaquePointer?) -> OpenSSLKey? {
        // The BIO reads the bytes in place, so it must not outlive this closure.
        let pointer = unsafe pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe key(bio)
        }
        guard let pointer = unsafe pointer else {
            ERR_clear_error()
            return nil
        }
        return unsafe OpenSSLKey(owning: pointer)
    }

    /// The private key as PKCS#8 PEM without a pass phrase.
    func privatePEM() throws(OpenSSLError) -> [UInt8] {
        unsafe try write { bio in unsafe PEM_write_bio_PKCS8PrivateKey(bio, pointer, nil, nil, 0, nil, nil) }
    }

    /// The public half as PEM.
    func publicPEM() throws(OpenSSLError) -> [UInt8] {
        unsafe try write { bio in unsafe PEM_write_bio_PUBKEY(bio, pointer) }
    }

    private func write(_ key: (OpaquePointer) -> Int32) throws(OpenSSLError) -> [UInt8] {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw OpenSSLError("BIO_new") }
        defer { unsafe BIO_free(bio) }
        guard unsafe key(bio) == 1 else { throw OpenSSLError("PEM_write_bio") }
        var text = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(bio))
        var count = 0
        guard unsafe BIO_read_ex(bio, &text, text.count, &count) == 1, count == text.count else {
            throw OpenSSLError("BIO_read_ex")
        }
        return text
    }
}
