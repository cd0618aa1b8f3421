import QueueStore
package import WaitingRoom

/// What becomes of a request that the desk has looked at.
package enum VisitorAnswer: Sendable {
    case respond(VisitorResponse)
    /// The visitor may pass.
    case forward(Grant)
    /// Becomes a WebSocket that follows this position.
    case live(LiveTicket)
}

/// Lets one request through, and with its cookie those that follow.
package struct Grant: Sendable {
    /// Whose session it is.
    package struct Holder: Sendable {
        package var session: SessionID
        package var position: PositionID
        /// The session token, for an origin that wants to see it.
        package var token: String
    }

    /// Nil for who has no session and is let through in shadow only.
    package var holder: Holder?
    /// `Set-Cookie` values for the answer.
    package var cookies: [String] = []
    /// What the visitor would have met with, were the room not in shadow.
    package var withheld: ShadowDecision?
}

/// A position whose changes a WebSocket wants to hear of.
package struct LiveTicket: Sendable {
    package var room: RoomID
    package var position: PositionID
    /// The request that asked for it: for its room, language and binding.
    package var request: VisitorRequest
    /// The position token that it came with.
    package var token: String
    /// `Sec-WebSocket-Accept` (RFC 6455 §4.2.2).
    package var acceptKey: String
}

/// An answer of the gate's own.
package struct VisitorResponse: Sendable {
    /// What the answer says to the visitor; counted and logged.
    package enum Kind: Sendable {
        case queued, full, limited, challenged, maintenance, api, page, unavailable
    }

    package var kind = Kind.api
    package var status: Int
    package var contentType: String
    /// Further fields, in order; names as they are sent.
    package var fields: [(name: String, value: String)]
    package var cookies: [String]
    package var body: [UInt8]
    /// Why it is so, for the access log: names of the gate's own.
    package var note: String?

    package init(
        status: Int, contentType: String, fields: [(name: String, value: String)] = [], cookies: [String] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.cookies = cookies
        self.body = body
    }

    static func json(_ status: Int, _ body: JSONText, cookies: [String] = []) -> VisitorResponse {
        VisitorResponse(
            status: status, contentType: "application/json",
            fields: [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")], cookies: cookies,
            body: body.bytes)
    }

    static func noContent(cookies: [String] = []) -> VisitorResponse {
        VisitorResponse(status: 204, contentType: "", fields: [("Cache-Control", "no-store")], cookies: cookies)
    }

    /// RFC 9457.
    package static func problem(
        _ status: Int, _ title: String, detail: String? = nil, fields: [(name: String, value: String)] = []
    ) -> VisitorResponse {
        var json = JSONText()
        json.object {
            $0.member("type", "about:blank")
            $0.member("title", title)
            $0.member("status", status)
            if let detail { $0.member("detail", detail) }
        }
        return VisitorResponse(
            status: status, contentType: "application/problem+json",
            fields: [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")] + fields, body: json.bytes)
    }

    static func short(_ status: Int, _ text: String, fields: [(name: String, value: String)] = []) -> VisitorResponse {
        VisitorResponse(
            status: status, contentType: "text/plain; charset=utf-8",
            fields: [("Cache-Control", "no-store")] + fields, body: Array("\(text)\n".utf8))
    }
}
