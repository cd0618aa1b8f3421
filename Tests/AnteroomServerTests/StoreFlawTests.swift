import DragonflyStore
import NATSBus
import Testing
import WaitingRoom

@testable import AnteroomServer

@Suite struct StoreFlawTests {
    private func store(_ opened: Int64 = 1000, _ last: UInt64 = 9, _ generation: String = "g1") -> RoomStanding {
        RoomStanding(
            generation: generation, opened: Timestamp(milliseconds: opened), lastSequence: last, lastJoin: 1,
            time: Timestamp(milliseconds: opened),
            server: nil)
    }

    private func record(
        _ opened: Int64 = 1000, _ last: UInt64 = 9, _ generation: String? = nil
    ) -> StreamLog.Standing {
        StreamLog.Standing(opened: Timestamp(milliseconds: opened), lastSequence: last, generation: generation)
    }

    @Test("A store goes on where the record has nothing, or nothing that it lacks")
    func sound() {
        #expect(StoreFlaw(store: nil, record: nil) == nil)
        #expect(StoreFlaw(store: store(), record: nil) == nil)
        #expect(StoreFlaw(store: store(), record: record()) == nil)
        #expect(StoreFlaw(store: store(1000, 10), record: record()) == nil)
        #expect(StoreFlaw(store: store(1000, 9, "g2"), record: record(1000, 9, "g2")) == nil)
        // A room that was opened anew, whose first events are not in the stream yet.
        #expect(StoreFlaw(store: store(2000, 1), record: record(1000, 9, "g2")) == nil)
    }

    @Test("A store that is empty, older, or not the one that was restored last is restored")
    func flawed() {
        #expect(StoreFlaw(store: nil, record: record()) == .absent)
        #expect(StoreFlaw(store: store(999, 50), record: record()) == .earlierHistory)
        #expect(StoreFlaw(store: store(1000, 8), record: record()) == .older(store: 8, record: 9))
        #expect(StoreFlaw(store: store(1000, 90, "g1"), record: record(1000, 9, "g2")) == .otherGeneration)
    }
}
