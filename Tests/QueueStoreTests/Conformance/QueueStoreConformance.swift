import QueueStore
import Testing
import WaitingRoom

/// What every `QueueStore` must do, whatever keeps it. A store's tests run each check on a fresh, empty store that
/// reads the time from the given clock.
struct QueueStoreConformance: Sendable, CustomTestStringConvertible {
    let name: String
    let run: @Sendable (any QueueStore, ManualClock) async throws -> Void

    var testDescription: String { name }

    static let checks =
        steps + passChecks + limitChecks + userChecks + operatorChecks + adaptiveChecks + handoverChecks

    private static let steps: [QueueStoreConformance] =
        [
            check("A room that was never configured is unknown") { hall in
                do throws(StoreError) {
                    _ = try await hall.store.facts(of: hall.room)
                    Issue.record("an unknown room has facts")
                } catch {
                    #expect(error.code == .unknownRoom)
                }
            },
            check("Whoever comes first is admitted at once, and later ones stand in the order of their coming") {
                hall in
                try await hall.open(slots: 1)
                #expect(try await hall.arrive(1).isAdmitted)
                for number in 2...5 as ClosedRange<UInt64> { #expect(try await hall.arrive(number).isWaiting) }
                #expect(try await hall.ranks(1...5) == [0, 1, 2, 3, 4])
                let places = try await hall.store.places(of: [hall.id(5), hall.id(99), hall.id(2)], in: hall.room)
                #expect(places.map { $0?.position.id } == [hall.id(5), nil, hall.id(2)])
                #expect(places.map { $0?.totalWaiting } == [4, nil, 4])
            },
            check("What a visitor brings is kept with the place") { hall in
                try await hall.open(slots: 0)
                let arrival = Arrival(
                    id: hall.id(1), priority: 3, userID: UserID("u\n\"1\""), metadata: ["a": "ü", "": "\\"],
                    client: hall.client
                )
                _ = try await hall.store.enqueue(arrival, in: hall.room)
                let place = try #require(try await hall.store.places(of: [hall.id(1)], in: hall.room)[0])
                #expect(place.position.priority == 3)
                #expect(place.position.userID == UserID("u\n\"1\""))
                #expect(place.position.metadata == ["a": "ü", "": "\\"])
                #expect(place.position.enqueuedAt == hall.clock.now)
                #expect(place.position.expiresAt == hall.clock.now + .seconds(60))
            },
            check("A call that is repeated finds what the first one made") { hall in
                try await hall.open(slots: 1)
                let first = try await hall.arrive(1)
                #expect(try await hall.arrive(1) == first)
                let second = try await hall.enqueue(2)
                #expect(try await hall.arrive(2) == second)
                #expect(try await hall.facts().enqueuedTotal == 2)
            },
            check("Enqueueing never admits, even into an empty room") { hall in
                try await hall.open(slots: 5)
                #expect(try await hall.enqueue(1).isWaiting)
                #expect(try await hall.arrive(2).isWaiting)
            },
            check("A full line makes no position") { hall in
                try await hall.open(slots: 0) { $0.maxQueueSize = 2 }
                _ = try await hall.arrive(1)
                _ = try await hall.arrive(2)
                #expect(try await hall.arrive(3) == .full)
                #expect(try await hall.ranks(3...3) == [nil])
            },
            check("A step admits the first in line, within slots and rate, and says how long they waited") { hall in
                try await hall.open(slots: 3) { $0.queueRate = Rate(count: 2, per: .seconds(1)) }
                for number in 1...5 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
                hall.clock.advance(by: .seconds(4))
                let report = try await hall.store.admit(in: hall.room)
                #expect(report == AdmissionReport(admitted: 2, waiting: 3, waits: [.seconds(4), .seconds(4)]))
                #expect(try await hall.store.admit(in: hall.room).admitted == 0)
                hall.clock.advance(by: .seconds(1))
                #expect(try await hall.store.admit(in: hall.room).admitted == 1)
                #expect(try await hall.ranks(1...5) == [0, 0, 0, 1, 2])
            },
            check("A paused room admits nobody but keeps every place") { hall in
                try await hall.open(slots: 3) { $0.status = .paused }
                _ = try await hall.arrive(1)
                hall.clock.advance(by: .seconds(2))
                #expect(try await hall.store.admit(in: hall.room).admitted == 0)
                #expect(try await hall.ranks(1...1) == [1])
                try await hall.open(slots: 3)
                #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            },
            check("Higher priority is admitted first, and takes no more than its share while others wait") { hall in
                try await hall.open(slots: 4)
                for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
                for number in 5...8 as ClosedRange<UInt64> { _ = try await hall.enqueue(number, priority: 1) }
                #expect(try await hall.ranks(1...8) == [5, 6, 7, 8, 1, 2, 3, 4])
                _ = try await hall.store.admit(in: hall.room)
                #expect(try await hall.ranks(1...8) == [0, 0, 3, 4, 0, 0, 1, 2])
            },
            check("Leaving frees the place or the slot, once") { hall in
                try await hall.open(slots: 1)
                for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                #expect(try await hall.store.leave(hall.id(2), in: hall.room)?.position.status == .left)
                #expect(try await hall.store.leave(hall.id(2), in: hall.room)?.position.status == .left)
                #expect(try await hall.ranks(3...3) == [1])
                #expect(try await hall.store.leave(hall.id(1), in: hall.room)?.position.status == .left)
                #expect(try await hall.store.leave(hall.id(9), in: hall.room) == nil)
                hall.clock.advance(by: .seconds(1))
                #expect(try await hall.store.admit(in: hall.room).admitted == 1)
                #expect(try await hall.facts().abandonedTotal == 1)
                guard case .ended = try await hall.arrive(2) else {
                    Issue.record("an ended id was used again")
                    return
                }
            },
            check("A claim gives an admitted position its session, and does not start it") { hall in
                try await hall.open(slots: 1)
                for number in 1...2 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                for _ in 1...2 {
                    guard case .session(let session, let place) = try await hall.store.claim(hall.id(1), in: hall.room)
                    else {
                        Issue.record("no session")
                        return
                    }
                    #expect(session == hall.session(1))
                    #expect(place.position.status == .admitted)
                }
                guard case .waiting(let place) = try await hall.store.claim(hall.id(2), in: hall.room) else {
                    Issue.record("not waiting")
                    return
                }
                #expect(place.rank == 1)
                #expect(try await hall.store.claim(hall.id(9), in: hall.room) == .unknown)
                _ = try await hall.store.leave(hall.id(2), in: hall.room)
                guard case .ended = try await hall.store.claim(hall.id(2), in: hall.room) else {
                    Issue.record("not ended")
                    return
                }
            },
            check("The first activity starts a session, later ones prolong it, and dead ones are named") { hall in
                try await hall.open(slots: 1)
                _ = try await hall.arrive(1)
                _ = try await hall.arrive(2)
                #expect(try await hall.visit(1, 2, 9) == [hall.session(2), hall.session(9)])
                let start = hall.clock.now
                hall.clock.advance(by: .minutes(9))
                #expect(try await hall.visit(1) == [])
                let session = try #require(try await hall.store.session(hall.session(1), in: hall.room))
                #expect(session.status == .active)
                #expect(session.startedAt == start)
                #expect(session.expiresAt == hall.clock.now + .minutes(10))
                #expect(session.pageViews == 2)
                #expect(session.client == hall.client)
                #expect(try await hall.facts().activeSessions == 1)
            },
            check("A session is ended once, by whom it may be, and is then told as ended") { hall in
                try await hall.open(slots: 3)
                for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                _ = try await hall.visit(1)
                #expect(try await hall.store.end(hall.session(1), as: .completed, in: hall.room))
                #expect(try await hall.store.end(hall.session(2), as: .terminated, in: hall.room))
                #expect(try await hall.store.end(hall.session(1), as: .terminated, in: hall.room) == false)
                #expect(try await hall.store.end(hall.session(4), as: .terminated, in: hall.room) == false)
                #expect(try await hall.store.session(hall.session(1), in: hall.room)?.status == .completed)
                #expect(try await hall.store.session(hall.session(2), in: hall.room)?.status == .terminated)
                #expect(try await hall.visit(1, 2) == [hall.session(1), hall.session(2)])
                let ended = try await hall.store.endedSessions(in: hall.room, since: hall.clock.now)
                #expect(Set(ended) == [hall.session(1), hall.session(2)])
                let later = hall.clock.now + Milliseconds(1)
                #expect(try await hall.store.endedSessions(in: hall.room, since: later) == [])
            },
            check("Cleaning expires the silent, the unclaimed and the idle, and nobody else") { hall in
                try await hall.open(slots: 2)
                for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                _ = try await hall.visit(1)
                hall.clock.advance(by: .seconds(30))
                _ = try await hall.store.record(Activity(heartbeats: [hall.id(4)]), in: hall.room)
                hall.clock.advance(by: Milliseconds(29_999))
                #expect(try await hall.store.clean(in: hall.room) == CleaningReport())
                hall.clock.advance(by: Milliseconds(1))
                let report = try await hall.store.clean(in: hall.room)
                #expect(report == CleaningReport(positionsExpired: 1, admissionsExpired: 1))
                #expect(try await hall.ranks(1...4) == [0, 0, 0, 1])
                hall.clock.advance(by: .minutes(9))
                #expect(
                    try await hall.store.clean(in: hall.room) == CleaningReport(positionsExpired: 1, sessionsExpired: 1)
                )
                #expect(try await hall.facts().expiredTotal == 3)
            },
            check("Whoever missed the turn comes back to the front of the same priority, once, with what was brought") {
                hall in
                try await hall.open(slots: 2) { $0.maxQueueSize = 3 }
                for number in 1...2 as ClosedRange<UInt64> {
                    let brought = Arrival(
                        id: hall.id(number), priority: 4, userID: UserID("u\(number)", isVerified: true),
                        metadata: ["a b": "="],
                        client: hall.client)
                    _ = try await hall.store.enqueue(brought, in: hall.room)
                }
                _ = try await hall.store.admit(in: hall.room)
                #expect(try await hall.comeBack(1) == nil)
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.clean(in: hall.room)
                try await hall.open(slots: 0) { $0.maxQueueSize = 3 }
                #expect(try await hall.store.places(of: [hall.id(1)], in: hall.room)[0]?.missedTurn == hall.clock.now)
                _ = try await hall.enqueue(3, priority: 5)
                _ = try await hall.enqueue(4, priority: 4)
                _ = try await hall.enqueue(5, priority: 0)
                #expect(try await hall.enqueue(6) == .full)
                let back = try #require(try await hall.comeBack(2))
                guard case .waiting(let place) = back else {
                    Issue.record("not in line: \(back)")
                    return
                }
                #expect(place.rank == 2 && place.totalWaiting == 4)
                #expect(place.position.priority == 4 && place.position.userID == UserID("u2", isVerified: true))
                #expect(place.position.metadata == ["a b": "="] && place.position.sequence == 6)
                hall.clock.advance(by: .seconds(1))
                guard case .waiting(let again)? = try await hall.comeBack(2) else {
                    Issue.record("not found again")
                    return
                }
                #expect(again.position.id == place.position.id && again.rank == 2)
                guard case .waiting(let second)? = try await hall.comeBack(1) else {
                    Issue.record("the second does not come back")
                    return
                }
                #expect(second.rank == 3)
                #expect(try await hall.ranks(3...5) == [1, 4, 5])
                #expect(try await hall.facts().returnedTotal == 2)
                // They are admitted in that order, and may miss it no second time.
                try await hall.open(slots: 3) { $0.priorityShare = 1_000 }
                #expect(try await hall.store.admit(in: hall.room).admitted == 3)
                #expect(try await hall.ranks(3...5) == [0, 1, 2])
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.clean(in: hall.room)
                guard case .ended? = try await hall.comeBack(2) else {
                    Issue.record("came back twice")
                    return
                }
                #expect(try await hall.store.comeBack(second.position.id, mayAdmit: true, in: hall.room) == nil)
            },
            check("Nobody comes back too late, who was silent in line, who left, or whose session has been") { hall in
                try await hall.open(slots: 3) { $0.missedTurnGrace = .seconds(30) }
                for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                _ = try await hall.visit(2)
                _ = try await hall.store.leave(hall.id(3), in: hall.room)
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.clean(in: hall.room)
                _ = try await hall.store.end(hall.session(2), as: .completed, in: hall.room)
                for number in [2, 3, 4, 9] as [UInt64] { #expect(try await hall.comeBack(number) == nil) }
                hall.clock.advance(by: Milliseconds(30_001))
                #expect(try await hall.comeBack(1) == nil)
                _ = try await hall.arrive(6)
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.clean(in: hall.room)
                try await hall.open(slots: 3) { $0.missedTurnGrace = Milliseconds(0) }
                #expect(try await hall.comeBack(6) == nil)
                try await hall.open(slots: 3)
                // With nobody before, and a slot: at once.
                _ = try await hall.arrive(5)
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.clean(in: hall.room)
                #expect(try await hall.comeBack(5, mayAdmit: true)?.isAdmitted == true)
            },
            check("Who comes back stands before those of an open shuffle window, and is admitted before it closes") {
                hall in
                try await hall.open(slots: 1) { $0.shuffleWindow = .minutes(30) }
                _ = try await hall.arrive(1)
                for number in 2...9 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
                hall.clock.advance(by: .seconds(60))
                _ = try await hall.store.record(Activity(heartbeats: (2...9).map { hall.id($0) }), in: hall.room)
                _ = try await hall.store.clean(in: hall.room)
                guard case .waiting(let place)? = try await hall.comeBack(1, mayAdmit: true) else {
                    Issue.record("not in line")
                    return
                }
                #expect(place.rank == 1 && place.totalWaiting == 9)
                #expect(try await hall.ranks(2...9).compactMap { $0 }.sorted() == Array(2...9))
                #expect(try await hall.store.admit(in: hall.room).admitted == 1)
                #expect(try await hall.ranks(2...9).compactMap { $0 }.sorted() == Array(1...8))
                #expect(try await hall.store.admit(in: hall.room).admitted == 0)
            },
            check("A final state is forgotten after ten minutes") { hall in
                try await hall.open(slots: 0)
                _ = try await hall.arrive(1)
                _ = try await hall.store.leave(hall.id(1), in: hall.room)
                hall.clock.advance(by: Milliseconds(599_999))
                _ = try await hall.store.clean(in: hall.room)
                #expect(try await hall.ranks(1...1) == [0])
                hall.clock.advance(by: Milliseconds(1))
                _ = try await hall.store.clean(in: hall.room)
                #expect(try await hall.ranks(1...1) == [nil])
            },
            check("Facts count, and change their sequence with every change") { hall in
                try await hall.open(slots: 1)
                let opened = try await hall.facts()
                #expect(opened.createdAt == hall.clock.now)
                for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
                _ = try await hall.store.record(Activity(heartbeats: [hall.id(2), hall.id(3)]), in: hall.room)
                let facts = try await hall.facts()
                #expect(facts.waiting == 2)
                #expect(facts.admitted == 1)
                #expect(facts.enqueuedTotal == 3)
                #expect(facts.admittedTotal == 1)
                #expect(facts.heartbeatsTotal == 2)
                #expect(facts.eventSequence == opened.eventSequence + 4)
                hall.clock.advance(by: .seconds(1))
                try await hall.open(slots: 1)
                var later = try await hall.facts()
                later.time = facts.time
                #expect(later == facts)
                try await hall.open(slots: 2)
                #expect(try await hall.facts().updatedAt == hall.clock.now)
            },
            check("Many callers at once get distinct places in one order, and no slot is dealt twice") { hall in
                try await hall.open(slots: 7) { $0.queueRate = Rate(count: 1_000, per: .seconds(1)) }
                let outcomes = try await withThrowingTaskGroup(of: ArrivalOutcome.self) { group in
                    for number in 1...200 as ClosedRange<UInt64> { group.addTask { try await hall.arrive(number) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count(where: \.isAdmitted) == 7)
                let ranks = try await hall.ranks(1...200).compactMap { $0 }.filter { $0 > 0 }
                #expect(ranks.sorted() == Array(1...193))
                let ids = (1...200).map { hall.id($0) }
                let places = try await hall.store.places(of: ids, in: hall.room).compactMap { $0 }
                #expect(Set(places.map(\.position.sequence)) == Set(1...200))
                let waiting = places.filter { $0.rank > 0 }.sorted { $0.rank < $1.rank }
                #expect(waiting.map(\.position.sequence) == waiting.map(\.position.sequence).sorted())
            },
        ] + openings

    static func check(
        _ name: String, _ body: @escaping @Sendable (Hall) async throws -> Void
    ) -> QueueStoreConformance {
        QueueStoreConformance(name: name) { store, clock in
            try await body(Hall(store: store, clock: clock, room: try #require(RoomID("hall"))))
        }
    }

    /// A store with one room, in few words.
    struct Hall: Sendable {
        let store: any QueueStore
        let clock: ManualClock
        let room: RoomID
        let client = Client(address: "192.0.2.1", userAgent: "conformance")

        func open(slots: Int, _ change: (inout RoomSettings) -> Void = { _ in }) async throws {
            var settings = RoomSettings(
                id: room, maxActiveUsers: slots, maxQueueSize: 0, queueRate: Rate(count: 100, per: .seconds(1)))
            change(&settings)
            try await store.configure([settings])
        }

        func id(_ number: UInt64) -> PositionID { PositionID(bits: UUIDBits(high: 1, low: number).asVersion4) }

        func session(_ number: UInt64) -> SessionID { SessionID(of: id(number)) }

        func arrive(_ number: UInt64, of address: AddressDigest? = nil) async throws -> ArrivalOutcome {
            try await store.arrive(Arrival(id: id(number), client: client, addressDigest: address), in: room)
        }

        func enqueue(_ number: UInt64, priority: Int = 0) async throws -> ArrivalOutcome {
            try await store.enqueue(Arrival(id: id(number), priority: priority, client: client), in: room)
        }

        func comeBack(_ number: UInt64, mayAdmit: Bool = false) async throws -> ArrivalOutcome? {
            try await store.comeBack(id(number), mayAdmit: mayAdmit, in: room)
        }

        /// One request of each of these sessions.
        func visit(_ numbers: UInt64...) async throws -> [SessionID] {
            let sessions = numbers.map { number in
                SessionActivity(session: session(number), position: id(number), pageViews: 1, client: client)
            }
            return try await store.record(Activity(sessions: sessions), in: room)
        }

        func ranks(_ numbers: ClosedRange<UInt64>) async throws -> [Int?] {
            try await store.places(of: numbers.map { id($0) }, in: room).map { $0?.rank }
        }

        func facts() async throws -> RoomFacts { try await store.facts(of: room) }
    }
}

extension UUIDBits {
    /// As gates make them (RFC 9562 §5.4).
    fileprivate var asVersion4: Self {
        UUIDBits(high: high & 0xffff_ffff_ffff_0fff | 0x4000, low: low & 0x3fff_ffff_ffff_ffff | 1 << 63)
    }
}

extension ArrivalOutcome {
    fileprivate var isAdmitted: Bool { if case .admitted = self { true } else { false } }
    var isWaiting: Bool { if case .waiting = self { true } else { false } }
}
