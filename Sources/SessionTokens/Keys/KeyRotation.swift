/// What a rotation did.
package struct KeyRotation: Hashable, Sendable {
    /// The `kid` of the key that is in force now.
    package let keyID: String
    /// The `kid` of the key that was; nil if there was none or it was of another algorithm.
    package let retiredKeyID: String?
    /// Until when tokens of the retired key are accepted, in seconds since 1970.
    package let retiredVerifiesUntil: Int64?
}

extension KeyRing {
    /// Puts a fresh key in force and keeps the old one's public half for as long as its tokens live. Running gates
    /// take it up at their next reload. Safe at any time and to be repeated: no moment is without a key, and a rotation
    /// that was cut short is finished by the next one.
    /// - `verifyFor`: Seconds that the old key goes on to verify: the life of a token, and the time that the slowest gate
    ///   takes to reload.
    /// - `now`: Seconds since 1970.
    package static func rotate(
        keyFile path: String, algorithm: TokenAlgorithm, verifyFor: Int64, now: Int64
    ) throws(SecretFileError) -> KeyRotation {
        let file = KeyFile(path: path, algorithm: algorithm)
        let next = "\(path).next"
        for stale in file.retiredFiles() where stale.until <= now { SecretFile.remove(stale.path) }
        if !file.isUsable(next) { SecretFile.remove(next) }
        // A usable one was left behind by a rotation that was cut short: then nothing is written here.
        try file.stage(next)
        // Read only now: another rotation may have ended a moment ago, and what it put in force is what is retired.
        var retired: VerificationKey?
        if let old = try file.privateKey(path) { retired = (try? file.signingKey(old, path))?.verification }
        if let retired { try file.retire(retired, until: now + verifyFor) }
        // Where the staged key is gone, another rotation has put it in force: the outcome is the same.
        _ = try SecretFile.move(next, to: path)
        guard let key = try file.signingKey() else {
            throw SecretFileError(.missing, path, "is gone again; look who removes it")
        }
        return KeyRotation(
            keyID: key.verification.id, retiredKeyID: retired?.id,
            retiredVerifiesUntil: retired == nil ? nil : now + verifyFor)
    }
}
