import Testing
import WaitingRoom

struct RoomCleaningTests {
    @Test("Whoever is silent for the heartbeat time-out is taken out, not a millisecond before")
    func silence() throws {
        var scene = try Scene { $0.status = .paused }
        scene.arrive(1)
        scene.arrive(2)
        scene.now += 30_000
        scene.heartbeat(2)
        scene.now += 29_999
        #expect(scene.clean().positionsExpired == 0)
        scene.now += 1
        #expect(scene.clean().positionsExpired == 1)
        #expect(scene.status(1) == .expired)
        #expect(scene.rank(2) == 1)
        scene.now += 29_999
        #expect(scene.clean().positionsExpired == 0)
        scene.now += 1
        #expect(scene.clean().positionsExpired == 1)
        #expect(scene.room.totals.abandoned == 2)
    }

    @Test("An admission that is not used within the claim time-out frees its slot")
    func unclaimed() throws {
        var scene = try Scene { $0.maxActiveUsers = 1 }
        scene.arrive(1)
        scene.arrive(2)
        scene.heartbeat(1)
        scene.now += 59_999
        scene.heartbeat(2)
        #expect(scene.clean().admissionsExpired == 0)
        scene.now += 1
        #expect(scene.clean().admissionsExpired == 1)
        #expect(scene.status(1) == .expired)
        #expect(scene.admit() == 1)
        #expect(scene.visit(1) == false)
    }

    @Test("A session ends when nothing was asked of it for the session time-out")
    func idleSession() throws {
        var scene = try Scene()
        scene.arrive(1)
        scene.visit(1)
        scene.now += 599_999
        scene.visit(1)
        scene.now += 599_999
        #expect(scene.clean().sessionsExpired == 0)
        scene.now += 1
        #expect(scene.clean().sessionsExpired == 1)
        #expect(scene.status(1) == .expired)
    }

    @Test("Without renewal a session ends that long after its start, and a change of the rule holds at once")
    func withoutRenewal() throws {
        var scene = try Scene { $0.sessionRenewal = false }
        scene.arrive(1)
        scene.arrive(2)
        scene.visit(1)
        scene.now += 500_000
        scene.visit(1)
        scene.visit(2)
        scene.now += 100_000
        #expect(scene.clean().sessionsExpired == 1)
        #expect(scene.status(1) == .expired)
        scene.visit(2)
        scene.update { $0.sessionRenewal = true }
        scene.now += 599_999
        #expect(scene.clean().sessionsExpired == 0)
        scene.visit(2)
        scene.update { $0.sessionRenewal = false }
        #expect(scene.clean().sessionsExpired == 1)
    }

    @Test("A time-out that is shortened holds for those who are there already")
    func shortened() throws {
        var scene = try Scene { $0.maxActiveUsers = 2 }
        scene.arrive(1)
        scene.arrive(2)
        scene.visit(2)
        scene.arrive(3)
        scene.now += 10_000
        scene.clean()
        scene.update {
            $0.heartbeatTimeout = .seconds(10)
            $0.claimTimeout = .seconds(10)
            $0.sessionTimeout = .seconds(10)
        }
        #expect(scene.room.place(of: Scene.id(3))?.position.expiresAt == scene.time)
        let counts = scene.clean()
        #expect(counts.positionsExpired == 1)
        #expect(counts.admissionsExpired == 1)
        #expect(counts.sessionsExpired == 1)
    }

    @Test("A lengthened time-out spares those who would have been due")
    func lengthened() throws {
        var scene = try Scene { $0.status = .paused }
        scene.arrive(1)
        scene.now += 59_000
        scene.update { $0.heartbeatTimeout = .seconds(120) }
        scene.now += 60_999
        #expect(scene.clean().positionsExpired == 0)
        scene.now += 1
        #expect(scene.clean().positionsExpired == 1)
    }

    @Test("Cleaning in slices ends with the same result")
    func slices() throws {
        var scene = try Scene { $0.status = .paused }
        for number in 1...100 as ClosedRange<UInt64> { scene.arrive(number) }
        scene.now += 30_000
        for number in stride(from: 2, through: 100, by: 2) { scene.heartbeat(UInt64(number)) }
        scene.now += 30_000
        var expired = 0
        var rounds = 0
        var counts: CleaningCounts
        repeat {
            counts = scene.room.clean(at: scene.time, limit: 7, emitting: &scene.events)
            expired += counts.positionsExpired
            rounds += 1
        } while counts.isPartial
        #expect(expired == 50)
        #expect(rounds == 15)
        #expect(scene.room.waiting == 50)
    }

    @Test("Final states are remembered for ten minutes, and no more of them than a bound")
    func memory() throws {
        var scene = try Scene { $0.status = .paused }
        for number in 1...110_000 as ClosedRange<UInt64> {
            scene.enqueue(number)
            scene.leave(number)
            if number % 1_000 == 0 { scene.now += 1_024 }
        }
        scene.events = []
        let remembered = (1...110_000).count { scene.status(UInt64($0)) != nil }
        #expect(remembered <= 100_000)
        #expect(remembered >= 98_000)
        #expect(scene.status(110_000) == .left)
    }
}
