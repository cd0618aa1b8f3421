/// The files that a configuration names, read while it is loaded.
struct ConfiguredFiles {
    let access: FileAccess
    /// Where relative paths start: the configuration file's folder, empty or with a slash at the end.
    let folder: String
    /// Told each path before it is read.
    let willRead: (String) -> Void

    /// As found from the working directory.
    func path(of name: String) -> String { name.hasPrefix("/") ? name : folder + name }

    /// - Parameter limit: In bytes.
    func read(_ path: String, limit: Int) throws(Mistake) -> [UInt8] {
        willRead(path)
        do throws(FileProblem) {
            return try access.read(path, limit)
        } catch {
            throw Mistake(error, of: path, limit: limit)
        }
    }
}

extension Mistake {
    init(_ problem: FileProblem, of path: String, limit: Int) {
        switch problem {
        case .tooLarge: self.init("\(path.quoted) is too large", "write at most \(limit / 1024)KiB")
        case .notRegular: self.init("\(path.quoted) is not a regular file", "name a file")
        case .system(let words):
            self.init("\(path.quoted) cannot be read: \(words)", "name a file that this user may read")
        }
    }
}
