/// Reads the secrets that a configuration names, each a file of one line that only its owner may read.
struct SecretReader {
    static let sizeLimit = 4096

    let files: ConfiguredFiles

    /// The secret named by `key`; nil if none is named, or after refusing it.
    func secret(at key: String, of section: Section) -> Secret? {
        guard let name = section.readOptional(key, .text) else { return nil }
        let path = files.path(of: name)
        do throws(Mistake) {
            return Secret(path: path, text: try text(of: path))
        } catch {
            section.refuse(key, error)
            return nil
        }
    }

    private func text(of path: String) throws(Mistake) -> String {
        let bytes = try files.read(path, limit: Self.sizeLimit)
        if let mode = files.access.exposure(path) {
            throw Mistake("\(path.quoted) is open to others (mode \(mode))", "run: chmod 0600 \(path)")
        }
        let line = bytes.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        let rest = bytes.drop { $0 <= 0x20 }.dropFirst(line.count)
        guard !line.isEmpty, line.allSatisfy({ $0 < 0x7f }), rest.allSatisfy({ $0 <= 0x20 }) else {
            // What stands there is not repeated.
            throw Mistake("\(path.quoted) does not hold one secret", "write it on one line, in ASCII")
        }
        return String(decoding: line, as: UTF8.self)
    }
}
