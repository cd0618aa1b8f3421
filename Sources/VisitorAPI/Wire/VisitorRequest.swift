package import RoomConfiguration
package import SessionTokens
package import WaitingRoom

/// A request that the gate answers itself, or that needs the line's word before it may pass. A copy, so that it outlives
/// the bytes it came in.
package struct VisitorRequest: Sendable {
    /// Nil for the reserved path.
    package var rule: RoomRule?
    package var method: String
    /// Normalised path and query, as the origin would get it.
    package var target: String
    package var client: Client
    /// The address and user agent that a token may be bound to, as raw bytes.
    package var bindingFacts: BindingFacts
    /// The visitor's own connection is TLS, as far as the gate or a trusted proxy knows.
    package var isSecure: Bool
    package var requestID: String
    package var format: AnswerFormat
    package var language: Language
    /// A session token of this room with a good signature and binding that has run out.
    package var expiredSession: TokenClaims?
    /// What stands in the session cookie; only API calls read it.
    package var sessionToken: [UInt8]?
    package var positionToken: [UInt8]?
    /// What stands in the pass cookie; only visits read it.
    package var passToken: [UInt8]?
    /// The pass of a link; `target` is without it.
    package var linkedPass: [UInt8]?
    /// `Authorization: Bearer …`; only API calls read it.
    package var bearerToken: [UInt8]?
    package var referer: String?
    /// The `Origin` field: the site whose script made the request.
    package var origin: String?
    /// The `Host` field.
    package var host = ""
    /// `Sec-WebSocket-Key`, where the request asks for a WebSocket (RFC 6455 §4.1).
    package var webSocketKey: String?
    /// Only of API calls; at most `bodyLimit` bytes.
    package var body: [UInt8] = []

    /// The most that a body of an API call may have.
    package static let bodyLimit = 8192

    package init(
        rule: RoomRule?, method: String, target: String, client: Client, bindingFacts: BindingFacts, isSecure: Bool,
        requestID: String, format: AnswerFormat, language: Language
    ) {
        self.rule = rule
        self.method = method
        self.target = target
        self.client = client
        self.bindingFacts = bindingFacts
        self.isSecure = isSecure
        self.requestID = requestID
        self.format = format
        self.language = language
    }

    /// A call of docs/API.md, rather than a visit of the room.
    package var isAPICall = false

    /// Whether repeating the request with GET means the same: else a visitor must be told that it was not sent.
    var isSafe: Bool { method == "GET" || method == "HEAD" }

    /// The path without the query.
    var path: Substring { target.prefix { $0 != "?" } }

    var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }
}

/// What an answer of the gate's own should look like to fit the client.
package enum AnswerFormat: Sendable {
    /// A navigation: a page for a person.
    case page
    /// An `Accept` that prefers `application/json`.
    case json
    /// Any other subresource: a short text. It never makes a position.
    case short

    /// By `Sec-Fetch-Dest`, else by `Accept` (RFC 9110 §12.5.1): HTML wins where it is weighted at least as high as
    /// everything else, so a plain `*/*` is a navigation and an image request is not.
    package init(secFetchDest: String?, accept: String?) {
        let weights = AcceptWeights(accept ?? "*/*")
        if let secFetchDest {
            switch secFetchDest {
            case "document", "iframe", "frame", "embed", "object": self = .page
            default: self = weights.json > weights.html && weights.json >= weights.best ? .json : .short
            }
        } else if weights.json > weights.html, weights.json >= weights.best {
            self = .json
        } else if weights.html > 0, weights.html >= weights.best {
            self = .page
        } else {
            self = .short
        }
    }
}

/// The quality values (in thousandths) that an `Accept` field gives to what the gate can produce.
struct AcceptWeights {
    var html = 0
    var json = 0
    /// Of any range, wildcards included.
    var best = 0

    /// O(n); at most 64 ranges are looked at.
    init(_ accept: String) {
        var specificity = (html: 0, json: 0)
        for range in accept.split(separator: ",", maxSplits: 63).prefix(64) {
            let parts = range.split(separator: ";")
            guard let first = parts.first else { continue }
            let type = Self.trimmed(first).lowercased()
            var weight = 1000
            for parameter in parts.dropFirst() {
                let text = Self.trimmed(parameter)
                if text.hasPrefix("q=") || text.hasPrefix("Q=") { weight = Self.weight(text.dropFirst(2)) }
            }
            best = max(best, weight)
            let rank: (html: Int, json: Int) =
                switch type {
                case "text/html", "application/xhtml+xml": (3, 0)
                case "application/json", "application/problem+json": (0, 3)
                case "text/*": (2, 0)
                case "application/*": (0, 2)
                case "*/*", "*": (1, 1)
                default: (0, 0)
                }
            if rank.html > specificity.html || rank.html == 3 && weight > html {
                (specificity.html, html) = (rank.html, weight)
            }
            if rank.json > specificity.json || rank.json == 3 && weight > json {
                (specificity.json, json) = (rank.json, weight)
            }
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// `0.5` as 500; what is no weight counts as 0, so that a malformed range is never preferred.
    private static func weight(_ text: Substring) -> Int {
        guard let value = Double(text), (0...1).contains(value) else { return 0 }
        return Int((value * 1000).rounded())
    }
}
