import QueueStore
import Testing
import WaitingRoom

extension QueueStoreConformance {
    /// Openings, closings and draws.
    static let openings: [QueueStoreConformance] = [
        check("Nobody joins before the pre-queue, nobody is admitted before the opening") { hall in
            try await hall.open(slots: 5) {
                $0.opening = Opening(at: hall.clock.now + .seconds(60), preQueue: .seconds(20))
            }
            #expect(try await hall.arrive(1) == .closed(.scheduled))
            #expect(try await hall.enqueue(1) == .closed(.scheduled))
            #expect(try await hall.facts().phase == .scheduled)
            hall.clock.advance(by: Milliseconds(39_999))
            #expect(try await hall.arrive(1) == .closed(.scheduled))
            hall.clock.advance(by: Milliseconds(1))
            #expect(try await hall.arrive(1).isInLine)
            #expect(try await hall.facts().phase == .preQueue)
            hall.clock.advance(by: Milliseconds(19_999))
            #expect(try await hall.store.admit(in: hall.room).admitted == 0)
            hall.clock.advance(by: Milliseconds(1))
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.facts().phase == .open)
        },
        check("Those of the pre-queue are put in the order of the seed, and nobody sees it before the opening") {
            hall in
            try await hall.open(slots: 3) {
                $0.opening = Opening(at: hall.clock.now + .seconds(60), preQueue: .seconds(60))
            }
            for number in 1...40 as ClosedRange<UInt64> {
                #expect(try await hall.arrive(number).isInLine)
                hall.clock.advance(by: .seconds(1))
            }
            #expect(try await hall.ranks(1...40) == [Int?](repeating: 0, count: 40))
            let before = try #require(try await hall.facts().draw)
            #expect(before.seed == nil)
            hall.clock.advance(by: .seconds(20))
            // Who joins at the opening stands behind all of them.
            #expect(try await hall.arrive(41).isInLine)
            let after = try #require(try await hall.facts().draw)
            let seed = try #require(after.seed)
            #expect(after.commitment == before.commitment)
            #expect(seed.commitment == before.commitment)
            let keys = seed.keys
            let order = (1...40 as ClosedRange<UInt64>).sorted { keys.key(of: hall.id($0)) < keys.key(of: hall.id($1)) }
            #expect(order != Array(1...40))
            let ranks = try await hall.ranks(1...41)
            #expect(order.map { ranks[Int($0) - 1] } == Array(1...40))
            #expect(ranks[40] == 41)
            #expect(try await hall.store.admit(in: hall.room).admitted == 3)
            #expect(try await hall.ranks(1...41).count { $0 == 0 } == 3)
            #expect(try await hall.ranks(order[3]...order[3]) == [1])
        },
        check("Whoever waited before a pre-queue stays before those who are drawn") { hall in
            try await hall.open(slots: 0)
            // In the same millisecond.
            for number in 1...3 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            try await hall.open(slots: 1) {
                $0.opening = Opening(at: hall.clock.now + .seconds(9), preQueue: .seconds(9))
            }
            for number in 4...6 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            #expect(try await hall.ranks(1...6) == [1, 2, 3, 0, 0, 0])
            hall.clock.advance(by: .seconds(9))
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
            #expect(try await hall.ranks(1...3) == [0, 1, 2])
            #expect(Set(try await hall.ranks(4...6)) == [3, 4, 5])
        },
        check("Without a draw the pre-queue stands in the order of its coming") { hall in
            try await hall.open(slots: 0) {
                $0.opening = Opening(at: hall.clock.now + .seconds(9), preQueue: .seconds(9), draws: false)
            }
            for number in 1...5 as ClosedRange<UInt64> { _ = try await hall.arrive(number) }
            #expect(try await hall.ranks(1...5) == [1, 2, 3, 4, 5])
            #expect(try await hall.facts().draw == nil)
        },
        check("An opening that is put off keeps its draw, and one that is over is followed by another") { hall in
            let start = hall.clock.now
            func opens(at seconds: Int64) async throws {
                try await hall.open(slots: 0) {
                    $0.opening = Opening(at: start + .seconds(seconds), preQueue: .seconds(10))
                }
            }
            try await opens(at: 10)
            _ = try await hall.arrive(1)
            let first = try #require(try await hall.facts().draw)
            hall.clock.advance(by: .seconds(9))
            try await opens(at: 30)
            _ = try await hall.store.admit(in: hall.room)
            #expect(try await hall.arrive(2) == .closed(.scheduled))
            hall.clock.advance(by: .seconds(15))
            _ = try await hall.arrive(2)
            #expect(try await hall.facts().draw == first)
            hall.clock.advance(by: .seconds(10))
            _ = try await hall.store.admit(in: hall.room)
            #expect(try await hall.facts().draw?.seed?.commitment == first.commitment)
            try await opens(at: 60)
            hall.clock.advance(by: .seconds(20))
            _ = try await hall.arrive(3)
            let second = try #require(try await hall.facts().draw)
            #expect(second.commitment != first.commitment)
            #expect(second.seed == nil)
            #expect(try await hall.ranks(3...3) == [0])
            #expect(Set(try await hall.ranks(1...2)) == [1, 2])
        },
        check("After the end nobody joins or is admitted, and whoever is through goes on") { hall in
            try await hall.open(slots: 1) { $0.closesAt = hall.clock.now + .seconds(10) }
            _ = try await hall.arrive(1)
            _ = try await hall.arrive(2)
            #expect(try await hall.visit(1) == [])
            hall.clock.advance(by: .seconds(10))
            #expect(try await hall.arrive(3) == .closed(.closed))
            #expect(try await hall.visit(1) == [])
            #expect(try await hall.store.end(hall.session(1), as: .completed, in: hall.room))
            #expect(try await hall.store.admit(in: hall.room).admitted == 0)
            #expect(try await hall.arrive(2).isInLine)
            #expect(try await hall.facts().phase == .closed)
        },
        check("A room that rejects lets nobody join, and keeps who is there") { hall in
            try await hall.open(slots: 1)
            _ = try await hall.arrive(1)
            _ = try await hall.arrive(2)
            try await hall.open(slots: 5) { $0.queueingMethod = .reject }
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.arrive(3) == .closed(.closed))
            #expect(try await hall.store.admit(in: hall.room).admitted == 0)
            try await hall.open(slots: 5)
            #expect(try await hall.store.admit(in: hall.room).admitted == 1)
        },
        check("Many who come at once to a pre-queue are all drawn with one seed") { hall in
            try await hall.open(slots: 0) {
                $0.opening = Opening(at: hall.clock.now + .seconds(60), preQueue: .seconds(60))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...100 as ClosedRange<UInt64> { group.addTask { _ = try await hall.arrive(number) } }
                try await group.waitForAll()
            }
            hall.clock.advance(by: .seconds(60))
            _ = try await hall.store.admit(in: hall.room)
            let keys = try #require(try await hall.facts().draw?.seed).keys
            let ranks = try await hall.ranks(1...100)
            let order = (1...100 as ClosedRange<UInt64>).sorted {
                keys.key(of: hall.id($0)) < keys.key(of: hall.id($1))
            }
            #expect(order.map { ranks[Int($0) - 1] } == Array(1...100))
        },
    ]
}

extension ArrivalOutcome {
    fileprivate var isInLine: Bool { if case .waiting = self { true } else { false } }
}
