/// Reads the templates that a configuration names.
struct TemplateReader {
    static let sizeLimit = 256 * 1024

    let files: ConfiguredFiles
    /// What is wrong with a template's syntax; nil if nothing.
    let check: (String) -> String?

    /// The template named by `key`; nil if none is named, or after refusing it.
    func template(at key: String, of section: Section) -> TemplateFile? {
        guard let name = section.readOptional(key, .text) else { return nil }
        let path = files.path(of: name)
        do throws(Mistake) {
            return TemplateFile(path: path, source: try source(of: path))
        } catch {
            section.refuse(key, error)
            return nil
        }
    }

    private func source(of path: String) throws(Mistake) -> String {
        let bytes = try files.read(path, limit: Self.sizeLimit)
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
