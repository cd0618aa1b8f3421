import Testing
import WaitingRoom

@testable import SessionTokens

struct AddressDigestTests {
    /// `hmac.digest(b"salt", b"\xff" + bytes([203, 0, 113, 7]), "sha256")[3:8].hex()` in Python.
    @Test("An address is known by 40 bits of HMAC-SHA256, which follow from the salt")
    func vectors() throws {
        let salt = try #require(BindingSalt("salt"))
        let digest = try #require(salt.addressDigest(of: [203, 0, 113, 7]))
        #expect("\(digest)" == "4c4de25466")
        #expect(salt.addressDigest(of: [203, 0, 113, 8]) != digest)
        #expect(try #require(BindingSalt("other")).addressDigest(of: [203, 0, 113, 7]) != digest)
    }
}
