import RoomConfiguration
import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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
    case live = "/live"
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
        case .room, .status, .session: ["GET", "HEAD"]
        case .live: ["GET"]
        case .enqueue, .heartbeat, .leave, .claim, .sessionHeartbeat, .complete, .challenge: ["POST"]
        }
    }
}

/// The body of `enqueue`: all members are optional.
struct EnqueueBody {
    /// Nil: what the pass gives, or 0.
    var priority: Int?
    /// A signed pass.
    var pass: String?
    var userID: String?
    var metadata: [String: String] = [:]

    /// What is wrong with the body, for a person.
    struct Mistake: Error {
        var detail: String
    }

    private struct JSON: Decodable {
        var priority: Int?
        var pass: String?
        var userID: String?
        var metadata: [String: String]?

        enum CodingKeys: String, CodingKey {
            case priority, pass, metadata
            case userID = "user_id"
        }
    }

    /// An empty body is an empty object.
    init(_ bytes: [UInt8]) throws(Mistake) {
        // White space as RFC 8259 §2 has it.
        guard bytes.contains(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else { return }
        let json: JSON
        do {
            json = try JSONDecoder().decode(JSON.self, from: Data(bytes))
        } catch {
            throw Mistake(
                detail:
                    "The body is not a JSON object with priority (integer), pass and user_id (strings) and metadata (an "
                    + "object of strings).")
        }
        priority = json.priority
        pass = json.pass
        userID = json.userID
        metadata = json.metadata ?? [:]
        guard (0...1000).contains(priority ?? 0) else { throw Mistake(detail: "priority is from 0 to 1000.") }
        guard (userID?.utf8.count ?? 0) <= 256 else { throw Mistake(detail: "user_id has at most 256 bytes.") }
        guard metadata.count <= 16, metadata.allSatisfy({ $0.key.utf8.count + $0.value.utf8.count <= 256 }) else {
            throw Mistake(detail: "metadata has at most 16 members of at most 256 bytes each.")
        }
    }
}
