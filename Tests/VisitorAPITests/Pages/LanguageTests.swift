import Testing

@testable import VisitorAPI

@Suite("The language of a page")
struct LanguageTests {
    @Test(
        "Accept-Language is read as RFC 9110 §12.5.4 says",
        arguments: [
            ("de", Language.german), ("de-CH", .german), ("DE-ch", .german), ("fr-CA, en;q=0.5", .french),
            ("en;q=0.5, fr", .french), ("en;q=0.5, fr;q=0.5", .english), ("nl;q=0.499, pl;q=0.5", .polish),
            ("ja, ko;q=0.9, it;q=0.1", .italian), ("zh-Hant-TW", .english), ("", .english), (" , ,uk", .ukrainian),
            ("*", .english), ("es;q=0.3, *;q=0.1", .spanish), ("en;q=0, *", .german), ("ar-EG,ar;q=0.9", .arabic),
            ("de;q=0, de", .english), ("de-CH;q=0, de;q=0.2", .german), ("ja, en;q=0.8, *;q=0.9", .english),
            ("pt-BR , en ; q=0.8", .portuguese), ("fr ; q=0.2 , es;Q=0.3", .spanish), ("fr;q=1.000", .french),
        ])
    func negotiation(value: String, expected: Language) {
        #expect(Language.negotiate(acceptLanguage: value) == expected)
    }

    @Test(
        "A range that breaks the grammar is ignored",
        arguments: [
            "de;q=2", "de;q=1.5", "de;q=", "de;q", "de;", "de;q=0.1234", "de;q=0.x", "d€", "de fr", "de;level=1",
            "deutschland", "-de", "de;q=0.5 x", "1de",
        ])
    func malformed(range: String) {
        #expect(Language.negotiate(acceptLanguage: "\(range), it;q=0.01") == .italian)
    }

    @Test("A missing field is English")
    func missing() {
        #expect(Language.negotiate(acceptLanguage: nil) == .english)
    }

    @Test("Only the first kilobyte of the field is read")
    func bounded() {
        let padding = String(repeating: "ja,", count: 400)
        #expect(Language.negotiate(acceptLanguage: padding + "de") == .english)
        #expect(Language.negotiate(acceptLanguage: "de," + padding) == .german)
    }

    @Test("Every language has every phrase, none of them empty", arguments: Language.allCases)
    func complete(language: Language) {
        for phrase in Phrase.allCases {
            #expect(language.phrases[phrase]?.isEmpty == false, "\(language) lacks \(phrase)")
        }
    }

    @Test("Sentences are translated, not left in English", arguments: Language.allCases.filter { $0 != .english })
    func translated(language: Language) {
        let abbreviations: Set<Phrase> = [.minutes, .hours]
        for phrase in Phrase.allCases where !abbreviations.contains(phrase) {
            #expect(language.text(phrase) != Language.english.text(phrase), "\(language): \(phrase)")
        }
    }
}
