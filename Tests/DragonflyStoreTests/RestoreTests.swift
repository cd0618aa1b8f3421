import HistoryChecker
import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

@Suite(.enabled(if: Site.url != nil, Site.skipped))
struct RestoreTests {
    /// A room that has lived: some are in, some have left, some wait in two priorities.
    private func lived(_ store: DragonflyStore, _ room: RoomID, _ clock: ManualClock, shuffled: Bool) async throws {
        let settings = RoomSettings(
            id: room, maxActiveUsers: 4, maxQueueSize: 0, queueRate: Rate(count: 100, per: .seconds(1)),
            shuffleWindow: .seconds(shuffled ? 3_600 : 0))
        try await store.configure([settings])
        for number in 1...100 as ClosedRange<UInt64> {
            _ = try await store.arrive(Site.arrival(number, priority: number % 10 == 0 ? 3 : 0), in: room)
            clock.advance(by: Milliseconds(7))
        }
        let client = Client(address: "2001:db8::1", userAgent: "a, b=%")
        for number in [1, 2, 3] as [UInt64] {
            let seen = SessionActivity(
                session: SessionID(of: Site.id(number)), position: Site.id(number), pageViews: 2, client: client)
            _ = try await store.record(Activity(sessions: [seen]), in: room)
        }
        _ = try await store.end(SessionID(of: Site.id(2)), as: .terminated, in: room)
        _ = try await store.leave(Site.id(50), in: room)
        _ = try await store.admit(in: room)
        // One with a slot, one in line, one with a user and a priority.
        for (old, heir) in [(4, 103), (61, 104), (30, 105)] as [(UInt64, UInt64)] {
            let code = HandoverDigest(bits: UUIDBits(high: 1, low: old))
            _ = try await store.offer(Site.id(old), under: code, in: room)
            _ = try await store.takeOver(with: code, as: Site.id(heir), in: room)
        }
    }

    private func answers(_ store: DragonflyStore, _ room: RoomID) async throws -> StoreAnswers {
        try await StoreAnswers(of: room, for: (1...105).map { Site.id($0) }, in: store)
    }

    /// Calls `body` with a room that has lived and, while its clock stands still, is there for it alone.
    private func withLivedRoom(
        shuffled: Bool = false, _ body: (DragonflyStore, RoomID, ManualClock) async throws -> Void
    ) async throws {
        let room = try Site.room("restore")
        let clock = ManualClock()
        let store = try await Site().store(clock: clock)
        defer { store.close() }
        try await lived(store, room, clock, shuffled: shuffled)
        try await body(store, room, clock)
        try await store.wipe(room)
    }

    @Test("A place that moved is restored on the device that has it only, however long the store was away")
    func moved() async throws {
        try await withLivedRoom { store, room, clock in
            let (issued, history) = (clock.now, try await store.history(of: room))
            try await store.wipe(room)
            clock.advance(by: .minutes(60))
            _ = try await store.restore(room, seen: nil) { GivenHistory(history) }
            _ = try await store.clean(in: room)
            for (old, heir) in [(4, 103), (61, 104), (30, 105)] as [(UInt64, UInt64)] {
                #expect(
                    try await store.reenter(Site.id(old), issued: issued, in: room)?.position.status == .moved)
                let place = try #require(try await store.places(of: [Site.id(heir)], in: room)[0])
                #expect(place.position.status == (old == 4 ? .admitted : .waiting))
            }
            // It is forgotten when nobody can come back any more.
            clock.advance(by: .minutes(6))
            _ = try await store.clean(in: room)
            #expect(try await store.places(of: [Site.id(61)], in: room)[0] == nil)
            #expect(try await store.reenter(Site.id(61), issued: issued, in: room) == nil)
        }
    }

    @Test(
        "A pass that is spent stays spent in a room that was restored, until its time is over",
        arguments: [false, true])
    func passes(shuffled: Bool) async throws {
        try await withLivedRoom(shuffled: shuffled) { store, room, clock in
            let pass = Pass(
                id: PassID(bits: UUIDBits(high: 1, low: 2)), priority: 5, uses: 2, expiresAt: clock.now + .minutes(60))
            var arrival = Site.arrival(101)
            arrival.pass = pass
            _ = try await store.enqueue(arrival, in: room)
            _ = try await store.present(pass, for: Site.id(99), in: room)
            let before = try await answers(store, room)
            let history = try await store.history(of: room)
            #expect(HistoryChecker.violations(in: history).isEmpty)
            try await store.wipe(room)
            _ = try await store.restore(room, seen: nil) { GivenHistory(history) }
            #expect(try await answers(store, room) == before)
            clock.advance(by: .minutes(1))
            arrival.id = Site.id(102)
            #expect(try await store.enqueue(arrival, in: room) == .refused(.spent))
            #expect(try await store.command("HGET", "ar:{\(room)}:meta", "passes").integer == 1)
            clock.advance(by: .minutes(60))
            for _ in 0..<256 { _ = try await store.clean(in: room) }
            #expect(try await store.command("HGET", "ar:{\(room)}:meta", "passes").integer == 0)
        }
    }

    @Test(
        "What operators did is there in a room that was restored: what they set, whom they moved and ended",
        arguments: [false, true])
    func operators(shuffled: Bool) async throws {
        try await withLivedRoom(shuffled: shuffled) { store, room, clock in
            let actor = try #require(OperatorName("night"))
            _ = try await store.override(
                RoomOverrides(status: .paused, maxActiveUsers: 9, queueRate: Rate(count: 1, per: .minutes(1))),
                by: actor, in: room)
            _ = try await store.admitNow(2, by: actor, in: room)
            for number in [70, 65] as [UInt64] {
                _ = try await store.move(Site.id(number), to: .front, by: actor, in: room)
            }
            _ = try await store.move(Site.id(80), to: .priority(2), by: actor, in: room)
            _ = try await store.terminate(Site.id(60), by: actor, in: room)
            _ = try await store.end(SessionID(of: Site.id(3)), as: .terminated, by: actor, in: room)
            let before = try await answers(store, room)
            #expect(before.facts.overrides?.setBy == actor && before.facts.removedTotal == 1)
            let history = try await store.history(of: room)
            #expect(HistoryChecker.violations(in: history).isEmpty)
            try await store.wipe(room)
            _ = try await store.restore(room, seen: nil) { GivenHistory(history) }
            #expect(try await answers(store, room) == before)
            // And it goes on: who was put in front goes first, and what was set can be taken back.
            _ = try await store.move(Site.id(70), to: .priority(9), by: actor, in: room)
            #expect(try await store.places(of: [Site.id(70)], in: room)[0]?.rank == 1)
            _ = try await store.drain(.line, until: 66, by: actor, in: room)
            #expect(try await store.places(of: [Site.id(65)], in: room)[0]?.position.status == .terminated)
            #expect(try await store.places(of: [Site.id(67)], in: room)[0]?.position.status == .waiting)
            let facts = try await store.override(RoomOverrides(), by: actor, in: room)
            #expect(facts.settings == facts.configured && facts.settings.maxActiveUsers == 4)
        }
    }

    @Test("Whoever is moved up after a restoration stands by join order among those who had that priority before")
    func raisedLater() async throws {
        let room = try Site.room("raise")
        let clock = ManualClock()
        let store = try await Site().store(clock: clock)
        defer { store.close() }
        try await store.configure([RoomSettings(id: room, maxActiveUsers: 0, maxQueueSize: 0)])
        for number in 1...6 as ClosedRange<UInt64> {
            _ = try await store.enqueue(Site.arrival(number, priority: number % 2 == 0 ? 5 : 0), in: room)
        }
        let history = try await store.history(of: room)
        try await store.wipe(room)
        _ = try await store.restore(room, seen: nil) { GivenHistory(history) }
        let pass = Pass(
            id: PassID(bits: UUIDBits(high: 1, low: 2)), priority: 5, uses: 2, expiresAt: clock.now + .minutes(60))
        _ = try await store.present(pass, for: Site.id(3), in: room)
        let places = try await store.places(of: (1...6).map { Site.id($0) }, in: room, seeing: 0)
        #expect(places.map { $0?.rank } == [5, 1, 2, 3, 6, 4])
        try await store.wipe(room)
    }

    @Test("A room is the same after its history was replayed into an empty store", arguments: [false, true])
    func emptyStore(shuffled: Bool) async throws {
        try await withLivedRoom(shuffled: shuffled) { store, room, clock in
            let before = try await answers(store, room)
            let generation = try await store.standing(of: room)?.generation
            let history = try await store.history(of: room)
            try await store.wipe(room)

            let record = GivenHistory(Array(history.prefix(40)), Array(history.dropFirst(30)))
            let report = try await store.restore(room, seen: nil) { record }
            #expect(record.seals == [report])
            #expect(report.events == history.count)
            #expect(report.lastSequence == history.last?.sequence)
            #expect(try await answers(store, room) == before)
            #expect(try await store.standing(of: room)?.generation == report.generation)
            #expect(report.generation != generation)

            // The history goes on where it was.
            clock.advance(by: .seconds(10))
            for number in UInt64(200)...230 {
                _ = try await store.arrive(Site.arrival(number), in: room)
            }
            _ = try await store.leave(Site.id(60), in: room)
            _ = try await store.end(SessionID(of: Site.id(1)), as: .completed, in: room)
            _ = try await store.admit(in: room)
            clock.advance(by: .minutes(2))
            _ = try await store.clean(in: room)
            let whole = history + (try await store.history(of: room))
            #expect(HistoryChecker.violations(in: whole).isEmpty)
        }
    }

    @Test("An older room is brought up to date, and nothing of the old one is left")
    func olderStore() async throws {
        try await withLivedRoom { store, room, clock in
            let history = try await store.history(of: room)
            let before = try await answers(store, room)
            try await store.wipe(room)
            _ = try await store.restore(room, seen: nil) { GivenHistory(Array(history.prefix(60))) }
            let old = try await store.meta(of: room)["epoch"]
            let seen = try await store.standing(of: room)
            #expect(seen?.lastSequence == 60)
            _ = try await store.restore(room, seen: seen) { GivenHistory(history) }
            #expect(try await answers(store, room) == before)
            let left = try await store.command("KEYS", "ar:{\(room)}:\(old ?? ""):*").array
            #expect(left == [])
        }
    }

    @Test("What is recorded until the record is sealed is restored too")
    func lateEvents() async throws {
        try await withLivedRoom { store, room, clock in
            let history = try await store.history(of: room)
            let before = try await answers(store, room)
            try await store.wipe(room)
            let record = GivenHistory(Array(history.prefix(60)), late: Array(history.dropFirst(55)))
            let report = try await store.restore(room, seen: nil) { record }
            #expect(report.events == history.count && record.seals == [report])
            #expect(try await answers(store, room) == before)
        }
    }

    @Test("Those whose place the record lacks come back before newcomers, as who they were, and only for a while")
    func comingBack() async throws {
        try await withLivedRoom { store, room, clock in
            let history = try await store.history(of: room)
            #expect(try await store.reenter(Site.id(900), issued: clock.now, in: room) == nil)
            try await store.wipe(room)
            _ = try await store.restore(room, seen: nil) { GivenHistory(history) }
            let waiting = try await store.facts(of: room).waiting

            let early = StoreError(
                .unavailable, "room \(room) was just restored: those who had a place come back first")
            await #expect(throws: early) { _ = try await store.arrive(Site.arrival(901), in: room) }
            let back = try #require(try await store.reenter(Site.id(900), issued: clock.now, in: room))
            #expect(back.position.id == Site.id(900) && back.position.status == .waiting && back.rank == waiting + 1)
            #expect(try await store.reenter(Site.id(900), issued: clock.now, in: room)?.rank == waiting + 1)
            let known = try await store.places(of: [Site.id(70)], in: room)[0]
            #expect(try await store.reenter(Site.id(70), issued: clock.now, in: room)?.rank == known?.rank)
            clock.advance(by: .seconds(10))
            guard case .waiting(let newcomer) = try await store.arrive(Site.arrival(901), in: room) else {
                Issue.record("a newcomer does not wait")
                return
            }
            #expect(newcomer.rank == waiting + 2)
            #expect(try await store.reenter(Site.id(902), issued: clock.now, in: room)?.rank == waiting + 3)
            // A token from before what was lost.
            let old = clock.now + .minutes(-6)
            #expect(try await store.reenter(Site.id(904), issued: old, in: room) == nil)
            clock.advance(by: .minutes(5))
            #expect(try await store.reenter(Site.id(903), issued: clock.now, in: room) == nil)
            let whole = history + (try await store.history(of: room))
            #expect(HistoryChecker.violations(in: whole).isEmpty)
        }
    }

    @Test("A room goes on under another generation, and only those may join for a while whose place may be lost")
    func adoption() async throws {
        try await withLivedRoom { store, room, clock in
            let before = try await answers(store, room)
            let settings = try await store.facts(of: room).settings
            let seen = try #require(try await store.standing(of: room))
            await #expect(throws: StoreError.self) { try await store.adopt(settings, seen: seen) { _ in false } }
            #expect(try await store.standing(of: room) == seen)
            clock.advance(by: .minutes(9))
            var given = ""
            try await store.adopt(settings, seen: seen) { generation in
                given = generation
                return true
            }
            #expect(try await answers(store, room) == before)
            #expect(try await store.standing(of: room)?.generation == given && given != seen.generation)
            await #expect(throws: StoreError.self) { _ = try await store.arrive(Site.arrival(901), in: room) }
            #expect(try await store.reenter(Site.id(900), issued: seen.time, in: room) != nil)
            // Nobody was silent while the room was away.
            #expect(try await store.clean(in: room) == CleaningReport())
            await #expect(throws: StoreError.self) { try await store.adopt(settings, seen: seen) { _ in true } }
        }
    }

    @Test("What a restoration has written that died or failed does not stay")
    func leftovers() async throws {
        struct Broken: RecordedHistory {
            func next() async throws -> [RoomEvent]? { nil }
            func seal(_ restored: RestoredRoom) async throws -> Bool { true }
        }
        try await withLivedRoom { store, room, clock in
            let seen = try #require(try await store.standing(of: room))
            let view = ["10000", seen.generation, "\(seen.lastSequence)"]
            _ = try await store.run(.restore, in: room, ["begin", "tdead"] + view + ["edead"])
            _ = try await store.command("SET", "ar:{\(room)}:edead:c:1:0", "x")
            clock.advance(by: .seconds(11))
            await #expect(throws: StoreError(.corrupt, "there is no history of room \(room)")) {
                _ = try await store.restore(room, seen: seen) { Broken() }
            }
            #expect(try await store.command("EXISTS", "ar:{\(room)}:edead:c:1:0").integer == 0)
            #expect(try await store.arrive(Site.arrival(500), in: room) != .full)
        }
    }

    @Test("Where it must be trusted, a room takes no step until it is, and no more after the connection was lost")
    func trust() async throws {
        let room = try Site.room("trust")
        let site = try Site()
        let store = try await site.store(clock: nil, needsTrust: true)
        defer { store.close() }
        let settings = RoomSettings(id: room)
        let refused = StoreError(.unavailable, "room \(room) is being compared with its events")
        await #expect(throws: refused) { try await store.configure([settings]) }
        await #expect(throws: refused) { _ = try await store.facts(of: room) }
        let number = try #require(store.connectionNumber)
        store.trust(room, on: number)
        await #expect(throws: StoreError(.unknownRoom, "room \(room) was never configured")) {
            try await store.configure([settings])
        }
        store.trust(room, on: number)
        try await store.make(settings)
        try await store.configure([settings])
        _ = try await store.arrive(Site.arrival(1), in: room)
        // A room that the server has lost.
        let other = try await site.store(clock: nil)
        defer { other.close() }
        try await other.wipe(room)
        await #expect(throws: StoreError.self) { _ = try await store.arrive(Site.arrival(2), in: room) }
        #expect(!store.isTrusted(room))
        await #expect(throws: refused) { try await store.configure([settings]) }
        // Another connection.
        store.trust(room, on: number)
        _ = try? await store.command("CLIENT", "KILL", "SKIPME", "no", "ID", "\(try await store.clientID())")
        while store.connectionNumber == number { try await Task.sleep(for: .milliseconds(5)) }
        await #expect(throws: StoreError.self) { try await store.configure([settings]) }
        try await store.connect()
        #expect(store.connectionNumber == number + 1 && !store.isTrusted(room))
        await #expect(throws: refused) { try await store.configure([settings]) }
    }

    @Test("A gate whose view is stale changes nothing")
    func staleGate() async throws {
        try await withLivedRoom { store, room, clock in
            let history = try await store.history(of: room)
            let seen = try await store.standing(of: room)
            _ = try await store.leave(Site.id(70), in: room)
            let before = try await answers(store, room)
            for standing in [seen, nil] {
                await #expect(throws: StoreError.self) {
                    _ = try await store.restore(room, seen: standing) { GivenHistory(history) }
                }
            }
            #expect(try await answers(store, room) == before)
            #expect(try await store.arrive(Site.arrival(500), in: room) != .full)
        }
    }

    @Test("While a room is restored its steps are refused, and a restoration that has died holds nobody up for long")
    func locked() async throws {
        try await withLivedRoom { store, room, clock in
            let standing = try #require(try await store.standing(of: room))
            let view = ["30000", standing.generation, "\(standing.lastSequence)"]
            _ = try await store.run(.restore, in: room, ["begin", "tdead"] + view + ["edead"])
            let refused = StoreError(.unavailable, "room \(room) is being restored from the event log")
            await #expect(throws: refused) { _ = try await store.arrive(Site.arrival(500), in: room) }
            await #expect(throws: refused) { _ = try await store.admit(in: room) }
            await #expect(throws: refused) { _ = try await store.clean(in: room) }
            await #expect(throws: refused) {
                _ = try await store.run(.restore, in: room, ["begin", "tother"] + view + ["eother"])
            }
            #expect(try await store.places(of: [Site.id(70)], in: room)[0]?.position.status == .waiting)
            clock.advance(by: .seconds(31))
            #expect(try await store.arrive(Site.arrival(500), in: room) != .full)
            // The dead one wakes up.
            await #expect(throws: StoreError.self) {
                _ = try await store.run(.restore, in: room, ["commit", "tdead"] + view + ["0", "0", "gen", "gx"])
            }
            #expect(try await store.standing(of: room)?.generation == standing.generation)
        }
    }
}
