import OTLPTracing
import Prometheus
import QueueStore
import RoomConfiguration
import Tracing
import WaitingRoom

/// A store whose every operation is timed, and traced in the course of a span that is recorded, and whose failures show in `anteroom_store_up`; and which is not asked while
/// it moves to another process.
struct MeteredStore: QueueStore {
    private let store: any QueueStore
    private let gate: StoreGate
    private let durations: [String: DurationHistogram]
    private let up: Gauge
    private let kind: StoreConfiguration.Kind

    private static var operations: [String] {
        [
            "configure", "arrive", "enqueue", "reenter", "come_back", "present", "offer", "take_over", "places",
            "leave", "claim", "record", "session", "end", "admit", "clean", "facts", "ended_sessions", "count_call",
            "override", "adapt", "admit_now", "move", "terminate", "drain",
        ]
    }

    init(
        _ store: any QueueStore, of kind: StoreConfiguration.Kind, behind gate: StoreGate,
        registry: PrometheusCollectorRegistry
    ) throws(MetricsError) {
        self.store = store
        self.kind = kind
        self.gate = gate
        let bounds: [Duration] = [
            .microseconds(10), .microseconds(50), .microseconds(100), .microseconds(500), .milliseconds(1),
            .milliseconds(5), .milliseconds(10), .milliseconds(50), .milliseconds(100), .milliseconds(500), .seconds(1),
            .seconds(5),
        ]
        var durations: [String: DurationHistogram] = [:]
        for operation in Self.operations {
            durations[operation] = try registry.makeDurationHistogram(
                name: "anteroom_store_duration_seconds", labels: [("operation", operation)], buckets: bounds,
                help: "Time that an operation of the store took, durability included.")
        }
        self.durations = durations
        up = try registry.makeGauge(name: "anteroom_store_up", help: "1 while the store takes steps.")
        up.set(1.0)
    }

    private func timed<Result>(
        _ operation: String, _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await gate.enter()
        defer { gate.leave() }
        let start = ContinuousClock.now
        defer { durations[operation]?.observe(.now - start) }
        let span = span(of: operation)
        defer { span?.end() }
        do throws(StoreError) {
            let result = try await body()
            up.set(1.0)
            return result
        } catch {
            if error.code != .unknownRoom { up.set(0.0) }
            span?.recordError(error)
            span?.setStatus(SpanStatus(code: .error))
            throw error
        }
    }

    /// Nil for what the gate does by itself, such as its steps of admission, and in the course of what is not recorded.
    private func span(of operation: String) -> (any Tracing.Span)? {
        guard let current = ServiceContext.current, current.span?.isRecorded == true else { return nil }
        let isShared = kind == .dragonfly
        let span = startSpan("store \(operation)", context: current, ofKind: isShared ? .client : .internal)
        // Dragonfly has no name of its own in the conventions for databases.
        if isShared { span.attributes = ["db.system.name": "redis", "db.operation.name": .string(operation)] }
        return span
    }

    func configure(_ rooms: [RoomSettings]) async throws(StoreError) {
        try await timed("configure") { () async throws(StoreError) in try await store.configure(rooms) }
    }

    func arrive(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await timed("arrive") { () async throws(StoreError) in try await store.arrive(arrival, in: room) }
    }

    func enqueue(_ arrival: Arrival, in room: RoomID) async throws(StoreError) -> ArrivalOutcome {
        try await timed("enqueue") { () async throws(StoreError) in try await store.enqueue(arrival, in: room) }
    }

    func reenter(_ position: PositionID, issued: Timestamp, in room: RoomID) async throws(StoreError) -> Place? {
        try await timed("reenter") { () async throws(StoreError) in
            try await store.reenter(position, issued: issued, in: room)
        }
    }

    func comeBack(
        _ missed: PositionID, mayAdmit: Bool, in room: RoomID
    ) async throws(StoreError) -> ArrivalOutcome? {
        try await timed("come_back") { () async throws(StoreError) in
            try await store.comeBack(missed, mayAdmit: mayAdmit, in: room)
        }
    }

    func places(
        of positions: [PositionID], in room: RoomID, seeing sequence: UInt64
    ) async throws(StoreError) -> [Place?] {
        try await timed("places") { () async throws(StoreError) in
            try await store.places(of: positions, in: room, seeing: sequence)
        }
    }

    func present(_ pass: Pass, for position: PositionID, in room: RoomID) async throws(StoreError) -> PassOutcome {
        try await timed("present") { () async throws(StoreError) in
            try await store.present(pass, for: position, in: room)
        }
    }

    func offer(
        _ position: PositionID, under code: HandoverDigest, in room: RoomID
    ) async throws(StoreError) -> HandoverOffer {
        try await timed("offer") { () async throws(StoreError) in
            try await store.offer(position, under: code, in: room)
        }
    }

    func takeOver(
        with code: HandoverDigest, as id: PositionID, in room: RoomID
    ) async throws(StoreError) -> HandoverOutcome {
        try await timed("take_over") { () async throws(StoreError) in
            try await store.takeOver(with: code, as: id, in: room)
        }
    }

    func leave(_ position: PositionID, in room: RoomID) async throws(StoreError) -> Place? {
        try await timed("leave") { () async throws(StoreError) in try await store.leave(position, in: room) }
    }

    func claim(_ position: PositionID, in room: RoomID) async throws(StoreError) -> ClaimOutcome {
        try await timed("claim") { () async throws(StoreError) in try await store.claim(position, in: room) }
    }

    func record(_ activity: Activity, in room: RoomID) async throws(StoreError) -> [SessionID] {
        do throws(StoreError) {
            return try await timed("record") { () async throws(StoreError) in
                try await store.record(activity, in: room)
            }
        } catch  where error.code == .elsewhere {
            for use in activity.sessions {
                gate.tell(.used(use.session, use.position, pageViews: use.pageViews, room))
            }
            return []
        }
    }

    func session(_ id: SessionID, in room: RoomID) async throws(StoreError) -> Session? {
        try await timed("session") { () async throws(StoreError) in try await store.session(id, in: room) }
    }

    func end(
        _ session: SessionID, as end: SessionEnd, by actor: OperatorName?, in room: RoomID
    ) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try await timed("end") { () async throws(StoreError) in
                try await store.end(session, as: end, by: actor, in: room)
            }
        } catch  where error.code == .elsewhere && actor == nil {
            gate.tell(.ended(session, end, room))
            return true
        }
    }

    func admit(in room: RoomID) async throws(StoreError) -> AdmissionReport {
        try await timed("admit") { () async throws(StoreError) in try await store.admit(in: room) }
    }

    func clean(in room: RoomID) async throws(StoreError) -> CleaningReport {
        try await timed("clean") { () async throws(StoreError) in try await store.clean(in: room) }
    }

    func countCall(
        from address: AddressDigest, under rate: Rate, in room: RoomID
    ) async throws(StoreError) -> RateVerdict {
        try await timed("count_call") { () async throws(StoreError) in
            try await store.countCall(from: address, under: rate, in: room)
        }
    }

    func facts(of room: RoomID) async throws(StoreError) -> RoomFacts {
        try await timed("facts") { () async throws(StoreError) in try await store.facts(of: room) }
    }

    func endedSessions(in room: RoomID, since: Timestamp) async throws(StoreError) -> [SessionID] {
        try await timed("ended_sessions") { () async throws(StoreError) in
            try await store.endedSessions(in: room, since: since)
        }
    }

    func adapt(_ change: RateChange, in room: RoomID) async throws(StoreError) -> Bool {
        try await timed("adapt") { () async throws(StoreError) in
            try await store.adapt(change, in: room)
        }
    }

    func override(
        _ changes: RoomOverrides.Changes, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> RoomFacts {
        try await timed("override") { () async throws(StoreError) in
            try await store.override(changes, by: actor, in: room)
        }
    }

    func admitNow(
        _ count: Int, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> AdmissionReport {
        try await timed("admit_now") { () async throws(StoreError) in
            try await store.admitNow(count, by: actor, in: room)
        }
    }

    func move(
        _ position: PositionID, to target: MoveTarget, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        try await timed("move") { () async throws(StoreError) in
            try await store.move(position, to: target, by: actor, in: room)
        }
    }

    func terminate(
        _ position: PositionID, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> Place? {
        try await timed("terminate") { () async throws(StoreError) in
            try await store.terminate(position, by: actor, in: room)
        }
    }

    func drain(
        _ scope: DrainScope, until sequence: UInt64?, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> DrainReport {
        try await timed("drain") { () async throws(StoreError) in
            try await store.drain(scope, until: sequence, by: actor, in: room)
        }
    }
}
