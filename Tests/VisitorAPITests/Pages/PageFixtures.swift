import AbuseGuard
import RoomConfiguration
import Testing
import WaitingRoom

@testable import VisitorAPI

/// What the page tests render.
enum PageFixtures {
    static let nonce = "q83vEjRWeJq83vEjRWeJqw=="

    static func room() throws -> RoomID { try #require(RoomID("concert-tickets")) }

    static func renderer(
        name: String = "Concert tickets", template: String? = nil
    ) throws -> PageRenderer {
        let room = try room()
        return try PageRenderer(
            roomNames: [room: name],
            templates: template.map { [room: TemplateFile(path: "queue.mustache", source: $0)] } ?? [:])
    }

    static func model(
        status: QueuePageModel.Status = .waiting, rank: Int = 12, initialRank: Int? = 40,
        estimate: ClosedRange<Int>? = 700...1400, redirectURL: String = "/event?id=7", requestID: String = "7d1c0f2e9a",
        notSent: Bool = false, opening: PageOpening? = nil
    ) throws -> QueuePageModel {
        QueuePageModel(
            room: try room(), position: PositionID(bits: UUIDBits(high: 1, low: 2)), status: status, rank: rank,
            totalWaiting: 340, initialRank: initialRank, estimate: estimate, heartbeatInterval: 10, pollAfter: 20,
            refreshAfter: 150, redirectURL: redirectURL, requestID: requestID, notSent: notSent,
            now: Timestamp(milliseconds: 1_795_233_754_005), opening: opening)
    }

    static func notice(redirectURL: String = "/event?id=7") throws -> NoticePageModel {
        NoticePageModel(room: try room(), retryAfter: 30, redirectURL: redirectURL, requestID: "7d1c0f2e9a")
    }

    /// Somebody who waits for an opening with a draw.
    static func early() throws -> QueuePageModel {
        let seed = try #require(DrawSeed(hex: String(repeating: "0f", count: 32)))
        return try model(
            status: .preQueue, rank: 0, initialRank: nil, estimate: nil,
            opening: PageOpening(seconds: 3_723, draws: true, commitment: seed.commitment))
    }

    static func challenge(
        provider: ChallengeProvider = .proofOfWork, redirectURL: String = "/event?id=7", notSent: Bool = true
    ) throws -> ChallengePageModel {
        ChallengePageModel(
            room: try room(), challenge: String(repeating: "A", count: ChallengeAuthority.textLength),
            work: provider == .proofOfWork ? Work(solved: 0, joins: 0, score: AbuseScore([])) : nil,
            provider: provider, keepsPlace: true, redirectURL: redirectURL, requestID: "7d1c0f2e9a", notSent: notSent)
    }

    static func handover(_ content: HandoverPage.Content, in language: Language) throws -> RenderedPage {
        try renderer().handoverPage(
            content, room: try room(), requestID: "7d1c0f2e9a", in: language, nonce: nonce)
    }

    /// Every page there is, in one language, with a name for messages.
    static func everyPage(in language: Language) throws -> [(name: String, page: RenderedPage)] {
        let renderer = try renderer()
        let notice = try notice()
        var pages = [
            ("queue", renderer.queuePage(try model(), in: language, nonce: nonce)),
            ("paused", renderer.queuePage(try model(status: .paused, estimate: nil), in: language, nonce: nonce)),
            ("pre-queue", renderer.queuePage(try early(), in: language, nonce: nonce)),
            ("not sent", renderer.queuePage(try model(notSent: true), in: language, nonce: nonce)),
            ("full", renderer.lineFullPage(notice, in: language, nonce: nonce)),
            ("crowded", renderer.crowdedPage(notice, in: language, nonce: nonce)),
            ("scheduled", renderer.scheduledPage(notice, opensIn: 93_784, in: language, nonce: nonce)),
            ("closed", renderer.closedPage(notice, in: language, nonce: nonce)),
            ("maintenance", renderer.maintenancePage(notice, in: language, nonce: nonce)),
            ("embed", renderer.embedPage(try room(), origins: [], in: language, nonce: nonce)),
            ("unavailable", renderer.storeUnavailablePage(notice, in: language, nonce: nonce)),
            ("challenge", renderer.challengePage(try challenge(), in: language, nonce: nonce)),
            ("move", try handover(.move(action: "/a", code: nil, attempt: "7", isWrong: true), in: language)),
            ("moved", try handover(.moved(action: "/a"), in: language)),
        ]
        for status in [400, 404, 405, 408, 413, 414, 417, 421, 431, 502, 503, 504] {
            pages.append(
                ("\(status)", renderer.errorPage(status: status, requestID: "7d1c", in: language, nonce: nonce)))
        }
        return pages.map { (name: $0.0, page: $0.1) }
    }
}

extension RenderedPage {
    var text: String { String(decoding: body, as: UTF8.self) }
}
