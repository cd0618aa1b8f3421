import QueueStore
import RecordChain
package import WaitingRoom

/// An event as it is published: CloudEvents 1.0 in JSON (structured mode), and where it goes; docs/NATS_EVENTS.md.
package struct CloudEvent: Hashable, Sendable {
    /// `waiting_room.<room>.<kind>`.
    package let subject: String
    /// The same for the same event however often it is sent: the room, when it was opened, and the event's sequence.
    package let id: String
    /// By which the stream knows it again (`Nats-Msg-Id`): the id and, of a shared store, its generation.
    let messageID: String
    package private(set) var json: [UInt8]
    /// That it carries, once it is part of its room's chain.
    private(set) var hash: ChainHash?

    static func subject(of event: RoomEvent) -> String { "waiting_room.\(event.room.text).\(event.change.kind)" }

    /// One that was written before.
    init(subject: String, id: String, json: [UInt8]) {
        self.subject = subject
        self.id = id
        messageID = id
        self.json = json
        hash = ChainLink.hash(of: json[...])
    }

    /// - Parameters:
    ///   - opened: when the room's history began: a room whose data was thrown away begins another.
    ///   - generation: of the shared store that it comes from.
    package init(_ event: RoomEvent, opened: Timestamp, generation: String? = nil) {
        let id = EventMark(opened: opened, sequence: event.sequence).id(of: event.room.text)
        subject = Self.subject(of: event)
        self.id = id
        messageID = generation.map { "\(id)-\($0)" } ?? id
        var text = JSONText()
        text.object {
            $0.member("specversion", "1.0")
            $0.member("id", id)
            $0.member("source", "/anteroom/rooms/\(event.room.text)")
            $0.member("type", event.change.kind)
            if let subject = event.change.entity { $0.member("subject", subject) }
            $0.member("time", event.time)
            $0.member("datacontenttype", "application/json")
            // The extension of that name: a text, so that it keeps its digits in JavaScript.
            $0.member("sequence", "\(event.sequence)")
            $0.member("data", object: { $0.put(event.change, of: event.room) })
        }
        json = text.bytes
    }
}

extension CloudEvent {
    /// The event with the hash that follows from that of the room's last one; nil begins a chain.
    func chained(after previous: ChainHash?) -> CloudEvent {
        var event = self
        event.hash = ChainLink.close(&event.json, after: previous ?? .beginning)
        return event
    }
}

extension RoomEvent.Change {
    /// The position or session that it is about; nil for the room itself.
    fileprivate var entity: String? {
        switch self {
        case .positionEnqueued(let position, _): "\(position.id)"
        case .positionAdmitted(let id, _), .positionExpired(let id), .positionLeft(let id): "\(id)"
        case .passUsed(_, let id), .positionTerminated(let id, _), .positionMoved(let id, _, _),
            .positionHandedOver(let id, _):
            "\(id)"
        case .sessionStarted(let session): "\(session.id)"
        case .sessionExpired(let id), .sessionCompleted(let id), .sessionTerminated(let id, _): "\(id)"
        case .roomUpdated, .roomOverridden, .rateAdapted, .admissionGranted, .drawStarted, .drawRevealed: nil
        }
    }
}

extension JSONText {
    /// What is in `data`: the names and forms of the HTTP API.
    fileprivate mutating func put(_ change: RoomEvent.Change, of room: RoomID) {
        member("queue_id", room.text)
        switch change {
        case .positionEnqueued(let position, let shuffleKey):
            member("position_id", "\(position.id)")
            member("join_sequence", Int(clamping: position.sequence))
            member("priority", position.priority)
            member("enqueued_at", position.enqueuedAt)
            member("expires_at", position.expiresAt)
            if shuffleKey != 0 { member("shuffle_key", "\(shuffleKey)") }
            if position.id.isReturn { member("returned", true) }
            if let user = position.userID { put(user) }
            if let address = position.addressDigest { member("address_digest", "\(address)") }
            if !position.metadata.isEmpty {
                member(
                    "metadata",
                    object: { metadata in
                        for (name, value) in position.metadata.sorted(by: <) { metadata.member(name, value) }
                    })
            }
        case .positionAdmitted(let id, let expiresAt):
            member("position_id", "\(id)")
            member("expires_at", expiresAt)
        case .positionExpired(let id), .positionLeft(let id):
            member("position_id", "\(id)")
        case .positionHandedOver(let id, let heir):
            member("position_id", "\(id)")
            member("to_position_id", "\(heir)")
        case .sessionStarted(let session):
            member("session_id", "\(session.id)")
            member("position_id", "\(session.positionID)")
            if let user = session.userID { put(user) }
            member("ip_address", session.client.address)
            member("user_agent", session.client.userAgent)
            member("started_at", session.startedAt)
            member("expires_at", session.expiresAt)
            member("last_seen", session.lastSeen)
            member("page_views", session.pageViews)
        case .sessionExpired(let id), .sessionCompleted(let id):
            member("session_id", "\(id)")
        case .sessionTerminated(let id, let actor):
            member("session_id", "\(id)")
            if let actor { member("by", actor.text) }
        case .positionTerminated(let id, let actor):
            member("position_id", "\(id)")
            member("by", actor.text)
        case .positionMoved(let id, let target, let actor):
            member("position_id", "\(id)")
            switch target {
            case .front: member("to", "front")
            case .priority(let priority): member("priority", priority)
            }
            member("by", actor.text)
        case .admissionGranted(let count, let actor):
            member("count", count)
            member("by", actor.text)
        case .passUsed(let pass, let id):
            member("position_id", "\(id)")
            member("pass_id", "\(pass.id)")
            member("priority", pass.priority)
            member("uses", pass.uses)
            member("expires_at", pass.expiresAt)
        case .roomUpdated(let settings):
            put(settings)
        case .roomOverridden(let overrides, let actor):
            put(overrides)
            member("by", actor.text)
        case .rateAdapted(let rate, let reason):
            if let rate { put(rate) }
            member("reason", reason.name)
            if let figures = reason.figures {
                member("measured", Int(figures.measured))
                member("limit", Int(figures.limit))
            }
        case .drawStarted(let start):
            member("commitment", "\(start.commitment)")
            if let seed = start.seed { member("seed", seed.hex) }
            member("last_join_sequence", Int(clamping: start.lastJoin))
        case .drawRevealed(let end):
            member("seed", end.seed.hex)
            member("last_join_sequence", Int(clamping: end.lastJoin))
        }
    }

    private mutating func put(_ settings: RoomSettings) {
        member("name", settings.name)
        member("target_url", settings.targetURL)
        member("status", settings.status.rawValue)
        member("max_active_users", settings.maxActiveUsers)
        member("max_queue_size", settings.maxQueueSize)
        member("max_positions_per_address", settings.maxPositionsPerAddress)
        put(settings.queueRate)
        member("session_timeout_milliseconds", settings.sessionTimeout)
        member("session_renewal", settings.sessionRenewal)
        member("heartbeat_interval_milliseconds", settings.heartbeatInterval)
        member("heartbeat_timeout_milliseconds", settings.heartbeatTimeout)
        member("claim_timeout_milliseconds", settings.claimTimeout)
        member("admission_interval_milliseconds", settings.admissionInterval)
        member("priority_share_thousandths", settings.priorityShare)
        member("shuffle_window_milliseconds", settings.shuffleWindow)
        member("missed_turn_grace_milliseconds", settings.missedTurnGrace)
        if settings.queueingMethod != .fifo { member("queueing_method", settings.queueingMethod.rawValue) }
        if let opening = settings.opening {
            member("pre_queue_at", opening.preQueueAt)
            member("opens_at", opening.opensAt)
            member("shuffle_at_start", opening.draws)
        }
        if let closesAt = settings.closesAt { member("closes_at", closesAt) }
    }

    private mutating func put(_ user: UserID) {
        member("user_id", user.name)
        if user.isVerified { member("user_id_verified", true) }
    }

    private mutating func put(_ overrides: RoomOverrides) {
        if let status = overrides.status { member("status", status.rawValue) }
        if let slots = overrides.maxActiveUsers { member("max_active_users", slots) }
        if let rate = overrides.queueRate { put(rate) }
    }

    private mutating func put(_ rate: Rate) {
        member(
            "queue_rate",
            object: {
                $0.member("count", Int(rate.count))
                $0.member("per_milliseconds", rate.per)
            })
    }

    private mutating func member(_ name: String, _ span: Milliseconds) { member(name, Int(span.count)) }
}
