import QueueStore
import Testing
import WaitingRoom

struct JournalCompactionTests {
    @Test("A journal that outgrows its size goes on in a new file beside a snapshot, and the old ones go")
    func compaction() async throws {
        var fixture = try Fixture()
        fixture.compactionSize = 2_000
        let store = fixture.store(try fixture.open())
        try await store.configure([fixture.settings])
        for number in 1...400 as ClosedRange<UInt64> {
            _ = try await store.enqueue(Fixture.arrival(number), in: fixture.room)
            _ = try await store.leave(Fixture.id(number), in: fixture.room)
        }
        let before = try await fixture.answers(store, joins: 400)
        try await store.close()
        let names = fixture.files.contents.keys
        #expect(names.count == 2)
        #expect(!names.contains("/data/journal-2.log"))
        let opened = try fixture.open()
        #expect(try await fixture.answers(fixture.store(opened), joins: 400) == before)
    }

    /// Lives, closes (which compacts), and dies at the n-th change from `livedStore` on.
    private static func die(at change: Int) async throws -> (fixture: Fixture, before: StoreAnswers, isOver: Bool) {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let before = try await fixture.answers(store)
        fixture.files.die(atChange: change)
        _ = try? await store.close()
        let isOver = !fixture.files.isDead
        fixture.files = fixture.files.afterCrash()
        return (fixture, before, isOver)
    }

    @Test("A crash at any point of a compaction loses nothing")
    func crashAnywhere() async throws {
        var change = 0
        var isOver = false
        while !isOver {
            let (fixture, before, over) = try await Self.die(at: change)
            isOver = over
            let opened = try fixture.open()
            let store = fixture.store(opened)
            #expect(try await fixture.answers(store) == before, "died at change \(change)")
            // And it goes on: another step, another compaction, another start.
            _ = try await store.enqueue(Fixture.arrival(12), in: fixture.room)
            _ = try await store.enqueue(Fixture.arrival(77), in: fixture.room)
            try await store.close()
            let names = fixture.files.contents.keys.sorted()
            #expect(names.count == 2, "died at change \(change), left \(names)")
            let place = try await fixture.store(try fixture.open()).places(of: [Fixture.id(77)], in: fixture.room)[0]
            #expect(place?.position.status == .waiting)
            change += 1
        }
        // New file and its header, syncs, snapshot, rename, removals.
        #expect(change >= 10)
    }

    @Test("A crash while what a crash left is tidied up loses nothing either")
    func crashInRecovery() async throws {
        for change in 0..<20 {
            for second in 0..<8 {
                var (fixture, before, _) = try await Self.die(at: change)
                fixture.files.die(atChange: second)
                _ = try? fixture.open()
                fixture.files = fixture.files.afterCrash()
                #expect(try await fixture.answers(fixture.store(try fixture.open())) == before)
            }
        }
    }
}
