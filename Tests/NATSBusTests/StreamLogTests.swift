import Foundation
import Logging
import QueueStore
import RecordChain
import RoomConfiguration
import Testing
import WaitingRoom

@testable import NATSBus

/// On the server that `NATS_URL` names.
@Suite(.enabled(if: Server.url != nil, "NATS_URL names no server"), .serialized)
struct StreamLogTests {
    private static let opened = Timestamp(milliseconds: 1_700_000_000_000)

    private func log() async throws -> StreamLog {
        let url = try #require(Server.url)
        let address = try #require(NATSAddress(url))
        let log = try StreamLog(address, name: "test")
        try await log.waitForConnection(.seconds(5))
        try log.client.ensureStream()
        return log
    }

    /// A room of its own for each test.
    private func room() throws -> RoomID {
        try #require(RoomID("room-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"))
    }

    private func events(_ range: ClosedRange<UInt64>, _ room: RoomID) -> [RoomEvent] {
        range.map { number in
            let id = PositionID(bits: UUIDBits(high: number, low: 0))
            return RoomEvent(
                sequence: number, time: Self.opened + Milliseconds(Int64(number)), room: room,
                change: .positionLeft(id))
        }
    }

    private func publish(_ range: ClosedRange<UInt64>, _ room: RoomID, _ log: StreamLog) async throws {
        let moment = try await log.moment(for: room, opened: Self.opened, generation: "g1", lastSequence: .max)
        try await log.publish(events(range, room), opened: Self.opened, after: moment)
    }

    private func read(_ room: RoomID, _ log: StreamLog) async throws -> [RoomEvent] {
        let history = try await log.history(of: room)
        var all: [RoomEvent] = []
        while let batch = try await history.next() { all += batch }
        return all
    }

    private func restored(_ room: RoomID, _ generation: String, through sequence: UInt64) -> RestoredRoom {
        RestoredRoom(
            room: room, opened: Self.opened, generation: generation, events: Int(sequence), waiting: 0, admitted: 0,
            activeSessions: 0, lastSequence: sequence, time: Self.opened)
    }

    @Test("What was published is read from the first event on, and no other room's, nor an earlier history's")
    func reading() async throws {
        let (log, room, other) = (try await log(), try room(), try room())
        #expect(try await log.standing(of: room) == nil)
        await #expect(throws: NATSError.self) { _ = try await log.history(of: room) }
        let old = try await log.moment(for: room, opened: Timestamp(milliseconds: 5), generation: "g0", lastSequence: 9)
        try await log.publish(events(1...9, room), opened: Timestamp(milliseconds: 5), after: old)
        try await publish(1...3_000, room, log)
        try await publish(1...5, other, log)
        try await publish(3_001...3_007, room, log)
        #expect(try await read(room, log) == events(1...3_007, room))
        let standing = try #require(try await log.standing(of: room))
        #expect(standing == StreamLog.Standing(opened: Self.opened, lastSequence: 3_007, generation: nil))
        await log.close()
    }

    @Test("After somebody else's publication nothing of a batch is stored, and it can be repeated")
    func conflict() async throws {
        let (log, room, other) = (try await log(), try room(), try room())
        try await publish(1...3, room, log)
        let moment = try await log.moment(for: room, opened: Self.opened, generation: "g1", lastSequence: 9)
        try await publish(1...1, other, log)
        await #expect {
            try await log.publish(events(4...9, room), opened: Self.opened, after: moment)
        } throws: {
            ($0 as? NATSError)?.code == .conflict
        }
        #expect(try await read(room, log) == events(1...3, room))
        try await publish(4...9, room, log)
        #expect(try await read(room, log) == events(1...9, room))
        await log.close()
    }

    @Test("A seal shuts out every other store, those too that had looked before it")
    func seal() async throws {
        let (log, room) = (try await log(), try room())
        try await publish(1...5, room, log)
        let stale = try await log.moment(for: room, opened: Self.opened, generation: "g1", lastSequence: 9)
        let history = try await log.history(of: room)
        while try await history.next() != nil {}
        // Another gate's events come in before the seal: they are read first.
        try await publish(6...6, room, log)
        #expect(try await !history.seal(restored(room, "g2", through: 5)))
        #expect(try await history.next() == events(6...6, room))
        #expect(try await history.next() == nil)
        #expect(try await history.seal(restored(room, "g2", through: 6)))
        let sealed = StreamLog.Standing(opened: Self.opened, lastSequence: 6, generation: "g2", restored: Self.opened)
        #expect(try await log.standing(of: room) == sealed)

        let moment = try await log.moment(for: room, opened: Self.opened, generation: "g2", lastSequence: 8)
        try await log.publish(events(7...8, room), opened: Self.opened, after: moment)
        // The first two have the numbers of events that the stream has.
        await #expect {
            try await log.publish(events(7...9, room), opened: Self.opened, after: stale)
        } throws: {
            ($0 as? NATSError)?.code == .conflict
        }
        for (generation, last) in [("g1", 9), ("g2", 5)] as [(String, UInt64)] {
            await #expect {
                _ = try await log.moment(
                    for: room, opened: Self.opened, generation: generation, lastSequence: last)
            } throws: {
                ($0 as? NATSError)?.code == .superseded
            }
        }
        #expect(try await read(room, log) == events(1...8, room))
        let later = StreamLog.Standing(opened: Self.opened, lastSequence: 8, generation: "g2", restored: Self.opened)
        #expect(try await log.standing(of: room) == later)
        await log.close()
    }

    @Test("The chain goes through every publication and every restoration, and its head is that of the last word")
    func chain() async throws {
        let (log, room) = (try await log(), try room())
        #expect(try await log.chainHead(of: room) == nil)
        try await publish(1...5, room, log)
        let kept = try #require(try await log.chainHead(of: room))
        #expect(kept.sequence == 5 && kept.opened == Self.opened)
        try await publish(6...7, room, log)
        let history = try await log.history(of: room)
        while try await history.next() != nil {}
        #expect(try await history.seal(restored(room, "g2", through: 7)))
        let moment = try await log.moment(for: room, opened: Self.opened, generation: "g2", lastSequence: 9)
        try await log.publish(events(8...9, room), opened: Self.opened, after: moment)

        let again = try await log.history(of: room, kept: [5: kept.hash])
        while try await again.next() != nil {}
        let chain = again.chain
        #expect(chain.breaks.isEmpty && chain.missing.isEmpty && chain.beginning == 1 && chain.sequence == 9)
        #expect(chain.head == (try await log.chainHead(of: room))?.hash)
        let other = try await log.history(of: room, kept: [6: kept.hash])
        while try await other.next() != nil {}
        #expect(other.chain.missing.map(\.sequence) == [6])
        try await log.publish(kept, signature: "x", at: Self.opened)
        #expect(try await log.chainHead(of: room)?.sequence == 9)
        await log.close()
    }
}

enum Server {
    static let url = ProcessInfo.processInfo.environment["NATS_URL"]
}
