/// The names and contents of the files that hold keys.
///
/// The key in force is in `path`. Beside it, in `<path>.<kid>.until-<seconds since 1970>`, is the public half of each
/// retired one; its private half is not kept, since nothing may be signed with it any more. `<path>.next` is there
/// only while a rotation runs, or after one was cut short.
struct KeyFile {
    let path: String
    let algorithm: TokenAlgorithm

    /// The key in force; nil if there is no such file.
    func signingKey() throws(SecretFileError) -> SigningKey? {
        guard let key = try privateKey(path) else { return nil }
        return try signingKey(key, path)
    }

    /// The key in force, made and written first if there is none. All who do this at once get the same key.
    func signingKeyMadeIfAbsent() throws(SecretFileError) -> SigningKey {
        if let key = try signingKey() { return key }
        try stage(path)
        guard let key = try signingKey() else {
            throw SecretFileError(.missing, path, "is a link to nowhere, or was removed at once; remove the link")
        }
        return key
    }

    /// Writes a fresh key to this path unless there is a file.
    func stage(_ path: String) throws(SecretFileError) {
        let pem = try convertingErrors(path) { () throws(OpenSSLError) in
            try OpenSSLKey.generate(for: algorithm).privatePEM()
        }
        _ = try SecretFile.createOnce(path, pem, .owner)
    }

    /// The private key in a file, of whatever type; nil if there is no such file.
    func privateKey(_ path: String) throws(SecretFileError) -> OpenSSLKey? {
        guard let pem = try SecretFile.load(path, .owner) else { return nil }
        if let key = OpenSSLKey.privateKey(pem: pem) { return key }
        let text = String(decoding: pem, as: UTF8.self)
        if pem.isEmpty {
            throw SecretFileError(.notAKey, path, "is empty; remove it and a new key is made at the next start")
        }
        if text.contains("ENCRYPTED") {
            throw SecretFileError(
                .notAKey, path, "needs a pass phrase; remove it with: openssl pkey -in \(path) -out new.pem")
        }
        if text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN CERTIFICATE") {
            throw SecretFileError(.notAKey, path, "holds only a public key; name the private key's file")
        }
        throw SecretFileError(
            .notAKey, path, "is not a private key in PEM form; name another file, or remove it and a new key is made")
    }

    /// This private key ready to sign, after a trial: a file whose halves do not belong together would otherwise sign
    /// tokens that nobody accepts.
    func signingKey(_ key: OpenSSLKey, _ path: String) throws(SecretFileError) -> SigningKey {
        let signingKey = try convertingErrors(path) { () throws(OpenSSLError) in
            try SigningKey(key, algorithm: algorithm)
        }
        guard let signingKey else { throw wrongKey(key, path) }
        let isSound = try convertingErrors(path) { () throws(OpenSSLError) in
            let digest = try SHA256.digest(of: Array("anteroom".utf8))
            return try SignatureVerifier(signingKey.verification)
                .accepts(key.sign(digest, with: algorithm), digest)
        }
        guard isSound else {
            throw SecretFileError(
                .notAKey, path, "is damaged: its private half does not match its public half; restore it or remove it")
        }
        return signingKey
    }

    /// Whether the file holds a private key that could be put in force.
    func isUsable(_ path: String) -> Bool {
        guard let key = try? privateKey(path) else { return false }
        return (try? signingKey(key, path)) != nil
    }

    /// The retired keys that still verify. Those of another algorithm are left out: nothing accepts their tokens.
    func retiredKeys(now: Int64) throws(SecretFileError) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for file in retiredFiles() where now < file.until {
            // A rotation may have removed it since the folder was read.
            guard let pem = try SecretFile.load(file.path, .everybodyReads) else { continue }
            guard let key = OpenSSLKey.publicKey(pem: pem) else {
                throw SecretFileError(
                    .notAKey, file.path,
                    "is not a public key in PEM form; restore it, or remove it to refuse its tokens")
            }
            let retired = try convertingErrors(file.path) { () throws(OpenSSLError) in
                try VerificationKey(key, algorithm: algorithm, verifiesUntil: file.until)
            }
            if let retired { keys.append(retired) }
        }
        return keys
    }

    /// Keeps the public half of a key until this second since 1970.
    func retire(_ key: VerificationKey, until: Int64) throws(SecretFileError) {
        let pem = try convertingErrors(path) { () throws(OpenSSLError) in try key.key.publicPEM() }
        try SecretFile.replace("\(path).\(key.id).until-\(until)", pem, .everybodyReads)
    }

    func retiredFiles() -> [(path: String, until: Int64)] {
        let folder = SecretFile.folder(of: path)
        let prefix = SecretFile.name(of: path) + "."
        return SecretFile.names(in: folder).compactMap { name in
            guard name.hasPrefix(prefix), let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
            let suffix = name[name.utf8.index(after: dot)...]
            guard suffix.hasPrefix("until-"), let until = Int64(suffix.dropFirst(6)), until >= 0 else { return nil }
            return ("\(folder)/\(name)", until)
        }
    }

    /// Changes when any of the files does.
    func fingerprint() -> [SecretFile.Fingerprint?] {
        [SecretFile.fingerprint(path)] + retiredFiles().map { SecretFile.fingerprint($0.path) }
    }

    private func wrongKey(_ key: OpenSSLKey, _ path: String) -> SecretFileError {
        let bits = VerificationKey.rsaBits
        let needed =
            switch algorithm {
            case .rs256: "an RSA key of \(bits.lowerBound) to \(bits.upperBound) bits"
            case .es256: "a P-256 key"
            }
        return SecretFileError(
            .wrongKey, path,
            "is \(key.shape), but tokens.algorithm \(algorithm.name) needs \(needed); name another tokens.key_file, "
                + "set tokens.algorithm to fit the key, or run: anteroom keys rotate")
    }

    private func convertingErrors<Value>(
        _ path: String, _ work: () throws(OpenSSLError) -> Value
    ) throws(SecretFileError) -> Value {
        do { return try work() } catch { throw SecretFileError(.cryptography, path, error.message) }
    }
}
