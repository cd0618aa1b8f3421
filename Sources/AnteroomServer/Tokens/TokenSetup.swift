package import RoomConfiguration
import SessionTokens
import VisitorAPI
package import WaitingRoom

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension KeyRing {
    /// The keys that the configuration names; made if absent.
    static func open(_ tokens: TokenConfiguration, now: Int64) throws(SecretFileError) -> KeyRing {
        try KeyRing(keyFile: tokens.keyFile, algorithm: TokenAlgorithm(tokens.algorithm), now: now)
    }
}

extension BindingSalt {
    /// That of the environment, or of the file beside the key.
    static func open(_ tokens: TokenConfiguration) throws(SecretFileError) -> BindingSalt {
        if let salt = tokens.salt.flatMap({ BindingSalt($0) }) { return salt }
        return try BindingSalt(besideKeyFile: tokens.keyFile)
    }
}

extension TokenAlgorithm {
    fileprivate init(_ algorithm: TokenConfiguration.Algorithm) {
        switch algorithm {
        case .rs256: self = .rs256
        case .es256: self = .es256
        }
    }
}

/// What `anteroom keys` does.
package enum KeyCommands {
    /// What a gate that has not yet been told may take to read the keys again, in seconds.
    private static let reloadTime: Int64 = 600

    /// Makes a new signing key.
    /// - Parameter span: for how long at least the old one goes on verifying.
    /// - Returns: what was done, for a person.
    package static func rotate(
        _ tokens: TokenConfiguration, keepingOldFor span: Milliseconds = Milliseconds(0)
    ) throws -> String {
        try requireKey(tokens)
        let rotation = try KeyRing.rotate(
            keyFile: tokens.keyFile, algorithm: TokenAlgorithm(tokens.algorithm),
            verifyFor: max(tokens.lifetime.count / 1000 + reloadTime, span.count / 1000),
            now: SystemClock.now.milliseconds / 1000)
        var lines = ["\(tokens.keyFile): new key \(rotation.keyID) signs from now on"]
        if let retired = rotation.retiredKeyID, let until = rotation.retiredVerifiesUntil {
            lines.append("the old key \(retired) goes on verifying until \(Self.time(until))")
        }
        lines.append("send SIGHUP to running gates so that they sign with it")
        return lines.joined(separator: "\n")
    }

    /// One line for each key.
    package static func list(_ tokens: TokenConfiguration) throws -> [String] {
        let now = SystemClock.now.milliseconds / 1000
        try requireKey(tokens)
        let keys = try KeyRing.open(tokens, now: now).keys
        return keys.verifying.map { key in
            let use = key.verifiesUntil.map { "verifies until \(Self.time($0))" } ?? "signs and verifies"
            return "\(key.id)  \(key.algorithm.name)  \(key.bits) bits  \(use)"
        }
    }

    /// Whoever looks for a gate's keys in the wrong folder is told so, instead of being given new ones.
    static func requireKey(_ tokens: TokenConfiguration) throws(SecretFileError) {
        guard access(tokens.keyFile, F_OK) != 0 else { return }
        throw SecretFileError(
            .missing, tokens.keyFile,
            "is not there; a gate makes it at its first start. A relative path counts from the current folder: change to "
                + "the one that the gate runs in")
    }

    static func time(_ seconds: Int64) -> String {
        Timestamp(milliseconds: seconds * 1000).rfc3339
    }
}
