/// The file with the keys of the admin API (docs/ADMIN_API.md), which the configuration reads.
package enum AdminKeyFile {
    private static let length = 32

    /// Makes the file with the random key of an operator called `local`, mode 0600, unless there is one.
    /// - Returns: False if there was one already.
    package static func make(_ path: String) throws(SecretFileError) -> Bool {
        var generator = RandomReserve()
        let secret = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var text = Array(
            """
            # Keys of the admin API, one a line: a name, viewer or operator, and a key (openssl rand -hex 32).
            # Saving this file applies it.

            """.utf8)
        text += "local operator ".utf8
        Base64URL.append(secret.span, to: &text)
        text.append(UInt8(ascii: "\n"))
        return try SecretFile.createOnce(path, text, .owner)
    }
}
