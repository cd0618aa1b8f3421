import Testing
import WaitingRoom

@testable import VisitorAPI

@Suite("The built-in pages")
struct BuiltInPageTests {
    @Test(
        "Every page is under 14 KiB as it is served, in Cyrillic letters of two bytes each under 15",
        arguments: Language.allCases)
    func size(language: Language) throws {
        let limit = language == .ukrainian ? 15 : 14
        let renderer = try PageFixtures.renderer(name: String(repeating: "Name ", count: 8))
        let target = "/" + String(repeating: "path/", count: 20)
        let longest = renderer.queuePage(
            try PageFixtures.model(status: .paused, redirectURL: target, notSent: true), in: language,
            nonce: PageFixtures.nonce)
        #expect(longest.body.count < limit * 1024)
        for (name, page) in try PageFixtures.everyPage(in: language) {
            // Few load the one before an opening more than once, and what is new comes by its script.
            #expect(page.body.count < (name == "pre-queue" ? limit + 2 : limit) * 1024, "\(name)")
        }
    }

    @Test("The page with a code, which is fetched on demand, is under 24 KiB, and has the code and where it goes")
    func code() throws {
        let code = try #require(HandoverCode(typed: "01ABCDEF"))
        let address = "https://" + String(repeating: "x", count: 140) + "/__anteroom/rooms/concert-tickets/move"
        for language in Language.allCases {
            let page = try PageFixtures.handover(
                .code(
                    code, address: address, picture: QRCode(address + "?code=01ABCDEF"), target: "/<b>",
                    heartbeatInterval: 7),
                in: language)
            #expect(page.body.count < 24 * 1024)
            for part in [">01AB-CDEF<", ">\(address)<", "<svg class=\"qr\"", "\"every\":7"] {
                #expect(page.text.contains(part), "\(part)")
            }
            #expect(!page.text.contains("<b>") && !page.text.contains("[["))
        }
    }

    @Test(
        "Each script and style carries the nonce of the policy, and nothing is styled inline",
        arguments: Language.allCases)
    func nonce(language: Language) throws {
        for (name, page) in try PageFixtures.everyPage(in: language) {
            #expect(page.contentSecurityPolicy.contains("script-src 'nonce-\(PageFixtures.nonce)'"), "\(name)")
            #expect(page.contentSecurityPolicy.contains("style-src 'nonce-\(PageFixtures.nonce)'"), "\(name)")
            let tags = page.text.split(separator: "<").filter { $0.hasPrefix("script") || $0.hasPrefix("style") }
            #expect(!tags.isEmpty, "\(name)")
            #expect(tags.allSatisfy { $0.contains("nonce=\"\(PageFixtures.nonce)\"") }, "\(name)")
            #expect(!page.text.contains(" style="), "\(name)")
            #expect(!page.text.contains(" onclick="), "\(name)")
        }
    }

    @Test("No page refers to anything outside itself", arguments: Language.allCases)
    func selfContained(language: Language) throws {
        for (name, page) in try PageFixtures.everyPage(in: language) {
            for reference in ["http://", "https://", " src=", "url(", "@import", "<img", "<link rel=\"style"] {
                #expect(!page.text.contains(reference), "\(name): \(reference)")
            }
        }
    }

    @Test("No hole or marker is left open", arguments: Language.allCases)
    func holes(language: Language) throws {
        for (name, page) in try PageFixtures.everyPage(in: language) {
            #expect(!page.text.contains("[[") && !page.text.contains("]]"), "\(name)")
        }
    }

    @Test("A page says its language and direction, and so does its answer", arguments: Language.allCases)
    func language(language: Language) throws {
        for (name, page) in try PageFixtures.everyPage(in: language) {
            let direction = language == .arabic ? "rtl" : "ltr"
            #expect(page.text.contains("<html lang=\"\(language.tag)\" dir=\"\(direction)\">"), "\(name)")
            #expect(page.fields.contains { $0 == ("Content-Language", language.tag) }, "\(name)")
            #expect(page.fields.contains { $0 == ("X-Content-Type-Options", "nosniff") }, "\(name)")
        }
    }

    @Test("The queue page shows place, people ahead, wait and progress, also without JavaScript")
    func queue() throws {
        let page = try PageFixtures.renderer().queuePage(
            try PageFixtures.model(), in: .english, nonce: PageFixtures.nonce
        ).text
        #expect(page.contains("<title>(#12) Concert tickets</title>"))
        #expect(page.contains("<b id=\"ar-place\">12</b>"))
        #expect(page.contains("<dd id=\"ar-ahead\">11</dd>"))
        #expect(page.contains("<dd id=\"ar-wait\">11–24 min</dd>"))
        #expect(page.contains("max=\"100\" value=\"71\""))
        #expect(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"20;url=/event?id=7\"></noscript>"))
        #expect(page.contains("id=\"ar-paused\" hidden"))
        #expect(!page.contains(Language.english.text(.notSent)))
    }

    @Test("Before the opening the page counts down and shows how many wait and the seal of the draw, and no place")
    func early() throws {
        let model = try PageFixtures.early()
        let page = try PageFixtures.renderer().queuePage(model, in: .english, nonce: PageFixtures.nonce).text
        #expect(page.contains("<title>Concert tickets</title>"))
        #expect(page.contains("<b id=\"ar-countdown\" dir=\"ltr\">01:02:03</b>"))
        #expect(page.contains("<dd id=\"ar-total\">340</dd>"))
        #expect(page.contains(String(repeating: "0f", count: 8)) == false)
        #expect(page.contains(try #require(model.opening?.commitment).description))
        #expect(page.contains("<section id=\"ar-waiting\" hidden"))
        #expect(page.contains(#""position":null,"opens_in_seconds":3723,"total_waiting":340,"#))
        #expect(page.contains(Language.english.text(.drawNote)))
        let scheduled = try PageFixtures.renderer().scheduledPage(
            try PageFixtures.notice(), opensIn: 93_784, in: .english, nonce: PageFixtures.nonce
        ).text
        #expect(scheduled.contains("<b id=\"ar-countdown\" dir=\"ltr\">26:03:04</b>"))
        #expect(scheduled.contains("content=\"30;url=/event?id=7\""))
    }

    @Test("A pause and a form that was not sent are said")
    func notes() throws {
        let page = try PageFixtures.renderer().queuePage(
            try PageFixtures.model(status: .paused, notSent: true), in: .german, nonce: PageFixtures.nonce
        ).text
        #expect(page.contains("id=\"ar-paused\">\(Language.german.text(.paused))"))
        #expect(page.contains("<p class=\"note\">\(Language.german.text(.notSent))</p>"))
        #expect(page.contains(#""not_sent":true,"paused":true"#))
    }

    @Test(
        "Progress begins above 0, ends below 100 while waiting, and never exceeds the way",
        arguments: [
            (40, 40, 2), (1, 40, 98), (1, 1, 50), (12, nil, 8), (50, 40, 2), (1, 1_000_000, 99), (1_000_000, nil, 1),
        ])
    func progress(rank: Int, initialRank: Int?, expected: Int) throws {
        #expect(try PageFixtures.model(rank: rank, initialRank: initialRank).progress == expected)
    }

    @Test("Pages for visitors without a place try again by themselves at the place they came for")
    func notices() throws {
        let page = try PageFixtures.renderer().lineFullPage(
            try PageFixtures.notice(), in: .english, nonce: PageFixtures.nonce
        ).text
        #expect(page.contains("content=\"30;url=/event?id=7\""))
        #expect(page.contains("location.replace(\"/event?id=7\"),30*(1000+500*Math.random())"))
        #expect(page.contains("<h1>The line is full</h1>"))
    }

    @Test("An error that may pass offers to try again, one that will not does not")
    func errors() throws {
        let renderer = try PageFixtures.renderer()
        func page(_ status: Int) -> String {
            renderer.errorPage(status: status, requestID: "r", in: .english, nonce: PageFixtures.nonce).text
        }
        #expect(page(502).contains("<a class=\"button\" href=\"\">Try again</a>"))
        #expect(!page(404).contains("Try again</a>"))
        #expect(page(431).contains("<h1>This request is too large</h1>"))
        #expect(page(504).contains("504 · r"))
    }
}
