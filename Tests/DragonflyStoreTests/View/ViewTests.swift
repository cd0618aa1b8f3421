import Foundation
import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

/// `places` from a view against `places` looked up by a gate without one.
@Suite(.enabled(if: Site.url != nil, Site.skipped))
struct ViewTests {
    private let clock = ManualClock()

    private func settings(_ room: RoomID, slots: Int, shuffled: Bool = false) -> RoomSettings {
        RoomSettings(
            id: room, maxActiveUsers: slots, maxQueueSize: 0, queueRate: Rate(count: 100_000, per: .seconds(1)),
            shuffleWindow: .seconds(shuffled ? 3_600 : 0))
    }

    /// Two gates: the first with a view, the second without.
    private func gates() async throws -> (viewing: DragonflyStore, exact: DragonflyStore) {
        let site = try Site()
        return (
            try await site.store(clock: clock, viewLifetime: .seconds(1)), try await site.store(clock: clock)
        )
    }

    private func join(_ numbers: ClosedRange<UInt64>, _ gate: DragonflyStore, _ room: RoomID) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in numbers {
                group.addTask {
                    _ = try await gate.enqueue(Site.arrival(number, priority: Int(number % 5) / 3 * 2), in: room)
                }
            }
            try await group.waitForAll()
        }
    }

    /// What follows begins a new block, as after 32,768 joins.
    private func closeBlock(_ gate: DragonflyStore, _ room: RoomID, slots: Int) async throws {
        for shuffled in [true, false] {
            try await gate.configure([settings(room, slots: slots, shuffled: shuffled)])
        }
    }

    /// But for the end of the time-out, which a poll puts off.
    private func places(
        _ ids: [PositionID], _ gate: DragonflyStore, _ room: RoomID
    ) async throws -> [Place?] {
        try await gate.places(of: ids, in: room).map { place in
            var place = place
            if place?.position.status == .waiting { place?.position.expiresAt = Timestamp(milliseconds: 0) }
            return place
        }
    }

    @Test("Places from a view are those that are looked up", arguments: [1, 2, 3] as [UInt64])
    func ranks(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let room = try Site.room("view")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        try await viewing.configure([settings(room, slots: 40)])
        var last: UInt64 = 0
        for round in 1...6 {
            if round % 2 == 0 { try await closeBlock(exact, room, slots: 40 * round) }
            let count = UInt64.random(in: 50...150, using: &random)
            // At either gate.
            try await join(last + 1...last + count, viewing, room)
            try await join(last + count + 1...last + 2 * count, exact, room)
            last += 2 * count
            for _ in 0..<20 {
                _ = try await exact.leave(Site.id(UInt64.random(in: 1...last, using: &random)), in: room)
            }
            _ = try await exact.admit(in: room)
            clock.advance(by: .seconds(1))
            let ids = (1...last + 1).map { Site.id($0) }.shuffled(using: &random)
            let found = try await places(ids, viewing, room)
            #expect(found == (try await places(ids, exact, room)))
            // Now those who wait are remembered.
            #expect(try await places(ids, viewing, room) == found)
        }
        try await exact.wipe(room)
    }

    @Test("A shuffled room, and one that was shuffled, is looked up")
    func shuffled() async throws {
        let room = try Site.room("view-shuffled")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        for (part, shuffled) in [false, true, false].enumerated() {
            try await viewing.configure([settings(room, slots: 0, shuffled: shuffled)])
            let first = UInt64(part * 60 + 1)
            try await join(first...first + 59, viewing, room)
            for _ in 1...2 {
                clock.advance(by: .seconds(1))
                let ids = (1...first + 59).map { Site.id($0) }
                let found = try await places(ids, viewing, room)
                #expect(found == (try await places(ids, exact, room)))
                #expect(found.compactMap { $0?.rank }.sorted() == Array(1...Int(first + 59)))
            }
        }
        try await exact.wipe(room)
    }

    @Test("A line in too many bitmaps is looked up")
    func tooMany() async throws {
        let room = try Site.room("view-many")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        try await viewing.configure([settings(room, slots: 0)])
        var last: UInt64 = 0
        while last < 520 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for priority in 0..<40 {
                    let arrival = Site.arrival(last + UInt64(priority) + 1, priority: priority)
                    group.addTask { _ = try await viewing.enqueue(arrival, in: room) }
                }
                try await group.waitForAll()
            }
            last += 40
            try await closeBlock(viewing, room, slots: 0)
            clock.advance(by: .seconds(1))
            let ids = (1...last).map { Site.id($0) }
            #expect(try await places(ids, viewing, room) == (try await places(ids, exact, room)))
        }
        try await exact.wipe(room)
    }

    @Test("What another gate does is seen within the lifetime of a view, and at once by who has heard of the event")
    func followed() async throws {
        let room = try Site.room("view-other")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        try await viewing.configure([settings(room, slots: 0)])
        for number in 1...9 as ClosedRange<UInt64> { _ = try await viewing.enqueue(Site.arrival(number), in: room) }
        let ids = [1, 2, 9].map { Site.id($0) }
        clock.advance(by: .seconds(1))
        #expect(try await places(ids, viewing, room).map { $0?.rank } == [1, 2, 9])
        try await exact.configure([settings(room, slots: 1)])
        clock.advance(by: Milliseconds(999))
        #expect(try await exact.admit(in: room).admitted == 1)
        #expect(try await places(ids, viewing, room).map { $0?.rank } == [1, 2, 9])
        clock.advance(by: Milliseconds(1))
        #expect(try await places(ids, viewing, room).map { $0?.rank } == [0, 1, 8])

        _ = try await exact.leave(Site.id(2), in: room)
        #expect(try await places(ids, viewing, room).map { $0?.rank } == [0, 1, 8])
        let sequence = try await viewing.facts(of: room).eventSequence
        let ranks = try await viewing.places(of: ids, in: room, seeing: sequence).map { $0?.rank }
        #expect(ranks == [0, 0, 7])
        try await exact.wipe(room)
    }

    @Test("A gate sees its own admissions, expiries and leavers at once")
    func ownSteps() async throws {
        let room = try Site.room("view-own")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        try await viewing.configure([settings(room, slots: 0)])
        try await join(1...9, viewing, room)
        let ids = (1...9).map { Site.id($0) }
        clock.advance(by: .seconds(1))
        _ = try await viewing.places(of: ids, in: room)
        try await exact.configure([settings(room, slots: 2)])
        #expect(try await viewing.admit(in: room).admitted == 2)
        #expect(try await places(ids, viewing, room) == (try await places(ids, exact, room)))
        #expect(try await viewing.leave(Site.id(8), in: room)?.position.status == .left)
        #expect(try await viewing.places(of: [Site.id(8)], in: room)[0]?.position.status == .left)
        clock.advance(by: .seconds(61))
        _ = try await viewing.places(of: ids, in: room)
        #expect(try await viewing.clean(in: room).positionsExpired == 6)
        #expect(try await places(ids, viewing, room) == (try await places(ids, exact, room)))
        try await exact.wipe(room)
    }

    @Test("After a restoration nothing that was remembered of the room counts")
    func restored() async throws {
        let room = try Site.room("view-restored")
        let (viewing, exact) = try await gates()
        defer { for gate in [viewing, exact] { gate.close() } }
        try await viewing.configure([settings(room, slots: 0)])
        for part in 0...3 as ClosedRange<UInt64> {
            try await join(part * 50 + 1...part * 50 + 50, viewing, room)
            try await closeBlock(viewing, room, slots: 0)
        }
        let ids = (1...200).map { Site.id($0) }
        clock.advance(by: .seconds(1))
        let before = try await places(ids, viewing, room)
        // All in one block now.
        let history = try await exact.history(of: room)
        _ = try await exact.restore(room, seen: try await exact.standing(of: room)) { GivenHistory(history) }
        #expect(try await places(ids, viewing, room) == before)
        clock.advance(by: .seconds(1))
        #expect(try await places(ids, viewing, room) == before)
        _ = try await exact.leave(Site.id(60), in: room)
        clock.advance(by: .seconds(1))
        #expect(try await places(ids, viewing, room) == (try await places(ids, exact, room)))
        try await exact.wipe(room)
    }

    @Test("A sign of life keeps its position in line, whether the gate remembers where it joined or not")
    func signsOfLife() async throws {
        let room = try Site.room("signs")
        let clock = ManualClock()
        let gate = try await Site().store(clock: clock, viewLifetime: .seconds(1))
        let other = try await Site().store(clock: clock, viewLifetime: .seconds(1))
        defer {
            gate.close()
            other.close()
        }
        let settings = RoomSettings(id: room, maxActiveUsers: 0, maxQueueSize: 0, heartbeatTimeout: .seconds(60))
        try await gate.configure([settings])
        for number in 1...200 as ClosedRange<UInt64> { _ = try await gate.enqueue(Site.arrival(number), in: room) }
        let epoch = try await gate.meta(of: room)["epoch"] ?? ""
        #expect(gate.points(of: [Site.id(7)], epoch: epoch, in: room) == [JoinPoint(block: 1, offset: 6)])
        #expect(other.points(of: [Site.id(7)], epoch: epoch, in: room) == [nil])
        // All joins move up in the store that takes the place of this one, and neither gate knows.
        let events = try await gate.history(of: room)
        let history =
            events + [
                RoomEvent(
                    sequence: UInt64(events.count + 1), time: clock.now, room: room, change: .positionLeft(Site.id(1)))
            ]
        let third = try await Site().store(clock: clock)
        defer { third.close() }
        _ = try await third.restore(room, seen: try await third.standing(of: room)) { GivenHistory(history) }

        clock.advance(by: .seconds(40))
        _ = try await gate.record(Activity(heartbeats: (2...100).map { Site.id($0) }), in: room)
        _ = try await other.record(Activity(heartbeats: (101...150).map { Site.id($0) }), in: room)
        clock.advance(by: .seconds(30))
        #expect(try await gate.clean(in: room).positionsExpired == 50)
        let left = try await third.places(of: (1...200).map { Site.id($0) }, in: room)
        #expect(left.filter { $0?.position.status == .waiting }.count == 149)
        #expect(left[1]?.rank == 1 && left[149]?.rank == 149 && left[150]?.position.status == .expired)
        #expect(try await third.facts(of: room).heartbeatsTotal == 149)
        try await third.wipe(room)
    }
}
