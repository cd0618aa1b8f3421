import AbuseGuard
import RoomConfiguration
import WaitingRoom

/// The page of somebody who has to solve a challenge, in one language.
struct ChallengePage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, body, kept, widgetHidden, progressHidden, target, request, notSent, data, provider
    }

    let language: Language
    private let page: SegmentedPage<Hole>

    init(language: Language, sources: PageSources) {
        self.language = language
        var phrases: [UInt8] = [UInt8(ascii: "{")]
        for (index, phrase) in Phrase.ofChallenge.enumerated() {
            if index > 0 { phrases.append(UInt8(ascii: ",")) }
            phrases.append(contentsOf: "\(phrase.rawValue):".utf8)
            phrases.appendScriptString(language.text(phrase))
        }
        phrases.append(UInt8(ascii: "}"))
        page = SegmentedPage(
            sources.challengePage, language: language,
            constants: sources.constants(
                in: language,
                ["script": sources.challengeScript, "phrases": String(decoding: phrases, as: UTF8.self)]))
    }

    func render(_ model: ChallengePageModel, roomName: String, nonce: String) -> [UInt8] {
        let target = LocalTarget(model.redirectURL)
        let widget = model.provider.widget
        return page.render(spare: 1024 + 3 * target.text.utf8.count + 2 * roomName.utf8.count) { hole, body in
            switch hole {
            case .nonce: body.appendHTML(nonce)
            case .room: body.appendHTML(roomName)
            case .body: body.appendHTML(language.text(widget == nil ? .challengeText : .challengeWidgetText))
            case .kept: if model.keepsPlace { body.appendNote(.challengeKept, in: language) }
            case .widgetHidden: if widget == nil { body.append(contentsOf: " hidden".utf8) }
            case .progressHidden: if widget != nil { body.append(contentsOf: " hidden".utf8) }
            case .target: body.appendHTML(target.text)
            case .request: body.appendHTML(model.requestID)
            case .notSent: if model.notSent { body.appendNotSentNote(in: language) }
            case .provider: if let widget { appendScript(widget, nonce: nonce, to: &body) }
            case .data: appendData(model, widget, target, to: &body)
            }
        }
    }

    /// Behind the page's own script, which the widget calls.
    private func appendScript(_ widget: CaptchaWidget, nonce: String, to body: inout [UInt8]) {
        body.append(contentsOf: "<script nonce=\"".utf8)
        body.appendHTML(nonce)
        body.append(contentsOf: "\" id=\"ar-provider\" src=\"".utf8)
        body.appendHTML("\(widget.script)&hl=\(language.tag)")
        body.append(contentsOf: "\" async></script>".utf8)
    }

    /// What the script starts from.
    private func appendData(
        _ model: ChallengePageModel, _ widget: CaptchaWidget?, _ target: LocalTarget, to body: inout [UInt8]
    ) {
        body.append(contentsOf: "{\"api\":".utf8)
        body.appendScriptString("/api/v1/queues/\(model.room.text)/challenge")
        body.append(contentsOf: ",\"target\":".utf8)
        body.appendScriptString(target.text)
        if let work = model.work {
            body.append(contentsOf: ",\"bits\":\(work.bits),\"pieces\":\(work.pieces)".utf8)
        }
        if let widget, case .captcha(let service) = model.provider {
            body.append(contentsOf: ",\"widget\":".utf8)
            body.appendScriptString(widget.object)
            body.append(contentsOf: ",\"site_key\":".utf8)
            body.appendScriptString(service.siteKey)
        }
        body.append(contentsOf: ",\"not_sent\":\(model.notSent),\"challenge\":".utf8)
        body.appendScriptString(model.challenge)
        body.append(UInt8(ascii: "}"))
    }
}

extension ChallengeProvider {
    /// Nil where the page needs nobody else.
    var widget: CaptchaWidget? {
        if case .captcha(let service) = self { CaptchaWidget(service.kind) } else { nil }
    }
}

extension RenderedPage {
    /// The built-in policy, and a worker of the page's own, or whatever the provider's widget needs.
    static func challengePolicy(nonce: String, _ widget: CaptchaWidget?) -> String {
        guard let widget else { return builtInPolicy(nonce: nonce) + "; worker-src blob:" }
        // Beside a nonce, 'unsafe-inline' would mean nothing (CSP Level 3 §6.7.3.2).
        let style =
            widget.styleSources == "'unsafe-inline'"
            ? widget.styleSources : "'nonce-\(nonce)' \(widget.styleSources)"
        return "default-src 'none'; script-src 'nonce-\(nonce)' \(widget.scriptSources); style-src \(style); "
            + "connect-src 'self' \(widget.connectSources); frame-src \(widget.frameSources); img-src data: https:; "
            + "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    }
}
