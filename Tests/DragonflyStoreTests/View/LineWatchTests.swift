import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

struct LineWatchTests {
    private static let lifetime = Milliseconds(1_000)
    private let never = LineWatch.FetchTask { .failure(StoreError(.unavailable, "")) }

    private func view(
        _ sequence: Int, epoch: String = "e1", moved: [String] = []
    ) throws(StoreError) -> LineView {
        try LineView(
            .array([
                .text(epoch), .integer(sequence), .integer(0), .integer(0), .integer(0), .integer(60_000),
                .array(moved.map(Reply.text)),
            ]))
    }

    /// The sequence of the view that is used at a time; nil, and the fetch that begins, if none is.
    private func next(
        _ watch: inout LineWatch, _ now: Int64, seeing sequence: UInt64 = 0
    ) -> (sequence: UInt64?, begun: LineWatch.Fetch?) {
        var begun: LineWatch.Fetch?
        let next = watch.next(at: Milliseconds(now), lifetime: Self.lifetime, seeing: sequence) { fetch in
            begun = fetch
            return never
        }
        if case .view(let view) = next { return (view.sequence, begun) }
        return (nil, begun)
    }

    @Test("A view is good for its lifetime, reckoned from when it was asked for")
    func lifetime() throws {
        var watch = LineWatch(connection: 1)
        let fetch = try #require(next(&watch, 100).begun)
        #expect(next(&watch, 500).begun == nil)
        watch.finish(fetch, try view(7))
        #expect(next(&watch, 1_099).sequence == 7)
        #expect(next(&watch, 1_100).begun != nil)
        #expect(next(&watch, 99).sequence == nil)
    }

    @Test("A view from before an event that the caller has heard of is not good")
    func sequence() throws {
        var watch = LineWatch(connection: 1)
        watch.finish(try #require(next(&watch, 0).begun), try view(7))
        #expect(next(&watch, 1, seeing: 7).sequence == 7)
        #expect(next(&watch, 1, seeing: 8).begun != nil)
    }

    private func remembered(_ number: UInt64) throws -> (PositionID, RememberedPosition) {
        let room = try #require(RoomID("hall"))
        let position = QueuePosition(
            id: Site.id(number), queueID: room, sequence: number, priority: 0, enqueuedAt: Timestamp(milliseconds: 0),
            status: .waiting, expiresAt: Timestamp(milliseconds: 0))
        let point = try #require(JoinPoint(block: 1, offset: Int(number)))
        return (position.id, RememberedPosition(Place(position: position, rank: 1, totalWaiting: 1), at: point))
    }

    private func known(_ watch: inout LineWatch, _ numbers: ClosedRange<UInt64>, epoch: String = "e1") -> [UInt64] {
        let found = watch.recall(numbers.map { Site.id($0) }, in: epoch)
        return zip(numbers, found).compactMap { $1 == nil ? nil : $0 }
    }

    @Test("Whose place has moved to another device is forgotten with the next view, and not remembered again")
    func moved() throws {
        var watch = LineWatch(connection: 1)
        watch.remember(try (1...4).map(remembered), in: "e1")
        let first = try #require(next(&watch, 0).begun)
        #expect(first.seen == 0)
        watch.finish(first, try view(7, moved: [Site.id(2).hex]))
        #expect(known(&watch, 1...4) == [1, 3, 4])
        // An answer that was on its way.
        watch.remember([try remembered(2), try remembered(5)], in: "e1")
        #expect(known(&watch, 1...5) == [1, 3, 4, 5])
        let second = try #require(next(&watch, 5_000).begun)
        #expect(second.seen == 7)
        watch.finish(second, try view(9, moved: ["*"]))
        #expect(known(&watch, 1...5) == [])
        watch.remember([try remembered(6)], in: "e1")
        let third = try #require(next(&watch, 10_000).begun)
        watch.remember([try remembered(7)], in: "e2")
        // What the gate had seen was of another epoch.
        watch.finish(third, try view(8, epoch: "e2"))
        #expect(known(&watch, 6...7, epoch: "e2") == [])
    }

    @Test("A step of this gate ends the view, and the one that is being fetched")
    func steps() throws {
        var watch = LineWatch(connection: 1)
        watch.finish(try #require(next(&watch, 0).begun), try view(7))
        watch.step()
        let before = try #require(next(&watch, 1).begun)
        watch.step()
        let after = try #require(next(&watch, 2).begun)
        watch.finish(before, try view(8))
        #expect(next(&watch, 3).sequence == nil)
        watch.finish(after, try view(9))
        #expect(next(&watch, 4).sequence == 9)
    }

    @Test("A view that comes late does not take the place of a newer one")
    func overtaken() throws {
        var watch = LineWatch(connection: 1)
        let first = try #require(next(&watch, 0).begun)
        watch.step()
        let second = try #require(next(&watch, 1).begun)
        watch.finish(second, try view(9))
        watch.finish(first, try view(8))
        #expect(next(&watch, 2).sequence == 9)
    }

    @Test("After a fetch that failed another begins")
    func failed() throws {
        var watch = LineWatch(connection: 1)
        watch.finish(try #require(next(&watch, 0).begun), nil)
        #expect(next(&watch, 0).begun != nil)
    }

    @Test("Another epoch, whoever tells of it first, forgets every position")
    func epochs() throws {
        let position = QueuePosition(
            id: Site.id(1), queueID: try #require(RoomID("hall")), sequence: 1, priority: 0,
            enqueuedAt: Timestamp(milliseconds: 0), status: .waiting, expiresAt: Timestamp(milliseconds: 1))
        let remembered = RememberedPosition(
            Place(position: position, rank: 1, totalWaiting: 1), at: try #require(JoinPoint(block: 1, offset: 0)))
        var watch = LineWatch(connection: 1)
        watch.finish(try #require(next(&watch, 0).begun), try view(7))
        watch.remember([(Site.id(1), remembered)], in: "e1")
        #expect(watch.recall([Site.id(1)], in: "e1")[0] != nil)
        #expect(watch.recall([Site.id(1)], in: "e2")[0] == nil)
        watch.remember([(Site.id(2), remembered)], in: "e2")
        let begun = try #require(next(&watch, 1).begun)
        #expect(watch.recall([Site.id(1), Site.id(2)], in: "e2").map { $0 != nil } == [false, true])
        watch.finish(begun, try view(8, epoch: "e3"))
        #expect(watch.recall([Site.id(2)], in: "e3")[0] == nil)
    }
}
