import QueueStore
import Testing
import WaitingRoom

struct JournalFailureTests {
    /// Steps until one works.
    private static func retry(_ step: () async throws -> Void) async throws {
        for _ in 0..<1_000 {
            do {
                return try await step()
            } catch let error as StoreError {
                #expect(error.code == .unavailable)
                await Task.yield()
            }
        }
        Issue.record("no step works any more")
    }

    @Test(
        "A full disk refuses steps with its reason, loses nothing, and steps go on when there is room",
        arguments: 0..<40)
    func fullDisk(free: Int) async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        fixture.files.setFree(free * 17)
        var refused: [UInt64] = []
        for number in 100...110 as ClosedRange<UInt64> {
            do {
                _ = try await store.enqueue(Fixture.arrival(number), in: fixture.room)
            } catch let error {
                refused.append(number)
                #expect(error.code == .unavailable)
                #expect(error.message.contains("cannot write /data/journal-1.log: No space left on device"))
            }
        }
        #expect(refused.count >= 7)
        // What is read is never ahead of the disk.
        await #expect(throws: StoreError.self) { _ = try await store.facts(of: fixture.room) }
        fixture.files.setFree(nil)
        try await Self.retry { _ = try await store.enqueue(Fixture.arrival(200), in: fixture.room) }
        let places = try await store.places(of: (100...200).map { Fixture.id($0) }, in: fixture.room)
        let sequences = places.compactMap { $0?.position.sequence }
        #expect(sequences == sequences.sorted())
        let before = try await fixture.answers(store, joins: 200)
        fixture.files = fixture.files.afterCrash()
        let opened = try fixture.open()
        #expect(opened.report.cut == nil)
        #expect(try await fixture.answers(fixture.store(opened), joins: 200) == before)
        #expect(fixture.observed.events.map(\.sequence) == Array(1...UInt64(fixture.observed.events.count)))
    }

    @Test("Steps that were refused for a full disk are either whole or absent after a crash")
    func crashWithFullDisk() async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let before = try await fixture.answers(store)
        fixture.files.setFree(100)
        await #expect(throws: StoreError.self) { _ = try await store.enqueue(Fixture.arrival(100), in: fixture.room) }
        fixture.files = fixture.files.afterCrash()
        let opened = try fixture.open()
        #expect(opened.report.cut?.bytes == 100)
        #expect(try await fixture.answers(fixture.store(opened)) == before)
    }

    @Test("A disk that does not take what was written is told at shutdown")
    func synchronizationFails() async throws {
        let fixture = try Fixture()
        let store = try await fixture.livedStore()
        fixture.files.setFailsToSynchronize(true)
        await #expect {
            try await store.close()
        } throws: { error in "\(error)".contains("cannot synchronize /data/journal-1.log: Input/output error") }
        fixture.files.setFailsToSynchronize(false)
        #expect(try fixture.open().report.cut == nil)
    }

    @Test("A compaction that cannot be written leaves the journal in force")
    func snapshotFails() async throws {
        var fixture = try Fixture()
        let store = try await fixture.livedStore()
        let before = try await fixture.answers(store)
        fixture.files.setFree(90)
        // Closing rotates into a new journal, whose header fits, and begins a snapshot, which does not.
        try await store.close()
        #expect(!fixture.files.contents.keys.contains { $0.contains("snapshot-") })
        fixture.files = fixture.files.afterCrash()
        #expect(try await fixture.answers(fixture.store(try fixture.open())) == before)
    }
}
