import QueueStore
import Testing
import WaitingRoom

/// Places that move to other devices.
extension QueueStoreConformance {
    static let handoverChecks: [QueueStoreConformance] = [
        check("A place moves with all that belongs to it, and the position before has ended") { hall in
            try await hall.open(slots: 0)
            for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            let arrival = Arrival(
                id: hall.id(5), priority: 2, userID: UserID("u ,1", isVerified: true), metadata: ["a": "ü"],
                client: hall.client)
            _ = try await hall.store.enqueue(arrival, in: hall.room)
            let joined = hall.clock.now
            hall.clock.advance(by: .seconds(30))
            for (old, heir) in [(2, 12), (5, 15)] as [(UInt64, UInt64)] {
                let before = try #require(try await hall.place(old))
                #expect(try await hall.offer(old, heir) == .offered(until: hall.clock.now + .minutes(5)))
                guard case .moved(let place) = try await hall.take(heir, as: heir) else {
                    Issue.record("not moved")
                    return
                }
                #expect(place.position.id == hall.id(heir) && place.rank == before.rank)
                #expect(place.position.sequence == before.position.sequence && place.totalWaiting == 5)
                #expect(place.position.priority == before.position.priority)
                #expect(place.position.userID == before.position.userID)
                #expect(place.position.metadata == before.position.metadata)
                #expect(place.position.enqueuedAt == joined)
                #expect(place.position.expiresAt == hall.clock.now + .seconds(60))
                let ended = try #require(try await hall.place(old))
                #expect(ended.position.status == .moved && ended.rank == 0 && ended.missedTurn == nil)
                #expect(ended.position.sequence == before.position.sequence)
            }
            #expect(try await hall.ranks(1...4) == [2, 0, 4, 5])
            #expect(try await hall.facts().enqueuedTotal == 5)
            // Who has the user's place now is known.
            var again = arrival
            again.id = hall.id(20)
            guard case .taken(let holder) = try await hall.store.enqueue(again, in: hall.room) else {
                Issue.record("a second place")
                return
            }
            #expect(holder.position.id == hall.id(15))
        },
        check("A code is good once; who asks again in the same attempt finds the place") { hall in
            try await hall.open(slots: 0)
            _ = try await hall.enqueue(1)
            _ = try await hall.offer(1, 7)
            #expect(try await hall.take(8, as: 11) == .wrong)
            let first = try await hall.take(7, as: 11)
            #expect(first.place?.rank == 1)
            #expect(try await hall.take(7, as: 11) == first)
            #expect(try await hall.take(7, as: 12) == .wrong)
            #expect(try await hall.place(12) == nil)
            #expect(try await hall.facts().waiting == 1)
            // And on it goes.
            _ = try await hall.offer(11, 9)
            #expect(try await hall.take(9, as: 12).place?.rank == 1)
            #expect(try await hall.statuses(1, 11, 12) == [.moved, .moved, .waiting])
        },
        check("Of a place the last code is good, for five minutes") { hall in
            try await hall.open(slots: 0) { $0.heartbeatTimeout = .minutes(30) }
            _ = try await hall.enqueue(1)
            _ = try await hall.offer(1, 7)
            _ = try await hall.offer(1, 8)
            #expect(try await hall.take(7, as: 11) == .wrong)
            hall.clock.advance(by: .minutes(5))
            #expect(try await hall.take(8, as: 11) == .wrong)
            _ = try await hall.offer(1, 9)
            hall.clock.advance(by: Milliseconds(299_999))
            #expect(try await hall.take(9, as: 11).place?.rank == 1)
            #expect(try await hall.offer(99, 10) == .unknown)
        },
        check("Nobody who holds the old position gets anything by it any more") { hall in
            try await hall.open(slots: 1)
            for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
            _ = try await hall.offer(2, 7)
            _ = try await hall.take(7, as: 12)
            // No sign of life of the old one keeps the place.
            hall.clock.advance(by: .seconds(40))
            _ = try await hall.store.record(Activity(heartbeats: [hall.id(2), hall.id(3)]), in: hall.room)
            for outcome in [try await hall.arrive(2), try await hall.enqueue(2)] {
                guard case .ended(let place) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(place.position.status == .moved)
            }
            #expect(try await hall.store.leave(hall.id(2), in: hall.room)?.position.status == .moved)
            guard case .ended(let place) = try await hall.store.claim(hall.id(2), in: hall.room) else {
                Issue.record("not ended")
                return
            }
            #expect(place.position.status == .moved)
            #expect(try await hall.comeBack(2) == nil)
            #expect(try await hall.store.reenter(hall.id(2), issued: hall.clock.now, in: hall.room)?.rank ?? 0 == 0)
            #expect(try await hall.offer(2, 8) == .over(.moved))
            let actor = try hall.actor()
            for place in [
                try await hall.store.move(hall.id(2), to: .front, by: actor, in: hall.room),
                try await hall.store.terminate(hall.id(2), by: actor, in: hall.room),
            ] { #expect(place?.position.status == .moved) }
            #expect(try await hall.ranks(12...12) == [1])
            hall.clock.advance(by: .seconds(20))
            _ = try await hall.store.clean(in: hall.room)
            #expect(try await hall.statuses(2, 12, 3) == [.moved, .expired, .waiting])
        },
        check("A slot that is not used yet moves too, with what is left of its time; one that is used does not") {
            hall in
            try await hall.open(slots: 3)
            for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
            _ = try await hall.visit(2)
            #expect(try await hall.offer(2, 8) == .over(.active))
            _ = try await hall.offer(3, 9)
            _ = try await hall.visit(3)
            #expect(try await hall.take(9, as: 13) == .over(.active))
            _ = try await hall.offer(1, 7)
            hall.clock.advance(by: .seconds(50))
            #expect(try await hall.take(7, as: 11).place?.position.status == .admitted)
            #expect(try await hall.statuses(1, 11) == [.moved, .admitted])
            #expect(try await hall.facts().admitted == 1)
            #expect(
                try await hall.store.endedSessions(in: hall.room, since: hall.clock.now) == [hall.session(1)])
            #expect(try await hall.store.session(hall.session(1), in: hall.room)?.status == .completed)
            #expect(try await hall.visit(1) == [hall.session(1)])
            #expect(try await hall.store.end(hall.session(1), as: .completed, in: hall.room) == false)
            hall.clock.advance(by: .seconds(10))
            _ = try await hall.visit(2, 3)
            _ = try await hall.store.clean(in: hall.room)
            #expect(try await hall.statuses(11) == [.expired])
            // It has its second chance, as the first one would have had.
            #expect(try await hall.comeBack(1) == nil)
            #expect(try await hall.comeBack(11)?.isWaiting == true)
        },
        check("Who came back after a missed turn and moves stays before the others, and comes back no second time") {
            hall in
            try await hall.open(slots: 1)
            for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
            hall.clock.advance(by: .seconds(60))
            _ = try await hall.store.record(Activity(heartbeats: [hall.id(2), hall.id(3)]), in: hall.room)
            _ = try await hall.store.clean(in: hall.room)
            guard case .waiting(let back)? = try await hall.comeBack(1) else {
                Issue.record("not back")
                return
            }
            #expect(try await hall.store.offer(back.position.id, under: hall.code(7), in: hall.room) != .unknown)
            guard case .moved(let place) = try await hall.take(7, as: 11) else {
                Issue.record("not moved")
                return
            }
            #expect(place.rank == 1 && place.position.id.isReturn && place.totalWaiting == 3)
            #expect(try await hall.take(7, as: 11).place?.position.id == place.position.id)
            guard case .ended(let ended)? = try await hall.comeBack(1) else {
                Issue.record("came back again")
                return
            }
            #expect(ended.position.status == .moved)
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.ranks(2...3) == [1, 2])
            hall.clock.advance(by: .seconds(60))
            _ = try await hall.store.clean(in: hall.room)
            #expect(try await hall.store.comeBack(place.position.id, mayAdmit: true, in: hall.room) == nil)
        },
        check("Whom an operator put in front stays there on another device, and may be put elsewhere") { hall in
            try await hall.open(slots: 0)
            for number in 1...4 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            let actor = try hall.actor()
            _ = try await hall.store.move(hall.id(4), to: .front, by: actor, in: hall.room)
            _ = try await hall.offer(4, 7)
            #expect(try await hall.take(7, as: 14).place?.rank == 1)
            _ = try await hall.store.move(hall.id(14), to: .priority(-1), by: actor, in: hall.room)
            #expect(try await hall.ranks(1...3) == [1, 2, 3])
            #expect(try await hall.ranks(14...14) == [4])
        },
        check("A place among those that are shuffled stays where it is") { hall in
            try await hall.open(slots: 0) { $0.shuffleWindow = .seconds(5) }
            for number in 1...9 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            let before = try await hall.ranks(1...9)
            for number in 1...9 as ClosedRange<UInt64> {
                _ = try await hall.offer(number, number)
                _ = try await hall.take(number, as: number + 20)
            }
            #expect(try await hall.ranks(21...29) == before)
            #expect(try await hall.ranks(1...9) == Array(repeating: 0, count: 9))
            hall.clock.advance(by: .seconds(5))
            try await hall.open(slots: 2) { $0.shuffleWindow = .seconds(5) }
            #expect(try await hall.store.admit(in: hall.room).admitted == 2)
            #expect(try await hall.ranks(21...29) == before.map { max(0, ($0 ?? 0) - 2) })
        },
        check("A place that moved counts against the address of those who joined with it") { hall in
            try await hall.open(slots: 0) { $0.maxPositionsPerAddress = 2 }
            let address = AddressDigest(7)
            _ = try await hall.arrive(1, of: address)
            _ = try await hall.arrive(2, of: address)
            _ = try await hall.offer(1, 7)
            _ = try await hall.take(7, as: 11)
            #expect(try await hall.arrive(3, of: address) == .crowded)
            _ = try await hall.store.leave(hall.id(11), in: hall.room)
            #expect(try await hall.arrive(4, of: address).isWaiting)
            #expect(try await hall.arrive(5, of: address) == .crowded)
        },
        check("Past three hundred wrong codes in a minute none is looked at, right or wrong") { hall in
            try await hall.open(slots: 0) { $0.heartbeatTimeout = .minutes(30) }
            _ = try await hall.enqueue(1)
            _ = try await hall.offer(1, 7)
            hall.clock.advance(by: .seconds(1))
            for _ in 1...300 { #expect(try await hall.take(8, as: 11) == .wrong) }
            hall.clock.advance(by: .seconds(20))
            #expect(try await hall.take(7, as: 11) == .crowded(retryAfter: .seconds(40)))
            hall.clock.advance(by: .seconds(40))
            #expect(try await hall.take(7, as: 11).place?.rank == 1)
        },
        check("That a place moved is forgotten after ten minutes, as other ends are") { hall in
            try await hall.open(slots: 0) { $0.heartbeatTimeout = .minutes(30) }
            for number in 1...2 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.offer(1, 7)
            _ = try await hall.take(7, as: 11)
            hall.clock.advance(by: Milliseconds(599_999))
            _ = try await hall.store.clean(in: hall.room)
            #expect(try await hall.statuses(1, 11) == [.moved, .waiting])
            hall.clock.advance(by: Milliseconds(1))
            _ = try await hall.store.clean(in: hall.room)
            #expect(try await hall.statuses(1, 11) == [nil, .waiting])
            #expect(try await hall.ranks(11...11) == [1])
        },
    ]
}

extension QueueStoreConformance.Hall {
    func code(_ number: UInt64) -> HandoverDigest { HandoverDigest(bits: UUIDBits(high: 3, low: number)) }

    fileprivate func offer(_ number: UInt64, _ code: UInt64) async throws -> HandoverOffer {
        try await store.offer(id(number), under: self.code(code), in: room)
    }

    fileprivate func take(_ code: UInt64, as number: UInt64) async throws -> HandoverOutcome {
        try await store.takeOver(with: self.code(code), as: id(number), in: room)
    }

    fileprivate func place(_ number: UInt64) async throws -> Place? {
        try await store.places(of: [id(number)], in: room)[0]
    }

    fileprivate func statuses(_ numbers: UInt64...) async throws -> [PositionStatus?] {
        try await store.places(of: numbers.map { id($0) }, in: room).map { $0?.position.status }
    }
}

extension HandoverOutcome {
    fileprivate var place: Place? { if case .moved(let place) = self { place } else { nil } }
}
