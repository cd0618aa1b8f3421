import RoomConfiguration
import WaitingRoom

/// The queue page for an app's web view, in one language; docs/API.md. The same for all who wait: their tokens stay in the
/// browser.
struct EmbedPage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, id, api, origins
    }

    /// What the script starts from.
    private static let data = #"{"lang":"[[lang]]","id":[[id]],"api":[[api]],"origins":[[origins]]}"#

    private static let phrases: [Phrase] = [
        .heading, .keepOpen, .waitUnknown, .lessThanMinute, .live, .reconnecting, .turnHeading, .turnText,
        .expiredHeading, .expiredText, .leftHeading, .leftText, .movedHeading, .movedText,
    ]

    private let page: SegmentedPage<Hole>

    init(language: Language, sources: PageSources) {
        var phrases: [UInt8] = [UInt8(ascii: "{")]
        for (index, phrase) in Self.phrases.enumerated() {
            if index > 0 { phrases.append(UInt8(ascii: ",")) }
            phrases.append(contentsOf: "\(phrase.rawValue):".utf8)
            phrases.appendScriptString(language.text(phrase))
        }
        phrases.append(UInt8(ascii: "}"))
        page = SegmentedPage(
            sources.embedPage, language: language,
            constants: sources.constants(
                in: language,
                [
                    "script": sources.embedScript, "phrases": String(decoding: phrases, as: UTF8.self),
                    "data": Self.data,
                ]))
    }

    /// - Parameter origins: of the pages that may be around this one and are told of the place.
    func render(_ room: RoomID, roomName: String, origins: [WebOrigin], nonce: String) -> [UInt8] {
        page.render(spare: 1024) { hole, body in
            switch hole {
            case .nonce: body.appendHTML(nonce)
            case .room: body.appendHTML(roomName)
            case .id: body.appendScriptString(room.text)
            case .api: body.appendScriptString("/api/v1/queues/\(room.text)")
            case .origins:
                body.append(UInt8(ascii: "["))
                for (index, origin) in origins.enumerated() {
                    if index > 0 { body.append(UInt8(ascii: ",")) }
                    body.appendScriptString(origin.text)
                }
                body.append(UInt8(ascii: "]"))
            }
        }
    }
}

extension RenderedPage {
    /// That of the page for web views: this host and the given sites may frame it.
    static func embedPolicy(nonce: String, origins: [WebOrigin]) -> String {
        let ancestors = (["'self'"] + origins.map(\.text)).joined(separator: " ")
        return "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors \(ancestors)"
    }
}
