import QueueStore
import Testing
import WaitingRoom

struct JournalRestartTests {
    @Test("After a crash everything that was acknowledged is there, in order")
    func crash() async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let before = try await fixture.answers(store)
        fixture.files = fixture.files.afterCrash()
        let opened = try fixture.open()
        #expect(opened.report.cut == nil)
        #expect(opened.report.journals == ["/data/journal-1.log"])
        let restarted = fixture.store(opened)
        #expect(try await fixture.answers(restarted) == before)
        #expect(try await restarted.facts(of: fixture.room).heartbeatsTotal == 1)
    }

    @Test("After a shutdown everything is there, out of a snapshot alone")
    func shutdown() async throws {
        let fixture = try Fixture()
        let store = try await fixture.livedStore()
        let before = try await fixture.answers(store)
        try await store.close()
        let names = fixture.files.contents.keys.sorted()
        #expect(names == ["/data/journal-2.log", "/data/snapshot-2.log"])
        let opened = try fixture.open()
        #expect(opened.report.snapshot == "/data/snapshot-2.log")
        #expect(try await fixture.answers(fixture.store(opened)) == before)
    }

    @Test("A pass that is spent stays spent after a crash and after a shutdown", arguments: [false, true])
    func passes(isOrderly: Bool) async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let pass = Pass(
            id: PassID(bits: UUIDBits(high: 1, low: 2)), priority: 5, uses: 2,
            expiresAt: fixture.clock.now + .minutes(60))
        var arrival = Fixture.arrival(20)
        arrival.pass = pass
        _ = try await store.enqueue(arrival, in: fixture.room)
        _ = try await store.present(pass, for: Fixture.id(12), in: fixture.room)
        let before = try await store.places(of: [Fixture.id(12), Fixture.id(20)], in: fixture.room)
        #expect(before.map { $0?.position.priority } == [5, 5])
        if isOrderly { try await store.close() } else { fixture.files = fixture.files.afterCrash() }
        let restarted = fixture.store(try fixture.open())
        let after = try await restarted.places(of: [Fixture.id(12), Fixture.id(20)], in: fixture.room)
        #expect(after.map { $0?.rank } == before.map { $0?.rank })
        #expect(after.map { $0?.position.priority } == [5, 5])
        arrival.id = Fixture.id(21)
        #expect(try await restarted.enqueue(arrival, in: fixture.room) == .refused(.spent))
    }

    @Test("What operators did outlives a crash and a shutdown", arguments: [false, true])
    func operators(isOrderly: Bool) async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let actor = try #require(OperatorName("night"))
        _ = try await store.override(
            RoomOverrides(status: .paused, maxActiveUsers: 5), by: actor, in: fixture.room)
        _ = try await store.move(Fixture.id(12), to: .front, by: actor, in: fixture.room)
        _ = try await store.move(Fixture.id(11), to: .priority(2), by: actor, in: fixture.room)
        _ = try await store.terminate(Fixture.id(10), by: actor, in: fixture.room)
        #expect(try await store.admitNow(1, by: actor, in: fixture.room).admitted == 1)
        let before = try await fixture.answers(store)
        #expect(before.facts.overrides?.setBy == actor && before.facts.settings.maxActiveUsers == 5)
        if isOrderly { try await store.close() } else { fixture.files = fixture.files.afterCrash() }
        let restarted = fixture.store(try fixture.open())
        #expect(try await fixture.answers(restarted) == before)
    }

    @Test("The clocks of those who wait start afresh after a restart")
    func freshClocks() async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let waiting = try await store.facts(of: fixture.room).waiting
        fixture.clock.advance(by: .minutes(30))
        fixture.files = fixture.files.afterCrash()
        let restarted = fixture.store(try fixture.open())
        #expect(try await restarted.clean(in: fixture.room) == CleaningReport())
        fixture.clock.advance(by: .seconds(60))
        #expect(try await restarted.clean(in: fixture.room).positionsExpired == waiting)
    }

    @Test("Settings that a restart finds unchanged are no event")
    func sameSettings() async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let sequence = try await store.facts(of: fixture.room).eventSequence
        fixture.files = fixture.files.afterCrash()
        let restarted = fixture.store(try fixture.open())
        try await restarted.configure([fixture.settings])
        #expect(try await restarted.facts(of: fixture.room).eventSequence == sequence)
    }

    @Test("Two gates cannot share a directory, and the second is told why")
    func locked() async throws {
        let fixture = try Fixture()
        let store = fixture.store(try fixture.open())
        #expect {
            _ = try fixture.open()
        } throws: { error in
            "\(error)".contains("/data is in use by another gate") && (error as? StoreError)?.code == .unavailable
        }
        try await store.close()
        _ = try fixture.open()
    }
}
