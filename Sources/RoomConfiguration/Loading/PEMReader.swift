/// Reads the certificates and keys that a configuration names.
struct PEMReader {
    static let sizeLimit = 1024 * 1024

    let files: ConfiguredFiles
    let checks: PEMChecks

    /// The pair named by two keys; nil if neither is written, or after refusing them.
    func pair(certificate: String, key: String, of section: Section) -> CertificateFiles? {
        let chain = file(at: certificate, of: section)
        let secret = file(at: key, of: section)
        refuseHalf(certificate, without: key, of: section)
        refuseHalf(key, without: certificate, of: section)
        guard let chain, let secret else { return nil }
        let pair = CertificateFiles(certificate: chain, key: secret)
        guard let flaw = checks.pair(pair) else { return pair }
        switch flaw.file {
        case .certificate: section.refuse(certificate, Mistake("\(chain.path.quoted) \(flaw.wrong)", flaw.remedy))
        case .key: section.refuse(key, Mistake("\(secret.path.quoted) \(flaw.wrong)", flaw.remedy))
        }
        return nil
    }

    /// The authorities named by `key`; nil if none are named, or after refusing them.
    func authorities(at key: String, of section: Section) -> PEMFile? {
        guard let file = file(at: key, of: section) else { return nil }
        guard let flaw = checks.authorities(file) else { return file }
        section.refuse(key, Mistake("\(file.path.quoted) \(flaw.wrong)", flaw.remedy))
        return nil
    }

    private func file(at key: String, of section: Section) -> PEMFile? {
        guard let name = section.readOptional(key, .text) else { return nil }
        let path = files.path(of: name)
        do throws(Mistake) {
            return PEMFile(path: path, bytes: try files.read(path, limit: Self.sizeLimit))
        } catch {
            section.refuse(key, error)
            return nil
        }
    }

    private func refuseHalf(_ key: String, without other: String, of section: Section) {
        guard section.isWritten(key), !section.isWritten(other) else { return }
        section.refuse(key, Mistake("stands without \(other)", "write both"))
    }
}

/// What is wrong with the content of PEM files. Whoever speaks TLS knows; here nobody does.
package struct PEMChecks: Sendable {
    /// One of a pair that cannot be used.
    package struct Flaw: Hashable, Sendable {
        package enum File: Hashable, Sendable {
            case certificate, key
        }

        package var file: File
        /// Follows the file's name.
        package var wrong: String
        package var remedy: String

        package init(_ file: File, _ wrong: String, _ remedy: String) {
            self.file = file
            self.wrong = wrong
            self.remedy = remedy
        }
    }

    package var pair: @Sendable (CertificateFiles) -> Flaw?
    package var authorities: @Sendable (PEMFile) -> Flaw?

    package init(
        pair: @escaping @Sendable (CertificateFiles) -> Flaw? = { _ in nil },
        authorities: @escaping @Sendable (PEMFile) -> Flaw? = { _ in nil }
    ) {
        self.pair = pair
        self.authorities = authorities
    }
}
