/// A language that the gate's pages speak, by its primary subtag (RFC 5646 §2.2.1).
package enum Language: String, Hashable, Sendable, CaseIterable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
    case italian = "it"
    case portuguese = "pt"
    case dutch = "nl"
    case polish = "pl"
    case ukrainian = "uk"
    case arabic = "ar"

    /// As the `lang` attribute and the `Content-Language` field have it.
    package var tag: String { rawValue }

    /// `rtl` or `ltr`, as the `dir` attribute has it.
    package var direction: String { self == .arabic ? "rtl" : "ltr" }

    var phrases: [Phrase: String] {
        switch self {
        case .english: Phrase.english
        case .german: Phrase.german
        case .french: Phrase.french
        case .spanish: Phrase.spanish
        case .italian: Phrase.italian
        case .portuguese: Phrase.portuguese
        case .dutch: Phrase.dutch
        case .polish: Phrase.polish
        case .ukrainian: Phrase.ukrainian
        case .arabic: Phrase.arabic
        }
    }

    /// A phrase in this language; in English where a translation is missing (the tests see to it that none is).
    func text(_ phrase: Phrase) -> String { phrases[phrase] ?? Phrase.english[phrase] ?? "" }
}
