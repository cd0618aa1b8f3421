import Testing

@testable import WaitingRoom

struct OperatorStepTests {
    /// A room without free slots in which 1...10 wait.
    private static func line(_ change: (inout RoomSettings) -> Void = { _ in }) throws -> Scene {
        var scene = try Scene {
            $0.maxActiveUsers = 0
            change(&$0)
        }
        for number in 1...10 as ClosedRange<UInt64> { scene.enqueue(number) }
        return scene
    }

    // MARK: Admitting

    @Test("An operator admits beyond the rate and while the room is paused, never beyond the free slots")
    func beyondRate() throws {
        var scene = try Self.line { $0.queueRate = Rate(count: 1, per: .seconds(1)) }
        scene.update { $0.maxActiveUsers = 4 }
        try scene.override(RoomOverrides(status: .paused))
        #expect(try scene.admitNow(3).count == 3)
        #expect(try scene.admitNow(3).count == 1)
        #expect(try scene.admitNow(3).count == 0)
        #expect(scene.admissions == [1, 2, 3, 4])
        let grants = scene.events.compactMap { event in
            if case .admissionGranted(let count, let actor) = event.change { "\(count) \(actor)" } else { nil }
        }
        #expect(grants == ["3 night.shift-1", "1 night.shift-1"])
    }

    @Test("What an operator admits is not taken from the rate, also after a replay")
    func bucket() throws {
        var scene = try Self.line { $0.queueRate = Rate(count: 2, per: .seconds(1)) }
        scene.update { $0.maxActiveUsers = 100 }
        try scene.admitNow(3)
        var replayed = try scene.replayed()
        var events: [RoomEvent] = []
        #expect(replayed.admit(at: scene.time, emitting: &events).count == 2)
        #expect(scene.admit() == 2)
        #expect(scene.admit() == 0)
    }

    @Test("A grant whose admissions were lost with the last moment serves nobody later")
    func tornGrant() throws {
        var scene = try Self.line { $0.queueRate = Rate(count: 2, per: .seconds(1)) }
        scene.update { $0.maxActiveUsers = 100 }
        try scene.admitNow(3)
        scene.events.removeLast(2)
        var replayed = try scene.replayed()
        var events: [RoomEvent] = []
        scene.now += 1
        #expect(replayed.admit(at: scene.time, emitting: &events).count == 2)
        #expect(replayed.admit(at: scene.time, emitting: &events).count == 0)
    }

    @Test("Nobody is admitted on an operator's word into maintenance, before the opening or after the end")
    func refused() throws {
        var scene = try Self.line()
        scene.update { $0.maxActiveUsers = 100 }
        try scene.override(RoomOverrides(status: .maintenance))
        #expect(try scene.admitNow(1) == .refused(.maintenance))
        try scene.override(RoomOverrides())
        let time = scene.time
        scene.update { $0.opening = Opening(at: time + .seconds(60), preQueue: .seconds(30)) }
        #expect(try scene.admitNow(1) == .refused(.phase(.scheduled)))
        scene.now += 40_000
        #expect(try scene.admitNow(1) == .refused(.phase(.preQueue)))
        scene.now += 20_000
        #expect(try scene.admitNow(1).count == 1)
        scene.update { $0.closesAt = time }
        #expect(try scene.admitNow(1) == .refused(.phase(.closed)))
    }

    // MARK: Moving

    @Test("Whom an operator puts in front stands before the others of the priority; two of them in join order")
    func front() throws {
        var scene = try Self.line()
        scene.enqueue(11, priority: 5)
        #expect(try scene.move(8, to: .front)?.rank == 2)
        #expect(try scene.move(4, to: .front)?.rank == 2)
        #expect([4, 8, 1, 2, 3, 5].map { scene.rank($0) } == [2, 3, 4, 5, 6, 7])
        let count = scene.events.count
        #expect(try scene.move(8, to: .front)?.rank == 3)
        #expect(scene.events.count == count)
        #expect(try scene.replayed().place(of: Scene.id(8))?.rank == 3)
    }

    @Test("Whom an operator puts into another priority stands there by join order, and goes back to the old place")
    func priority() throws {
        var scene = try Self.line()
        scene.enqueue(11, priority: 5)
        scene.enqueue(12, priority: 5)
        #expect(try scene.move(6, to: .priority(5))?.rank == 1)
        #expect(try scene.move(11, to: .priority(0))?.rank == 12)
        #expect(try scene.move(6, to: .priority(0))?.rank == 7)
        #expect(try scene.move(6, to: .front)?.rank == 2)
        #expect(try scene.move(6, to: .priority(9))?.rank == 1)
        #expect(scene.rank(12) == 2)
    }

    @Test("A move is no sign of life, and moves nobody who does not wait")
    func moveIsSilent() throws {
        var scene = try Self.line { $0.heartbeatTimeout = .seconds(10) }
        scene.now += 9_000
        try scene.move(3, to: .front)
        scene.now += 2_000
        scene.clean()
        #expect(scene.status(3) == .expired)
        #expect(try scene.move(3, to: .front)?.position.status == .expired)
        #expect(try scene.move(99, to: .front) == nil)
    }

    @Test("Who was put in front before a draw was revealed has a place and is admitted first")
    func drawn() throws {
        var scene = try Scene { $0.maxActiveUsers = 3 }
        let time = scene.time
        scene.update { $0.opening = Opening(at: time + .seconds(60), preQueue: .seconds(60)) }
        for number in 1...10 as ClosedRange<UInt64> { scene.enqueue(number) }
        #expect(scene.rank(7) == 0)
        #expect(try scene.move(7, to: .front)?.rank == 1)
        scene.now += 60_000
        scene.admit()
        #expect(scene.admissions.first == 7 && scene.admissions.count == 3)
    }

    // MARK: Ending

    @Test("An operator ends who waits and who has not come yet, and no session; the slot goes on")
    func terminate() throws {
        var scene = try Scene { $0.maxActiveUsers = 2 }
        for number in 1...4 as ClosedRange<UInt64> { scene.arrive(number) }
        scene.visit(1)
        #expect(try scene.terminate(1)?.position.status == .active)
        #expect(try scene.terminate(2)?.position.status == .terminated)
        #expect(try scene.terminate(3)?.position.status == .terminated)
        #expect(try scene.terminate(9) == nil)
        #expect(scene.admit() == 1)
        #expect(scene.status(4) == .admitted)
        #expect(scene.room.totals.removed == 1 && scene.room.totals.abandoned == 0)
        #expect(scene.room.sessionsEnded(since: Timestamp(milliseconds: 0)) == [Scene.session(2)])
        #expect(try scene.replayed().place(of: Scene.id(3))?.position.status == .terminated)
    }

    @Test("A drain ends, in bounded steps, all who had joined when it began, and nobody who comes meanwhile")
    func drain() throws {
        var scene = try Self.line()
        var report = try scene.drain(.line, limit: 4)
        #expect(report == DrainReport(ended: 4, remaining: 6, until: 10))
        scene.enqueue(11, priority: 3)
        scene.enqueue(12)
        report = try scene.drain(.line, until: report.until, limit: 4)
        #expect(report == DrainReport(ended: 4, remaining: 2, until: 10))
        report = try scene.drain(.line, until: report.until, limit: 4)
        #expect(report == DrainReport(ended: 2, remaining: 0, until: 10))
        report = try scene.drain(.line, until: report.until, limit: 4)
        #expect(report == DrainReport(ended: 0, remaining: 0, until: 10))
        #expect(scene.status(11) == .waiting && scene.status(12) == .waiting && scene.status(10) == .terminated)
        #expect(scene.room.waiting == 2)
    }

    @Test("All steps of a drain together look at everybody about once", arguments: DrainScope.allCases)
    func drainSteps(scope: DrainScope) throws {
        let (all, slots, limit) = (20_000, 5_000, 250)
        var scene = try Scene {
            $0.maxActiveUsers = slots
            $0.queueRate = Rate(count: 100_000, per: .seconds(1))
        }
        for number in 1...UInt64(all) { scene.arrive(number) }
        var (looked, ended) = (0, 0)
        while true {
            var room = scene.room
            looked += room.nextDrain(scope, until: .max, by: try Scene.operatorName(), limit: limit).looked
            let report = try scene.drain(scope, limit: limit)
            ended += report.ended
            if report.remaining == 0 { break }
        }
        #expect(ended == (scope == .line ? all - slots : scope == .sessions ? slots : all))
        #expect(looked < 2 * all)
    }

    @Test("A drain of sessions ends those who hold a slot, of all both, and one that reaches too far only who is there")
    func drainScopes() throws {
        var scene = try Scene { $0.maxActiveUsers = 2 }
        for number in 1...5 as ClosedRange<UInt64> { scene.arrive(number) }
        scene.visit(1)
        #expect(try scene.drain(.sessions, until: .max) == DrainReport(ended: 2, remaining: 0, until: 5))
        #expect(scene.status(1) == .terminated && scene.status(2) == .terminated && scene.room.waiting == 3)
        #expect(scene.admit() == 2)
        #expect(try scene.drain(.all) == DrainReport(ended: 3, remaining: 0, until: 5))
        #expect(scene.room.waiting + scene.room.admitted + scene.room.activeSessions == 0)
        #expect(try scene.replayed().waiting == 0)
    }
}

extension GrantOutcome {
    /// How many were admitted; nil if none may be.
    fileprivate var count: Int? {
        if case .admitted(let waits) = self { waits.count } else { nil }
    }
}
