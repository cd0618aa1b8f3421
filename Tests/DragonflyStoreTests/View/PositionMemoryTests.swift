import Testing
import WaitingRoom

@testable import DragonflyStore

struct PositionMemoryTests {
    private func position(_ number: UInt64) throws -> RememberedPosition {
        let position = QueuePosition(
            id: Site.id(number), queueID: try #require(RoomID("hall")), sequence: number, priority: 0,
            enqueuedAt: Timestamp(milliseconds: 0), status: .waiting, expiresAt: Timestamp(milliseconds: 1))
        return RememberedPosition(
            Place(position: position, rank: 1, totalWaiting: 1),
            at: try #require(JoinPoint(block: 1, offset: Int(number))))
    }

    @Test("The last to be asked for are remembered, and never more than twice the limit")
    func bounded() throws {
        var memory = PositionMemory(limit: 10)
        for number in 1...1_000 as ClosedRange<UInt64> {
            memory.remember(Site.id(number), try position(number))
            // Somebody who polls all the time.
            #expect(memory.recall(Site.id(1)) != nil)
        }
        let known = (1...1_000).filter { memory.recall(Site.id($0)) != nil }
        #expect(known.first == 1)
        #expect(known.suffix(5) == [996, 997, 998, 999, 1_000])
        #expect(known.count <= 20)
    }

    @Test("Who is forgotten is forgotten")
    func forgotten() throws {
        var memory = PositionMemory(limit: 1)
        for number in 1...2 as ClosedRange<UInt64> { memory.remember(Site.id(number), try position(number)) }
        for number in 1...2 as ClosedRange<UInt64> {
            #expect(memory.recall(Site.id(number)) != nil)
            memory.forget(Site.id(number))
            #expect(memory.recall(Site.id(number)) == nil)
        }
    }
}
