package import WaitingRoom

/// What the pages for visitors without a place have in common.
package struct NoticePageModel: Hashable, Sendable {
    /// Nil: the request belongs to no room.
    package var room: RoomID?
    /// When the page tries again by itself, in seconds, give or take a quarter so that a crowd does not return as one;
    /// the `Retry-After` of the answer.
    package var retryAfter: Int
    /// Where it tries, as the request's target has it. Not trusted.
    package var redirectURL: String
    package var requestID: String
    /// The page answers a POST whose body went nowhere.
    package var notSent: Bool

    package init(
        room: RoomID?, retryAfter: Int, redirectURL: String, requestID: String, notSent: Bool = false
    ) {
        self.room = room
        self.retryAfter = retryAfter
        self.redirectURL = redirectURL
        self.requestID = requestID
        self.notSent = notSent
    }
}

/// Why the gate itself answers with an error. Each has its own words; the status code is the caller's.
package enum ErrorPageKind: Hashable, Sendable, CaseIterable {
    /// 400, 405, 417 and whatever else a browser does not send by itself.
    case badRequest
    /// 413, 414, 431.
    case tooLarge
    /// 404, 421.
    case notFound
    /// 408.
    case timeout
    /// 502: no connection, or an answer that breaks framing.
    case originDown
    /// 504.
    case originSlow
    /// 429, or 503 at the cap on connections.
    case busy

    /// The kind that a status code usually means.
    package init(status: Int) {
        self =
            switch status {
            case 413, 414, 431: .tooLarge
            case 404, 421: .notFound
            case 408: .timeout
            case 504: .originSlow
            case 429, 503: .busy
            case 500...: .originDown
            default: .badRequest
            }
    }

    var heading: Phrase {
        switch self {
        case .badRequest: .badRequestHeading
        case .tooLarge: .tooLargeHeading
        case .notFound: .notFoundHeading
        case .timeout: .timeoutHeading
        case .originDown: .originDownHeading
        case .originSlow: .originSlowHeading
        case .busy: .busyHeading
        }
    }

    var text: Phrase {
        switch self {
        case .badRequest: .badRequestText
        case .tooLarge: .tooLargeText
        case .notFound: .notFoundText
        case .timeout: .timeoutText
        case .originDown: .originDownText
        case .originSlow: .originSlowText
        case .busy: .busyText
        }
    }

    /// For a program; nil where the title says it all.
    var detail: String? {
        switch self {
        case .originDown, .originSlow: "The site behind the gate does not answer. A session that was begun is kept."
        case .badRequest, .tooLarge, .notFound, .timeout, .busy: nil
        }
    }

    /// Whether the same request may do better in a moment.
    var offersRetry: Bool {
        switch self {
        case .timeout, .originDown, .originSlow, .busy: true
        case .badRequest, .tooLarge, .notFound: false
        }
    }
}
