import Foundation
import Testing
import WaitingRoom

@testable import SessionTokens

/// PyJWT on pyca/cryptography as an independent oracle: as fixed vectors, and live where it is installed.
@Suite("Agreement with PyJWT")
struct PyJWTTests {
    @Test("Tokens that PyJWT signed are accepted with the claims that they were given")
    func vectors() throws {
        for (algorithm, position, session) in [
            (TokenAlgorithm.rs256, PyJWTVectors.rs256PositionToken, PyJWTVectors.rs256SessionToken),
            (.es256, PyJWTVectors.es256PositionToken, PyJWTVectors.es256SessionToken),
        ] {
            let fixture = try TokenFixture(algorithm)
            let place = try fixture.claims(of: position, as: .position)
            #expect(place == (try TokenFixture.claims(.position)))
            let through = try fixture.claims(of: session, as: .session)
            #expect(through.positionID == place.positionID)
            #expect(through.sessionID == SessionID("0198c0de-0000-8000-8000-00000000000b"))
            #expect(through.binding == BindingDigest(prefixOf: Array(0..<16)))
            #expect(through.expiresAt == PyJWTVectors.issuedAt + 300)
            #expect(fixture.refusal(session, as: .position) == .wrongKind)
        }
    }

    @Test("PyJWT accepts our tokens by our JWK Set, and we accept its", arguments: TokenAlgorithm.allCases)
    func live(algorithm: TokenAlgorithm) throws {
        guard try Self.python(["-c", "import jwt, cryptography"], input: Data()) != nil else {
            print("Skipped: PyJWT is not installed (pip install pyjwt cryptography)")
            return
        }
        let fixture = try TokenFixture(algorithm)
        var claims = try (0..<10).map { try TokenFixture.claims(.session, position: $0) }
        for index in claims.indices { claims[index].binding = BindingDigest(prefixOf: Array(repeating: 7, count: 16)) }
        let json = try claims.map { try JSONSerialization.jsonObject(with: Data($0.json())) }
        let task: [String: Any] = [
            "algorithm": algorithm.name, "kid": fixture.keyID, "key": fixture.keyFile, "claims": json,
            "jwks": try JSONSerialization.jsonObject(with: Data(fixture.ring.keys.jwks(now: fixture.now))),
            "tokens": try claims.map { try fixture.signer.signNow(.session, $0) },
        ]
        let oracle = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/oracle.py").path
        let output = try #require(
            try Self.python([oracle], input: JSONSerialization.data(withJSONObject: task)))
        let answer = try #require(try JSONSerialization.jsonObject(with: output) as? [String: [Any]])
        let decoded = try #require(answer["decoded"] as? [[String: NSDictionary]])
        #expect(decoded.map { $0["claims"] } == json.map { $0 as? NSDictionary })
        for entry in decoded {
            let header: NSDictionary = ["alg": algorithm.name, "kid": fixture.keyID, "typ": "session+jwt"]
            #expect(entry["header"] == header)
        }
        let signed = try #require(answer["signed"] as? [String])
        #expect(signed.count == claims.count)
        for (token, claims) in zip(signed, claims) {
            #expect(try fixture.claims(of: token, as: .session) == claims)
        }
    }

    /// What `python3` writes to its standard output; nil if it cannot be run or fails.
    private static func python(_ arguments: [String], input: Data) throws -> Data? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = FileHandle.nullDevice
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: input)
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? output : nil
    }
}
