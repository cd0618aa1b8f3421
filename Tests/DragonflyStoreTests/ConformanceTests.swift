import HistoryChecker
import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

/// The conformance suite uses one room name, so its checks run one after the other.
@Suite(.serialized, .enabled(if: Site.url != nil, Site.skipped))
struct ConformanceTests {
    @Test("A store on a server conforms", arguments: QueueStoreConformance.checks)
    func conforms(check: QueueStoreConformance) async throws {
        let clock = ManualClock()
        let store = try await Site().store(clock: clock)
        defer { store.close() }
        let room = try #require(RoomID("hall"))
        try await store.wipe(room)
        try await check.run(store, clock)
        #expect(HistoryChecker.violations(in: try await store.history(of: room)).isEmpty)
    }
}
