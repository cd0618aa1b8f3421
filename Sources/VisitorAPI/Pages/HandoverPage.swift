import WaitingRoom

/// The pages by which a place moves to another device, in one language.
struct HandoverPage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, heading, body, content, request, script
        // Of what the script starts from.
        case api, target, every
    }

    /// What one of them shows.
    enum Content: Sendable {
        /// The code of a place.
        /// - Parameters:
        ///   - address: where it is entered on the other device.
        ///   - picture: of the same with the code; nil where that is too long for one.
        ///   - target: where this device goes once the place has moved, or it is its turn.
        case code(HandoverCode, address: String, picture: QRCode?, target: String, heartbeatInterval: Int)
        /// Asks to confirm.
        /// - Parameters:
        ///   - action: where the form goes.
        ///   - code: that is known already.
        ///   - isWrong: whether one was entered that is none.
        case move(action: String, code: HandoverCode?, attempt: String, isWrong: Bool)
        /// The place has moved away from this device.
        /// - Parameter action: where the form goes by which the visitor joins again.
        case moved(action: String)
    }

    let language: Language
    private let page: SegmentedPage<Hole>
    private let script: SegmentedPage<Hole>

    private static let data = #"{"api":[[api]],"target":[[target]],"every":[[every]]}"#

    init(language: Language, sources: PageSources) {
        self.language = language
        page = SegmentedPage(
            sources.handoverPage, language: language, constants: sources.constants(in: language))
        script = SegmentedPage(
            "<script nonce=\"[[nonce]]\">\n\(sources.handoverScript)\n</script>", language: language,
            constants: ["data": Self.data])
    }

    func render(
        _ content: Content, room: RoomID, roomName: String, requestID: String, nonce: String
    ) -> [UInt8] {
        let (heading, text) = content.words
        return page.render(spare: 16_384) { hole, body in
            switch hole {
            case .nonce: body.appendHTML(nonce)
            case .room: body.appendHTML(roomName)
            case .heading: body.appendHTML(language.text(heading))
            case .body: body.appendHTML(language.text(text))
            case .request: body.appendHTML(requestID)
            case .content: append(content, to: &body)
            case .script: appendScript(content, room, nonce: nonce, to: &body)
            case .api, .target, .every: break
            }
        }
    }

    private func append(_ content: Content, to body: inout [UInt8]) {
        switch content {
        case .code(let code, let address, let picture, _, _):
            picture?.appendSVG(to: &body)
            body.append(
                contentsOf: "<p class=\"code\" id=\"ar-code\" dir=\"ltr\">\(code.grouped)</p><p dir=\"ltr\">".utf8)
            body.appendHTML(address)
            body.append(contentsOf: "</p><p class=\"note\">".utf8)
            body.appendHTML(language.text(.handoverLife))
            body.append(contentsOf: "</p>".utf8)
        case .move(let action, let code, let attempt, let isWrong):
            if isWrong { body.appendNote(.moveWrong, in: language) }
            begin(action, in: &body)
            body.append(contentsOf: "<label for=\"ar-code\">".utf8)
            body.appendHTML(language.text(.moveCode))
            body.append(
                contentsOf: """
                    </label><input id="ar-code" name="code" required maxlength="16" autocomplete="off" \
                    autocapitalize="characters" spellcheck="false" dir="ltr" value="\(code?.grouped ?? "")">\
                    <input type="hidden" name="attempt" value="
                    """.utf8)
            body.appendHTML(attempt)
            body.append(contentsOf: "\">".utf8)
            end(.moveHere, in: &body)
        case .moved(let action):
            begin(action, in: &body)
            end(.again, in: &body)
        }
    }

    private func begin(_ action: String, in body: inout [UInt8]) {
        body.append(contentsOf: "<form method=\"post\" action=\"".utf8)
        body.appendHTML(action)
        body.append(contentsOf: "\">".utf8)
    }

    private func end(_ label: Phrase, in body: inout [UInt8]) {
        body.append(contentsOf: "<button class=\"button\">".utf8)
        body.appendHTML(language.text(label))
        body.append(contentsOf: "</button></form>".utf8)
    }

    private func appendScript(_ content: Content, _ room: RoomID, nonce: String, to body: inout [UInt8]) {
        guard case .code(_, _, _, let target, let interval) = content else { return }
        body += script.render(spare: 256) { hole, script in
            switch hole {
            case .nonce: script.appendHTML(nonce)
            case .api: script.appendScriptString("/api/v1/queues/\(room.text)")
            case .target: script.appendScriptString(LocalTarget(target).text)
            case .every: script.appendDecimal(max(1, interval))
            default: break
            }
        }
    }
}

extension HandoverPage.Content {
    fileprivate var words: (heading: Phrase, text: Phrase) {
        switch self {
        case .code: (.handover, .handoverText)
        case .move: (.moveHeading, .moveText)
        case .moved: (.movedHeading, .movedText)
        }
    }
}
