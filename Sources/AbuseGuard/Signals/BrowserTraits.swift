/// What a request says of the program that sent it.
package struct BrowserTraits: Hashable, Sendable {
    package var userAgent = ""
    package var accept: String?
    package var acceptLanguage: String?
    /// `Sec-Fetch-Mode` and `Sec-Fetch-Dest` (W3C Fetch Metadata §2).
    package var fetchMode: String?
    package var fetchDestination: String?
    /// `Sec-CH-UA`, `Sec-CH-UA-Platform` (W3C User-Agent Client Hints §3).
    package var brands: String?
    package var platform: String?
    package var isHTTP10 = false
    /// TLS up to the gate or a proxy that it trusts: browsers send `Sec-Fetch-*` and `Sec-CH-*` only then, or on the
    /// machine itself.
    package var isSecure = false
    /// A navigation, rather than an app that asks for JSON: apps are no browsers and need not look like one.
    package var asksForPage = true

    package init() {}

    package var signals: Set<AbuseSignal> {
        var signals: Set<AbuseSignal> = []
        let agent = userAgent.lowercased()
        if AgentMarks.areIn(agent, ofApps: !asksForPage) || brands?.contains("HeadlessChrome") == true {
            signals.insert(.automationAgent)
        }
        guard asksForPage else { return signals }
        if accept == nil { signals.insert(.noAccept) }
        if acceptLanguage == nil { signals.insert(.noAcceptLanguage) }
        if isHTTP10 { signals.insert(.oldProtocol) }
        let claim = ClaimedBrowser(userAgent)
        if isSecure, fetchMode == nil, fetchDestination == nil, claim?.sendsFetchMetadata == true {
            signals.insert(.noFetchMetadata)
        }
        if contradictsFetch { signals.insert(.contradictoryFetch) }
        if contradictsHints(claim, agent) { signals.insert(.contradictoryHints) }
        return signals
    }

    /// A navigation has one of a few destinations, and nothing else has them with this mode.
    private var contradictsFetch: Bool {
        guard fetchMode == "navigate", let fetchDestination else { return false }
        return !["document", "iframe", "frame", "embed", "object", "fencedframe"].contains(fetchDestination)
    }

    /// Only Chromium sends client hints, with the version that stands in its User-Agent.
    private func contradictsHints(_ claim: ClaimedBrowser?, _ agent: String) -> Bool {
        if let brands {
            switch claim {
            case .chromium(let version): if !brands.contains("v=\"\(version)\"") { return true }
            case .firefox, .safari: return true
            case nil: break
            }
        }
        switch platform {
        case "\"Windows\"": return !agent.contains("windows")
        case "\"macOS\"": return !agent.contains("mac")
        default: return false
        }
    }
}

/// The browser that a User-Agent claims to be, with its major version; nil for others.
enum ClaimedBrowser: Hashable {
    case chromium(Int)
    case firefox(Int)
    case safari(Int)

    init?(_ userAgent: String) {
        if let version = Self.number(after: "Chrome/", in: userAgent) {
            self = .chromium(version)
        } else if let version = Self.number(after: "Firefox/", in: userAgent) {
            self = .firefox(version)
        } else if userAgent.contains("Safari/"), let version = Self.number(after: "Version/", in: userAgent) {
            self = .safari(version)
        } else {
            return nil
        }
    }

    /// Chrome 76, Firefox 90, Safari 16.4 and later (MDN, Sec-Fetch-Mode).
    var sendsFetchMetadata: Bool {
        switch self {
        case .chromium(let version): version >= 76
        case .firefox(let version): version >= 90
        case .safari(let version): version >= 17
        }
    }

    private static func number(after mark: String, in text: String) -> Int? {
        guard let range = text.firstRange(of: mark) else { return nil }
        return Int(text[range.upperBound...].prefix(4).prefix { $0.isASCII && $0.isNumber })
    }
}

/// What stands in the User-Agents of programs.
enum AgentMarks {
    private static let ofPrograms = [
        "headlesschrome", "phantomjs", "selenium", "webdriver", "puppeteer", "playwright", "python", "aiohttp",
        "scrapy",
        "curl/", "libcurl", "wget/", "httpie/", "go-http-client", "libwww-perl", "lwp::", "java/", "apache-httpclient",
        "node-fetch", "axios/", "undici", "ruby", "guzzle", "mechanize", "jmeter", "k6/", "apachebench", "hey/", "wrk",
    ]
    /// Of libraries that apps are made with: no sign where an app is expected.
    private static let ofLibraries = ["okhttp", "cfnetwork", "dart:io", "dart/"]

    /// - Parameters:
    ///   - agent: in lower case.
    ///   - ofApps: whether whoever asks may be an app.
    static func areIn(_ agent: String, ofApps: Bool) -> Bool {
        agent.isEmpty || ofPrograms.contains(where: agent.contains)
            || !ofApps && ofLibraries.contains(where: agent.contains)
    }
}
