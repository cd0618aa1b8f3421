package import WaitingRoom

extension MemoryStore {
    package func override(
        _ changes: RoomOverrides.Changes, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> RoomFacts {
        try await step(in: room) { room, step, _ in
            room.override(changes, by: actor, at: step.now, emitting: &step.events)
            return RoomFacts(room)
        }
    }

    package func adapt(_ change: RateChange, in room: RoomID) async throws(StoreError) -> Bool {
        try await step(in: room) { room, step, _ in
            room.adapt(change, at: step.now, emitting: &step.events)
        }
    }

    package func admitNow(
        _ count: Int, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> AdmissionReport {
        var total = AdmissionReport(admitted: 0, waiting: 0, waits: [])
        var rest = max(0, count)
        repeat {
            let size = min(rest, Self.grantSlice)
            let report = try await step(in: room) { room, step, random in
                let outcome = room.admitNow(
                    size, by: actor, at: step.now, using: &random, emitting: &step.events)
                return AdmissionReport(outcome, waiting: room.waiting)
            }
            total.add(report)
            rest = report.admitted < size ? 0 : rest - size
        } while rest > 0
        return total
    }

    /// How many one step admits on an operator's word, before others are let at the lock.
    private static let grantSlice = 1_000

    package func move(
        _ position: PositionID, to target: MoveTarget, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        try await step(in: room) { room, step, _ in
            room.move(position, to: target, by: actor, at: step.now, emitting: &step.events)
        }
    }

    package func terminate(
        _ position: PositionID, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        try await step(in: room) { room, step, _ in
            room.terminate(position, by: actor, at: step.now, emitting: &step.events)
        }
    }

    package func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> DrainReport {
        try await step(in: room) { room, step, _ in
            room.drain(scope, until: sequence, by: actor, at: step.now, emitting: &step.events)
        }
    }
}

extension AdmissionReport {
    fileprivate init(_ outcome: GrantOutcome, waiting: Int) {
        switch outcome {
        case .admitted(let waits): self.init(admitted: waits.count, waiting: waiting, waits: waits)
        case .refused(let refusal): self.init(admitted: 0, waiting: waiting, waits: [], refusal: refusal)
        }
    }

    /// Takes in what a later step of the same call did.
    package mutating func add(_ later: AdmissionReport) {
        admitted += later.admitted
        waiting = later.waiting
        waits += later.waits
        refusal = later.refusal
    }
}
