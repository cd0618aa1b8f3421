/// The keys at one moment.
package struct KeySet: Sendable {
    package let signing: SigningKey
    /// Every key that verifies or did when this was read: the one in force first, then the retired ones, those that
    /// verify longest first.
    package let verifying: [VerificationKey]

    init(signing: SigningKey, retired: [VerificationKey]) {
        self.signing = signing
        var keys = [signing.verification]
        for key in retired.sorted(by: { ($0.verifiesUntil ?? .max) > ($1.verifiesUntil ?? .max) })
        where !keys.contains(where: { $0.id == key.id }) {
            keys.append(key)
        }
        verifying = keys
    }

    /// The keys as a JWK Set (RFC 7517 §5), for those who check tokens themselves.
    /// - Parameter now: Seconds since 1970; keys that no longer verify are left out.
    package func jwks(now: Int64) -> [UInt8] {
        let keys = verifying.filter { $0.verifies(at: now) }.map { key in
            let common = #""kid":"\#(key.id)","use":"sig","alg":"\#(key.algorithm.name)""#
            let own = key.members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
            return "{\(common),\(own)}"
        }
        return Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8)
    }
}
