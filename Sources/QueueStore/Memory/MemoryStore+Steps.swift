package import WaitingRoom

extension MemoryStore {
    package func arrive(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await step(in: room) { room, step, random in
            ArrivalOutcome(room.arrive(JoinRequest(arrival), at: step.now, using: &random, emitting: &step.events))
        }
    }

    /// Always nil: what the journal has acknowledged it has.
    package func reenter(
        _ position: PositionID, issued: Timestamp, in room: RoomID
    ) async throws(StoreError) -> Place? { nil }

    package func enqueue(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await step(in: room) { room, step, random in
            ArrivalOutcome(room.enqueue(JoinRequest(arrival), at: step.now, using: &random, emitting: &step.events))
        }
    }

    package func comeBack(
        _ missed: PositionID, mayAdmit: Bool, in room: RoomID
    ) async throws(StoreError) -> ArrivalOutcome? {
        try await step(in: room) { room, step, _ in
            room.comeBack(missed, mayAdmit: mayAdmit, at: step.now, emitting: &step.events).map(ArrivalOutcome.init)
        }
    }

    package func present(
        _ pass: Pass, for position: PositionID, in room: RoomID
    ) async throws(StoreError) -> PassOutcome {
        try await step(in: room) { room, step, _ in
            room.present(pass, for: position, at: step.now, emitting: &step.events)
        }
    }

    package func leave(_ position: PositionID, in room: RoomID) async throws(StoreError) -> Place? {
        try await step(in: room) { room, step, _ in room.leave(position, at: step.now, emitting: &step.events) }
    }

    package func record(_ activity: Activity, in room: RoomID) async throws(StoreError) -> [SessionID] {
        try await step(in: room) { room, step, _ in
            for position in activity.heartbeats { room.heartbeat(position, at: step.now) }
            step.notesHeartbeats = !activity.heartbeats.isEmpty
            var dead: [SessionID] = []
            for seen in activity.sessions {
                let isAlive = room.record(
                    seen.session, of: seen.position, pageViews: seen.pageViews, client: seen.client, at: step.now,
                    emitting: &step.events)
                if !isAlive { dead.append(seen.session) }
            }
            return dead
        }
    }

    package func end(
        _ session: SessionID, as end: SessionEnd, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> Bool {
        try await step(in: room) { room, step, _ in
            room.end(session, as: end, by: actor, at: step.now, emitting: &step.events)
        }
    }

    package func admit(in room: RoomID) async throws(StoreError) -> AdmissionReport {
        try await step(in: room) { room, step, random in
            room.advance(at: step.now, using: &random, emitting: &step.events)
            let waits = room.admit(at: step.now, emitting: &step.events)
            return AdmissionReport(admitted: waits.count, waiting: room.waiting, waits: waits)
        }
    }
}

extension MemoryStore {
    package func places(
        of positions: [PositionID], in room: RoomID, seeing sequence: UInt64
    ) async throws(StoreError) -> [Place?] {
        try await read(in: room) { room in positions.map { room.place(of: $0) } }
    }

    package func claim(_ position: PositionID, in room: RoomID) async throws(StoreError) -> ClaimOutcome {
        let place = try await read(in: room) { $0.place(of: position) }
        guard let place else { return .unknown }
        return switch place.position.status {
        case .waiting: .waiting(place)
        case .admitted, .active: .session(SessionID(of: position), place)
        case .expired, .left, .completed, .terminated, .moved: .ended(place)
        }
    }

    package func session(_ id: SessionID, in room: RoomID) async throws(StoreError) -> Session? {
        try await read(in: room) { $0.session(id) }
    }

    package func facts(of room: RoomID) async throws(StoreError) -> RoomFacts {
        try await read(in: room) { RoomFacts($0) }
    }

    package func endedSessions(in room: RoomID, since: Timestamp) async throws(StoreError) -> [SessionID] {
        try await read(in: room) { $0.sessionsEnded(since: since) }
    }
}

extension JoinRequest {
    init(_ arrival: Arrival) {
        self.init(
            id: arrival.id, priority: arrival.priority, userID: arrival.userID, metadata: arrival.metadata,
            addressDigest: arrival.addressDigest, pass: arrival.pass)
    }
}

extension ArrivalOutcome {
    init(_ outcome: JoinOutcome) {
        switch outcome {
        case .waiting(let place): self = .waiting(place)
        case .admitted(let place): self = .admitted(place)
        case .full: self = .full
        case .crowded: self = .crowded
        case .closed(let phase): self = .closed(phase)
        case .ended(let place): self = .ended(place)
        case .taken(let place): self = .taken(place)
        case .refused(let refusal): self = .refused(refusal)
        }
    }
}

extension RoomFacts {
    init(_ room: Room) {
        self.init(
            configured: room.configured, overrides: room.overrides, createdAt: room.createdAt,
            updatedAt: room.updatedAt, waiting: room.waiting,
            admitted: room.admitted, activeSessions: room.activeSessions, enqueuedTotal: room.totals.enqueued,
            admittedTotal: room.totals.admitted, abandonedTotal: room.totals.abandoned,
            removedTotal: room.totals.removed, expiredTotal: room.totals.expired,
            heartbeatsTotal: room.totals.heartbeats,
            returnedTotal: room.totals.returned, passesUsedTotal: room.totals.passesUsed,
            eventSequence: room.eventSequence, time: room.time, draw: room.draw?.published)
    }
}
