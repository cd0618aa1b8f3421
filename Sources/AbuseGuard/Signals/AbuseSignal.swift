/// A sign that a newcomer is a program. None is a proof; each has a weight, and a name that metrics, logs and answers use.
package enum AbuseSignal: String, Hashable, Sendable, CaseIterable {
    /// The User-Agent is missing or names a library or a browser that is run by a program.
    case automationAgent = "automation_agent"
    /// The page said that a program runs this browser (`navigator.webdriver`).
    case webdriver
    /// This address and User-Agent got several cookies lately and brought none back.
    case noCookies = "no_cookies"
    /// Most of the room's latest newcomers never came back, and they hold too many of its slots.
    case ghosts
    /// Fields that name the browser contradict each other.
    case contradictoryHints = "contradictory_hints"
    /// `Sec-Fetch-*` fields that no browser sends together.
    case contradictoryFetch = "contradictory_fetch"
    /// Over TLS, a browser that always sends `Sec-Fetch-*` fields sent none.
    case noFetchMetadata = "no_fetch_metadata"
    /// The address joins often.
    case joinRate = "join_rate"
    case noAccept = "no_accept"
    case noAcceptLanguage = "no_accept_language"
    /// HTTP/1.0, and no proxy that the gate trusts in between.
    case oldProtocol = "old_protocol"
    /// Somebody in line asks much more often than `poll_after_seconds` says.
    case pollRate = "poll_rate"
    /// Somebody in line asks sooner than told, and at intervals that only a program keeps.
    case pollRhythm = "poll_rhythm"

    /// What it adds to a score.
    package var weight: Int {
        switch self {
        case .automationAgent, .webdriver, .noCookies, .ghosts, .pollRate, .pollRhythm: 60
        case .contradictoryHints, .contradictoryFetch: 50
        case .noFetchMetadata, .joinRate: 40
        case .noAccept, .noAcceptLanguage, .oldProtocol: 30
        }
    }
}
