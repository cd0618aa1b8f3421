import Mustache
import WaitingRoom

/// What a template may name: our variables, the built-in phrases as `text.…`, and Cloudflare Waiting Room's variables,
/// bare or behind `cfWaitingRoom.`. Made for one rendering and used on one thread.
final class TemplateVariables: MustacheParent {
    static let liveScript = "live_script"

    /// Every name that is not a mistake.
    static let names: Set<String> = {
        var names = Set(own).union(cloudflare)
        names.formUnion(cloudflare.map { "cfWaitingRoom.\($0)" })
        names.formUnion(Phrase.allCases.map { "text.\($0.rawValue)" })
        names.formUnion(["cfWaitingRoom", "text"])
        return names
    }()

    private static let own = [
        "room_name", "queue_id", "position", "people_ahead", "total_waiting", "progress_percent", "estimated_wait",
        "estimated_wait_known", "status", "waiting", "admitted", "paused", "not_sent", "redirect_url", "api_path",
        "pre_queue", "place_known", "opens_in_seconds", "opens_in", "draw_commitment", "queueing_method",
        "poll_after_seconds", "heartbeat_interval_seconds", "request_id", "language", "direction", "nonce", liveScript,
    ]

    /// The fields of its `cfWaitingRoom` object and the two that only templates have (API reference, "Create waiting
    /// room", `custom_page_html` and `json_response_enabled`).
    private static let cloudflare = [
        "inWaitingRoom", "waitTimeKnown", "waitTime", "waitTimeHours", "waitTimeHourMinutes", "waitTimeFormatted",
        "waitTime25Percentile", "waitTime50Percentile", "waitTime75Percentile", "queueIsFull", "queueAll",
        "lastUpdated", "refreshIntervalSeconds", "queueingMethod", "isFIFOQueue", "isRandomQueue",
        "isPassthroughQueue", "isRejectQueue", "isEventActive", "isEventPrequeueing", "timeUntilEventStart",
        "timeUntilEventStartFormatted", "timeUntilEventEnd", "timeUntilEventEndFormatted", "shuffleAtEventStart",
    ]

    private let model: QueuePageModel
    private let roomName: String
    private let nonce: String
    private let builtIn: QueuePage
    private var budget: Int

    /// - Parameter budget: how many bytes of values may be named in all.
    init(_ model: QueuePageModel, roomName: String, nonce: String, builtIn: QueuePage, budget: Int) {
        self.model = model
        self.roomName = roomName
        self.nonce = nonce
        self.builtIn = builtIn
        self.budget = budget
    }

    /// More was named than the budget allows; what was rendered has holes.
    var isExhausted: Bool { budget < 0 }

    func child(named name: String) -> Any? {
        guard !isExhausted else { return nil }
        let value: Any? =
            switch name {
            case "text": Phrases(language: builtIn.language)
            case "cfWaitingRoom": self
            default: ownValue(name) ?? cloudflareValue(name)
            }
        // A character takes at most six bytes when it is escaped; an empty value is counted too, so that time is bound.
        budget -= 16 + ((value as? String)?.utf8.count ?? 0) * 6
        return value
    }

    /// The known name that is one slip away from `name`, or differs in case, hyphens and underscores only.
    static func nearest(to name: String) -> String? {
        func folded(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
        let wanted = folded(name)
        return names.sorted().first { folded($0) == wanted } ?? names.sorted().first { isOneSlip(folded($0), wanted) }
    }

    /// One character more, less or other, or two neighbours swapped.
    private static func isOneSlip(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a), Array(b))
        let head = zip(a, b).prefix { $0 == $1 }.count
        let tail = zip(a[head...].reversed(), b[head...].reversed()).prefix { $0 == $1 }.count
        let (x, y) = (a[head..<(a.count - tail)], b[head..<(b.count - tail)])
        return max(x.count, y.count) <= 1 || (x.count == 2 && x.reversed() == Array(y))
    }

    private func ownValue(_ name: String) -> Any? {
        switch name {
        case "room_name": roomName
        case "queue_id": model.room.text
        case "position": model.rank
        case "people_ahead": model.ahead
        case "total_waiting": model.totalWaiting
        case "progress_percent": model.progress
        case "estimated_wait": WaitWords(seconds: model.estimate).text(in: builtIn.language)
        case "estimated_wait_known": model.estimate != nil
        case "status": model.status.rawValue
        case "waiting": model.status != .admitted
        case "admitted": model.status == .admitted
        case "paused": model.status == .paused
        case "pre_queue": model.status == .preQueue
        case "place_known": model.isDrawn
        case "opens_in_seconds": model.opening?.seconds ?? 0
        case "opens_in": Countdown.text(model.opening?.seconds ?? 0)
        case "draw_commitment": model.opening?.commitment?.description ?? ""
        case "queueing_method": model.method.rawValue
        case "not_sent": model.notSent
        case "redirect_url": LocalTarget(model.redirectURL).text
        case "api_path": "/api/v1/queues/\(model.room.text)"
        case "poll_after_seconds": model.pollAfter
        case "heartbeat_interval_seconds": model.heartbeatInterval
        case "request_id": model.requestID
        case "language": builtIn.language.tag
        case "direction": builtIn.language.direction
        case "nonce": nonce
        case Self.liveScript:
            String(decoding: builtIn.renderScript(model, roomName: roomName, nonce: nonce), as: UTF8.self)
        default: nil
        }
    }

    private func cloudflareValue(_ name: String) -> Any? {
        switch name {
        case "inWaitingRoom": true
        case "isFIFOQueue": model.method == .fifo
        case "isRandomQueue": model.method == .random
        case "isPassthroughQueue": model.method == .passthrough
        case "isEventPrequeueing": model.opening != nil
        case "shuffleAtEventStart": model.opening?.draws ?? false
        case "waitTimeKnown": model.estimate != nil
        case "waitTime", "waitTime50Percentile", "waitTime75Percentile": waitMinutes
        case "waitTime25Percentile": (model.estimate?.lowerBound ?? 0) / 60
        case "waitTimeHours": waitMinutes / 60
        case "waitTimeHourMinutes": waitMinutes % 60
        case "waitTimeFormatted": WaitWords(seconds: model.estimate).text(in: builtIn.language)
        case "queueAll": model.status == .paused
        case "lastUpdated": model.now.internetDateTime
        case "refreshIntervalSeconds": model.pollAfter
        case "queueingMethod": model.method.rawValue
        case "timeUntilEventStart": ((model.opening?.seconds ?? 0) + 59) / 60
        case "timeUntilEventStartFormatted": model.opening.map { Countdown.text($0.seconds) } ?? ""
        case "timeUntilEventEnd": 0
        case "timeUntilEventEndFormatted": ""
        case "queueIsFull", "isRejectQueue", "isEventActive": false
        default: nil
        }
    }

    /// Cloudflare knows one figure, not a range: the upper end, rounded up; 0 where it is not known.
    private var waitMinutes: Int {
        guard let seconds = model.estimate?.upperBound else { return 0 }
        return seconds / 60 + (seconds % 60 == 0 ? 0 : 1)
    }
}

extension TemplateVariables: MustacheCustomRenderable {
    var renderText: String { "" }
    var isNull: Bool { false }
}

/// `text.…`
private struct Phrases: MustacheParent {
    let language: Language

    func child(named name: String) -> Any? { Phrase(rawValue: name).map { language.text($0) } }
}
