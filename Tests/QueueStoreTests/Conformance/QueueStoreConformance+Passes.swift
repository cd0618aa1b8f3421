import QueueStore
import Testing
import WaitingRoom

extension QueueStoreConformance {
    /// What a store must do with passes.
    static let passChecks: [QueueStoreConformance] = [
        check("A pass gives a place ahead, and is counted once for it, however often the call is repeated") { hall in
            try await hall.open(slots: 0)
            _ = try await hall.enqueue(1)
            let pass = hall.pass(7, priority: 5, uses: 2)
            for _ in 1...3 {
                guard case .waiting(let place) = try await hall.enqueue(2, with: pass) else {
                    Issue.record("not waiting")
                    return
                }
                #expect(place.position.priority == 5)
                #expect(place.rank == 1)
            }
            #expect(try await hall.enqueue(3, with: pass) != .refused(.spent))
            #expect(try await hall.enqueue(4, with: pass) == .refused(.spent))
            #expect(try await hall.ranks(1...4) == [3, 1, 2, nil])
            #expect(try await hall.facts().passesUsedTotal == 2)
        },
        check("A pass that is spent makes no position, though there is a free slot") { hall in
            try await hall.open(slots: 5)
            let pass = hall.pass(7, priority: 0, uses: 1)
            guard case .admitted(let place) = try await hall.arrive(1, with: pass) else {
                Issue.record("not admitted")
                return
            }
            #expect(place.position.priority == 0)
            #expect(try await hall.arrive(2, with: pass) == .refused(.spent))
            #expect(try await hall.ranks(2...2) == [nil])
        },
        check("A pass whose time is over does not count") { hall in
            try await hall.open(slots: 0)
            let pass = hall.pass(7, priority: 5, uses: 2)
            _ = try await hall.enqueue(1, with: pass)
            _ = try await hall.enqueue(2)
            hall.clock.advance(by: .minutes(60))
            #expect(try await hall.enqueue(3, with: pass) == .refused(.over))
            #expect(try await hall.store.present(pass, for: hall.id(2), in: hall.room) == .refused(.over))
        },
        check("Somebody who waits is moved up by a pass, behind those of that priority who joined before") { hall in
            try await hall.open(slots: 0)
            _ = try await hall.enqueue(1)
            _ = try await hall.enqueue(2, with: hall.pass(7, priority: 5, uses: 1))
            for number in 3...4 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            _ = try await hall.enqueue(5, with: hall.pass(8, priority: 5, uses: 1))
            let pass = hall.pass(9, priority: 5, uses: 2)
            for _ in 1...3 {
                let outcome = try await hall.store.present(pass, for: hall.id(4), in: hall.room)
                guard case .place(let place) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(place.position.priority == 5)
                #expect(place.rank == 2)
            }
            #expect(try await hall.ranks(1...5) == [4, 1, 5, 2, 3])
            // The two that were repeated were not counted.
            _ = try await hall.store.present(pass, for: hall.id(3), in: hall.room)
            #expect(try await hall.ranks(1...5) == [5, 1, 2, 3, 4])
            #expect(try await hall.store.present(pass, for: hall.id(1), in: hall.room) == .refused(.spent))
            #expect(try await hall.store.present(pass, for: hall.id(6), in: hall.room) == .unknown)
            try await hall.open(slots: 3)
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.store.admit(in: hall.room).admitted == 3)
            #expect(try await hall.ranks(1...5).filter { $0 == 0 }.count == 3)
        },
        check("A pass changes nothing for those who are through") { hall in
            try await hall.open(slots: 1)
            _ = try await hall.arrive(1)
            _ = try await hall.arrive(2)
            let pass = hall.pass(7, priority: 5, uses: 1)
            guard case .place(let place) = try await hall.store.present(pass, for: hall.id(1), in: hall.room) else {
                Issue.record("no place")
                return
            }
            #expect(place.position.status == .admitted)
            #expect(place.position.priority == 0)
            guard case .place(let raised) = try await hall.store.present(pass, for: hall.id(2), in: hall.room) else {
                Issue.record("the pass was used up by one who did not need it")
                return
            }
            #expect(raised.position.priority == 5)
        },
        check("A pass moves those who stand in random order too, and they keep what they brought") { hall in
            try await hall.open(slots: 0) { $0.shuffleWindow = .minutes(10) }
            for number in 1...20 as ClosedRange<UInt64> {
                let arrival = Arrival(
                    id: hall.id(number), userID: UserID("u\(number)"), metadata: ["a": "b"], client: hall.client)
                _ = try await hall.store.enqueue(arrival, in: hall.room)
            }
            for number in 5...7 as ClosedRange<UInt64> {
                _ = try await hall.store.present(
                    hall.pass(number, priority: 1, uses: 1), for: hall.id(number), in: hall.room)
            }
            let ranks = try await hall.ranks(1...20).compactMap { $0 }
            #expect(ranks.sorted() == Array(1...20))
            #expect(ranks[4...6].sorted() == [1, 2, 3])
            let place = try #require(try await hall.store.places(of: [hall.id(6)], in: hall.room)[0])
            #expect(place.position.userID == UserID("u6"))
            #expect(place.position.metadata == ["a": "b"])
            #expect(place.position.priority == 1)
            _ = try await hall.store.leave(hall.id(6), in: hall.room)
            #expect(try await hall.ranks(1...20).compactMap { $0 }.filter { $0 > 0 }.sorted() == Array(1...19))
        },
        check("Over many steps those with passes take their share of each, and no more while others wait") { hall in
            try await hall.open(slots: 1_000) {
                $0.priorityShare = 250
                $0.queueRate = Rate(count: 3, per: .seconds(1))
                $0.heartbeatTimeout = .minutes(60)
            }
            let pass = hall.pass(7, priority: 5, uses: 100)
            for number in 1...60 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            for number in 61...80 as ClosedRange<UInt64> { _ = try await hall.enqueue(number, with: pass) }
            var shares: [Int] = []
            for _ in 1...16 {
                #expect(try await hall.store.admit(in: hall.room).admitted == 3)
                shares.append(20 - (try await hall.ranks(61...80).count { $0 != 0 }))
                hall.clock.advance(by: .seconds(1))
            }
            #expect(shares == [0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12])
        },
        check("However many present a pass at once, it serves as many as it may") { hall in
            try await hall.open(slots: 0)
            for number in 1...20 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            let pass = hall.pass(7, priority: 5, uses: 6)
            let served = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 11...30 as ClosedRange<UInt64> {
                    group.addTask {
                        guard number <= 20 else {
                            if case .waiting = try await hall.enqueue(number, with: pass) { return true }
                            return false
                        }
                        let outcome = try await hall.store.present(pass, for: hall.id(number), in: hall.room)
                        if case .place = outcome { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(served == 6)
            let places = try await hall.store.places(of: (1...30).map { hall.id($0) }, in: hall.room)
            #expect(places.count { $0?.position.priority == 5 } == 6)
        },
    ]
}

extension QueueStoreConformance.Hall {
    /// Good for an hour.
    func pass(_ number: UInt64, priority: Int, uses: Int) -> Pass {
        Pass(
            id: PassID(bits: UUIDBits(high: 9, low: number)), priority: priority, uses: uses,
            expiresAt: clock.now + .minutes(60))
    }

    func enqueue(_ number: UInt64, with pass: Pass) async throws -> ArrivalOutcome {
        try await store.enqueue(Arrival(id: id(number), client: client, pass: pass), in: room)
    }

    func arrive(_ number: UInt64, with pass: Pass) async throws -> ArrivalOutcome {
        try await store.arrive(Arrival(id: id(number), client: client, pass: pass), in: room)
    }
}
