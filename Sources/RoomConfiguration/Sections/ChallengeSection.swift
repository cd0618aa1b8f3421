/// The keys of a room that begin with `challenge`.
extension ChallengeRule {
    /// The names of `challenge_provider`.
    private enum ProviderName: String, CaseIterable {
        case proofOfWork = "proof_of_work"
        case turnstile, hcaptcha, recaptcha
    }

    private static let captchaKeys = [
        "challenge_site_key", "challenge_secret_file", "challenge_verify_url", "challenge_failure",
    ]

    init(reading section: Section, secrets: SecretReader) {
        self.init()
        section.read("challenge", into: &mode, .choice)
        var name = ProviderName.proofOfWork
        section.read("challenge_provider", into: &name, .choice)
        guard let kind = CaptchaService.Kind(rawValue: name.rawValue) else {
            guard section.areSound("challenge_provider") else { return }
            for key in Self.captchaKeys where section.isWritten(key) {
                section.refuse(
                    key, Mistake("proof_of_work has none", "remove the line, or write another challenge_provider"))
            }
            return
        }
        if let service = CaptchaService(reading: section, kind: kind, secrets: secrets) { provider = .captcha(service) }
    }
}

extension CaptchaService {
    /// Nil after refusing it.
    fileprivate init?(reading section: Section, kind: Kind, secrets: SecretReader) {
        let siteKey = section.require(
            "challenge_site_key", .siteKey, remedy: "write the one that \(kind.rawValue) gave you for this site")
        if !section.isWritten("challenge_secret_file") {
            section.refuse(
                "challenge_secret_file",
                Mistake("is missing", "name a file that holds the secret of \(kind.rawValue)"))
        }
        let secret = secrets.secret(at: "challenge_secret_file", of: section)
        let failure: Failure? = section.require(
            "challenge_failure", .choice,
            remedy: "write what becomes of visitors while \(kind.rawValue) does not answer: admit or wait")
        var verifyURL = kind.verifyURL
        if let url = section.readOptional("challenge_verify_url", .verifyURL) { verifyURL = url }
        guard let siteKey, let secret, let failure else { return nil }
        self.init(kind: kind, siteKey: siteKey, secret: secret, verifyURL: verifyURL, failure: failure)
    }
}

extension ScalarForm<String> {
    /// A public key of a provider: it stands in the page.
    fileprivate static var siteKey: Self {
        ScalarForm { text throws(Mistake) in
            let isPlain = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard isPlain, (1...128).contains(text.utf8.count) else {
                throw Mistake("\(text.quoted) is not a site key", "write 1 to 128 letters, digits, - and _")
            }
            return text
        }
    }

    /// An http or https URL, kept as it is written.
    fileprivate static var verifyURL: Self {
        ScalarForm { text throws(Mistake) in
            _ = try ScalarForm<Origin>.httpURL.parse(text)
            return text
        }
    }
}
