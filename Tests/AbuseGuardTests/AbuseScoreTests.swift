import Testing

@testable import AbuseGuard

@Suite("Signs of programs in a request")
struct AbuseScoreTests {
    static let chrome =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
    static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
    static let safari =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
        + "Mobile/15E148 Safari/604.1"

    /// What a browser sends with a navigation.
    private static func browser(_ userAgent: String = chrome) -> BrowserTraits {
        var traits = BrowserTraits()
        traits.userAgent = userAgent
        traits.accept = "text/html,application/xhtml+xml"
        traits.acceptLanguage = "de,en;q=0.7"
        return traits
    }

    /// The same over TLS.
    private static func secure(_ userAgent: String = chrome) -> BrowserTraits {
        var traits = browser(userAgent)
        traits.isSecure = true
        traits.fetchMode = "navigate"
        traits.fetchDestination = "document"
        if userAgent == chrome {
            traits.brands = "\"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\""
            traits.platform = "\"Windows\""
        }
        return traits
    }

    private static func changed(_ traits: BrowserTraits, _ change: (inout BrowserTraits) -> Void) -> BrowserTraits {
        var traits = traits
        change(&traits)
        return traits
    }

    @Test("Browsers send none", arguments: [chrome, firefox, safari])
    func browsers(userAgent: String) {
        #expect(Self.browser(userAgent).signals.isEmpty)
        #expect(Self.secure(userAgent).signals.isEmpty)
    }

    @Test(
        "Each sign is found by what it is named after",
        arguments: [
            (browser("curl/7.88.1"), [AbuseSignal.automationAgent]), (browser(""), [.automationAgent]),
            (browser("python-requests/2.32.3"), [.automationAgent]),
            (browser(chrome.replacing("Chrome/", with: "HeadlessChrome/")), [.automationAgent]),
            (browser("okhttp/4.12.0"), [.automationAgent]),
            (changed(secure()) { $0.brands = "\"HeadlessChrome\";v=\"131\"" }, [.automationAgent]),
            (changed(browser()) { $0.accept = nil }, [.noAccept]),
            (changed(browser()) { $0.acceptLanguage = nil }, [.noAcceptLanguage]),
            (changed(browser()) { $0.isHTTP10 = true }, [.oldProtocol]),
            (
                changed(secure()) {
                    $0.fetchMode = nil
                    $0.fetchDestination = nil
                }, [.noFetchMetadata]
            ),
            (changed(secure()) { $0.fetchDestination = "image" }, [.contradictoryFetch]),
            (changed(secure()) { $0.brands = "\"Chromium\";v=\"99\"" }, [.contradictoryHints]),
            (changed(secure()) { $0.platform = "\"macOS\"" }, [.contradictoryHints]),
            (changed(secure(firefox)) { $0.brands = "\"Chromium\";v=\"131\"" }, [.contradictoryHints]),
        ])
    func signs(traits: BrowserTraits, expected: [AbuseSignal]) {
        #expect(traits.signals == Set(expected))
    }

    @Test("A browser of a version without Sec-Fetch-* fields need not send them, nor one that is not secure")
    func oldBrowsers() {
        for userAgent in [Self.chrome.replacing("131", with: "75"), Self.safari.replacing("18.1", with: "15.6")] {
            let traits = Self.changed(Self.browser(userAgent)) { $0.isSecure = true }
            #expect(traits.signals.isEmpty, "\(userAgent)")
        }
    }

    @Test("An app that asks for JSON need not look like a browser, but must not be a script")
    func apps() {
        var traits = BrowserTraits()
        traits.asksForPage = false
        traits.userAgent = "Shop/5 CFNetwork/1498 Darwin/23.6.0"
        #expect(traits.signals.isEmpty)
        traits.userAgent = "python-httpx/0.27"
        #expect(traits.signals == [.automationAgent])
    }

    @Test("One strong sign or two weak ones make a newcomer suspicious, one weak one does not")
    func threshold() {
        #expect(!AbuseScore([]).isSuspicious)
        for signal in AbuseSignal.allCases { #expect(AbuseScore([signal]).isSuspicious == (signal.weight >= 50)) }
        #expect(AbuseScore([.noAccept, .noAcceptLanguage]).isSuspicious)
        #expect(AbuseScore([.joinRate, .oldProtocol]).isSuspicious)
    }

    @Test("The signs are told with the heaviest first")
    func order() {
        #expect(AbuseScore([.noAccept, .ghosts, .joinRate]).signals == [.ghosts, .joinRate, .noAccept])
    }
}
