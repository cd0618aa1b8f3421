extension Room {
    /// Emits a change: stamps it, applies it and appends it.
    mutating func commit(_ change: consuming RoomEvent.Change, to events: inout [RoomEvent]) {
        let event = RoomEvent(sequence: eventSequence + 1, time: clock.now, room: id, change: change)
        apply(event)
        events.append(event)
    }

    /// Applies an event of this room's recorded history. O(log n).
    /// - Throws: `InvalidEvent` if the event cannot follow the ones before it; the room is unchanged then.
    package mutating func replay(_ event: RoomEvent) throws(InvalidEvent) {
        if let objection = objection(to: event) { throw objection }
        clock = RoomClock(wall: event.time, floor: clock.now)
        apply(event)
    }

    /// The only mutator of durable state. `event` must be one that may come next.
    private mutating func apply(_ event: RoomEvent) {
        eventSequence = event.sequence
        forget(at: event.time, limit: 16)
        let isGranted = takeGrant(for: event)
        switch event.change {
        case .positionEnqueued(let position, let shuffleKey):
            join(position, shuffleKey: shuffleKey)
        case .positionAdmitted(let id, _):
            admit(id, at: event.time, isGranted: isGranted)
        case .positionExpired(let id):
            totals.expired += 1
            finish(id, as: .expired, at: event.time)
        case .positionLeft(let id):
            finish(id, as: .left, at: event.time)
        case .sessionStarted(let session):
            start(session)
        case .sessionExpired(let id):
            if let position = position(of: id) { finish(position, as: .expired, at: event.time) }
        case .sessionCompleted(let id):
            if let position = position(of: id) { finish(position, as: .completed, at: event.time) }
        case .positionTerminated(let id, _):
            finish(id, as: .terminated, at: event.time)
        case .sessionTerminated(let id, _):
            if let position = position(of: id) { finish(position, as: .terminated, at: event.time) }
        case .passUsed(let pass, let id):
            passes.use(pass)
            totals.passesUsed += 1
            raise(id, to: pass.priority)
        case .positionMoved(let id, let target, _):
            move(id, to: target)
        case .admissionGranted(let count, _):
            grant = Grant(time: event.time, left: count)
        case .positionHandedOver(let old, let heir):
            handOver(old, to: heir, at: event.time)
        case .roomUpdated(let settings):
            configured = settings
            enforce(at: event.time)
        case .roomOverridden(let values, let actor):
            overrides = values.isEmpty ? nil : StandingOverrides(values, setBy: actor, setAt: event.time)
            enforce(at: event.time)
        case .rateAdapted(let rate, let reason):
            adapted = rate.map { AdaptedRate($0, reason, changedAt: event.time) }
            enforce(at: event.time)
        case .drawStarted(let start):
            if let seed = start.seed { draw = Draw(seed: seed, since: event.time, lastJoin: start.lastJoin) }
        case .drawRevealed:
            draw?.isRevealed = true
            // Nobody who joins after the opening may fall into a window that reaches back before it.
            windowEpoch = event.time
        }
    }

    private mutating func join(_ position: QueuePosition, shuffleKey: UInt64) {
        joinSequence = position.sequence
        totals.enqueued += 1
        if position.id.isReturn { totals.returned += 1 }
        let key =
            position.id.isReturn
            ? LineKey.inFront(priority: position.priority, sequence: position.sequence)
            : LineKey(
                priority: position.priority, window: windowStart(at: position.enqueuedAt), shuffleKey: shuffleKey,
                sequence: position.sequence)
        line.insert(Line.Member(key: key, id: position.id))
        if let address = position.addressDigest { addresses.add(address) }
        positions[position.id] = Entry(
            key: key, enqueuedAt: position.enqueuedAt,
            userID: position.userID, metadata: position.metadata, phase: .waiting(lastSign: position.enqueuedAt),
            address: Entry.Address(position.addressDigest))
        silence.note(position.id, at: position.enqueuedAt)
        if let user = position.userID { users[user] = position.id }
    }

    private mutating func admit(_ id: PositionID, at time: Timestamp, isGranted: Bool) {
        let place = positions.update(id) { entry in
            entry.admit(at: time)
            return (entry.key, entry.address)
        }
        guard let (key, address) = place else { return }
        takeOutOfLine(key, address)
        if !isGranted { bucket.take(at: time) }
        admitted += 1
        totals.admitted += 1
        claims.note(id, at: time)
    }

    private mutating func start(_ session: Session) {
        admitted -= 1
        activeSessions += 1
        _ = positions.update(session.positionID) { entry in
            entry.start(
                Entry.ActiveSession(
                    client: session.client, startedAt: session.startedAt, lastSeen: session.lastSeen,
                    pageViews: session.pageViews))
        }
        idle.note(session.positionID, at: session.startedAt)
    }

    /// Ends a position in whichever state it is, and frees what it held.
    private mutating func finish(_ id: PositionID, as status: PositionStatus, at time: Timestamp) {
        let ended = positions.update(id) { entry in
            (before: entry.end(as: status, at: time), key: entry.key, address: entry.address)
        }
        guard let ended else { return }
        switch ended.before {
        case .waiting:
            takeOutOfLine(ended.key, ended.address)
            if status == .terminated { totals.removed += 1 } else { totals.abandoned += 1 }
        case .admitted:
            admitted -= 1
        case .active:
            activeSessions -= 1
        case .expired, .left, .completed, .terminated, .moved:
            return
        }
        remember(id, endedAt: time, afterAdmission: ended.before != .waiting)
    }

    private mutating func takeOutOfLine(_ key: LineKey, _ address: Entry.Address) {
        line.remove(key)
        if let address = address.digest { addresses.remove(address) }
    }

    mutating func remember(_ id: PositionID, endedAt time: Timestamp, afterAdmission: Bool) {
        guard !afterAdmission else { return endedAfterAdmission.note(id, at: time) }
        endedInLine.note(id, at: time)
        if endedInLine.count > Self.rememberedInLine {
            for reminder in endedInLine.takeEarliest() { forget(reminder) }
        }
    }

    /// Forgets up to about `limit` final states that are old enough at `now`.
    mutating func forget(at now: Timestamp, limit: Int) {
        let due = Timestamp(milliseconds: now.milliseconds - Self.memory.count)
        for reminder in endedInLine.take(through: due, limit: limit) { forget(reminder) }
        for reminder in endedAfterAdmission.take(through: due, limit: limit) { forget(reminder) }
        passes.forget(at: now, limit: limit)
    }

    private mutating func forget(_ reminder: TimeWheel.Reminder) {
        // The id may stand for a newer position that waits again.
        guard let entry = positions.remove(reminder.id, if: { $0.endedAt == reminder.time }) else { return }
        if let user = entry.userID, users[user] == reminder.id { users[user] = nil }
    }

    /// Puts into force what the configured limits and those over them say now.
    private mutating func enforce(at time: Timestamp) {
        let old = settings
        settings = configured.inForce(adapted: adapted, under: overrides)
        updatedAt = time
        if settings.shuffleWindow != old.shuffleWindow { windowEpoch = time }
        if settings.queueRate != old.queueRate || settings.admissionInterval != old.admissionInterval {
            bucket.adopt(rate: settings.queueRate, interval: settings.admissionInterval, at: time)
        }
        if settings.sessionRenewal != old.sessionRenewal {
            for reminder in idle.take(through: Timestamp(milliseconds: .max), limit: .max) {
                guard let since = positions[reminder.id].flatMap({ idleSince($0) }) else { continue }
                idle.note(reminder.id, at: since)
            }
        }
    }
}
