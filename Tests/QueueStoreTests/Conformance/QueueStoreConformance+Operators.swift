import QueueStore
import Testing
import WaitingRoom

extension QueueStoreConformance {
    /// What a store must do on an operator's word.
    static let operatorChecks: [QueueStoreConformance] = [
        check("What an operator sets is in force over what is configured, whichever changes, until it is taken back") {
            hall in
            try await hall.open(slots: 3)
            let actor = try hall.actor()
            let set = RoomOverrides(status: .paused, maxActiveUsers: 7, queueRate: Rate(count: 3, per: .minutes(1)))
            hall.clock.advance(by: .seconds(1))
            let facts = try await hall.store.override(set, by: actor, in: hall.room)
            #expect(facts.overrides == StandingOverrides(set, setBy: actor, setAt: hall.clock.now))
            #expect(facts.settings.status == .paused && facts.settings.maxActiveUsers == 7)
            #expect(facts.settings.queueRate == Rate(count: 3, per: .minutes(1)))
            #expect(facts.configured.status == .active && facts.configured.maxActiveUsers == 3)
            #expect(facts.updatedAt == hall.clock.now)
            #expect(try await hall.arrive(1) == hall.waiting(1, rank: 1))
            try await hall.open(slots: 2) { $0.heartbeatTimeout = .seconds(30) }
            let changed = try await hall.facts()
            #expect(changed.settings.maxActiveUsers == 7 && changed.settings.status == .paused)
            #expect(changed.settings.heartbeatTimeout == .seconds(30) && changed.configured.maxActiveUsers == 2)
            #expect(changed.overrides == facts.overrides)
            #expect(try await hall.store.admit(in: hall.room).admitted == 0)
            _ = try await hall.store.override(RoomOverrides(maxActiveUsers: 1), by: actor, in: hall.room)
            _ = try await hall.arrive(2)
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            let cleared = try await hall.store.override(RoomOverrides(), by: actor, in: hall.room)
            #expect(cleared.overrides == nil && cleared.settings == cleared.configured)
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
        },
        check("Overrides that change nothing are no event, and those of an unknown room are refused") { hall in
            let actor = try hall.actor()
            do throws(StoreError) {
                _ = try await hall.store.override(RoomOverrides(), by: actor, in: hall.room)
                Issue.record("an unknown room was overridden")
            } catch {
                #expect(error.code == .unknownRoom)
            }
            try await hall.open(slots: 1)
            let set = RoomOverrides(status: .maintenance)
            let first = try await hall.store.override(set, by: actor, in: hall.room)
            let other = try #require(OperatorName("another"))
            let second = try await hall.store.override(set, by: other, in: hall.room)
            #expect(first.eventSequence == 2 && second.eventSequence == 2)
            #expect(second.overrides?.setBy == actor)
            try await hall.open(slots: 1)
            #expect(try await hall.facts().eventSequence == 2)
        },
        check("Of an operator's changes each counts, though others make theirs at the same time") { hall in
            let actor = try hall.actor()
            try await hall.open(slots: 3)
            let slower = Rate(count: 3, per: .minutes(1))
            let changes: [RoomOverrides.Changes] = [
                .init(status: .set(.paused)), .init(maxActiveUsers: .set(7)), .init(queueRate: .set(slower)),
            ]
            let rest: [RoomOverrides.Changes] = [.init(status: .set(.maintenance)), .init(maxActiveUsers: .clear)]
            for _ in 1...20 {
                try await hall.override(changes, by: actor)
                let all = RoomOverrides(status: .paused, maxActiveUsers: 7, queueRate: slower)
                #expect(try await hall.facts().overrides?.values == all)
                try await hall.override(rest, by: actor)
                let facts = try await hall.facts()
                #expect(facts.overrides?.values == RoomOverrides(status: .maintenance, queueRate: slower))
                #expect(facts.settings.maxActiveUsers == 3 && facts.settings.queueRate == slower)
                _ = try await hall.store.override(RoomOverrides(), by: actor, in: hall.room)
                #expect(try await hall.facts().overrides == nil)
            }
        },
        check("A rate that an operator sets holds from then on, and what was saved up under the old one is no more") {
            hall in
            try await hall.open(slots: 100)
            for number in 1...30 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.store.override(
                RoomOverrides(queueRate: Rate(count: 2, per: .seconds(1))), by: try hall.actor(), in: hall.room)
            for _ in 1...3 {
                #expect(try await hall.store.admit(in: hall.room).admitted == 2)
                hall.clock.advance(by: .seconds(1))
            }
        },
        check("An operator admits from the front, beyond the rate and while paused, as far as there are free slots") {
            hall in
            try await hall.open(slots: 12) {
                $0.queueRate = Rate(count: 1, per: .seconds(1))
                $0.status = .paused
            }
            for number in 1...20 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.enqueue(21, priority: 2)
            hall.clock.advance(by: Milliseconds(700))
            let report = try await hall.store.admitNow(5, by: try hall.actor(), in: hall.room)
            #expect(report.admitted == 5 && report.waiting == 16 && report.refusal == nil)
            #expect(report.waits == [Milliseconds](repeating: Milliseconds(700), count: 5))
            #expect(try await hall.ranks(21...21) == [0])
            #expect(try await hall.store.admitNow(100, by: try hall.actor(), in: hall.room).admitted == 7)
            let full = try await hall.store.admitNow(100, by: try hall.actor(), in: hall.room)
            #expect(full.admitted == 0 && full.refusal == nil && full.waiting == 9)
            #expect(try await hall.ranks(1...12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
            // None of it was taken from the rate.
            try await hall.open(slots: 20) { $0.queueRate = Rate(count: 1, per: .seconds(1)) }
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.store.admit(in: hall.room).admitted == 0)
        },
        check("Nobody is admitted on an operator's word into maintenance, before the opening, or after the end") {
            hall in
            let actor = try hall.actor()
            try await hall.open(slots: 5)
            _ = try await hall.enqueue(1)
            try await hall.open(slots: 5) { $0.status = .maintenance }
            #expect(try await hall.store.admitNow(1, by: actor, in: hall.room).refusal == .maintenance)
            let opening = Opening(at: hall.clock.now + .seconds(60), preQueue: .seconds(30))
            try await hall.open(slots: 5) { $0.opening = opening }
            #expect(try await hall.store.admitNow(1, by: actor, in: hall.room).refusal == .phase(.scheduled))
            hall.clock.advance(by: .seconds(40))
            #expect(try await hall.store.admitNow(1, by: actor, in: hall.room).refusal == .phase(.preQueue))
            hall.clock.advance(by: .seconds(20))
            let ends = hall.clock.now
            #expect(try await hall.store.admitNow(1, by: actor, in: hall.room).admitted == 1)
            try await hall.open(slots: 5) { $0.closesAt = ends }
            #expect(try await hall.store.admitNow(1, by: actor, in: hall.room).refusal == .phase(.closed))
        },
        check("An operator puts somebody in front, where join order counts among those who were put there") { hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0)
            for number in 1...6 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.enqueue(7, priority: 3)
            for _ in 1...2 {
                let place = try await hall.store.move(hall.id(5), to: .front, by: actor, in: hall.room)
                #expect(place?.rank == 2 && place?.position.priority == 0 && place?.position.sequence == 5)
            }
            #expect(try await hall.store.move(hall.id(3), to: .front, by: actor, in: hall.room)?.rank == 2)
            #expect(try await hall.ranks(1...7) == [4, 5, 2, 6, 3, 7, 1])
            #expect(try await hall.facts().eventSequence == 10)
            #expect(try await hall.store.move(hall.id(8), to: .front, by: actor, in: hall.room) == nil)
            try await hall.open(slots: 3) { $0.priorityShare = 1_000 }
            #expect(try await hall.store.admit(in: hall.room).admitted == 3)
            #expect(try await hall.ranks(1...7) == [1, 2, 0, 3, 0, 4, 0])
            let admitted = try await hall.store.move(hall.id(5), to: .front, by: actor, in: hall.room)
            #expect(admitted?.position.status == .admitted)
        },
        check("An operator puts somebody into another priority, up or down, and what was brought is kept") { hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0)
            for number in 1...4 as ClosedRange<UInt64> {
                let arrival = Arrival(
                    id: hall.id(number), userID: UserID("u\(number)"), metadata: ["a": "b"], client: hall.client)
                _ = try await hall.store.enqueue(arrival, in: hall.room)
            }
            _ = try await hall.enqueue(5, priority: 3)
            _ = try await hall.store.move(hall.id(3), to: .priority(3), by: actor, in: hall.room)
            #expect(try await hall.ranks(1...5) == [3, 4, 1, 5, 2])
            _ = try await hall.store.move(hall.id(5), to: .priority(0), by: actor, in: hall.room)
            #expect(try await hall.ranks(1...5) == [2, 3, 1, 4, 5])
            _ = try await hall.store.move(hall.id(3), to: .priority(0), by: actor, in: hall.room)
            #expect(try await hall.ranks(1...5) == [1, 2, 3, 4, 5])
            _ = try await hall.store.move(hall.id(4), to: .front, by: actor, in: hall.room)
            _ = try await hall.store.move(hall.id(4), to: .priority(1), by: actor, in: hall.room)
            _ = try await hall.store.move(hall.id(2), to: .priority(1), by: actor, in: hall.room)
            #expect(try await hall.ranks(1...5) == [3, 2, 4, 1, 5])
            let place = try #require(try await hall.store.places(of: [hall.id(4)], in: hall.room)[0])
            #expect(place.position.userID == UserID("u4") && place.position.metadata == ["a": "b"])
            #expect(place.position.priority == 1)
        },
        check("Those who stand in random order are moved too, and leave and are admitted from where they stand") {
            hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0) { $0.shuffleWindow = .minutes(10) }
            for number in 1...20 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            for number in [15, 4, 9] as [UInt64] {
                _ = try await hall.store.move(hall.id(number), to: .front, by: actor, in: hall.room)
            }
            var ranks = try await hall.ranks(1...20).compactMap { $0 }
            #expect(ranks.sorted() == Array(1...20))
            #expect([ranks[3], ranks[8], ranks[14]] == [1, 2, 3])
            _ = try await hall.store.move(hall.id(9), to: .priority(2), by: actor, in: hall.room)
            _ = try await hall.store.move(hall.id(20), to: .priority(2), by: actor, in: hall.room)
            _ = try await hall.store.move(hall.id(20), to: .priority(1), by: actor, in: hall.room)
            ranks = try await hall.ranks(1...20).compactMap { $0 }
            #expect([ranks[8], ranks[19], ranks[3], ranks[14]] == [1, 2, 3, 4])
            _ = try await hall.store.leave(hall.id(4), in: hall.room)
            #expect(try await hall.ranks(15...15) == [3])
            try await hall.open(slots: 3) {
                $0.shuffleWindow = .minutes(10)
                $0.priorityShare = 1_000
            }
            // 20 stands in the window, which is still open.
            #expect(try await hall.store.admit(in: hall.room).admitted == 2)
            #expect(try await hall.ranks(9...9) == [0])
            #expect(try await hall.ranks(15...15) == [0])
            let rest = try await hall.ranks(1...20).compactMap { $0 }.filter { $0 > 0 }
            #expect(rest.sorted() == Array(1...17))
        },
        check("Who was moved and then misses the turn comes back to the front, of the priority that was given") {
            hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0)
            for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.store.move(hall.id(3), to: .front, by: actor, in: hall.room)
            _ = try await hall.store.move(hall.id(3), to: .priority(4), by: actor, in: hall.room)
            try await hall.open(slots: 1) { $0.priorityShare = 1_000 }
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            hall.clock.advance(by: .seconds(50))
            _ = try await hall.store.record(
                Activity(heartbeats: [1, 2, 4].map { hall.id($0) }), in: hall.room)
            hall.clock.advance(by: .seconds(10))
            #expect(try await hall.store.clean(in: hall.room).admissionsExpired == 1)
            guard case .waiting(let place)? = try await hall.comeBack(3) else {
                Issue.record("not back")
                return
            }
            #expect(place.position.priority == 4 && place.rank == 1 && place.totalWaiting == 4)
        },
        check("An operator ends who waits or has not come yet, but no session; the slot is free for the next") { hall in
            let actor = try hall.actor()
            try await hall.open(slots: 2)
            let address = AddressDigest(7)
            for number in 1...5 as ClosedRange<UInt64> { _ = try await hall.arrive(number, of: address) }
            _ = try await hall.visit(1)
            #expect(
                try await hall.store.terminate(hall.id(1), by: actor, in: hall.room)?.position.status == .active)
            for _ in 1...2 {
                for number in 2...3 as ClosedRange<UInt64> {
                    let place = try await hall.store.terminate(hall.id(number), by: actor, in: hall.room)
                    #expect(place?.position.status == .terminated)
                }
            }
            #expect(try await hall.store.terminate(hall.id(9), by: actor, in: hall.room) == nil)
            #expect(try await hall.ranks(1...5) == [0, 0, 0, 1, 2])
            let facts = try await hall.facts()
            #expect(facts.removedTotal == 1 && facts.abandonedTotal == 0 && facts.admitted == 0)
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            let ended = try await hall.store.endedSessions(in: hall.room, since: Timestamp(milliseconds: 0))
            #expect(ended == [hall.session(2)])
            #expect(try await hall.arrive(3).isWaiting == false)
        },
        check("An operator ends a session, which is told from the site's own ending only in the record") { hall in
            try await hall.open(slots: 2)
            _ = try await hall.arrive(1)
            _ = try await hall.visit(1)
            let actor = try hall.actor()
            #expect(try await hall.store.end(hall.session(1), as: .terminated, by: actor, in: hall.room))
            #expect(try await hall.store.end(hall.session(1), as: .terminated, by: actor, in: hall.room) == false)
            #expect(try await hall.store.session(hall.session(1), in: hall.room)?.status == .terminated)
        },
        check("A drain goes in steps of a thousand through all who had joined, and spares who comes meanwhile") {
            hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0)
            let joins: UInt64 = 1_130
            for number in 1...joins { _ = try await hall.enqueue(number, priority: number % 7 == 0 ? 1 : 0) }
            let first = try await hall.store.drain(.line, until: nil, by: actor, in: hall.room)
            #expect(first == DrainReport(ended: 1_000, remaining: 130, until: joins))
            for number in joins + 1...joins + 9 { _ = try await hall.enqueue(number, priority: 2) }
            var report = first
            while report.remaining > 0 {
                report = try await hall.store.drain(.line, until: report.until, by: actor, in: hall.room)
            }
            #expect(report.until == joins)
            let facts = try await hall.facts()
            #expect(facts.waiting == 9 && facts.removedTotal == Int(joins))
            #expect(try await hall.ranks(joins + 1...joins + 9) == Array(1...9))
            let statuses = try await hall.store.places(of: (1...joins).map { hall.id($0) }, in: hall.room)
            #expect(statuses.allSatisfy { $0?.position.status == .terminated })
            #expect(
                try await hall.store.drain(.line, until: nil, by: actor, in: hall.room)
                    == DrainReport(ended: 9, remaining: 0, until: joins + 9))
        },
        check("A drain of sessions ends used and unused slots, and one of all the line as well") { hall in
            let actor = try hall.actor()
            try await hall.open(slots: 3)
            for number in 1...6 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
            _ = try await hall.visit(1, 2)
            #expect(
                try await hall.store.drain(.sessions, until: nil, by: actor, in: hall.room)
                    == DrainReport(ended: 3, remaining: 0, until: 6))
            #expect(try await hall.ranks(1...6) == [0, 0, 0, 1, 2, 3])
            #expect(try await hall.visit(1) == [hall.session(1)])
            try await hall.open(slots: 2)
            #expect(try await hall.store.admit(in: hall.room).admitted == 2)
            _ = try await hall.visit(4)
            #expect(
                try await hall.store.drain(.all, until: 5, by: actor, in: hall.room)
                    .ended == 2)
            let rest = try await hall.store.drain(.all, until: nil, by: actor, in: hall.room)
            #expect(rest == DrainReport(ended: 1, remaining: 0, until: 6))
            let facts = try await hall.facts()
            #expect(facts.waiting + facts.admitted + facts.activeSessions == 0)
            let ended = try await hall.store.endedSessions(in: hall.room, since: Timestamp(milliseconds: 0))
            #expect(Set(ended) == Set((1...5).map { hall.session($0) }))
        },
        check("A drain of those who stand in random order, or come by several addresses, leaves nothing behind") {
            hall in
            let actor = try hall.actor()
            try await hall.open(slots: 0) {
                $0.shuffleWindow = .minutes(10)
                $0.maxPositionsPerAddress = 20
            }
            for number in 1...40 as ClosedRange<UInt64> {
                let arrival = Arrival(
                    id: hall.id(number), priority: Int(number % 2), client: hall.client,
                    addressDigest: AddressDigest(number % 2))
                #expect(try await hall.store.enqueue(arrival, in: hall.room).isWaiting)
            }
            _ = try await hall.store.move(hall.id(7), to: .front, by: actor, in: hall.room)
            #expect(
                try await hall.store.drain(.line, until: nil, by: actor, in: hall.room)
                    == DrainReport(ended: 40, remaining: 0, until: 40))
            #expect(try await hall.facts().waiting == 0)
            let again = Arrival(id: hall.id(41), client: hall.client, addressDigest: AddressDigest(1))
            #expect(try await hall.store.enqueue(again, in: hall.room).isWaiting)
            #expect(try await hall.ranks(41...41) == [1])
        },
    ]
}

extension QueueStoreConformance.Hall {
    func actor() throws -> OperatorName { try #require(OperatorName("night.shift")) }

    /// Makes the changes at the same time.
    fileprivate func override(_ changes: [RoomOverrides.Changes], by actor: OperatorName) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for change in changes {
                group.addTask { _ = try await store.override(change, by: actor, in: room) }
            }
            try await group.waitForAll()
        }
    }

    /// Where somebody stands now who is expected to wait.
    fileprivate func waiting(_ number: UInt64, rank: Int) async throws -> ArrivalOutcome? {
        guard let place = try await store.places(of: [id(number)], in: room)[0], place.rank == rank else { return nil }
        return .waiting(place)
    }
}
