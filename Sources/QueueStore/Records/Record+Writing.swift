import RecordChain
package import WaitingRoom

extension RecordWriter {
    mutating func write(_ record: Record) {
        switch record {
        case .header(let header):
            self.record("header") {
                $0.put("content", header.content.rawValue)
                $0.put("version", header.version)
                $0.put("number", header.number)
            }
        case .event(let event):
            var unlinked: ChainHash?
            write(event, after: &unlinked)
        case .heartbeats(let room, let total):
            self.record("heartbeats") {
                $0.put("room", room.text)
                $0.put("total", total)
            }
        case .room(let image, let head):
            write(image, head)
        case .position(let image):
            write(image)
        case .pass(let room, let image):
            self.record("pass") {
                $0.put("room", room.text)
                $0.put("pass", image.id.bits)
                $0.put("used", image.used)
                $0.put("expires", image.expiresAt)
            }
        case .end(let records):
            self.record("end") { $0.put("records", records) }
        }
    }

    /// An event, behind the one of its room whose hash `chain` is; nil begins a chain.
    mutating func write(_ event: RoomEvent, after chain: inout ChainHash?) {
        record(event.change.kind, after: &chain) {
            $0.put("room", event.room.text)
            $0.put("seq", event.sequence)
            $0.put("time", event.time)
            switch event.change {
            case .positionEnqueued(let position, let shuffleKey):
                $0.put(position)
                if shuffleKey != 0 { $0.put("shuffle", shuffleKey) }
            case .positionAdmitted(let id, let expiresAt):
                $0.put("position", id.bits)
                $0.put("expires", expiresAt)
            case .positionExpired(let id), .positionLeft(let id):
                $0.put("position", id.bits)
            case .positionHandedOver(let id, let heir):
                $0.put("position", id.bits)
                $0.put("to", heir.bits)
            case .sessionStarted(let session):
                $0.put("position", session.positionID.bits)
                if let user = session.userID { $0.put(user) }
                $0.put(session)
            case .sessionExpired(let id), .sessionCompleted(let id):
                $0.put("session", id.bits)
            case .sessionTerminated(let id, let actor):
                $0.put("session", id.bits)
                if let actor { $0.put("by", actor.text) }
            case .positionTerminated(let id, let actor):
                $0.put("position", id.bits)
                $0.put("by", actor.text)
            case .positionMoved(let id, let target, let actor):
                $0.put("position", id.bits)
                switch target {
                case .front: $0.put("to", "front")
                case .priority(let priority): $0.put("priority", priority)
                }
                $0.put("by", actor.text)
            case .admissionGranted(let count, let actor):
                $0.put("count", count)
                $0.put("by", actor.text)
            case .passUsed(let pass, let position):
                $0.put("position", position.bits)
                $0.put("pass", pass.id.bits)
                $0.put("priority", pass.priority)
                $0.put("uses", pass.uses)
                $0.put("expires", pass.expiresAt)
            case .roomUpdated(let settings):
                $0.put(settings)
            case .roomOverridden(let overrides, let actor):
                $0.put(overrides)
                $0.put("by", actor.text)
            case .rateAdapted(let rate, let reason):
                if let rate { $0.put(adapted: rate) }
                $0.put(reason)
            case .drawStarted(let start):
                $0.put("commitment", "\(start.commitment)")
                if let seed = start.seed { $0.put("seed", seed.hex) }
                $0.put("last_join", start.lastJoin)
            case .drawRevealed(let end):
                $0.put("seed", end.seed.hex)
                $0.put("last_join", end.lastJoin)
            }
        }
    }

    private mutating func write(_ image: RoomImage, _ head: ChainHash?) {
        record("room") {
            $0.put("room", image.settings.id.text)
            $0.put("created", image.createdAt)
            $0.put("updated", image.updatedAt)
            $0.put("seq", image.eventSequence)
            $0.put("join", image.joinSequence)
            $0.put("enqueued_total", image.totals.enqueued)
            $0.put("admitted_total", image.totals.admitted)
            $0.put("abandoned_total", image.totals.abandoned)
            $0.put("removed_total", image.totals.removed)
            $0.put("expired_total", image.totals.expired)
            $0.put("heartbeats_total", image.totals.heartbeats)
            $0.put("returned_total", image.totals.returned)
            $0.put("passes_used_total", image.totals.passesUsed)
            $0.put("window_epoch", image.windowEpoch)
            if let draw = image.draw {
                $0.put("draw_seed", draw.seed.hex)
                $0.put("draw_since", draw.since)
                $0.put("draw_last_join", draw.lastJoin)
                $0.put("draw_revealed", draw.isRevealed ? 1 : 0)
            }
            $0.put("bucket_fill", image.bucketFill)
            $0.put("bucket_time", image.bucketTime)
            $0.put("time", image.time)
            if let head { $0.put("chain", head.description) }
            $0.put(image.settings)
            if let adapted = image.adapted {
                $0.put(adapted: adapted.rate)
                $0.put(adapted.reason)
                $0.put("adapted_at", adapted.changedAt)
            }
            if let overrides = image.overrides {
                $0.put(overrides.values)
                $0.put("overridden_by", overrides.setBy.text)
                $0.put("overridden_at", overrides.setAt)
            }
        }
    }

    private mutating func write(_ image: PositionImage) {
        record("position") {
            $0.put("room", image.position.queueID.text)
            $0.put(image.position)
            $0.put("status", image.position.status.rawValue)
            $0.put("window", image.window)
            if image.shuffleKey != 0 { $0.put("shuffle", image.shuffleKey) }
            $0.put("since", image.since)
            if let admittedAt = image.admittedAt { $0.put("admitted", admittedAt) }
            if let session = image.session { $0.put(session) }
        }
    }

    private mutating func put(_ position: QueuePosition) {
        put("position", position.id.bits)
        put("join", position.sequence)
        put("priority", position.priority)
        put("enqueued", position.enqueuedAt)
        put("expires", position.expiresAt)
        if let user = position.userID { put(user) }
        put(prefix: "m.", position.metadata)
        if let address = position.addressDigest { put("address_digest", "\(address)") }
    }

    private mutating func put(_ user: UserID) {
        put("user", user.name)
        if user.isVerified { put("user_verified", 1) }
    }

    /// Without its ids, which follow from the position's, and its user, who is the position's.
    private mutating func put(_ session: Session) {
        put("address", session.client.address)
        put("agent", session.client.userAgent)
        put("started", session.startedAt)
        put("seen", session.lastSeen)
        put("ends", session.expiresAt)
        put("views", session.pageViews)
        put("session_status", session.status.rawValue)
    }

    private mutating func put(_ settings: RoomSettings) {
        put("name", settings.name)
        put("target_url", settings.targetURL)
        put("max_active_users", settings.maxActiveUsers)
        put("max_queue_size", settings.maxQueueSize)
        put("max_positions_per_address", settings.maxPositionsPerAddress)
        put("rate_count", settings.queueRate.count)
        put("rate_per", settings.queueRate.per.count)
        put("session_timeout", settings.sessionTimeout.count)
        put("session_renewal", settings.sessionRenewal ? 1 : 0)
        put("heartbeat_interval", settings.heartbeatInterval.count)
        put("heartbeat_timeout", settings.heartbeatTimeout.count)
        put("claim_timeout", settings.claimTimeout.count)
        put("status", settings.status.rawValue)
        put("admission_interval", settings.admissionInterval.count)
        put("priority_share", settings.priorityShare)
        put("shuffle_window", settings.shuffleWindow.count)
        put("missed_turn_grace", settings.missedTurnGrace.count)
        if settings.queueingMethod != .fifo { put("queueing_method", settings.queueingMethod.rawValue) }
        if let opening = settings.opening {
            put("pre_queue_at", opening.preQueueAt)
            put("opens_at", opening.opensAt)
            put("draws", opening.draws ? 1 : 0)
        }
        if let closesAt = settings.closesAt { put("closes_at", closesAt) }
    }

    private mutating func put(adapted rate: Rate) {
        put("adapted_rate_count", rate.count)
        put("adapted_rate_per", rate.per.count)
    }

    private mutating func put(_ reason: AdaptationReason) {
        put("reason", reason.name)
        guard let figures = reason.figures else { return }
        put("measured", figures.measured)
        put("limit", figures.limit)
    }

    private mutating func put(_ overrides: RoomOverrides) {
        if let status = overrides.status { put("override_status", status.rawValue) }
        if let slots = overrides.maxActiveUsers { put("override_max_active_users", slots) }
        if let rate = overrides.queueRate {
            put("override_rate_count", rate.count)
            put("override_rate_per", rate.per.count)
        }
    }
}

extension RoomEvent.Change {
    /// As docs/JOURNAL.md names it.
    package var kind: String {
        switch self {
        case .positionEnqueued: "position.enqueued"
        case .positionAdmitted: "position.admitted"
        case .positionExpired: "position.expired"
        case .positionLeft: "position.left"
        case .positionHandedOver: "position.handed_over"
        case .sessionStarted: "session.started"
        case .sessionExpired: "session.expired"
        case .sessionCompleted: "session.completed"
        case .sessionTerminated: "session.terminated"
        case .passUsed: "pass.used"
        case .positionTerminated: "position.terminated"
        case .positionMoved: "position.moved"
        case .admissionGranted: "admission.granted"
        case .roomUpdated: "room.updated"
        case .roomOverridden: "room.overridden"
        case .rateAdapted: "rate.adapted"
        case .drawStarted: "draw.started"
        case .drawRevealed: "draw.revealed"
        }
    }
}
