import Dispatch
import Synchronization
import Testing
import WaitingRoom

@testable import SessionTokens

@Suite("Signing")
struct TokenSignerTests {
    @Test("Tokens signed side by side are all good", arguments: TokenAlgorithm.allCases)
    func concurrent(algorithm: TokenAlgorithm) async throws {
        let fixture = try TokenFixture(algorithm)
        let signer = fixture.signer
        let claims = try (0..<200).map { try TokenFixture.claims(.session, position: UInt64($0)) }
        let tokens = try await withThrowingTaskGroup(of: (TokenClaims, String).self) { group in
            for claims in claims { group.addTask { (claims, try await signer.sign(.session, claims)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (claims, token) in tokens {
            #expect(try fixture.claims(of: token, as: .session) == claims)
        }
        #expect(signer.backlog == 0)
    }

    @Test("Beyond its limit the signer refuses at once, and takes on more when it has caught up")
    func overload() throws {
        let fixture = try TokenFixture(.es256)
        let signer = TokenSigner(keys: fixture.ring, threads: 1, limit: 2)
        let claims = try TokenFixture.claims(.session)
        let (started, hold, done) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        // The only thread is kept in the first one's end, so that the next two stay.
        signer.sign(.session, claims) { _ in
            started.signal()
            hold.wait()
        }
        started.wait()
        let results = Mutex<[Result<String, SigningError>]>([])
        for _ in 0..<3 {
            signer.sign(.session, claims) { result in
                results.withLock { $0.append(result) }
                done.signal()
            }
        }
        done.wait()
        #expect(results.withLock { $0 } == [.failure(.overloaded)])
        #expect(signer.backlog == 2)
        hold.signal()
        done.wait()
        done.wait()
        #expect(signer.backlog == 0)
        signer.sign(.session, claims) { result in
            results.withLock { $0.append(result) }
            done.signal()
        }
        done.wait()
        let tokens = results.withLock { $0.dropFirst().compactMap { try? $0.get() } }
        #expect(tokens.count == 3)
        for token in tokens { #expect(fixture.refusal(token) == nil) }
    }

    @Test("After a rotation new tokens carry the new key")
    func rotation() async throws {
        let fixture = try TokenFixture(.es256)
        let old = try await fixture.signer.sign(.session, TokenFixture.claims(.session))
        _ = try KeyRing.rotate(keyFile: fixture.keyFile, algorithm: .es256, verifyFor: 600, now: fixture.now)
        try fixture.ring.reload(now: fixture.now)
        let new = try await fixture.signer.sign(.session, TokenFixture.claims(.session))
        #expect(old.split(separator: ".").first != new.split(separator: ".").first)
        #expect(fixture.refusal(old) == nil)
        #expect(fixture.refusal(new) == nil)
    }
}
