import HistoryChecker
import QueueStore
import Testing
import WaitingRoom

struct MemoryStoreTests {
    @Test("A store that keeps nothing conforms", arguments: QueueStoreConformance.checks)
    func volatile(check: QueueStoreConformance) async throws {
        let fixture = try Fixture()
        try await check.run(fixture.store(nil), fixture.clock)
        #expect(HistoryChecker.violations(in: fixture.observed.events).isEmpty)
    }

    @Test("A store with a journal conforms", arguments: QueueStoreConformance.checks)
    func journaled(check: QueueStoreConformance) async throws {
        let fixture = try Fixture()
        try await check.run(fixture.store(try fixture.open()), fixture.clock)
        #expect(HistoryChecker.violations(in: fixture.observed.events).isEmpty)
    }

    @Test("The observer has seen a step's events when the step returns, in order")
    func observer() async throws {
        for journal in [nil, try Fixture().open()] {
            let fixture = try Fixture()
            let store = fixture.store(journal)
            try await store.configure([fixture.settings])
            #expect(fixture.observed.events.count == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 as ClosedRange<UInt64> {
                    group.addTask {
                        _ = try await store.enqueue(Fixture.arrival(number), in: fixture.room)
                        let sequences = fixture.observed.events.map(\.change)
                        #expect(sequences.contains { $0.position == Fixture.id(number) })
                    }
                }
                try await group.waitForAll()
            }
            #expect(fixture.observed.events.map(\.sequence) == Array(1...51))
        }
    }

    @Test("A closed store refuses steps")
    func closed() async throws {
        for journal in [nil, try Fixture().open()] {
            let fixture = try Fixture()
            let store = fixture.store(journal)
            try await store.configure([fixture.settings])
            try await store.close()
            await #expect(throws: StoreError(.unavailable, "the store is closed")) {
                _ = try await store.arrive(Fixture.arrival(1), in: fixture.room)
            }
        }
    }
}

extension RoomEvent.Change {
    /// The position that joined.
    var position: PositionID? { if case .positionEnqueued(let position, _) = self { position.id } else { nil } }
}
