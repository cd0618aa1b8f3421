import WaitingRoom

/// The built-in queue page in one language, and the live script that operators' pages may embed.
struct QueuePage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, place, ahead, wait, progress, poll, target, request, notSent, returned, pausedHidden, data
    }

    let language: Language
    private let page: SegmentedPage<Hole>
    private let script: SegmentedPage<Hole>

    init(language: Language, sources: PageSources) {
        self.language = language
        var phrases: [UInt8] = [UInt8(ascii: "{")]
        for (index, phrase) in Phrase.ofScript.enumerated() {
            if index > 0 { phrases.append(UInt8(ascii: ",")) }
            phrases.append(contentsOf: "\(phrase.rawValue):".utf8)
            phrases.appendScriptString(language.text(phrase))
        }
        phrases.append(UInt8(ascii: "}"))
        let constants = [
            "lang": language.tag, "dir": language.direction, "style": sources.style, "script": sources.queueScript,
            "phrases": String(decoding: phrases, as: UTF8.self),
        ]
        page = SegmentedPage(sources.queuePage, language: language, constants: constants)
        script = SegmentedPage(
            "<script nonce=\"[[nonce]]\">\n[[script]]\n</script>", language: language, constants: constants)
    }

    func render(_ model: QueuePageModel, roomName: String, nonce: String) -> [UInt8] {
        render(page, model, roomName: roomName, nonce: nonce)
    }

    /// The `<script>` element alone.
    func renderScript(_ model: QueuePageModel, roomName: String, nonce: String) -> [UInt8] {
        render(script, model, roomName: roomName, nonce: nonce)
    }

    private func render(
        _ page: SegmentedPage<Hole>, _ model: QueuePageModel, roomName: String, nonce: String
    ) -> [UInt8] {
        let target = LocalTarget(model.redirectURL)
        return page.render(spare: 1024 + 3 * target.text.utf8.count + 4 * roomName.utf8.count) { hole, body in
            switch hole {
            case .nonce: body.appendHTML(nonce)
            case .room: body.appendHTML(roomName)
            case .place: body.append(contentsOf: String(model.rank).utf8)
            case .ahead: body.append(contentsOf: String(model.ahead).utf8)
            case .wait: body.appendHTML(WaitWords(seconds: model.estimate).text(in: language))
            case .progress: body.append(contentsOf: String(model.progress).utf8)
            case .poll: body.append(contentsOf: String(max(1, model.pollAfter)).utf8)
            case .target: body.appendHTML(target.text)
            case .request: body.appendHTML(model.requestID)
            case .notSent: if model.notSent { body.appendNotSentNote(in: language) }
            case .returned: if model.isReturn { body.appendNote(.returned, in: language) }
            case .pausedHidden: if model.status != .paused { body.append(contentsOf: " hidden".utf8) }
            case .data: appendData(model, roomName: roomName, target: target, to: &body)
            }
        }
    }

    /// What the script starts from; `position` has the names of the position JSON (docs/API.md).
    private func appendData(
        _ model: QueuePageModel, roomName: String, target: LocalTarget, to body: inout [UInt8]
    ) {
        body.append(UInt8(ascii: "{"))
        body.appendScriptMember("lang", language.tag)
        body.appendScriptMember("room", roomName)
        body.appendScriptMember("api", "/api/v1/queues/\(model.room.text)")
        body.appendScriptMember("target", target.text)
        body.appendScriptMember("not_sent", model.notSent)
        body.appendScriptMember("paused", model.status == .paused)
        body.appendScriptMember("initial_position", model.firstRank)
        body.appendScriptMember("poll_after_seconds", max(1, model.pollAfter))
        body.appendScriptMember("refresh_after_seconds", max(5, model.refreshAfter))
        body.appendScriptName("position")
        body.append(UInt8(ascii: "{"))
        body.appendScriptMember("position_id", model.position.description)
        body.appendScriptMember("status", model.status == .admitted ? "admitted" : "waiting")
        body.appendScriptMember("position", model.rank)
        body.appendScriptMember("total_waiting", model.totalWaiting)
        body.appendScriptName("estimated_wait_range_seconds")
        if let estimate = model.estimate {
            body.append(contentsOf: "[\(estimate.lowerBound),\(estimate.upperBound)]".utf8)
        } else {
            body.append(contentsOf: "null".utf8)
        }
        body.append(contentsOf: "}}".utf8)
    }
}

extension [UInt8] {
    /// The note of a page that answers a refused POST.
    mutating func appendNotSentNote(in language: Language) { appendNote(.notSent, in: language) }

    mutating func appendNote(_ phrase: Phrase, in language: Language) {
        append(contentsOf: "<p class=\"note\">".utf8)
        appendHTML(language.text(phrase))
        append(contentsOf: "</p>".utf8)
    }
}
