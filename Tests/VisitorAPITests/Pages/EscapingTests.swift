import Testing

@testable import VisitorAPI

@Suite("Text in pages")
struct EscapingTests {
    @Test(
        "HTML text cannot become markup",
        arguments: [
            ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("a\u{0}b\u{7f}", "a b "), ("Käse", "Käse"), ("", ""),
            // One Character each, but to a browser a sign and a mark.
            ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"),
        ])
    func html(text: String, expected: String) {
        var bytes: [UInt8] = []
        bytes.appendHTML(text)
        #expect(Array(bytes) == Array(expected.utf8))
    }

    @Test(
        "A string in a script can neither end it nor the script",
        arguments: [
            ("</script>", #""\u003c/script\u003e""#), ("<!--", #""\u003c!--""#), ("a\"b\\c", #""a\"b\\c""#),
            ("\u{2028}\u{2029}", #""\u2028\u2029""#), ("\n\u{0}\u{1f}", #""\u000a\u0000\u001f""#),
            ("'&", #""\u0027\u0026""#), ("Ж🎫", "\"Ж🎫\""),
        ])
    func script(text: String, expected: String) {
        var bytes: [UInt8] = []
        bytes.appendScriptString(text)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("A number is written as it is", arguments: [0, 9, 10, 100, 999_999_999, 1_000_000_000, Int.max, -1, Int.min])
    func decimal(number: Int) {
        var bytes: [UInt8] = []
        bytes.appendDecimal(number)
        #expect(String(decoding: bytes, as: UTF8.self) == "\(number)")
    }

    @Test("Wherever in a text it stands, a sign is escaped", arguments: 0..<40)
    func everywhere(index: Int) {
        let before = String(repeating: "x", count: index), after = String(repeating: "y", count: 39 - index)
        var (html, script): ([UInt8], [UInt8]) = ([], [])
        html.appendHTML(before + "<" + after)
        script.appendScriptString(before + "\\" + after)
        #expect(String(decoding: html, as: UTF8.self) == before + "&lt;" + after)
        #expect(String(decoding: script, as: UTF8.self) == "\"" + before + #"\\"# + after + "\"")
    }

    @Test(
        "A target is always a path on the same host",
        arguments: [
            ("/event?id=7&x=%20", "/event?id=7&x=%20"), ("//evil.example/x", "/evil.example/x"), ("", "/"),
            ("/\\evil.example", "/evil.example"), ("javascript:alert(1)", "/"), ("/a#b", "/a"),
            ("http://host/a?b", "/a?b"), ("HTTPS://host", "/"), ("https:///evil.example", "/evil.example"),
            ("/a\"><script>'", "/a%22%3E%3Cscript%3E%27"), ("/ä", "/%C3%A4"),
            ("/a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x"),
            ("/\"\u{301}", "/%22%CC%81"), ("*", "/"), ("/\t/evil.example", "/%09/evil.example"),
        ])
    func target(text: String, expected: String) {
        #expect(LocalTarget(text).text == expected)
    }

    @Test("Room name, target and request id come out harmless on every page that shows them")
    func hostilePage() throws {
        let hostile = "</title></script><script>alert('x')</script>\u{2028}\"\u{301}<!--"
        let renderer = try PageFixtures.renderer(name: hostile)
        let model = try PageFixtures.model(redirectURL: "/\(hostile)", requestID: hostile)
        let page = renderer.queuePage(model, in: .english, nonce: PageFixtures.nonce).text
        #expect(page.components(separatedBy: "<script").count == 2)
        #expect(page.components(separatedBy: "</script").count == 2)
        #expect(!page.contains("<!--"))
        let script = try #require(page.components(separatedBy: "<script").last)
        #expect(!script.unicodeScalars.contains("\u{2028}"))
        let notice = try PageFixtures.notice(redirectURL: "/\(hostile)")
        let challenge = renderer.challengePage(
            try PageFixtures.challenge(redirectURL: "/\(hostile)"), in: .english, nonce: PageFixtures.nonce
        ).text
        #expect(challenge.components(separatedBy: "<script").count == 2)
        #expect(challenge.components(separatedBy: "</script").count == 2)
        let full = renderer.lineFullPage(notice, in: .english, nonce: PageFixtures.nonce).text
        #expect(full.components(separatedBy: "<script").count == 2)
        #expect(full.components(separatedBy: "</script").count == 2)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
