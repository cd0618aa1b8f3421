import NIOCore
import QueueStore
import RoomConfiguration
import WaitingRoom

/// Who comes before anybody can wait, or after the end.
extension VisitorDesk {
    /// How long a page waits at most before it looks whether the schedule has changed, in seconds.
    private static let longestWait = 300
    private static let closedWait = 60

    /// The page adds up to half of it, so that those who come back do not come as one: seldom too late while waiting is far
    /// away, and within a few seconds when it begins.
    private static func wait(for seconds: Int) -> Int {
        let wait = min(longestWait, max(1, seconds))
        return wait > 15 ? wait * 2 / 3 : wait + Int.random(in: 0...3)
    }

    /// No position was made; the page counts down to the opening and comes back when waiting begins.
    /// - Parameter asProblem: whatever the client would like: it called the API.
    nonisolated func closed(
        _ request: VisitorRequest, _ rule: RoomRule, _ phase: RoomPhase, asProblem: Bool = false
    ) -> VisitorResponse {
        var times = times(rule)
        // What the store has just said is newer than what is known here.
        times.phase = phase
        let isEarly = phase == .scheduled
        let retryAfter = isEarly ? Self.wait(for: times.preQueueIn ?? 1) : Self.closedWait
        let title = isEarly ? "Not open yet" : "Closed"
        var response: VisitorResponse
        switch request.format {
        case .page where !asProblem:
            let model = NoticePageModel(
                room: rule.settings.id, retryAfter: retryAfter, redirectURL: request.returnTarget,
                requestID: request.requestID, notSent: !request.isSafe)
            let page =
                isEarly
                ? services.pages.scheduledPage(
                    model, opensIn: times.opensIn ?? 0, in: request.language, nonce: random.value.nonce())
                : services.pages.closedPage(model, in: request.language, nonce: random.value.nonce())
            response = VisitorResponse(status: 503, page: page)
        case .short where !asProblem: response = .short(503, title)
        case .page, .short, .json: response = .problem(503, title, times)
        }
        response.kind = .page
        response.setQueueFields(retryAfter: retryAfter)
        return response
    }
}

extension VisitorResponse {
    /// With the room's times as extension members (RFC 9457 §3.2).
    fileprivate static func problem(_ status: Int, _ title: String, _ times: RoomTimes) -> VisitorResponse {
        var json = JSONText()
        json.object {
            $0.member("type", "about:blank")
            $0.member("title", title)
            $0.member("status", status)
            $0.members(of: times)
        }
        return VisitorResponse(
            status: status, contentType: "application/problem+json",
            fields: [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")], body: json.bytes)
    }
}
