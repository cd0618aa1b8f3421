import Synchronization

/// The keys of a gate, as its key file and the retired keys beside it have them.
///
/// Tokens are signed with the key in force and accepted from retired ones too, until their time is over. All gates
/// share the files. After a rotation each gate goes on with the keys that it knows until `reload(now:)`; what it must
/// not do meanwhile is to refuse what another gate signs with the new key, so on `TokenError.unknownKey` it asks
/// `claimsReload(now:)` and reloads.
package final class KeyRing: Sendable {
    /// Seconds between two reloads for the sake of an unknown key: such tokens cost an attacker nothing to make.
    package static let reloadPause: Int64 = 3

    private struct State {
        var keys: KeySet
        var fingerprint: [SecretFile.Fingerprint?]
        var lastClaim: Int64
    }

    private let file: KeyFile
    private let state: Mutex<State>
    private let generationCounter = Atomic<UInt>(0)

    /// Reads the keys. If there is no key file, makes one (mode 0600, its folders 0700), which takes up to half a
    /// second; of several gates that start at once, all end up with the same key.
    /// - `now`: Seconds since 1970.
    package init(keyFile path: String, algorithm: TokenAlgorithm, now: Int64) throws(SecretFileError) {
        file = KeyFile(path: path, algorithm: algorithm)
        let fingerprint = file.fingerprint()
        let signing = try file.signingKeyMadeIfAbsent()
        let keys = KeySet(signing: signing, retired: try file.retiredKeys(now: now))
        // Where the key was made only now the fingerprint is already out of date: the first reload reads once more.
        state = Mutex(State(keys: keys, fingerprint: fingerprint, lastClaim: now - Self.reloadPause))
    }

    package var algorithm: TokenAlgorithm { file.algorithm }

    /// The keys of the last reading that succeeded.
    package var keys: KeySet { state.withLock { $0.keys } }

    /// Changes whenever `keys` may have.
    var generation: UInt { generationCounter.load(ordering: .acquiring) }

    /// Reads the files again if they have changed. Blocks on the disk for some microseconds, after a change for
    /// milliseconds. If it throws, the keys are as they were; it never makes a key.
    /// - Returns: Whether anything had changed.
    @discardableResult
    package func reload(now: Int64) throws(SecretFileError) -> Bool {
        let fingerprint = file.fingerprint()
        if state.withLock({ $0.fingerprint == fingerprint }) { return false }
        guard let signing = try file.signingKey() else {
            throw SecretFileError(.missing, file.path, "is gone; restore it, or restart to have a new key made")
        }
        // Read after the key in force: a rotation retires the old key before it puts the new one in its place.
        let keys = KeySet(signing: signing, retired: try file.retiredKeys(now: now))
        state.withLock {
            $0.keys = keys
            $0.fingerprint = fingerprint
        }
        generationCounter.add(1, ordering: .releasing)
        return true
    }

    /// Whether the caller, who met an unknown key, should reload now: true for one caller each `reloadPause`.
    package func claimsReload(now: Int64) -> Bool {
        state.withLock { state in
            guard now < state.lastClaim || now - state.lastClaim >= Self.reloadPause else { return false }
            state.lastClaim = now
            return true
        }
    }
}
