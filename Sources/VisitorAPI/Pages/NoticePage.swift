/// The pages for visitors without a place, in one language: line full, maintenance, joins closed, errors.
struct NoticePage: Sendable {
    enum Hole: String, Sendable {
        case nonce, room, heading, body, refresh, retry, notSent, again, request, target, delay, opening
    }

    /// How a page comes back.
    enum Return: Hashable, Sendable {
        case never
        /// By a link that loads the same address.
        case link
        /// By a link to a target.
        case onward(LocalTarget)
        /// By itself after so many seconds, to a target.
        case automatic(seconds: Int, LocalTarget)
        /// The same, while it counts down so many seconds to the opening.
        case countdown(opensIn: Int, seconds: Int, LocalTarget)
    }

    let language: Language
    private let page: SegmentedPage<Hole>
    private let retryScript: SegmentedPage<Hole>
    /// The phrases that may stand here, escaped.
    private let phrases: [Phrase: [UInt8]]
    private let countdown: Countdown

    init(language: Language, sources: PageSources) {
        self.language = language
        page = SegmentedPage(sources.noticePage, language: language, constants: sources.constants(in: language))
        retryScript = SegmentedPage(
            "<script nonce=\"[[nonce]]\">\n\(sources.retryScript)\n</script>", language: language, constants: [:])
        phrases = language.phrases.mapValues { phrase in
            var text: [UInt8] = []
            text.appendHTML(phrase)
            return text
        }
        countdown = Countdown(language: language, sources: sources)
    }

    func render(
        heading: Phrase, text: Phrase, roomName: String?, coming back: Return, notSent: Bool, requestID: String,
        nonce: String
    ) -> [UInt8] {
        let (headingText, bodyText) = (phrase(heading), phrase(text))
        return page.render(spare: 2048) { hole, body in
            switch hole {
            case .nonce: body.appendHTML(nonce)
            case .room: if let roomName { body.appendHTML(roomName) }
            case .heading: body += headingText
            case .body: body += bodyText
            case .request: body.appendHTML(requestID)
            case .notSent: if notSent { body.appendNotSentNote(in: language) }
            case .refresh: appendRefresh(back, to: &body)
            case .again: appendAgain(back, to: &body)
            case .retry: appendRetry(back, nonce: nonce, to: &body)
            case .opening: if let opensIn = back.opensIn { countdown.append(opensIn, nonce: nonce, to: &body) }
            case .target, .delay: break
            }
        }
    }

    private func phrase(_ phrase: Phrase) -> [UInt8] { phrases[phrase] ?? [] }

    private func appendRefresh(_ back: Return, to body: inout [UInt8]) {
        guard let (seconds, target) = back.reload else { return }
        body.append(contentsOf: "<noscript><meta http-equiv=\"refresh\" content=\"\(max(1, seconds));url=".utf8)
        body.appendHTML(target.text)
        body.append(contentsOf: "\"></noscript>".utf8)
    }

    private func appendAgain(_ back: Return, to body: inout [UInt8]) {
        switch back {
        case .never:
            break
        case .link:
            appendLink(.tryAgain, to: "", in: &body)
        case .onward(let target):
            appendLink(.goOn, to: target.text, in: &body)
        case .automatic(_, let target), .countdown(_, _, let target):
            body.append(contentsOf: "<p>".utf8)
            body += phrase(.retries)
            body.append(contentsOf: "</p>".utf8)
            appendLink(.tryAgain, to: target.text, in: &body)
        }
    }

    private func appendLink(_ label: Phrase, to target: String, in body: inout [UInt8]) {
        body.append(contentsOf: "<p><a class=\"button\" href=\"".utf8)
        body.appendHTML(target)
        body.append(contentsOf: "\">".utf8)
        body += phrase(label)
        body.append(contentsOf: "</a></p>".utf8)
    }

    private func appendRetry(_ back: Return, nonce: String, to body: inout [UInt8]) {
        guard let (seconds, target) = back.reload else { return }
        body += retryScript.render(spare: 256) { hole, script in
            switch hole {
            case .nonce: script.appendHTML(nonce)
            case .target: script.appendScriptString(target.text)
            case .delay: script.appendDecimal(max(1, seconds))
            default: break
            }
        }
    }
}

extension NoticePage.Return {
    /// When it loads what by itself.
    fileprivate var reload: (seconds: Int, target: LocalTarget)? {
        switch self {
        case .never, .link, .onward: nil
        case .automatic(let seconds, let target), .countdown(_, let seconds, let target): (seconds, target)
        }
    }

    fileprivate var opensIn: Int? {
        if case .countdown(let seconds, _, _) = self { seconds } else { nil }
    }
}
