import RoomConfiguration
import WaitingRoom

/// The calls of docs/API.md: what follows `/api/v1/queues/{id}`.
enum APICall: String {
    case room = ""
    case enqueue = "/enqueue"
    case status = "/status"
    case heartbeat = "/heartbeat"
    case leave = "/leave"
    case claim = "/session/claim"
    case session = "/session"
    case sessionHeartbeat = "/session/heartbeat"
    case complete = "/session/complete"
    case handover = "/handover"
    case claimHandover = "/handover/claim"
    case live = "/live"
    case receipt = "/receipt"
    case chain = "/chain"
    case challenge = "/challenge"

    /// Nil: no such call.
    init?(_ request: VisitorRequest, rule: RoomRule) {
        var rest = request.path.dropFirst("/api/v1/queues/\(rule.settings.id.text)".count)
        if rest == "/" { rest = "" }
        guard let call = APICall(rawValue: String(rest)) else { return nil }
        self = call
    }

    var methods: [String] {
        switch self {
        case .room, .status, .session, .receipt, .chain: ["GET", "HEAD"]
        case .live: ["GET"]
        case .enqueue, .heartbeat, .leave, .claim, .sessionHeartbeat, .complete, .challenge, .handover,
            .claimHandover:
            ["POST"]
        }
    }
}
