import Testing

@testable import SessionTokens

@Suite("Binding")
struct BindingTests {
    private func digest(_ binding: Binding, _ salt: String, _ address: String, _ userAgent: String) -> String? {
        guard let salt = BindingSalt(salt) else { return nil }
        return binding.digest(
            salt: salt, address: Array(address.utf8).span, userAgent: Array(userAgent.utf8).span)?.description
    }

    private func admits(_ binding: Binding, _ bnd: String?, _ address: String, _ userAgent: String) throws -> Bool {
        binding.admits(
            bnd.flatMap { BindingDigest(Array($0.utf8).span) },
            hasher: try BindingHasher(#require(BindingSalt("salt"))),
            address: Array(address.utf8).span, userAgent: Array(userAgent.utf8).span)
    }

    /// base64url(hmac.digest(b"salt", b"\0curl/8", "sha256")[:16]) in Python, and with the address before it.
    @Test("bnd is 128 bits of HMAC-SHA256 over address, zero byte and User-Agent")
    func vectors() {
        #expect(digest(.userAgent, "salt", "203.0.113.7", "curl/8") == "0e6LtfIJSRH1DhyahNTVHQ")
        #expect(digest(.addressAndUserAgent, "salt", "203.0.113.7", "curl/8") == "v8LepoKbO8vkqQhk1hs7FA")
        #expect(digest(.none, "salt", "203.0.113.7", "curl/8") == nil)
    }

    @Test("Only what is bound to makes a difference")
    func scope() throws {
        let agent = digest(.userAgent, "salt", "203.0.113.7", "curl/8")
        #expect(try admits(.userAgent, agent, "198.51.100.1", "curl/8"))
        #expect(try !admits(.userAgent, agent, "203.0.113.7", "curl/9"))
        #expect(try !admits(.addressAndUserAgent, agent, "203.0.113.7", "curl/8"))
        let both = digest(.addressAndUserAgent, "salt", "203.0.113.7", "curl/8")
        #expect(try admits(.addressAndUserAgent, both, "203.0.113.7", "curl/8"))
        #expect(try !admits(.addressAndUserAgent, both, "203.0.113.70", "curl/8"))
        #expect(try !admits(.userAgent, both, "203.0.113.7", "curl/8"))
        #expect(digest(.userAgent, "pepper", "203.0.113.7", "curl/8") != agent)
    }

    @Test("A token without bnd is refused as soon as binding is on, and a bound one accepted when it is off")
    func missing() throws {
        #expect(try !admits(.userAgent, nil, "", "curl/8"))
        #expect(try admits(.none, nil, "", ""))
        #expect(try admits(.none, digest(.userAgent, "salt", "", "x"), "", "y"))
    }

    @Test("A User-Agent counts up to 512 bytes, and an absent one is empty")
    func longUserAgent() {
        let long = String(repeating: "x", count: 512)
        #expect(digest(.userAgent, "salt", "", long) == digest(.userAgent, "salt", "", long + "y"))
        #expect(digest(.userAgent, "salt", "", long) != digest(.userAgent, "salt", "", long.dropLast() + "y"))
        #expect(digest(.userAgent, "salt", "", "") != nil)
    }

    @Test("The salt is made once beside the key, and a damaged one is an error")
    func salt() throws {
        let folder = try TemporaryFolder()
        let keyFile = "\(folder.path)/keys/signing.pem"
        let made = try BindingSalt(besideKeyFile: keyFile)
        #expect(made.bytes.count == 32)
        #expect(try TemporaryFolder.mode("\(folder.path)/keys/salt") == 0o600)
        #expect(try BindingSalt(besideKeyFile: keyFile) == made)
        try folder.write("keys/salt", "short")
        #expect(throws: SecretFileError.self) { try BindingSalt(besideKeyFile: keyFile) }
        #expect(BindingSalt("") == nil)
    }
}
