import RoomConfiguration
import Testing

@Suite("The keys of challenges")
struct ChallengeTests {
    private let captcha = [
        "challenge: always", "challenge_provider: hcaptcha", "challenge_site_key: 10000000-ffff",
        "challenge_secret_file: secret", "challenge_failure: admit",
    ]

    private func rule(_ lines: [String], secret: String = "hush\n") throws -> ChallengeRule {
        let text = (["rooms:", "  - id: shop", "    target_url: http://127.0.0.1:9000"] + lines.map { "    " + $0 })
            .joined(separator: "\n")
        return try load(text, other: ["secret": secret]).get().rooms[0].challenge
    }

    private func mistakes(_ lines: [String], secret: String = "hush") -> [String] {
        do {
            _ = try rule(lines, secret: secret)
            return []
        } catch {
            return (error as? ConfigurationMistakes)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    @Test("Without them nobody is asked")
    func off() throws {
        let rule = try rule([])
        #expect(!rule.isOn && rule.provider == .proofOfWork)
    }

    @Test("Proof of work needs nothing else", arguments: ["suspicious", "always"])
    func proofOfWork(mode: String) throws {
        let rule = try rule(["challenge: \(mode)", "challenge_provider: proof_of_work"])
        #expect(rule.mode.rawValue == mode && rule.provider == .proofOfWork)
    }

    @Test("A captcha's secret is read from its file, and its address is the provider's own unless written")
    func captchaKeys() throws {
        guard case .captcha(let service) = try rule(captcha).provider else {
            Issue.record("no captcha")
            return
        }
        #expect(service.kind == .hcaptcha && service.siteKey == "10000000-ffff" && service.failure == .admit)
        #expect(service.secret.text == "hush" && "\(service)".contains("hush") == false)
        #expect(service.verifyURL == "https://api.hcaptcha.com/siteverify")
        let other = try rule(captcha + ["challenge_verify_url: http://127.0.0.1:9/verify"]).provider
        guard case .captcha(let service) = other else { return }
        #expect(service.verifyURL == "http://127.0.0.1:9/verify")
    }

    @Test("What is missing of a captcha is named, each with what would be right")
    func missing() {
        let said = mistakes(["challenge: always", "challenge_provider: turnstile"])
        #expect(said.count == 3)
        #expect(said.contains { $0.contains("challenge_failure: is missing") && $0.contains("admit or wait") })
        #expect(said.contains { $0.contains("challenge_site_key: is missing") })
        #expect(said.contains { $0.contains("challenge_secret_file: is missing") })
    }

    @Test("Keys of a captcha beside proof of work are a mistake")
    func surplus() {
        let said = mistakes(["challenge: always", "challenge_failure: wait"])
        #expect(said.count == 1 && said[0].contains("proof_of_work has none"))
    }

    @Test(
        "A secret is one line of ASCII, and no message repeats it",
        arguments: ["", "a b", "pass\nword", "gehe\u{ef}m"])
    func secrets(text: String) {
        let said = mistakes(captcha, secret: text)
        #expect(said.count == 1 && said[0].contains("does not hold one secret"))
        #expect(text.isEmpty || !said[0].contains(text))
    }

    @Test("Unknown words are named", arguments: ["challenge: on", "challenge_provider: arkose"])
    func words(line: String) {
        #expect(mistakes([line]).count == 1)
    }
}
