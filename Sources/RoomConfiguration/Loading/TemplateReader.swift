/// Reads the templates that a configuration names.
struct TemplateReader {
    static let sizeLimit = 256 * 1024

    let files: FileAccess
    /// Where relative paths start: the configuration file's folder, empty or with a slash at the end.
    let folder: String
    /// What is wrong with a template's syntax; nil if nothing.
    let check: (String) -> String?
    /// Told each path before it is read.
    let willRead: (String) -> Void

    /// The template named by `key`; nil if none is named, or after refusing it.
    func template(at key: String, of section: Section) -> TemplateFile? {
        guard let name = section.readOptional(key, .text) else { return nil }
        let path = name.hasPrefix("/") ? name : folder + name
        willRead(path)
        do throws(Mistake) {
            return TemplateFile(path: path, source: try source(of: path))
        } catch {
            section.refuse(key, error)
            return nil
        }
    }

    private func source(of path: String) throws(Mistake) -> String {
        let bytes: [UInt8]
        do throws(FileProblem) {
            bytes = try files.read(path, Self.sizeLimit)
        } catch {
            throw Mistake(error, of: path, limit: Self.sizeLimit)
        }
        guard let source = String(validating: bytes, as: UTF8.self) else {
            throw Mistake("\(path.quoted) is not UTF-8", "save it as UTF-8")
        }
        if let problem = check(source) {
            let line = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
            throw Mistake("\(path.quoted) is not a template: \(line)", "correct it")
        }
        return source
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
