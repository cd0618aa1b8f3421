import Testing

@testable import VisitorAPI

@Suite("A wait in words")
struct WaitWordsTests {
    @Test(
        "It is rounded outwards, the coarser the longer",
        arguments: [
            (0...0, "Less than a minute"), (10...59, "Less than a minute"), (0...60, "1 min"), (20...61, "1–2 min"),
            (300...300, "5 min"), (700...1400, "11–24 min"), (700...1801, "10–35 min"), (60...2000, "1–35 min"),
            (6000...7200, "100–120 min"), (6000...7201, "1–3 h"), (60...86_400, "1–24 h"),
            (0...Int.max, "1–2562047788015216 h"),
        ])
    func words(seconds: ClosedRange<Int>, expected: String) {
        #expect(WaitWords(seconds: seconds).text(in: .english) == expected)
    }

    @Test("What cannot be known is not guessed")
    func unknown() {
        #expect(WaitWords(seconds: nil).text(in: .german) == "Noch nicht bekannt")
    }
}
