import Dispatch
import Synchronization

/// Signs tokens on a few threads of its own: a signature takes half a millisecond, which on an event loop would delay
/// every other request there.
package final class TokenSigner: Sendable {
    private let ring: KeyRing
    private let limit: Int
    /// Serial queues, so each has one thread at most.
    private let lanes: [DispatchQueue]
    private let turn = Atomic<UInt>(0)
    private let waiting = Atomic<Int>(0)

    /// - `threads`: How many signatures are computed at a time; at least one.
    /// - `limit`: How many may wait or be computed; beyond, callers are refused.
    package init(keys ring: KeyRing, threads: Int = 2, limit: Int = 1024) {
        self.ring = ring
        self.limit = limit
        lanes = (0..<max(1, threads)).map { DispatchQueue(label: "anteroom.sign.\($0)") }
    }

    var keys: KeySet { ring.keys }

    /// Signatures that wait or are being computed.
    package var backlog: Int { waiting.load(ordering: .relaxed) }

    /// A token signed with the key in force, in its compact form.
    package func sign(_ kind: TokenKind, _ claims: TokenClaims) async throws(SigningError) -> String {
        let result = await withCheckedContinuation { continuation in
            sign(kind, claims) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same for callers that are not tasks. `whenDone` is called once: on one of the signer's threads, or at once if
    /// the signer is overloaded.
    package func sign(
        _ kind: TokenKind, _ claims: TokenClaims, whenDone: @escaping @Sendable (Result<String, SigningError>) -> Void
    ) {
        submit(whenDone) { () throws(SigningError) in try self.signNow(kind, claims) }
    }

    /// A signed statement, which is no token: nothing is let in for it, and it does not end.
    /// - `payload`: a JSON object.
    package func sign(_ statement: StatementKind, _ payload: [UInt8]) async throws(SigningError) -> String {
        let result = await withCheckedContinuation { continuation in
            submit({ continuation.resume(returning: $0) }) { () throws(SigningError) in
                do throws(OpenSSLError) {
                    return try self.ring.keys.signing.token(type: statement.rawValue, payload: payload)
                } catch {
                    throw .failed(error)
                }
            }
        }
        return try result.get()
    }

    private func submit(
        _ whenDone: @escaping @Sendable (Result<String, SigningError>) -> Void,
        _ work: @escaping @Sendable () throws(SigningError) -> String
    ) {
        guard waiting.add(1, ordering: .relaxed).newValue <= limit else {
            waiting.subtract(1, ordering: .relaxed)
            return whenDone(.failure(.overloaded))
        }
        let lane = Int(turn.add(1, ordering: .relaxed).newValue % UInt(lanes.count))
        lanes[lane].async {
            let result = Result { () throws(SigningError) in try work() }
            self.waiting.subtract(1, ordering: .relaxed)
            whenDone(result)
        }
    }

    /// The same on the caller's thread, past the limit: for the command line.
    package func signNow(_ kind: TokenKind, _ claims: TokenClaims) throws(SigningError) -> String {
        do { return try ring.keys.signing.token(kind, claims) } catch { throw .failed(error) }
    }
}
