package import AbuseGuard
package import Instrumentation
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
    /// A session token of this room with a good signature that is bound to another network than the visitor's.
    package var misplacedSession: TokenClaims?
    /// What the request says of the program that sent it; only where the room has challenges.
    package var traits: BrowserTraits?
    /// `X-Anteroom-Challenge`; only where the room has challenges.
    package var challengeAnswer: String?
    /// What stands in the session cookie; only API calls read it.
    package var sessionToken: [UInt8]?
    package var positionToken: [UInt8]?
    /// What stands in the pass cookie; only visits read it.
    package var passToken: [UInt8]?
    /// The pass of a link; `target` is without it.
    package var linkedPass: [UInt8]?
    /// `Authorization: Bearer …`; only API calls read it.
    package var bearerToken: [UInt8]?
    /// The `Referer` field, where repeating the request is not safe: then it says where to go instead.
    package var referer: String?
    /// The `Origin` field: the site whose script made the request.
    package var origin: String?
    /// Of the request's span, for the spans of what the desk asks for; nil while tracing is off.
    package var context: ServiceContext?
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

    /// One of the pages by which a place moves to another device.
    package var handover: HandoverStep?

    /// Whether repeating the request with GET means the same: else a visitor must be told that it was not sent.
    package var isSafe: Bool { method == "GET" || method == "HEAD" }

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
    /// - `accept`: not asked for where the other field says it all.
    package init(secFetchDest: String?, accept: @autoclosure () -> String?) {
        switch secFetchDest {
        case "document", "iframe", "frame", "embed", "object":
            self = .page
            return
        default: break
        }
        let weights = AcceptWeights(accept() ?? "*/*")
        if secFetchDest != nil {
            self = weights.json > weights.html && weights.json >= weights.best ? .json : .short
        } else if weights.json > weights.html, weights.json >= weights.best {
            self = .json
        } else if weights.html > 0, weights.html >= weights.best {
            self = .page
        } else {
            self = .short
        }
    }
}
