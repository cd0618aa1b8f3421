import Testing
import WaitingRoom

struct RoomTransitionTests {
    /// Each state, and how position 1 gets there (the room has one slot, and position 9 stands in the way).
    private static func scene(with status: PositionStatus) throws -> Scene {
        var scene = try Scene { $0.maxActiveUsers = 1 }
        scene.arrive(9)
        scene.enqueue(1)
        if status == .waiting { return scene }
        if status == .left {
            scene.leave(1)
            return scene
        }
        scene.leave(9)
        scene.now += 1_000
        scene.admit()
        if status == .admitted { return scene }
        if status == .moved {
            scene.handOver(1, to: 21)
            return scene
        }
        scene.visit(1)
        switch status {
        case .completed: scene.end(1, as: .completed)
        case .terminated: scene.end(1, as: .terminated)
        case .expired:
            scene.now += 600_000
            scene.clean()
        case .waiting, .admitted, .active, .left, .moved: break
        }
        return scene
    }

    private enum Step: String, CaseIterable, Sendable {
        case arrive, leave, visit, complete, terminate, admit, silence, handOver
    }

    private static func take(_ step: Step, _ scene: inout Scene) {
        switch step {
        case .arrive: scene.arrive(1)
        case .leave: scene.leave(1)
        case .visit: scene.visit(1)
        case .complete: scene.end(1, as: .completed)
        case .terminate: scene.end(1, as: .terminated)
        case .admit: scene.admit()
        case .handOver: scene.handOver(1, to: 22)
        case .silence:
            scene.now += 599_999
            scene.clean()
        }
    }

    /// What each step makes of each state; where nothing is said, the state stays.
    private static let table: [PositionStatus: [Step: PositionStatus]] = [
        .waiting: [.leave: .left, .silence: .expired, .handOver: .moved],
        .admitted: [
            .leave: .left, .visit: .active, .complete: .completed, .terminate: .terminated, .silence: .expired,
            .handOver: .moved,
        ],
        .active: [.complete: .completed, .terminate: .terminated],
    ]

    @Test("Every state follows only from those that may lead to it", arguments: PositionStatus.allCases)
    func table(status: PositionStatus) throws {
        for step in Step.allCases {
            var scene = try Self.scene(with: status)
            #expect(scene.status(1) == status)
            Self.take(step, &scene)
            let expected = Self.table[status]?[step] ?? status
            #expect(scene.status(1) == expected, "\(step) in \(status)")
        }
    }

    @Test("A first visitor of an active room with a free slot is admitted at once")
    func admittedAtOnce() throws {
        var scene = try Scene()
        guard case .admitted(let place) = scene.arrive(1) else {
            Issue.record("not as it should be")
            return
        }
        #expect(place.position.status == .admitted)
        #expect(place.position.expiresAt == scene.time + .seconds(60))
        #expect(place.rank == 0)
        #expect(scene.events.count == 3)
    }

    @Test("Nobody overtakes: whoever arrives while somebody waits joins, though a slot is free")
    func noOvertaking() throws {
        var scene = try Scene()
        scene.enqueue(1)
        guard case .waiting(let place) = scene.arrive(2) else {
            Issue.record("not as it should be")
            return
        }
        #expect(place.rank == 2)
        #expect(place.totalWaiting == 2)
    }

    @Test("Where no slot or no rate token is free, whoever arrives joins")
    func nothingFree() throws {
        var slots = try Scene { $0.maxActiveUsers = 1 }
        slots.arrive(1)
        slots.arrive(2)
        #expect(slots.status(2) == .waiting)
        var rate = try Scene { $0.queueRate = Rate(count: 1, per: .seconds(1)) }
        rate.arrive(1)
        rate.arrive(2)
        #expect(rate.status(2) == .waiting)
    }

    @Test(
        "A paused room and one in maintenance admit nobody but keep every place",
        arguments: [RoomStatus.paused, .maintenance])
    func closed(status: RoomStatus) throws {
        var scene = try Scene { $0.status = status }
        scene.arrive(1)
        scene.now += 1_000
        #expect(scene.admit() == 0)
        #expect(scene.rank(1) == 1)
        scene.update { $0.status = .active }
        #expect(scene.admit() == 1)
        #expect(scene.status(1) == .admitted)
    }

    @Test("Asking again with the same id changes nothing")
    func idempotent() throws {
        var scene = try Scene { $0.status = .paused }
        scene.arrive(1)
        scene.arrive(2)
        let events = scene.events
        #expect(scene.arrive(1) == scene.enqueue(1))
        #expect(scene.events == events)
        #expect(scene.rank(1) == 1)
    }

    @Test("A full line makes no position, and has room again when somebody leaves")
    func full() throws {
        var scene = try Scene {
            $0.status = .paused
            $0.maxQueueSize = 2
        }
        scene.arrive(1)
        scene.arrive(2)
        #expect(scene.arrive(3) == .full)
        #expect(scene.enqueue(3) == .full)
        #expect(scene.status(3) == nil)
        scene.leave(1)
        scene.arrive(3)
        #expect(scene.rank(3) == 2)
    }

    @Test("A position that has ended says so, and its id is not used again while it is remembered")
    func ended() throws {
        var scene = try Scene { $0.status = .paused }
        scene.arrive(1)
        scene.leave(1)
        guard case .ended(let place) = scene.arrive(1) else {
            Issue.record("not as it should be")
            return
        }
        #expect(place.position.status == .left)
        scene.now += 600_000
        scene.clean()
        #expect(scene.status(1) == nil)
    }

    @Test("A session begins with its first request, and its end follows the last")
    func sessionClock() throws {
        var scene = try Scene()
        scene.arrive(1)
        #expect(scene.room.session(Scene.session(1))?.startedAt == scene.time)
        scene.now += 30_000
        #expect(scene.visit(1) == true)
        scene.now += 400_000
        #expect(scene.visit(1) == true)
        let session = try #require(scene.room.session(Scene.session(1)))
        #expect(session.expiresAt == scene.time + .minutes(10))
        #expect(session.pageViews == 2)
        #expect(session.client.address == "192.0.2.7")
        #expect(scene.room.place(of: Scene.id(1))?.position.expiresAt == session.expiresAt)
    }

    @Test("Only the session that belongs to an admitted position is alive")
    func strangers() throws {
        var scene = try Scene { $0.status = .paused }
        scene.arrive(1)
        #expect(scene.visit(1) == false)
        #expect(scene.visit(2) == false)
        #expect(scene.end(1, as: .terminated) == false)
        #expect(scene.room.session(Scene.session(1)) == nil)
        let forged = scene.room.record(
            Scene.session(1), of: Scene.id(2), pageViews: 1, client: nil, at: scene.time, emitting: &scene.events)
        #expect(!forged)
    }

    @Test("The sessions that ended since a moment are told, unused admissions too, waiting positions not")
    func endedSessions() throws {
        var scene = try Scene { $0.maxActiveUsers = 3 }
        for number in 1...4 as ClosedRange<UInt64> { scene.arrive(number) }
        scene.visit(1)
        scene.end(1, as: .terminated)
        scene.now += 2_000
        scene.leave(2)
        scene.leave(4)
        #expect(
            Set(scene.room.sessionsEnded(since: Timestamp(milliseconds: 0))) == [Scene.session(1), Scene.session(2)])
        #expect(scene.room.sessionsEnded(since: scene.time) == [Scene.session(2)])
        #expect(scene.room.session(Scene.session(1))?.status == .terminated)
        #expect(scene.room.session(Scene.session(2))?.status == .completed)
    }
}
