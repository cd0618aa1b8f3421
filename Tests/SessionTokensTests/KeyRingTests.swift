import Foundation
import Synchronization
import Testing

@testable import SessionTokens

@Suite("Key files")
struct KeyRingTests {
    private let now = PyJWTVectors.issuedAt

    /// The error of reading this file; nil if there is none.
    private func failure(_ path: String, _ algorithm: TokenAlgorithm = .rs256) -> SecretFileError? {
        do throws(SecretFileError) {
            _ = try KeyRing(keyFile: path, algorithm: algorithm, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test("A first start makes a key that only its owner can read, and the next start reads it")
    func firstStart() throws {
        for algorithm in TokenAlgorithm.allCases {
            let folder = try TemporaryFolder()
            let path = "\(folder.path)/var/keys/signing.pem"
            let made = try KeyRing(keyFile: path, algorithm: algorithm, now: now).keys
            #expect(try TemporaryFolder.mode(path) == 0o600)
            #expect(try TemporaryFolder.mode("\(folder.path)/var") == 0o700)
            #expect(try TemporaryFolder.mode("\(folder.path)/var/keys") == 0o700)
            #expect(made.signing.verification.bits == (algorithm == .rs256 ? 2048 : 256))
            let read = try KeyRing(keyFile: path, algorithm: algorithm, now: now).keys
            #expect(read.signing.verification.id == made.signing.verification.id)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/var/keys") == ["signing.pem"])
        }
    }

    @Test("A file that is there is never replaced by one that is made at first start")
    func createdOnce() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/keys/file"
        #expect(try SecretFile.createOnce(path, Array("first".utf8), .owner))
        #expect(try !SecretFile.createOnce(path, Array("second".utf8), .owner))
        #expect(try SecretFile.load(path, .owner) == Array("first".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/keys") == ["file"])
    }

    @Test("Gates that start at once end up with one key and one salt")
    func race() throws {
        for _ in 0..<100 {
            let folder = try TemporaryFolder()
            let path = "\(folder.path)/keys/signing.pem"
            let outcomes = RaceOutcomes()
            // Threads and not tasks: on a busy pool tasks run one after the other, and nothing races.
            for _ in 0..<RaceOutcomes.runners {
                Thread.detachNewThread { [now] in
                    outcomes.waitForAll()
                    let ring = try? KeyRing(keyFile: path, algorithm: .es256, now: now)
                    let salt = try? BindingSalt(besideKeyFile: path)
                    outcomes.add(ring?.keys.signing.verification.id, salt)
                }
            }
            let (ids, salts) = outcomes.all()
            #expect(ids.count == RaceOutcomes.runners && Set(ids).count == 1)
            #expect(salts.count == RaceOutcomes.runners && Set(salts).count == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/keys")
            #expect(names.sorted() == ["salt", "signing.pem"])
        }
    }

    @Test("Keys in PKCS#8 and in the traditional forms are read, and their kid is the RFC 7638 thumbprint")
    func forms() throws {
        let folder = try TemporaryFolder()
        for (algorithm, id, pems) in [
            (
                TokenAlgorithm.rs256, PyJWTVectors.rs256KeyID,
                [PyJWTVectors.rs256Key, PyJWTVectors.rs256TraditionalKey]
            ),
            (.es256, PyJWTVectors.es256KeyID, [PyJWTVectors.es256Key, PyJWTVectors.es256TraditionalKey]),
        ] {
            for pem in pems {
                let ring = try KeyRing(keyFile: folder.write("key.pem", pem), algorithm: algorithm, now: now)
                #expect(ring.keys.signing.verification.id == id)
            }
        }
    }

    @Test("The thumbprint of RFC 7638 §3.1's own example")
    func thumbprint() throws {
        let canonical =
            #"{"e":"AQAB","kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFx"#
            + "uhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2"
            + "QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2N"
            + #"cRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}"#
        let digest = try SHA256.digest(of: Array(canonical.utf8))
        #expect(Base64URL.text(digest) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }

    @Test("A file that is no usable key gives one error with its path and a way out")
    func badFiles() throws {
        let folder = try TemporaryFolder()
        let table: [(String, String, TokenAlgorithm, SecretFileError.Code, String)] = [
            ("empty", "", .rs256, .notAKey, "is empty"),
            ("garbage", "hello", .rs256, .notAKey, "not a private key in PEM form"),
            ("cut", String(PyJWTVectors.rs256Key.prefix(400)), .rs256, .notAKey, "not a private key in PEM form"),
            ("public", PyJWTVectors.rs256PublicKey, .rs256, .notAKey, "only a public key"),
            ("encrypted", PyJWTVectors.encryptedKey, .es256, .notAKey, "pass phrase"),
            ("short", PyJWTVectors.shortRSAKey, .rs256, .wrongKey, "RSA key of 1024 bits"),
            ("ec for rsa", PyJWTVectors.es256Key, .rs256, .wrongKey, "is a P-256 key, but tokens.algorithm RS256"),
            ("rsa for ec", PyJWTVectors.rs256Key, .es256, .wrongKey, "RSA key of 2048 bits"),
            ("p384", PyJWTVectors.p384Key, .es256, .wrongKey, "secp384r1"),
            ("ed25519", PyJWTVectors.ed25519Key, .es256, .wrongKey, "ED25519"),
            ("long", String(repeating: "x", count: 70_000), .rs256, .unreadable, "larger than"),
        ]
        for (name, content, algorithm, code, message) in table {
            let path = try folder.write(name, content)
            let error = try #require(failure(path, algorithm), "\(name)")
            #expect(error.code == code, "\(name)")
            #expect(error.message.contains(message), "\(error)")
            #expect(error.description.hasPrefix("\(path): ") && !error.description.contains("\n"), "\(error)")
            // It is never replaced.
            #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
        }
    }

    @Test("A folder, a pipe, a link to nowhere and a link to itself are no key file")
    func notFiles() throws {
        let folder = try TemporaryFolder()
        #expect(failure(folder.path)?.code == .unreadable)
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        #expect(failure("\(folder.path)/pipe")?.code == .unreadable)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/nowhere", withDestinationPath: "gone")
        #expect(failure("\(folder.path)/nowhere", .es256)?.code == .missing)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/loop", withDestinationPath: "loop")
        #expect(failure("\(folder.path)/loop")?.code == .unreadable)
        let file = try folder.write("file", "x")
        #expect(failure("\(file)/signing.pem", .es256)?.code == .unreadable)
    }

    @Test("A key that others may read is refused, as ssh does, with the command that mends it")
    func tooOpen() throws {
        let folder = try TemporaryFolder()
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let path = try folder.write("signing.pem", PyJWTVectors.es256Key, mode: mode)
            let error = try #require(failure(path, .es256))
            #expect(error.code == .tooOpen)
            #expect(error.message.contains("chmod 0600 \(path)"))
        }
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key, mode: 0o400)
        #expect(failure(path, .es256) == nil)
    }

    @Test("An unreadable file or folder is refused", .enabled(if: geteuid() != 0, "root may read everything"))
    func unreadable() throws {
        let folder = try TemporaryFolder()
        #expect(failure(try folder.write("signing.pem", PyJWTVectors.rs256Key, mode: 0))?.code == .unreadable)
        #expect(failure("/proc/1/signing.pem")?.code == .unwritable)
    }

    @Test("A folder that cannot be made is named")
    func unwritable() throws {
        let error = try #require(failure("/proc/anteroom/keys/signing.pem", .es256))
        #expect(error.code == .unwritable)
        #expect(error.path == "/proc/anteroom")
    }

    @Test("A key whose halves do not belong together is refused")
    func damaged() throws {
        let folder = try TemporaryFolder()
        // The third line is in the middle of the modulus.
        var lines = PyJWTVectors.rs256TraditionalKey.split(separator: "\n").map(String.init)
        lines[2] = String(lines[2].reversed())
        let path = try folder.write("signing.pem", lines.joined(separator: "\n"))
        #expect(failure(path)?.code == .notAKey)
    }

    @Test("Reloading sees a new key, keeps the old ones when the file is broken, and never makes one")
    func reload() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("signing.pem", PyJWTVectors.es256Key)
        let ring = try KeyRing(keyFile: path, algorithm: .es256, now: now)
        #expect(try !ring.reload(now: now))
        try folder.write("signing.pem", "broken")
        #expect(throws: SecretFileError.self) { try ring.reload(now: now) }
        #expect(ring.keys.signing.verification.id == PyJWTVectors.es256KeyID)
        try FileManager.default.removeItem(atPath: path)
        do throws(SecretFileError) {
            try ring.reload(now: now)
            Issue.record("a missing key file went unnoticed")
        } catch {
            #expect(error.code == .missing)
        }
        #expect(try folder.names() == [])
        try folder.write("signing.pem", PyJWTVectors.es256TraditionalKey)
        #expect(try ring.reload(now: now))
        #expect(try !ring.reload(now: now))
    }
}

/// A common start for threads, and what each of them came to.
private final class RaceOutcomes: Sendable {
    static let runners = 4

    private let waiting = Atomic<Int>(0)
    private let results = Mutex<(ids: [String], salts: [BindingSalt])>(([], []))
    private let finished = DispatchSemaphore(value: 0)

    func waitForAll() {
        waiting.add(1, ordering: .acquiringAndReleasing)
        while waiting.load(ordering: .acquiring) < Self.runners { sched_yield() }
    }

    func add(_ id: String?, _ salt: BindingSalt?) {
        results.withLock {
            if let id { $0.ids.append(id) }
            if let salt { $0.salts.append(salt) }
        }
        finished.signal()
    }

    /// Blocks until all have finished.
    func all() -> (ids: [String], salts: [BindingSalt]) {
        for _ in 0..<Self.runners { finished.wait() }
        return results.withLock { $0 }
    }
}
