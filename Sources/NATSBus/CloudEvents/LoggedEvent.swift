import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a message of a room's subjects says: one of its events, or that its store was restored. Reads what `CloudEvent`
/// and `RestorationNotice` write.
enum LoggedEvent: Hashable, Sendable {
    case event(RoomEvent, opened: Timestamp)
    case restored(RestorationNotice)

    /// - Throws: `UnreadableEvent` where it is neither.
    init(json: [UInt8]) throws(UnreadableEvent) {
        let message: Message
        do {
            message = try JSONDecoder().decode(Message.self, from: Data(json))
        } catch {
            throw UnreadableEvent("is not such a JSON object: \(error)")
        }
        guard let room = RoomID(message.data.queueID) else {
            throw UnreadableEvent("has no valid queue_id: \(message.data.queueID)")
        }
        if message.type == RestorationNotice.type {
            self = .restored(try RestorationNotice(message.data, of: room))
            return
        }
        guard let (owner, mark) = EventMark.read(message.id), owner == room.text else {
            throw UnreadableEvent("has the id \(message.id), not <room>-<opened>-<sequence>")
        }
        guard let time = Timestamp(rfc3339: message.time) else { throw UnreadableEvent("has no time in RFC 3339") }
        let change = try message.data.change(of: message.type, at: time, in: room)
        self = .event(
            RoomEvent(sequence: mark.sequence, time: time, room: room, change: change), opened: mark.opened)
    }
}

/// A message of a room's subjects that is not what was published there.
struct UnreadableEvent: Error, Hashable, CustomStringConvertible {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    var description: String { reason }
}

extension LoggedEvent {
    struct Message: Decodable {
        let id: String
        let type: String
        let time: String
        let data: Content
    }

    /// The union of what the kinds have in `data`.
    struct Content: Decodable {
        let queueID: String
        let positionID: String?
        let sessionID: String?
        let joinSequence: UInt64?
        let priority: Int?
        let enqueuedAt: String?
        let expiresAt: String?
        let shuffleKey: String?
        let userID: String?
        let metadata: [String: String]?
        let address: String?
        let userAgent: String?
        let startedAt: String?
        let lastSeen: String?
        let pageViews: Int?
        let name: String?
        let targetURL: String?
        let status: String?
        let maxActiveUsers: Int?
        let maxQueueSize: Int?
        let queueRate: QueueRate?
        let sessionTimeout: Int64?
        let sessionRenewal: Bool?
        let heartbeatInterval: Int64?
        let heartbeatTimeout: Int64?
        let claimTimeout: Int64?
        let admissionInterval: Int64?
        let priorityShare: Int?
        let shuffleWindow: Int64?
        let generation: String?
        let openedAt: String?
        let lastSequence: UInt64?

        struct QueueRate: Decodable {
            let count: Int64
            let per: Int64

            enum CodingKeys: String, CodingKey {
                case count
                case per = "per_milliseconds"
            }
        }

        enum CodingKeys: String, CodingKey {
            case queueID = "queue_id"
            case positionID = "position_id"
            case sessionID = "session_id"
            case joinSequence = "join_sequence"
            case priority
            case enqueuedAt = "enqueued_at"
            case expiresAt = "expires_at"
            case shuffleKey = "shuffle_key"
            case userID = "user_id"
            case metadata
            case address = "ip_address"
            case userAgent = "user_agent"
            case startedAt = "started_at"
            case lastSeen = "last_seen"
            case pageViews = "page_views"
            case name
            case targetURL = "target_url"
            case status
            case maxActiveUsers = "max_active_users"
            case maxQueueSize = "max_queue_size"
            case queueRate = "queue_rate"
            case sessionTimeout = "session_timeout_milliseconds"
            case sessionRenewal = "session_renewal"
            case heartbeatInterval = "heartbeat_interval_milliseconds"
            case heartbeatTimeout = "heartbeat_timeout_milliseconds"
            case claimTimeout = "claim_timeout_milliseconds"
            case admissionInterval = "admission_interval_milliseconds"
            case priorityShare = "priority_share_thousandths"
            case shuffleWindow = "shuffle_window_milliseconds"
            case generation
            case openedAt = "opened_at"
            case lastSequence = "last_sequence"
        }
    }
}

extension LoggedEvent.Content {
    func change(of type: String, at time: Timestamp, in room: RoomID) throws(UnreadableEvent) -> RoomEvent.Change {
        switch type {
        case "position.enqueued":
            let position = QueuePosition(
                id: try position(), queueID: room, sequence: try required(joinSequence, "join_sequence"),
                priority: try required(priority, "priority"), enqueuedAt: try moment(enqueuedAt, "enqueued_at"),
                userID: userID, metadata: metadata ?? [:], status: .waiting,
                expiresAt: try moment(expiresAt, "expires_at"))
            return .positionEnqueued(position, shuffleKey: shuffleKey.flatMap { UInt64($0) } ?? 0)
        case "position.admitted":
            return .positionAdmitted(try position(), expiresAt: try moment(expiresAt, "expires_at"))
        case "position.expired": return .positionExpired(try position())
        case "position.left": return .positionLeft(try position())
        case "session.started":
            let client = Client(
                address: try required(address, "ip_address"), userAgent: try required(userAgent, "user_agent"))
            return .sessionStarted(
                Session(
                    id: try session(), queueID: room, positionID: try position(), userID: userID, client: client,
                    startedAt: try moment(startedAt, "started_at"), expiresAt: try moment(expiresAt, "expires_at"),
                    lastSeen: try moment(lastSeen, "last_seen"), pageViews: try required(pageViews, "page_views"),
                    status: .active))
        case "session.expired": return .sessionExpired(try session())
        case "session.completed": return .sessionCompleted(try session())
        case "session.terminated": return .sessionTerminated(try session())
        case "room.updated": return .roomUpdated(try settings(of: room))
        default: throw UnreadableEvent("has an unknown type: \(type)")
        }
    }

    private func settings(of room: RoomID) throws(UnreadableEvent) -> RoomSettings {
        guard let status = RoomStatus(rawValue: try required(status, "status")) else {
            throw UnreadableEvent("has an unknown status")
        }
        let rate = try required(queueRate, "queue_rate")
        return RoomSettings(
            id: room, name: try required(name, "name"), targetURL: try required(targetURL, "target_url"),
            maxActiveUsers: try required(maxActiveUsers, "max_active_users"),
            maxQueueSize: try required(maxQueueSize, "max_queue_size"),
            queueRate: Rate(count: rate.count, per: Milliseconds(rate.per)),
            sessionTimeout: try span(sessionTimeout, "session_timeout_milliseconds"),
            sessionRenewal: try required(sessionRenewal, "session_renewal"),
            heartbeatInterval: try span(heartbeatInterval, "heartbeat_interval_milliseconds"),
            heartbeatTimeout: try span(heartbeatTimeout, "heartbeat_timeout_milliseconds"),
            claimTimeout: try span(claimTimeout, "claim_timeout_milliseconds"), status: status,
            admissionInterval: try span(admissionInterval, "admission_interval_milliseconds"),
            priorityShare: try required(priorityShare, "priority_share_thousandths"),
            shuffleWindow: try span(shuffleWindow, "shuffle_window_milliseconds"))
    }

    private func position() throws(UnreadableEvent) -> PositionID {
        try required(positionID.flatMap { PositionID($0) }, "position_id")
    }

    private func session() throws(UnreadableEvent) -> SessionID {
        try required(sessionID.flatMap { SessionID($0) }, "session_id")
    }

    private func span(_ milliseconds: Int64?, _ name: String) throws(UnreadableEvent) -> Milliseconds {
        Milliseconds(try required(milliseconds, name))
    }

    func moment(_ text: String?, _ name: String) throws(UnreadableEvent) -> Timestamp {
        try required(text.flatMap { Timestamp(rfc3339: $0) }, name)
    }

    func required<Value>(_ value: Value?, _ name: String) throws(UnreadableEvent) -> Value {
        guard let value else { throw UnreadableEvent("has no valid \(name)") }
        return value
    }
}
