import WaitingRoom

/// The built-in queue page in one language, and the live script that operators' pages may embed.
struct QueuePage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, title, place, ahead, wait, progress, poll, target, request, notSent, returned, pausedHidden
        case opening, placeHidden, receipt, handoverPath
        // Of what the script starts from.
        case roomText, apiText, targetText, isNotSent, isPaused, initialPosition, refresh, position, status, standing,
            total, range
    }

    /// What the script starts from; `position` has the names of the position JSON (docs/API.md).
    private static let data = #"""
        {"lang":"[[lang]]","room":[[roomText]],"api":[[apiText]],"target":[[targetText]],"not_sent":[[isNotSent]],\#
        "paused":[[isPaused]],"initial_position":[[initialPosition]],"poll_after_seconds":[[poll]],\#
        "refresh_after_seconds":[[refresh]],"position":{"position_id":"[[position]]","status":[[status]],\#
        "position":[[standing]],"total_waiting":[[total]],"estimated_wait_range_seconds":[[range]]}}
        """#

    let language: Language
    private let page: SegmentedPage<Hole>
    private let script: SegmentedPage<Hole>
    private let countdown: Countdown

    private let reservedPath: String

    init(language: Language, sources: PageSources, reservedPath: String) {
        self.language = language
        self.reservedPath = reservedPath
        countdown = Countdown(language: language, sources: sources)
        var phrases: [UInt8] = [UInt8(ascii: "{")]
        for (index, phrase) in Phrase.ofScript.enumerated() {
            if index > 0 { phrases.append(UInt8(ascii: ",")) }
            phrases.append(contentsOf: "\(phrase.rawValue):".utf8)
            phrases.appendScriptString(language.text(phrase))
        }
        phrases.append(UInt8(ascii: "}"))
        let constants = sources.constants(
            in: language,
            ["script": sources.queueScript, "phrases": String(decoding: phrases, as: UTF8.self), "data": Self.data])
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
            case .title: body.appendHTML(model.isDrawn ? "(#\(model.rank)) \(roomName)" : roomName)
            case .place: body.appendDecimal(model.rank)
            case .ahead: body.appendDecimal(model.ahead)
            case .wait: body.appendHTML(WaitWords(seconds: model.estimate).text(in: language))
            case .progress: body.appendDecimal(model.progress)
            case .poll: body.appendDecimal(max(1, model.pollAfter))
            case .target: body.appendHTML(target.text)
            case .request: body.appendHTML(model.requestID)
            case .notSent: if model.notSent { body.appendNotSentNote(in: language) }
            case .returned: if model.isReturn { body.appendNote(.returned, in: language) }
            case .pausedHidden: if model.status != .paused { body.append(contentsOf: " hidden".utf8) }
            case .opening: if let opening = model.opening { append(opening, model, nonce: nonce, to: &body) }
            case .receipt: body.appendHTML("/api/v1/queues/\(model.room.text)/receipt")
            case .handoverPath:
                body.appendHTML("\(reservedPath)/rooms/\(model.room.text)\(HandoverStep.offer.rawValue)")
            case .placeHidden: if !model.isDrawn { body.append(contentsOf: " hidden".utf8) }
            case .roomText: body.appendScriptString(roomName)
            case .apiText: body.appendScriptString("/api/v1/queues/\(model.room.text)")
            case .targetText: body.appendScriptString(target.text)
            case .isNotSent: body.append(contentsOf: (model.notSent ? "true" : "false").utf8)
            case .isPaused: body.append(contentsOf: (model.status == .paused ? "true" : "false").utf8)
            case .initialPosition: body.appendDecimal(model.firstRank)
            case .refresh: body.appendDecimal(max(5, model.refreshAfter))
            case .position: body.append(contentsOf: model.position.description.utf8)
            case .status: body.appendScriptString(model.status == .admitted ? "admitted" : "waiting")
            case .standing: appendStanding(model, to: &body)
            case .total: body.appendDecimal(model.totalWaiting)
            case .range: appendRange(model.estimate, to: &body)
            }
        }
    }

    private func append(
        _ opening: PageOpening, _ model: QueuePageModel, nonce: String, to body: inout [UInt8]
    ) {
        body.append(contentsOf: "<section id=\"ar-early\">".utf8)
        countdown.append(opening.seconds, nonce: nonce, to: &body)
        if opening.draws {
            body.append(contentsOf: "<p>".utf8)
            body.appendHTML(language.text(.drawNote))
            body.append(contentsOf: "</p>".utf8)
        }
        body.append(contentsOf: "<dl><div><dt>".utf8)
        body.appendHTML(language.text(.total))
        body.append(contentsOf: "</dt><dd id=\"ar-total\">\(model.totalWaiting)</dd></div></dl>".utf8)
        if let commitment = opening.commitment {
            body.append(contentsOf: "<footer>".utf8)
            body.appendHTML(language.text(.drawSeal))
            body.append(contentsOf: ": <span dir=\"ltr\">\(commitment)</span></footer>".utf8)
        }
        body.append(contentsOf: "</section>".utf8)
    }

    /// Nobody has a place before the draw.
    private func appendStanding(_ model: QueuePageModel, to body: inout [UInt8]) {
        if model.isDrawn { body.appendDecimal(model.rank) } else { body.append(contentsOf: "null".utf8) }
        guard let opening = model.opening else { return }
        body.append(contentsOf: ",\"opens_in_seconds\":".utf8)
        body.appendDecimal(opening.seconds)
    }

    private func appendRange(_ estimate: ClosedRange<Int>?, to body: inout [UInt8]) {
        guard let estimate else {
            body.append(contentsOf: "null".utf8)
            return
        }
        body.append(UInt8(ascii: "["))
        body.appendDecimal(estimate.lowerBound)
        body.append(UInt8(ascii: ","))
        body.appendDecimal(estimate.upperBound)
        body.append(UInt8(ascii: "]"))
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
