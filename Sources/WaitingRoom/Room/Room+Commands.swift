/// What somebody who asks for a place brings along.
package struct JoinRequest: Hashable, Sendable {
    package var id: PositionID
    package var priority: Int
    package var userID: UserID?
    package var metadata: [String: String]
    /// Whose limit a place in line counts against; nil if nobody's.
    package var addressDigest: AddressDigest?
    /// Of which one use is counted with the join.
    package var pass: Pass?

    package init(
        id: PositionID, priority: Int = 0, userID: UserID? = nil, metadata: [String: String] = [:],
        addressDigest: AddressDigest? = nil, pass: Pass? = nil
    ) {
        self.id = id
        self.priority = priority
        self.userID = userID
        self.metadata = metadata
        self.addressDigest = addressDigest
        self.pass = pass
    }
}

/// What became of somebody who asked for a place.
package enum JoinOutcome: Hashable, Sendable {
    case waiting(Place)
    /// Admitted or active.
    case admitted(Place)
    /// `max_queue_size` wait already; no position was made.
    case full
    /// `max_positions_per_address` of this address wait already; no position was made.
    case crowded
    /// The room is `scheduled` or `closed`; no position was made.
    case closed(RoomPhase)
    /// A position with this id exists and has ended.
    case ended(Place)
    /// Somebody who was announced by the same `user_id` holds this place already; no position was made.
    case taken(Place)
    /// The pass does not count (any more); no position was made.
    case refused(PassRefusal)
}

extension Room {
    /// A first request: admitted at once if the room is active and open, nobody waits, and a slot and a rate token are free; else
    /// joins the line. A known id keeps its place. O(log n).
    ///
    /// That holds with a shuffle window too: where nobody waits there is no order to shuffle.
    package mutating func arrive(
        _ request: JoinRequest, at now: Timestamp, using generator: inout some RandomNumberGenerator,
        emitting events: inout [RoomEvent]
    ) -> JoinOutcome {
        advance(at: now, using: &generator, emitting: &events)
        if let known = revisit(request.id) ?? holder(of: request.userID) { return known }
        guard settings.status == .active, phase == .open, line.count == 0, freeSlots > 0,
            bucket.available(at: clock.now) > 0, refusal(of: request.pass) == nil
        else {
            return join(request, using: &generator, emitting: &events)
        }
        place(request, waits: false, using: &generator, emitting: &events)
        commit(.positionAdmitted(request.id, expiresAt: clock.now + settings.claimTimeout), to: &events)
        return outcome(for: request.id)
    }

    /// Joins the line unless it is full; never admits. A known id keeps its place. O(log n).
    package mutating func enqueue(
        _ request: JoinRequest, at now: Timestamp, using generator: inout some RandomNumberGenerator,
        emitting events: inout [RoomEvent]
    ) -> JoinOutcome {
        advance(at: now, using: &generator, emitting: &events)
        return revisit(request.id) ?? holder(of: request.userID) ?? join(request, using: &generator, emitting: &events)
    }

    /// Takes a waiting position out of the line, or gives an admitted position's slot back. Nil if unknown. O(log n).
    package mutating func leave(
        _ id: PositionID, at now: Timestamp, emitting events: inout [RoomEvent]
    ) -> Place? {
        clock.observe(now)
        switch positions.read(id, \.status) {
        case .waiting, .admitted: commit(.positionLeft(id), to: &events)
        case .active, .expired, .left, .completed, .terminated, .moved, nil: break
        }
        return place(of: id)
    }

    /// A sign of life of a waiting position. O(1), no event.
    package mutating func heartbeat(_ id: PositionID, at now: Timestamp) {
        clock.observe(now)
        totals.heartbeats += 1
        sign(of: id)
    }

    /// Requests of a session; the first starts it. O(1).
    /// - Returns: false if the session is not alive.
    package mutating func record(
        _ session: SessionID, of position: PositionID, pageViews: Int, client: Client?, at now: Timestamp,
        emitting events: inout [RoomEvent]
    ) -> Bool {
        clock.observe(now)
        guard session == SessionID(of: position) else { return false }
        let time = clock.now
        switch positions.read(position, \.status) {
        case .admitted:
            let client = client ?? Client(address: "", userAgent: "")
            commit(
                .sessionStarted(
                    Session(
                        id: session, queueID: id, positionID: position,
                        userID: positions.read(position, \.userID) ?? nil, client: client, startedAt: time,
                        expiresAt: time + settings.sessionTimeout, lastSeen: time, pageViews: pageViews,
                        status: .active)),
                to: &events)
            return true
        case .active:
            _ = positions.update(position) { $0.see(pageViews, from: client, at: time) }
            return true
        case .waiting, .expired, .left, .completed, .terminated, .moved, nil:
            return false
        }
    }

    /// Ends a session, or an admission that has not become one. False if it was not alive. O(log n).
    /// - `actor`: the operator who terminates it; nil if the site does.
    package mutating func end(
        _ session: SessionID, as end: SessionEnd, by actor: OperatorName? = nil, at now: Timestamp,
        emitting events: inout [RoomEvent]
    ) -> Bool {
        clock.observe(now)
        guard let position = position(of: session) else { return false }
        switch positions.read(position, \.status) {
        case .admitted, .active:
            switch end {
            case .completed: commit(.sessionCompleted(session), to: &events)
            case .terminated: commit(.sessionTerminated(session, by: actor), to: &events)
            }
            return true
        case .waiting, .expired, .left, .completed, .terminated, .moved, nil:
            return false
        }
    }

    /// New configured limits or status; what operators have put over them stays. Nothing happens if they are the same. `settings.id` must be the room's.
    package mutating func update(
        _ settings: RoomSettings, at now: Timestamp, emitting events: inout [RoomEvent]
    ) {
        clock.observe(now)
        guard settings != configured, settings.id == id else { return }
        commit(.roomUpdated(settings), to: &events)
    }

    mutating func revisit(_ id: PositionID) -> JoinOutcome? {
        forget(at: clock.now, limit: 16)
        guard positions.contains(id) else { return nil }
        sign(of: id)
        return outcome(for: id)
    }

    private mutating func join(
        _ request: JoinRequest, using generator: inout some RandomNumberGenerator, emitting events: inout [RoomEvent]
    ) -> JoinOutcome {
        let phase = phase
        guard phase == .preQueue || phase == .open else { return .closed(phase) }
        if let refusal = refusal(of: request.pass) { return .refused(refusal) }
        guard settings.maxQueueSize == 0 || line.count < settings.maxQueueSize else { return .full }
        if let address = request.addressDigest, settings.maxPositionsPerAddress > 0,
            addresses[address] >= settings.maxPositionsPerAddress
        {
            return .crowded
        }
        place(request, waits: true, using: &generator, emitting: &events)
        return outcome(for: request.id)
    }

    private mutating func refusal(of pass: Pass?) -> PassRefusal? {
        pass.flatMap { passes.refusal(of: $0, at: clock.now) }
    }

    /// First the position, then the pass: cut off in between, a history has a place too many rather than a use.
    private mutating func place(
        _ request: JoinRequest, waits: Bool, using generator: inout some RandomNumberGenerator,
        emitting events: inout [RoomEvent]
    ) {
        commit(enqueueing(request, waits: waits, using: &generator), to: &events)
        if let pass = request.pass { commit(.passUsed(pass, by: request.id), to: &events) }
    }

    /// - Parameter waits: whether it takes a place in line, which alone counts against the limit of an address.
    private mutating func enqueueing(
        _ request: JoinRequest, waits: Bool, using generator: inout some RandomNumberGenerator
    ) -> RoomEvent.Change {
        let position = QueuePosition(
            id: request.id, queueID: id, sequence: joinSequence + 1, priority: request.priority,
            enqueuedAt: clock.now, userID: request.userID, metadata: request.metadata,
            addressDigest: waits && settings.maxPositionsPerAddress > 0 ? request.addressDigest : nil,
            status: .waiting, expiresAt: clock.now + settings.heartbeatTimeout)
        if let draw, !draw.isRevealed {
            return .positionEnqueued(position, shuffleKey: draw.seed.keys.key(of: request.id))
        }
        let shuffleKey = settings.shuffleWindow.count > 0 ? UInt64.random(in: 1...UInt64.max, using: &generator) : 0
        return .positionEnqueued(position, shuffleKey: shuffleKey)
    }

    mutating func sign(of id: PositionID) {
        let time = clock.now
        _ = positions.update(id) { entry in
            if entry.status == .waiting { entry.renew(at: time) }
        }
    }

    mutating func outcome(for id: PositionID) -> JoinOutcome {
        guard let place = place(of: id) else { return .full }
        return switch place.position.status {
        case .waiting: .waiting(place)
        case .admitted, .active: .admitted(place)
        case .expired, .left, .completed, .terminated, .moved: .ended(place)
        }
    }
}
