import QueueStore
import WaitingRoom

/// What a message of a room's subjects says: one of its events, or that its store was restored. Reads what `CloudEvent`
/// and `RestorationNotice` write.
enum LoggedEvent: Hashable, Sendable {
    case event(RoomEvent, opened: Timestamp)
    case restored(RestorationNotice)

    /// - Throws: `UnreadableEvent` where it is neither.
    init(json: [UInt8]) throws(UnreadableEvent) {
        var reader = RecordReader()
        guard reader.read(json: json) else { throw UnreadableEvent("is no JSON object") }
        guard let data = reader.object("data") else { throw UnreadableEvent("has no data") }
        let fields = EventFields(reader: reader, data: data)
        guard let room = fields.text("queue_id").flatMap({ RoomID($0) }) else {
            throw UnreadableEvent("has no valid queue_id")
        }
        let type = reader.string("type") ?? ""
        guard let time = reader.string("time").flatMap({ Timestamp(rfc3339: $0) }) else {
            throw UnreadableEvent("has no time in RFC 3339")
        }
        if type == RestorationNotice.type {
            self = .restored(
                RestorationNotice(
                    room: room, opened: try fields.time("opened_at"),
                    generation: try fields.need("generation", fields.text),
                    lastSequence: try fields.need("last_sequence", fields.unsigned), time: time))
            return
        }
        let id = reader.string("id") ?? ""
        guard let (owner, mark) = EventMark.read(id), owner == room.text else {
            throw UnreadableEvent("has the id \(id), not <room>-<opened>-<sequence>")
        }
        let change = try fields.change(type, in: room)
        self = .event(
            RoomEvent(sequence: mark.sequence, time: time, room: room, change: change), opened: mark.opened)
    }
}

extension LoggedEvent {
    /// Where it is published.
    var subject: String {
        switch self {
        case .event(let event, _): CloudEvent.subject(of: event)
        case .restored(let notice): RestorationNotice.subject(of: notice.room)
        }
    }
}

/// A message of a room's subjects that is not what was published there.
struct UnreadableEvent: Error, Hashable, CustomStringConvertible {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    var description: String { reason }
}

/// What an event has in `data`, with the names and forms of the HTTP API.
private struct EventFields {
    let reader: RecordReader
    let data: RecordReader.Owner

    private var user: UserID? {
        text("user_id").map { UserID($0, isVerified: reader.boolean("user_id_verified", in: data) == true) }
    }

    func change(_ type: String, in room: RoomID) throws(UnreadableEvent) -> RoomEvent.Change {
        switch type {
        case "position.enqueued":
            let metadata = reader.object("metadata", in: data).map { reader.strings(in: $0) }
            let position = QueuePosition(
                id: try position(), queueID: room, sequence: try need("join_sequence", unsigned),
                priority: try number("priority"), enqueuedAt: try time("enqueued_at"), userID: user,
                metadata: metadata ?? [:], addressDigest: text("address_digest").flatMap { AddressDigest($0) },
                status: .waiting, expiresAt: try time("expires_at"))
            return .positionEnqueued(position, shuffleKey: text("shuffle_key").flatMap { UInt64($0) } ?? 0)
        case "position.admitted": return .positionAdmitted(try position(), expiresAt: try time("expires_at"))
        case "position.expired": return .positionExpired(try position())
        case "position.left": return .positionLeft(try position())
        case "position.handed_over":
            return .positionHandedOver(
                try position(),
                to: PositionID(bits: try need("to_position_id") { reader.uuid($0, in: data) }))
        case "session.started":
            return .sessionStarted(
                Session(
                    id: try session(), queueID: room, positionID: try position(), userID: user,
                    client: Client(
                        address: try need("ip_address", text), userAgent: try need("user_agent", text)),
                    startedAt: try time("started_at"), expiresAt: try time("expires_at"),
                    lastSeen: try time("last_seen"), pageViews: try number("page_views"), status: .active))
        case "session.expired": return .sessionExpired(try session())
        case "session.completed": return .sessionCompleted(try session())
        case "session.terminated": return .sessionTerminated(try session(), by: text("by") == nil ? nil : try actor())
        case "position.terminated": return .positionTerminated(try position(), by: try actor())
        case "position.moved":
            let target = text("to") == "front" ? MoveTarget.front : .priority(try number("priority"))
            return .positionMoved(try position(), to: target, by: try actor())
        case "admission.granted": return .admissionGranted(try number("count"), by: try actor())
        case "pass.used":
            let pass = PassID(bits: try need("pass_id") { reader.uuid($0, in: data) })
            return .passUsed(
                Pass(
                    id: pass, priority: try number("priority"), uses: try number("uses"),
                    expiresAt: try time("expires_at")), by: try position())
        case "room.updated": return .roomUpdated(try settings(of: room))
        case "room.overridden": return .roomOverridden(try overrides(), by: try actor())
        case "rate.adapted":
            return .rateAdapted(reader.object("queue_rate", in: data) == nil ? nil : try rate(), try adaptationReason())
        case "draw.started":
            return .drawStarted(
                DrawStart(
                    commitment: try need("commitment") { text($0).flatMap { DrawCommitment(hex: $0) } },
                    seed: text("seed") == nil ? nil : try seed(), lastJoin: try need("last_join_sequence", unsigned)))
        case "draw.revealed":
            return .drawRevealed(DrawEnd(seed: try seed(), lastJoin: try need("last_join_sequence", unsigned)))
        default: throw UnreadableEvent("has an unknown type: \(type)")
        }
    }

    private func settings(of room: RoomID) throws(UnreadableEvent) -> RoomSettings {
        RoomSettings(
            id: room, name: try need("name", text), targetURL: try need("target_url", text),
            maxActiveUsers: try number("max_active_users"), maxQueueSize: try number("max_queue_size"),
            // Yesterday's rooms had no such limit.
            maxPositionsPerAddress: reader.signed("max_positions_per_address", in: data)
                .flatMap { Int(exactly: $0) } ?? 0,
            queueRate: try rate(),
            sessionTimeout: try span("session_timeout_milliseconds"),
            sessionRenewal: try need("session_renewal") { reader.boolean($0, in: data) },
            heartbeatInterval: try span("heartbeat_interval_milliseconds"),
            heartbeatTimeout: try span("heartbeat_timeout_milliseconds"),
            claimTimeout: try span("claim_timeout_milliseconds"),
            status: try need("status") { text($0).flatMap(RoomStatus.init(rawValue:)) },
            admissionInterval: try span("admission_interval_milliseconds"),
            priorityShare: try number("priority_share_thousandths"),
            shuffleWindow: try span("shuffle_window_milliseconds"),
            missedTurnGrace: Milliseconds(reader.signed("missed_turn_grace_milliseconds", in: data) ?? 0),
            queueingMethod: text("queueing_method") == nil
                ? .fifo : try need("queueing_method") { text($0).flatMap(QueueingMethod.init(rawValue:)) },
            opening: text("opens_at") == nil ? nil : try opening(),
            closesAt: text("closes_at") == nil ? nil : try time("closes_at"))
    }

    private func rate() throws(UnreadableEvent) -> Rate {
        guard let rate = reader.object("queue_rate", in: data), let count = reader.signed("count", in: rate),
            let per = reader.signed("per_milliseconds", in: rate)
        else { throw UnreadableEvent("has no valid queue_rate") }
        return Rate(count: count, per: Milliseconds(per))
    }

    private func overrides() throws(UnreadableEvent) -> RoomOverrides {
        RoomOverrides(
            status: text("status") == nil
                ? nil : try need("status") { text($0).flatMap(RoomStatus.init(rawValue:)) },
            maxActiveUsers: reader.signed("max_active_users", in: data).flatMap { Int(exactly: $0) },
            queueRate: reader.object("queue_rate", in: data) == nil ? nil : try rate())
    }

    private func adaptationReason() throws(UnreadableEvent) -> AdaptationReason {
        var figures: (measured: Int64, limit: Int64)?
        if let measured = reader.signed("measured", in: data) {
            figures = (measured, try need("limit") { reader.signed($0, in: data) })
        }
        return try need("reason") { text($0).flatMap { AdaptationReason(name: $0, figures: figures) } }
    }

    private func actor() throws(UnreadableEvent) -> OperatorName {
        try need("by") { text($0).flatMap { OperatorName($0) } }
    }

    private func opening() throws(UnreadableEvent) -> Opening {
        Opening(
            preQueueAt: try time("pre_queue_at"), opensAt: try time("opens_at"),
            draws: try need("shuffle_at_start") { reader.boolean($0, in: data) })
    }

    private func seed() throws(UnreadableEvent) -> DrawSeed {
        try need("seed") { text($0).flatMap { DrawSeed(hex: $0) } }
    }

    func text(_ name: String) -> String? { reader.string(name, in: data) }

    func unsigned(_ name: String) -> UInt64? { reader.unsigned(name, in: data) }

    func time(_ name: String) throws(UnreadableEvent) -> Timestamp {
        try need(name) { text($0).flatMap { Timestamp(rfc3339: $0) } }
    }

    private func number(_ name: String) throws(UnreadableEvent) -> Int {
        try need(name) { reader.signed($0, in: data).flatMap { Int(exactly: $0) } }
    }

    private func span(_ name: String) throws(UnreadableEvent) -> Milliseconds {
        Milliseconds(try need(name) { reader.signed($0, in: data) })
    }

    private func position() throws(UnreadableEvent) -> PositionID {
        PositionID(bits: try need("position_id") { reader.uuid($0, in: data) })
    }

    private func session() throws(UnreadableEvent) -> SessionID {
        SessionID(bits: try need("session_id") { reader.uuid($0, in: data) })
    }

    func need<Value>(_ name: String, _ find: (String) -> Value?) throws(UnreadableEvent) -> Value {
        guard let value = find(name) else { throw UnreadableEvent("has no valid \(name)") }
        return value
    }
}
