import RecordChain
import WaitingRoom

/// A record whose bytes are as they were written but whose content is not understood.
enum RecordProblem: Error, Hashable, Sendable {
    /// A field is missing or has no meaning here.
    case field(String)
    /// A kind that this version does not know.
    case kind(String)
}

extension RecordReader {
    /// The record that was read last.
    func record() throws(RecordProblem) -> Record {
        let kind = try need("kind", string)
        switch kind {
        case "header":
            let content = try need("content") { string($0).flatMap(FileHeader.Content.init(rawValue:)) }
            return .header(
                FileHeader(
                    content: content, version: try need("version", integer), number: try need("number", unsigned)))
        case "heartbeats": return .heartbeats(try room(), total: try need("total", integer))
        case "room": return .room(try roomImage(), chain: string("chain").flatMap { ChainHash($0) })
        case "position": return .position(try positionImage())
        case "pass":
            return .pass(
                try room(),
                PassImage(id: try passID(), used: try need("used", integer), expiresAt: try need("expires", time)))
        case "end": return .end(records: try need("records", integer))
        default:
            let room = try room()
            return .event(
                RoomEvent(
                    sequence: try need("seq", unsigned), time: try need("time", time), room: room,
                    change: try change(kind, room)))
        }
    }

    private func change(_ kind: String, _ room: RoomID) throws(RecordProblem) -> RoomEvent.Change {
        switch kind {
        case "position.enqueued":
            return .positionEnqueued(try position(room, status: .waiting), shuffleKey: unsigned("shuffle") ?? 0)
        case "position.admitted":
            return .positionAdmitted(try positionID(), expiresAt: try need("expires", time))
        case "position.expired": return .positionExpired(try positionID())
        case "position.left": return .positionLeft(try positionID())
        case "position.handed_over":
            return .positionHandedOver(try positionID(), to: PositionID(bits: try need("to", uuid)))
        case "session.started": return .sessionStarted(try session(room, user: user))
        case "session.expired": return .sessionExpired(try sessionID())
        case "session.completed": return .sessionCompleted(try sessionID())
        case "session.terminated": return .sessionTerminated(try sessionID(), by: try actorIfAny())
        case "position.terminated": return .positionTerminated(try positionID(), by: try actor("by"))
        case "position.moved":
            let target =
                string("to") == "front" ? MoveTarget.front : .priority(try need("priority", integer))
            return .positionMoved(try positionID(), to: target, by: try actor("by"))
        case "admission.granted": return .admissionGranted(try need("count", integer), by: try actor("by"))
        case "pass.used":
            return .passUsed(
                Pass(
                    id: try passID(), priority: try need("priority", integer), uses: try need("uses", integer),
                    expiresAt: try need("expires", time)), by: try positionID())
        case "room.updated": return .roomUpdated(try settings(room))
        case "room.overridden": return .roomOverridden(try overrides(), by: try actor("by"))
        case "rate.adapted": return .rateAdapted(try adaptedRate(), try adaptationReason())
        case "draw.started":
            return .drawStarted(
                DrawStart(
                    commitment: try need("commitment") { string($0).flatMap { DrawCommitment(hex: $0) } },
                    seed: try seed("seed"), lastJoin: try need("last_join", unsigned)))
        case "draw.revealed":
            return .drawRevealed(DrawEnd(seed: try seed("seed"), lastJoin: try need("last_join", unsigned)))
        default: throw .kind(kind)
        }
    }

    private func roomImage() throws(RecordProblem) -> RoomImage {
        var totals = RoomTotals()
        totals.enqueued = try need("enqueued_total", integer)
        totals.admitted = try need("admitted_total", integer)
        totals.abandoned = try need("abandoned_total", integer)
        totals.removed = integer("removed_total") ?? 0
        totals.expired = try need("expired_total", integer)
        totals.heartbeats = try need("heartbeats_total", integer)
        totals.returned = integer("returned_total") ?? 0
        totals.passesUsed = integer("passes_used_total") ?? 0
        return RoomImage(
            settings: try settings(try room()), adapted: try adapted(), overrides: try standingOverrides(),
            createdAt: try need("created", time),
            updatedAt: try need("updated", time), eventSequence: try need("seq", unsigned),
            joinSequence: try need("join", unsigned), totals: totals, windowEpoch: try need("window_epoch", time),
            draw: string("draw_seed") == nil ? nil : try draw(), bucketFill: try need("bucket_fill", signed),
            bucketTime: try need("bucket_time", time),
            time: try need("time", time))
    }

    private func draw() throws(RecordProblem) -> Draw {
        Draw(
            seed: try seed("draw_seed"), since: try need("draw_since", time),
            lastJoin: try need("draw_last_join", unsigned),
            isRevealed: try need("draw_revealed", integer) != 0)
    }

    private func seed(_ name: String) throws(RecordProblem) -> DrawSeed {
        try need(name) { string($0).flatMap { DrawSeed(hex: $0) } }
    }

    private func positionImage() throws(RecordProblem) -> PositionImage {
        let room = try room()
        let status = try need("status") { string($0).flatMap(PositionStatus.init(rawValue:)) }
        let position = try position(room, status: status)
        return PositionImage(
            position: position, window: try need("window", time), shuffleKey: unsigned("shuffle") ?? 0,
            since: try need("since", time), admittedAt: time("admitted"),
            session: string("session_status") == nil ? nil : try session(room, user: position.userID))
    }

    private var user: UserID? {
        string("user").map { UserID($0, isVerified: integer("user_verified") == 1) }
    }

    private func position(_ room: RoomID, status: PositionStatus) throws(RecordProblem) -> QueuePosition {
        QueuePosition(
            id: try positionID(), queueID: room, sequence: try need("join", unsigned),
            priority: try need("priority", integer), enqueuedAt: try need("enqueued", time), userID: user,
            metadata: strings(prefix: "m."), addressDigest: string("address_digest").flatMap { AddressDigest($0) },
            status: status, expiresAt: try need("expires", time))
    }

    private func session(_ room: RoomID, user: UserID?) throws(RecordProblem) -> Session {
        let position = try positionID()
        return Session(
            id: SessionID(of: position), queueID: room, positionID: position, userID: user,
            client: Client(address: try need("address", string), userAgent: try need("agent", string)),
            startedAt: try need("started", time), expiresAt: try need("ends", time), lastSeen: try need("seen", time),
            pageViews: try need("views", integer),
            status: try need("session_status") { string($0).flatMap(SessionStatus.init(rawValue:)) })
    }

    private func settings(_ room: RoomID) throws(RecordProblem) -> RoomSettings {
        RoomSettings(
            id: room, name: try need("name", string), targetURL: try need("target_url", string),
            maxActiveUsers: try need("max_active_users", integer), maxQueueSize: try need("max_queue_size", integer),
            maxPositionsPerAddress: integer("max_positions_per_address") ?? 0,
            queueRate: Rate(count: try need("rate_count", signed), per: try span("rate_per")),
            sessionTimeout: try span("session_timeout"), sessionRenewal: try need("session_renewal", integer) != 0,
            heartbeatInterval: try span("heartbeat_interval"), heartbeatTimeout: try span("heartbeat_timeout"),
            claimTimeout: try span("claim_timeout"),
            status: try need("status") { string($0).flatMap(RoomStatus.init(rawValue:)) },
            admissionInterval: try span("admission_interval"), priorityShare: try need("priority_share", integer),
            shuffleWindow: try span("shuffle_window"),
            missedTurnGrace: Milliseconds(signed("missed_turn_grace") ?? 0), queueingMethod: try queueingMethod(),
            opening: try opening(), closesAt: time("closes_at"))
    }

    private func overrides() throws(RecordProblem) -> RoomOverrides {
        var overrides = RoomOverrides()
        if string("override_status") != nil {
            overrides.status = try need("override_status") { string($0).flatMap(RoomStatus.init(rawValue:)) }
        }
        overrides.maxActiveUsers = integer("override_max_active_users")
        if let count = signed("override_rate_count") {
            overrides.queueRate = Rate(count: count, per: try span("override_rate_per"))
        }
        return overrides
    }

    private func standingOverrides() throws(RecordProblem) -> StandingOverrides? {
        guard let setAt = time("overridden_at") else { return nil }
        return StandingOverrides(try overrides(), setBy: try actor("overridden_by"), setAt: setAt)
    }

    private func adapted() throws(RecordProblem) -> AdaptedRate? {
        guard let changedAt = time("adapted_at"), let rate = try adaptedRate() else { return nil }
        return AdaptedRate(rate, try adaptationReason(), changedAt: changedAt)
    }

    private func adaptedRate() throws(RecordProblem) -> Rate? {
        guard let count = signed("adapted_rate_count") else { return nil }
        return Rate(count: count, per: try span("adapted_rate_per"))
    }

    private func adaptationReason() throws(RecordProblem) -> AdaptationReason {
        var figures: (measured: Int64, limit: Int64)?
        if let measured = signed("measured") { figures = (measured, try need("limit", signed)) }
        return try need("reason") { string($0).flatMap { AdaptationReason(name: $0, figures: figures) } }
    }

    private func actor(_ name: String) throws(RecordProblem) -> OperatorName {
        try need(name) { string($0).flatMap { OperatorName($0) } }
    }

    private func actorIfAny() throws(RecordProblem) -> OperatorName? {
        string("by") == nil ? nil : try actor("by")
    }

    private func queueingMethod() throws(RecordProblem) -> QueueingMethod {
        guard let text = string("queueing_method") else { return .fifo }
        guard let method = QueueingMethod(rawValue: text) else { throw .field("queueing_method") }
        return method
    }

    private func opening() throws(RecordProblem) -> Opening? {
        guard let opensAt = time("opens_at") else { return nil }
        return Opening(
            preQueueAt: try need("pre_queue_at", time), opensAt: opensAt, draws: try need("draws", integer) != 0)
    }

    private func room() throws(RecordProblem) -> RoomID { try need("room") { string($0).flatMap { RoomID($0) } } }

    private func positionID() throws(RecordProblem) -> PositionID { PositionID(bits: try need("position", uuid)) }

    private func passID() throws(RecordProblem) -> PassID { PassID(bits: try need("pass", uuid)) }

    private func sessionID() throws(RecordProblem) -> SessionID { SessionID(bits: try need("session", uuid)) }

    private func span(_ name: String) throws(RecordProblem) -> Milliseconds {
        Milliseconds(try need(name, signed))
    }

    private func need<Value>(_ name: String, _ read: (String) -> Value?) throws(RecordProblem) -> Value {
        guard let value = read(name) else { throw .field(name) }
        return value
    }
}
