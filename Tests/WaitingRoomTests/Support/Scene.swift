import Testing
import WaitingRoom

/// A room with a clock that the test moves, and everything that it emitted.
struct Scene {
    static func roomID() throws -> RoomID { try #require(RoomID("hall")) }

    var room: Room
    var events: [RoomEvent] = []
    /// Milliseconds; what the wall clock shows.
    var now: Int64 = 1_000_000
    private var generator = SeededGenerator(seed: 7)

    init(_ change: (inout RoomSettings) -> Void = { _ in }) throws {
        var settings = RoomSettings(
            id: try Self.roomID(), maxActiveUsers: 2, maxQueueSize: 0, queueRate: Rate(count: 100, per: .seconds(1)))
        change(&settings)
        room = Room(opening: settings, at: Timestamp(milliseconds: now), emitting: &events)
    }

    static func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 0, low: number)) }

    static func session(_ number: UInt64) -> SessionID { SessionID(of: id(number)) }

    var time: Timestamp { Timestamp(milliseconds: now) }

    @discardableResult
    mutating func arrive(_ number: UInt64, priority: Int = 0) -> JoinOutcome {
        arrive(JoinRequest(id: Self.id(number), priority: priority))
    }

    mutating func arrive(_ request: JoinRequest) -> JoinOutcome {
        room.arrive(request, at: time, using: &generator, emitting: &events)
    }

    @discardableResult
    mutating func enqueue(_ number: UInt64, priority: Int = 0) -> JoinOutcome {
        enqueue(JoinRequest(id: Self.id(number), priority: priority))
    }

    mutating func enqueue(_ request: JoinRequest) -> JoinOutcome {
        room.enqueue(request, at: time, using: &generator, emitting: &events)
    }

    @discardableResult
    mutating func leave(_ number: UInt64) -> Place? { room.leave(Self.id(number), at: time, emitting: &events) }

    /// How many were admitted.
    @discardableResult
    mutating func admit() -> Int {
        room.advance(at: time, using: &generator, emitting: &events)
        return room.admit(at: time, emitting: &events).count
    }

    @discardableResult
    mutating func clean() -> CleaningCounts { room.clean(at: time, emitting: &events) }

    mutating func heartbeat(_ number: UInt64) { room.heartbeat(Self.id(number), at: time) }

    /// A request of the session of this position.
    @discardableResult
    mutating func visit(_ number: UInt64) -> Bool {
        room.record(
            Self.session(number), of: Self.id(number), pageViews: 1,
            client: Client(address: "192.0.2.7", userAgent: "test"), at: time, emitting: &events)
    }

    @discardableResult
    mutating func end(_ number: UInt64, as end: SessionEnd) -> Bool {
        room.end(Self.session(number), as: end, at: time, emitting: &events)
    }

    /// To another device, by a code.
    @discardableResult
    mutating func handOver(_ number: UInt64, to heir: UInt64) -> HandoverOutcome {
        let code = HandoverDigest(bits: UUIDBits(high: heir, low: number))
        guard case .offered = room.offer(Self.id(number), under: code, at: time) else { return .wrong }
        return room.takeOver(with: code, as: Self.id(heir), at: time, emitting: &events)
    }

    mutating func update(_ change: (inout RoomSettings) -> Void) {
        var settings = room.configured
        change(&settings)
        room.update(settings, at: time, emitting: &events)
    }

    static func operatorName() throws -> OperatorName { try #require(OperatorName("night.shift-1")) }

    mutating func override(_ overrides: RoomOverrides) throws {
        let changes = RoomOverrides.Changes(replacingAllBy: overrides)
        room.override(changes, by: try Self.operatorName(), at: time, emitting: &events)
    }

    @discardableResult
    mutating func admitNow(_ count: Int) throws -> GrantOutcome {
        room.admitNow(count, by: try Self.operatorName(), at: time, using: &generator, emitting: &events)
    }

    @discardableResult
    mutating func move(_ number: UInt64, to target: MoveTarget) throws -> Place? {
        room.move(Self.id(number), to: target, by: try Self.operatorName(), at: time, emitting: &events)
    }

    @discardableResult
    mutating func terminate(_ number: UInt64) throws -> Place? {
        room.terminate(Self.id(number), by: try Self.operatorName(), at: time, emitting: &events)
    }

    @discardableResult
    mutating func drain(_ scope: DrainScope, until sequence: UInt64? = nil, limit: Int = 1_000) throws -> DrainReport {
        room.drain(
            scope, until: sequence, by: try Self.operatorName(), at: time, limit: limit, emitting: &events)
    }

    func status(_ number: UInt64) -> PositionStatus? { room.place(of: Self.id(number))?.position.status }

    func rank(_ number: UInt64) -> Int? { room.place(of: Self.id(number))?.rank }

    /// Who was admitted, in order, by the number of the position.
    var admissions: [UInt64] {
        events.compactMap { event in
            if case .positionAdmitted(let id, _) = event.change { id.bits.low } else { nil }
        }
    }

    /// The room that the events replay to.
    func replayed() throws -> Room {
        var replayed = try #require(events.first.flatMap { Room(replaying: $0) })
        for event in events.dropFirst() { try replayed.replay(event) }
        return replayed
    }
}
