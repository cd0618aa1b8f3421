package import RoomConfiguration

/// A key of the admin API, and where it was found. It is in no message.
package struct AdminCredential: Hashable, Sendable {
    /// In bytes.
    private static let fileLimit = 64 * 1024

    package let text: String
    /// Such as `the key "local" of var/keys/admin.keys`.
    package let source: String

    /// That of the environment variable `ANTEROOM_ADMIN_KEY`; nil if that is not set.
    package init?(environment: [String: String]) throws(AdminRefusal) {
        guard let text = environment["ANTEROOM_ADMIN_KEY"], !text.isEmpty else { return nil }
        guard AdminKey.isKey(text) else {
            throw AdminRefusal(.key, "ANTEROOM_ADMIN_KEY is not a key; \(Self.form)")
        }
        self.text = text
        source = "the key of ANTEROOM_ADMIN_KEY"
    }

    /// The first operator's key of a file of keys (`<name> <role> <key>` in each line), or else its first key; or the key
    /// that stands there alone.
    package init(file path: String, _ files: FileAccess = .system) throws(AdminRefusal) {
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try files.read(path, Self.fileLimit)
        } catch {
            throw AdminRefusal(
                .key,
                "\(path) cannot be read: \(error.words); name a file with your key by --key-file, or set "
                    + "ANTEROOM_ADMIN_KEY")
        }
        if let mode = files.exposure(path) {
            throw AdminRefusal(.key, "\(path) is open to others (mode \(mode)); run: chmod 0600 \(path)")
        }
        var found: (entry: Entry, isOperator: Bool)?
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where found?.isOperator != true {
            let words = String(decoding: line, as: UTF8.self).split { $0.isWhitespace }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard let entry = Entry(words) else {
                // The line is not repeated: it may hold a key.
                throw AdminRefusal(
                    .key, "\(path), line \(number + 1): is neither a key nor a name, a role and a key; \(Self.form)")
            }
            if entry.isOperator || found == nil { found = (entry, entry.isOperator) }
        }
        guard let entry = found?.entry else { throw AdminRefusal(.key, "\(path) holds no key; \(Self.form)") }
        text = entry.key
        source = entry.name.map { "the key \"\($0)\" of \(path)" } ?? "the key of \(path)"
    }

    private static let form = "a key has \(AdminKey.lengths.lowerBound) characters or more of A-Z a-z 0-9 _ -"

    /// One line of a file.
    private struct Entry {
        var name: String?
        var isOperator: Bool
        var key: String

        init?(_ words: [Substring]) {
            guard let key = words.last, AdminKey.isKey(key), words.count == 1 || words.count == 3 else {
                return nil
            }
            self.key = String(key)
            name = words.count == 3 ? String(words[0]).printable : nil
            // A key alone is taken for the operator's own.
            isOperator = words.count == 1 || words[1] == AdminRole.operator.rawValue
        }
    }
}

extension FileProblem {
    fileprivate var words: String {
        switch self {
        case .tooLarge: "it is too large"
        case .notRegular: "it is not a regular file"
        case .system(let words): words
        }
    }
}
