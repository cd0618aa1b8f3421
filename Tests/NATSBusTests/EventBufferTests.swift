import Logging
import QueueStore
import RecordChain
import Testing
import WaitingRoom

@testable import NATSBus

@Suite struct EventBufferTests {
    private let directory = "/tmp/anteroom-events-\(UInt64.random(in: 0 ... .max))"
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func open(limit: Int64 = 1 << 20, segmentSize: Int64 = 1000) throws -> EventBuffer {
        try EventBuffer(directory: directory, limit: limit, segmentSize: segmentSize, logger: silent)
    }

    private func event(_ number: Int) -> CloudEvent {
        CloudEvent(subject: "waiting_room.hall.test", id: "hall-1-\(number)", json: Array("{\"n\":\(number)}".utf8))
    }

    /// As it comes out: each with the hash that follows from the one before.
    private func chained(_ numbers: Range<Int>) -> ArraySlice<CloudEvent> {
        var hash: ChainHash?
        let all = (0..<numbers.upperBound).map { number in
            let event = event(number).chained(after: hash)
            hash = event.hash
            return event
        }
        return all[numbers]
    }

    private func remove() {
        let files = PosixFileSystem()
        for name in (try? files.list(directory)) ?? [] { try? files.remove("\(directory)/\(name)") }
    }

    @Test("Events come out as they went in, across segments")
    func order() throws {
        defer { remove() }
        let buffer = try open()
        for number in 0..<100 { try buffer.append([event(number)]) }
        #expect(buffer.backlog == 100)
        var seen: [CloudEvent] = []
        while true {
            let next = try buffer.next(7)
            if next.isEmpty { break }
            seen += next
            try buffer.confirm(next.count)
        }
        #expect(seen == Array(chained(0..<100)))
        #expect(buffer.backlog == 0)
    }

    @Test("What is not confirmed comes again, from memory and from the disk")
    func unconfirmed() throws {
        defer { remove() }
        let buffer = try open()
        try buffer.append((0..<50).map(event))
        #expect(try buffer.next(10) == Array(chained(0..<10)))
        #expect(try buffer.next(10) == Array(chained(0..<10)))
        try buffer.confirm(4)
        let again = try open()
        #expect(again.backlog == 46)
        #expect(try again.next(3) == Array(chained(4..<7)))
        #expect(again.last(of: try #require(RoomID("hall")))?.mark.sequence == 49)
    }

    @Test("Random appends, sends, failures and restarts lose nothing and keep the order")
    func random() throws {
        defer { remove() }
        var generator = SystemRandomNumberGenerator()
        var buffer = try open()
        var appended = 0
        var confirmed = 0
        for _ in 0..<3000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let count = Int.random(in: 1...9, using: &generator)
                try buffer.append((appended..<appended + count).map(event))
                appended += count
            case 4..<9:
                let next = try buffer.next(Int.random(in: 1...12, using: &generator))
                #expect(next == Array(chained(confirmed..<confirmed + next.count)))
                #expect(!next.isEmpty || confirmed == appended)
                let sent = Int.random(in: 0...next.count, using: &generator)
                if sent > 0 { try buffer.confirm(sent) }
                confirmed += sent
            default:
                buffer = try open()
            }
            #expect(buffer.backlog == appended - confirmed)
        }
    }

    @Test("A torn end is cut off, and what follows goes into another segment")
    func torn() throws {
        defer { remove() }
        let files = PosixFileSystem()
        do { try open(segmentSize: 1 << 20).append((0..<5).map(event)) }
        let path = "\(directory)/events-1.log"
        var length: Int64 = 0
        let file = try files.read(path)
        while case let chunk = try file.read(4096), !chunk.isEmpty { length += Int64(chunk.count) }
        _ = try files.append(to: path, keeping: length - 3)
        let buffer = try open(segmentSize: 1 << 20)
        try buffer.append([event(9)])
        #expect(try buffer.next(10) == Array(chained(0..<4)))
        try buffer.confirm(4)
        #expect(try buffer.next(10) == [event(9).chained(after: chained(3..<4).first?.hash)])
    }

    @Test("What does not fit is refused and counted, and nothing behind it gets in before there is room")
    func full() throws {
        defer { remove() }
        let buffer = try open(limit: 500, segmentSize: 100)
        try buffer.append((0..<50).map(event))
        let kept = buffer.backlog
        #expect(kept > 0 && kept < 50)
        #expect(buffer.refused == 50 - kept)
        #expect(try buffer.next(100) == Array(chained(0..<kept)))
    }

    @Test("The chain goes on after a restart, also where nothing waits, and begins anew with a new history")
    func chain() throws {
        defer { remove() }
        let buffer = try open()
        try buffer.append((0..<5).map(event))
        #expect(try buffer.next(9) == Array(chained(0..<5)))
        try buffer.confirm(5)
        let again = try open()
        #expect(again.backlog == 0)
        try again.append((5..<8).map(event))
        #expect(try again.next(9) == Array(chained(5..<8)))
        let anew = CloudEvent(subject: "waiting_room.hall.test", id: "hall-2-0", json: Array("{}".utf8))
        try again.append([anew])
        #expect(try again.next(9).last == anew.chained(after: nil))
    }

    @Test("What an earlier version left is sent as it is, and the chain begins behind it")
    func unchained() throws {
        defer { remove() }
        let files = PosixFileSystem()
        try files.createDirectory(directory)
        var writer = RecordWriter()
        for number in 0..<2 {
            writer.record("event") {
                $0.put("subject", event(number).subject)
                $0.put("id", event(number).id)
                $0.put("json", String(decoding: event(number).json, as: UTF8.self))
            }
        }
        let file = try files.append(to: directory + "/events-1.log", keeping: 0)
        _ = file.append(writer.bytes[...])
        file.close()
        let buffer = try open()
        try buffer.append([event(2)])
        #expect(try buffer.next(2) == [event(0), event(1)])
        try buffer.confirm(2)
        #expect(try buffer.next(2) == [event(2).chained(after: nil)])
    }
}
