import Foundation
import Testing

@testable import SessionTokens

@Suite("Key rotation")
struct KeyRotationTests {
    private let now = PyJWTVectors.issuedAt

    private func rotate(_ path: String, _ algorithm: TokenAlgorithm = .es256, at now: Int64) throws -> KeyRotation {
        try KeyRing.rotate(keyFile: path, algorithm: algorithm, verifyFor: 600, now: now)
    }

    @Test("The new key signs, the old one's public half stays beside it, and its private half is gone")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let rotation = try rotate(path, at: now)
        #expect(rotation.retiredKeyID == PyJWTVectors.es256KeyID)
        #expect(rotation.retiredVerifiesUntil == now + 600)
        let retired = "signing.pem.\(PyJWTVectors.es256KeyID).until-\(now + 600)"
        #expect(try folder.names() == ["signing.pem", retired].sorted())
        #expect(try String(contentsOfFile: "\(folder.path)/\(retired)", encoding: .utf8).contains("BEGIN PUBLIC KEY"))
        #expect(try TemporaryFolder.mode(path) == 0o600)
        let keys = try KeyRing(keyFile: path, algorithm: .es256, now: now).keys.verifying
        #expect(keys.map(\.id) == [rotation.keyID, PyJWTVectors.es256KeyID])
        #expect(keys.map(\.verifiesUntil) == [nil, now + 600])
    }

    @Test("Each rotation adds a key and sweeps those whose time is over")
    func repeated() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let first = try rotate(path, at: now)
        let second = try rotate(path, at: now + 300)
        var keys = try KeyRing(keyFile: path, algorithm: .es256, now: now + 300).keys.verifying
        #expect(keys.map(\.id) == [second.keyID, first.keyID, PyJWTVectors.es256KeyID])
        keys = try KeyRing(keyFile: path, algorithm: .es256, now: now + 600).keys.verifying
        #expect(keys.map(\.id) == [second.keyID, first.keyID])
        _ = try rotate(path, at: now + 2000)
        #expect(try folder.names().count == 2)
    }

    @Test("A rotation before the first start makes the key")
    func absent() throws {
        let folder = try TemporaryFolder()
        let rotation = try rotate("\(folder.path)/keys/signing.pem", at: now)
        #expect(rotation.retiredKeyID == nil)
        let ring = try KeyRing(keyFile: "\(folder.path)/keys/signing.pem", algorithm: .es256, now: now)
        #expect(ring.keys.verifying.map(\.id) == [rotation.keyID])
    }

    @Test("A rotation changes the algorithm too; the old key's tokens are then refused by the new one's rule")
    func otherAlgorithm() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.rs256Key)
        let rotation = try rotate(path, .es256, at: now)
        #expect(rotation.retiredKeyID == nil)
        #expect(try folder.names() == ["signing.pem"])
        #expect(try KeyRing(keyFile: path, algorithm: .es256, now: now).keys.signing.verification.id == rotation.keyID)
    }

    @Test("A file that is no key is left as it is")
    func garbage() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", "precious")
        #expect(throws: SecretFileError.self) { try rotate(path, at: now) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("A rotation that was cut short is finished by the next")
    func cutShort() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let staged = try OpenSSLKey.generate(for: .es256)
        try folder.write("signing.pem.next", String(decoding: try staged.privatePEM(), as: UTF8.self))
        // Until then the gate starts with the old key.
        let before = try KeyRing(keyFile: path, algorithm: .es256, now: now)
        #expect(before.keys.signing.verification.id == PyJWTVectors.es256KeyID)
        let rotation = try rotate(path, at: now)
        #expect(rotation.keyID == (try VerificationKey(staged, algorithm: .es256, verifiesUntil: nil))?.id)
        // One that cannot be used is replaced.
        try folder.write("signing.pem.next", "half a k")
        #expect(try rotate(path, at: now + 1).retiredKeyID == rotation.keyID)
        #expect(try !folder.names().contains("signing.pem.next"))
    }

    @Test("Rotations at the same time leave a whole key, and no token of a key that ever was in force is unknown")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let now = now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { _ = try KeyRing.rotate(keyFile: path, algorithm: .es256, verifyFor: 600, now: now) }
            }
            try await group.waitForAll()
        }
        let keys = try KeyRing(keyFile: path, algorithm: .es256, now: now).keys.verifying
        #expect(keys.contains { $0.id == PyJWTVectors.es256KeyID })
        #expect(try !folder.names().contains { $0.hasSuffix(".draft") })
    }

    @Test("A retired file that others may write or that is no key is refused with its path")
    func badRetired() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let retired = "signing.pem.x.until-\(now + 600)"
        for (content, mode, code) in [
            (PyJWTVectors.es256PublicKey, 0o666, SecretFileError.Code.tooOpen), ("garbage", 0o644, .notAKey),
        ] {
            try folder.write(retired, content, mode: mode)
            do throws(SecretFileError) {
                _ = try KeyRing(keyFile: path, algorithm: .es256, now: now)
                Issue.record("\(code) went unnoticed")
            } catch {
                #expect(error.code == code)
                #expect(error.path.hasSuffix(retired))
            }
        }
        // Names that only look alike are not ours.
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(retired)")
        for name in [
            "signing.pem.x.until-", "signing.pem.x.until-1x", "other.pem.x.until-99999999999", "signing.pem.b",
        ] {
            try folder.write(name, "garbage")
        }
        #expect(try KeyRing(keyFile: path, algorithm: .es256, now: now).keys.verifying.count == 1)
    }

    @Test("The JWK Set has every key that verifies, and no private number", arguments: TokenAlgorithm.allCases)
    func jwks(algorithm: TokenAlgorithm) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", TokenFixture.pem(algorithm))
        _ = try rotate(path, algorithm, at: now)
        let keys = try KeyRing(keyFile: path, algorithm: algorithm, now: now).keys
        let document = { (now: Int64) in
            let json = try JSONSerialization.jsonObject(with: Data(keys.jwks(now: now)))
            return try #require((json as? [String: [[String: String]]])?["keys"])
        }
        let all = try document(now + 599)
        #expect(all.map { $0["kid"] } == keys.verifying.map(\.id))
        let names = algorithm == .rs256 ? ["e", "n"] : ["crv", "x", "y"]
        for key in all {
            #expect(key.keys.sorted() == (["alg", "kid", "kty", "use"] + names).sorted())
            #expect(key["use"] == "sig")
            #expect(key["alg"] == algorithm.name)
        }
        #expect(try document(now + 600).count == 1)
    }
}
