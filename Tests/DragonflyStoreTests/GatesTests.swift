import HistoryChecker
import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

@Suite(.enabled(if: Site.url != nil, Site.skipped))
struct GatesTests {
    private func settings(_ room: RoomID, slots: Int, perSecond: Int64 = 1_000) -> RoomSettings {
        RoomSettings(
            id: room, maxActiveUsers: slots, maxQueueSize: 0, maxPositionsPerAddress: 5_000,
            queueRate: Rate(count: perSecond, per: .seconds(1)))
    }

    @Test("Four gates deal no slot twice and keep the order, though all join, admit, clean and end at once")
    func slotsAndOrder() async throws {
        let room = try Site.room("gates")
        let clock = ManualClock()
        var gates: [DragonflyStore] = []
        for _ in 0..<4 { gates.append(try await Site().store(clock: clock)) }
        defer { for gate in gates { gate.close() } }
        try await gates[0].configure([settings(room, slots: 20)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, gate) in gates.enumerated() {
                group.addTask {
                    for step in 0..<30 {
                        try await withThrowingTaskGroup(of: Void.self) { joins in
                            for join in 0..<10 {
                                let id = UInt64(1 + number * 1_000 + step * 10 + join)
                                joins.addTask { _ = try await gate.arrive(Site.arrival(id), in: room) }
                            }
                            try await joins.waitForAll()
                        }
                        _ = try await gate.admit(in: room)
                        let mine = (0..<10).map { Site.id(UInt64(1 + number * 1_000 + step * 10 + $0)) }
                        for place in try await gate.places(of: mine, in: room) {
                            guard let place, place.position.status == .admitted else { continue }
                            _ = try await gate.end(SessionID(of: place.position.id), as: .completed, in: room)
                        }
                        _ = try await gate.clean(in: room)
                        clock.advance(by: Milliseconds(20))
                    }
                }
            }
            try await group.waitForAll()
        }
        let history = try await gates[0].history(of: room)
        #expect(HistoryChecker.violations(in: history).isEmpty)
        #expect(try await gates[1].facts(of: room).enqueuedTotal == 1_200)
        #expect(try await gates[2].facts(of: room).admittedTotal > 20)
        try await gates[0].wipe(room)
    }

    @Test("By the store's own clock a line of several thousand is admitted in order")
    func longLine() async throws {
        let room = try Site.room("long")
        let store = try await Site().store(clock: nil)
        defer { store.close() }
        try await store.configure([settings(room, slots: 1_500, perSecond: 100_000)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...3_000 as ClosedRange<UInt64> {
                group.addTask {
                    _ = try await store.enqueue(Site.arrival(number, priority: number % 7 == 0 ? 2 : 0), in: room)
                }
            }
            try await group.waitForAll()
        }
        let ids = (1...3_000).map { Site.id($0) }
        let ranks = try await store.places(of: ids, in: room).compactMap { $0?.rank }
        #expect(ranks.sorted() == Array(1...3_000))
        #expect(try await store.admit(in: room).admitted == 1_500)
        #expect(try await store.admit(in: room).admitted == 0)
        #expect(HistoryChecker.violations(in: try await store.history(of: room)).isEmpty)
        try await store.wipe(room)
    }

    @Test("A checker sees what is wrong with a store whose slots are not counted")
    func brokenScript() async throws {
        let room = try Site.room("broken")
        let store = try await Site().store(clock: ManualClock())
        defer { store.close() }
        try await store.configure([settings(room, slots: 2)])
        for number in 1...3 as ClosedRange<UInt64> { _ = try await store.arrive(Site.arrival(number), in: room) }
        // As if the script had forgotten who holds a slot.
        _ = try await store.command("HSET", RoomKeys(room: room).meta, "admitted", "0")
        #expect(try await store.admit(in: room).admitted == 1)
        let rules = HistoryChecker.violations(in: try await store.history(of: room)).map(\.rule)
        #expect(rules == [.slots])
        try await store.wipe(room)
    }

    @Test("The outbox holds every event until it is trimmed, and is trimmed once")
    func outbox() async throws {
        let room = try Site.room("outbox")
        let store = try await Site().store(clock: ManualClock())
        defer { store.close() }
        #expect(try await store.standing(of: room) == nil)
        try await store.configure([settings(room, slots: 1)])
        for number in 1...5 as ClosedRange<UInt64> { _ = try await store.arrive(Site.arrival(number), in: room) }
        #expect(try await store.outbox(of: room, limit: 3).map(\.sequence) == [1, 2, 3])
        for _ in 1...2 { try await store.trimOutbox(of: room, through: 4) }
        let standing = try #require(try await store.standing(of: room))
        #expect(try await store.outboxFirst(of: room) == 5)
        #expect(standing.lastSequence == 7)
        #expect(try await store.outbox(of: room, limit: 9).map(\.sequence) == [5, 6, 7])
        try await store.trimOutbox(of: room, through: 99)
        #expect(try await store.outboxFirst(of: room) == nil)
        #expect(try await store.standing(of: room)?.generation == standing.generation)
        try await store.wipe(room)
    }

    @Test("A lease has one holder, who may prolong it and give it back")
    func lease() async throws {
        let name = try Site.room("lease").text
        let store = try await Site().store(clock: nil)
        defer { store.close() }
        #expect(try await store.acquireLease(name, holder: "a", lasting: .seconds(60)))
        #expect(try await store.acquireLease(name, holder: "b", lasting: .seconds(60)) == false)
        #expect(try await store.renewLease(name, holder: "b", lasting: .seconds(60)) == false)
        #expect(try await store.acquireLease(name, holder: "a", lasting: .seconds(60)))
        try await store.releaseLease(name, holder: "b")
        #expect(try await store.renewLease(name, holder: "a", lasting: .seconds(60)))
        try await store.releaseLease(name, holder: "a")
        #expect(try await store.acquireLease(name, holder: "b", lasting: .seconds(60)))
        try await store.releaseLease(name, holder: "b")
    }

    @Test("A script that the server has forgotten is loaded again")
    func forgottenScript() async throws {
        let room = try Site.room("scripts")
        let store = try await Site().store(clock: ManualClock())
        defer { store.close() }
        try await store.configure([settings(room, slots: 0)])
        _ = try await store.command("SCRIPT", "FLUSH")
        _ = try await store.arrive(Site.arrival(1), in: room)
        #expect(try await store.facts(of: room).waiting == 1)
        try await store.wipe(room)
    }
}
