import RoomConfiguration
import Testing

@testable import VisitorAPI

@Suite("The page of a challenge")
struct ChallengePageTests {
    private func page(
        _ provider: ChallengeProvider = .proofOfWork, in language: Language = .english
    ) throws -> RenderedPage {
        try PageFixtures.renderer().challengePage(
            try PageFixtures.challenge(provider: provider), in: language, nonce: PageFixtures.nonce)
    }

    private func service(_ kind: CaptchaService.Kind) -> ChallengeProvider {
        .captcha(
            CaptchaService(
                kind: kind, siteKey: "site-key", secret: Secret(path: "/run/secret", text: "hush"),
                verifyURL: kind.verifyURL, failure: .wait))
    }

    @Test("It says what happens, and without JavaScript what to do", arguments: Language.allCases)
    func words(language: Language) throws {
        let text = try page(in: language).text
        for phrase in [
            Phrase.challengeHeading, .challengeText, .challengeKept, .challengeProgress, .challengeScript, .notSent,
        ] {
            #expect(text.contains(language.text(phrase)), "\(phrase)")
        }
        #expect(text.contains("<noscript>") && text.contains("aria-live=\"polite\""))
    }

    @Test("Work needs a worker of the page's own and nobody else")
    func work() throws {
        let policy = try page().contentSecurityPolicy
        #expect(policy.contains("worker-src blob:") && !policy.contains("https:"))
    }

    @Test(
        "A widget's page allows its provider, and holds the public key alone", arguments: CaptchaService.Kind.allCases)
    func widget(kind: CaptchaService.Kind) throws {
        let page = try page(service(kind))
        let host: Substring = page.text.split(separator: "src=\"https://")[1].prefix { $0 != "/" }
        #expect(page.contentSecurityPolicy.contains("script-src 'nonce-\(PageFixtures.nonce)' https://"))
        #expect(page.contentSecurityPolicy.contains(host.split(separator: ".").suffix(2).joined(separator: ".")))
        #expect(!page.contentSecurityPolicy.contains("worker-src"))
        #expect(page.text.contains("\"site-key\"") && !page.text.contains("hush"))
        #expect(!page.text.contains("[["))
        #expect(page.body.count < 14 * 1024)
    }
}
