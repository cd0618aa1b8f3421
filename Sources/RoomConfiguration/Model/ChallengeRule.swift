/// `challenge…`: who has to prove something before there is a place for them, and how.
package struct ChallengeRule: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        case off
        /// Those who look like programs.
        case suspicious
        /// Everybody.
        case always
    }

    package var mode = Mode.off
    package var provider = ChallengeProvider.proofOfWork

    package init() {}

    package var isOn: Bool { mode != .off }
}

/// What a challenge consists of.
package enum ChallengeProvider: Hashable, Sendable {
    /// A computation in the page; no third party hears of it.
    case proofOfWork
    case captcha(CaptchaService)

    /// As in `challenge_provider`, answers and metrics.
    package var name: String {
        switch self {
        case .proofOfWork: "proof_of_work"
        case .captcha(let service): service.kind.rawValue
        }
    }
}

/// A third party whose widget stands on the challenge page and whose word the gate asks for.
package struct CaptchaService: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case turnstile, hcaptcha, recaptcha

        /// Where its word is asked for.
        package var verifyURL: String {
            switch self {
            case .turnstile: "https://challenges.cloudflare.com/turnstile/v0/siteverify"
            case .hcaptcha: "https://api.hcaptcha.com/siteverify"
            case .recaptcha: "https://www.google.com/recaptcha/api/siteverify"
            }
        }
    }

    /// What becomes of an answer that nobody can judge.
    package enum Failure: String, Hashable, Sendable, CaseIterable {
        /// It counts as solved.
        case admit
        /// It has to come again.
        case wait
    }

    package var kind: Kind
    package var siteKey: String
    package var secret: Secret
    package var verifyURL: String
    package var failure: Failure

    package init(kind: Kind, siteKey: String, secret: Secret, verifyURL: String, failure: Failure) {
        self.kind = kind
        self.siteKey = siteKey
        self.secret = secret
        self.verifyURL = verifyURL
        self.failure = failure
    }
}

/// A secret from a file, as it was when the configuration was loaded: its text form is its path.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    package var description: String { path }
    package var customMirror: Mirror { Mirror(self, children: ["path": path]) }
}
