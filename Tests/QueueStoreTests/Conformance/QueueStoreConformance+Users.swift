import QueueStore
import Testing
import WaitingRoom

/// One place for each `user_id`.
extension QueueStoreConformance {
    static let userChecks: [QueueStoreConformance] = [
        check("A user holds one place or slot at a time, and may have another when that has ended") { hall in
            try await hall.open(slots: 1)
            guard case .waiting(let first) = try await hall.enqueue(1, as: "ü ,=1") else {
                Issue.record("not in line")
                return
            }
            hall.clock.advance(by: .seconds(1))
            guard case .taken(let held) = try await hall.enqueue(2, as: "ü ,=1") else {
                Issue.record("a second place")
                return
            }
            #expect(held.position.id == first.position.id && held.rank == 1)
            #expect(try await !hall.isTaken(3, "other"))
            #expect(try await !hall.isTaken(4, ""))
            _ = try await hall.enqueue(5)
            #expect(try await hall.facts().enqueuedTotal == 4)
            // Admitted, then through.
            _ = try await hall.store.admit(in: hall.room)
            #expect(try await hall.isTaken(6, "ü ,=1"))
            _ = try await hall.visit(1)
            #expect(try await hall.isTaken(7, "ü ,=1"))
            _ = try await hall.store.end(hall.session(1), as: .completed, in: hall.room)
            guard case .waiting(let second) = try await hall.enqueue(8, as: "ü ,=1") else {
                Issue.record("the first has ended")
                return
            }
            #expect(try await hall.isTaken(9, "ü ,=1"))
            // The first is forgotten, the second stays known.
            hall.clock.advance(by: .minutes(10))
            _ = try await hall.store.record(
                Activity(heartbeats: [3, 4, 5, 8].map { hall.id($0) }), in: hall.room)
            _ = try await hall.store.clean(in: hall.room)
            guard case .taken(let known) = try await hall.enqueue(10, as: "ü ,=1") else {
                Issue.record("forgotten")
                return
            }
            #expect(known.position.id == second.position.id)
            #expect(try await hall.isTaken(11, ""))
        },
        check("A name that came with a key and the same name without one are two users") { hall in
            try await hall.open(slots: 0)
            let (anybody, user) = (UserID("\u{301}u =,"), UserID("\u{301}u =,", isVerified: true))
            guard case .waiting(let occupied) = try await hall.enqueue(1, as: anybody),
                case .waiting(let place) = try await hall.enqueue(2, as: user)
            else {
                Issue.record("a name without a key keeps the user out")
                return
            }
            for (number, holder, held) in [(3, anybody, occupied), (4, user, place)] as [(UInt64, UserID, Place)] {
                guard case .taken(let found) = try await hall.enqueue(number, as: holder) else {
                    Issue.record("a second place")
                    return
                }
                #expect(found.position.id == held.position.id && found.position.userID == holder)
            }
            // A name cannot be spelt so that it passes for one with a key.
            for spelling in ["=\u{301}u =,", "==\u{301}u =,", "%3D\u{301}u%20=,"] {
                #expect(try await !hall.isTaken(UInt64(10 + spelling.utf8.count), spelling))
            }
            _ = try await hall.store.leave(hall.id(1), in: hall.room)
            #expect(try await !hall.isTaken(5, "\u{301}u =,"))
            guard case .taken = try await hall.enqueue(6, as: user) else {
                Issue.record("a second place")
                return
            }
        },
        check("Many calls at once for one user make one place") { hall in
            try await hall.open(slots: 0)
            let outcomes = try await withThrowingTaskGroup(of: ArrivalOutcome.self) { group in
                for number in 1...50 as ClosedRange<UInt64> {
                    group.addTask { try await hall.enqueue(number, as: "u") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let places = outcomes.filter { if case .waiting = $0 { true } else { false } }
            #expect(places.count == 1)
            #expect(try await hall.facts().waiting == 1)
        },
        check("Who missed the turn comes back as the same user") { hall in
            try await hall.open(slots: 1)
            _ = try await hall.enqueue(1, as: "u")
            _ = try await hall.store.admit(in: hall.room)
            hall.clock.advance(by: .seconds(60))
            _ = try await hall.store.clean(in: hall.room)
            guard case .waiting(let back)? = try await hall.comeBack(1) else {
                Issue.record("not back")
                return
            }
            guard case .taken(let held) = try await hall.enqueue(2, as: "u") else {
                Issue.record("a second place")
                return
            }
            #expect(held.position.id == back.position.id)
        },
    ]
}

extension QueueStoreConformance.Hall {
    fileprivate func enqueue(_ number: UInt64, as user: String) async throws -> ArrivalOutcome {
        try await enqueue(number, as: UserID(user))
    }

    fileprivate func enqueue(_ number: UInt64, as user: UserID) async throws -> ArrivalOutcome {
        try await store.enqueue(Arrival(id: id(number), userID: user, client: client), in: room)
    }

    fileprivate func isTaken(_ number: UInt64, _ user: String) async throws -> Bool {
        if case .taken = try await enqueue(number, as: user) { true } else { false }
    }
}
