import WaitingRoom

/// Reads the keys of the admin API: one a line, `<name> <role> <key>`, in a file that only its owner may read.
struct AdminKeyReader {
    static let sizeLimit = 64 * 1024
    private static let keyPath = "admin.keys_file"
    private static let example =
        "write a name, viewer or operator, and a key of at least \(AdminKey.lengths.lowerBound) characters"

    let files: ConfiguredFiles

    /// The keys of a file, found from the working directory; nil if there is none yet, or after refusing it.
    func keys(at path: String, _ reading: Reading) -> [AdminKey]? {
        files.willRead(path)
        guard files.access.stamp(path) != nil else { return nil }
        do throws(Mistake) {
            let bytes = try files.read(path, limit: Self.sizeLimit)
            if let mode = files.access.exposure(path) {
                throw Mistake("\(path.quoted) is open to others (mode \(mode))", "run: chmod 0600 \(path)")
            }
            return parse(bytes, path: path, reading)
        } catch {
            reading.refuse(error, ofFile: path, path: Self.keyPath)
            return nil
        }
    }

    /// What stands there is not repeated: it may be a key in the wrong place.
    private func parse(_ bytes: [UInt8], path: String, _ reading: Reading) -> [AdminKey]? {
        var keys: [AdminKey] = []
        var isSound = true
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            do throws(Mistake) {
                keys.append(try key(words.map { String(decoding: $0, as: UTF8.self) }, besides: keys))
            } catch {
                isSound = false
                reading.refuse(error, inLine: index + 1, of: path, path: Self.keyPath)
            }
        }
        return isSound ? keys : nil
    }

    private func key(_ words: [String], besides keys: [AdminKey]) throws(Mistake) -> AdminKey {
        guard words.count == 3 else { throw Mistake("the line has \(words.count) words, not 3", Self.example) }
        guard let name = OperatorName(words[0]) else {
            throw Mistake(
                "the first word is not a name", "write 1 to 64 letters, digits, dots, underscores and hyphens")
        }
        guard let role = AdminRole(rawValue: words[1]) else {
            throw Mistake("the second word is not a role", "write viewer or operator")
        }
        let key = words[2]
        guard AdminKey.isKey(key) else {
            throw Mistake(
                "the key is not \(AdminKey.lengths.lowerBound) to \(AdminKey.lengths.upperBound) characters of A-Z, a-z, "
                    + "0-9, _ and -", "make one: openssl rand -hex 32")
        }
        if keys.contains(where: { $0.name == name }) {
            throw Mistake("\(name.text.quoted) has a key already", "give each key a name of its own")
        }
        if let other = keys.first(where: { $0.key == key }) {
            throw Mistake("the key is that of \(other.name.text.quoted)", "make another: openssl rand -hex 32")
        }
        return AdminKey(name: name, role: role, key: key)
    }
}
