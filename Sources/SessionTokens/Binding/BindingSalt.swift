/// The secret of a site that bindings are hashed with, so that a token's `bnd` says nothing about whom it is bound to.
package struct BindingSalt: Hashable, Sendable {
    let bytes: [UInt8]

    private static let length = 32

    /// The value of `IP_SALT`, as it is; nil if it is empty.
    package init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        bytes = Array(text.utf8)
    }

    /// The 32 bytes of the file `salt` in the key file's folder, made at first start (mode 0600). Of several gates that
    /// start at once, all end up with the same salt.
    package init(besideKeyFile keyFile: String) throws(SecretFileError) {
        var generator = SystemRandomNumberGenerator()
        try self.init(besideKeyFile: keyFile, using: &generator)
    }

    init(besideKeyFile keyFile: String, using generator: inout some RandomNumberGenerator) throws(SecretFileError) {
        let path = "\(SecretFile.folder(of: keyFile))/salt"
        if try SecretFile.load(path, .owner) == nil {
            let fresh = (0..<Self.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = try SecretFile.createOnce(path, fresh, .owner)
        }
        guard let bytes = try SecretFile.load(path, .owner), bytes.count == Self.length else {
            throw SecretFileError(
                .notAKey, path,
                "should hold \(Self.length) random bytes; restore it, set IP_SALT, or remove it and a new one is made "
                    + "(bound tokens of the old one are then refused)")
        }
        self.bytes = bytes
    }
}
