import RecordChain
import Testing
import WaitingRoom

@testable import QueueStore

struct RecordTests {
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    /// A line with the checksum that belongs to it.
    private static func line(_ json: String) -> ArraySlice<UInt8> {
        let body = Array(json.utf8)
        let checksum = String(CRC32C.checksum(of: body[...]), radix: 16)
        return (Array((String(repeating: "0", count: 8 - checksum.count) + checksum + " ").utf8) + body)[...]
    }

    @Test("The checksum is CRC-32C", arguments: [("", 0), ("123456789", 0xe306_9283), ("a", 0xc1d0_4330)])
    func checksum(text: String, expected: UInt32) {
        #expect(CRC32C.checksum(of: Array(text.utf8)[...]) == expected)
        #expect(CRC32C.checksum(of: Array(("xx" + text).utf8)[2...]) == expected)
    }

    @Test("The checksum of 32 bytes is that of RFC 3720, appendix B.4")
    func longChecksum() {
        #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)[...]) == 0x8a91_36aa)
        #expect(CRC32C.checksum(of: [UInt8](repeating: 0xff, count: 32)[...]) == 0x62a8_ab43)
        #expect(CRC32C.checksum(of: Array(0..<32)[...]) == 0x46dd_794e)
    }

    private static func everyRecord() throws -> [Record] {
        let room = try #require(RoomID("concert-tickets"))
        let id = PositionID(bits: UUIDBits(high: .max, low: 0x0123_4567_89ab_cdef))
        let time = Timestamp(milliseconds: 1_700_000_000_123)
        var settings = RoomSettings(id: room, name: "Tickets “now”\t\u{0}", targetURL: "http://127.0.0.1:9000")
        settings.status = .paused
        settings.maxPositionsPerAddress = 7
        settings.sessionRenewal = false
        settings.queueRate = Rate(count: .max, per: .minutes(1))
        var scheduled = settings
        scheduled.queueingMethod = .random
        scheduled.opening = Opening(at: time, preQueue: .minutes(5))
        scheduled.closesAt = time + .minutes(1)
        let seed = try #require(DrawSeed(hex: String(repeating: "0f", count: 32)))
        let position = QueuePosition(
            id: id, queueID: room, sequence: .max, priority: -3, enqueuedAt: time, userID: UserID(""),
            metadata: ["": "a", "k\"": "😀\\n", "m.": "\u{7f}"], addressDigest: AddressDigest(7), status: .waiting,
            expiresAt: Timestamp(milliseconds: -5))
        let session = Session(
            id: SessionID(of: id), queueID: room, positionID: id, userID: UserID("u", isVerified: true),
            client: Client(
                address: "2001:db8::1", userAgent: "x\ny"), startedAt: time, expiresAt: time, lastSeen: time,
            pageViews: 7, status: .active)
        let actor = try #require(OperatorName("Night.shift_1"))
        let overrides = RoomOverrides(
            status: .maintenance, maxActiveUsers: 7, queueRate: Rate(count: 5, per: .minutes(1)))
        let pass = Pass(id: PassID(bits: UUIDBits(high: 1, low: .max)), priority: 1_000, uses: .max, expiresAt: time)
        let changes: [RoomEvent.Change] = [
            .positionEnqueued(position, shuffleKey: .max), .positionEnqueued(position, shuffleKey: 0),
            .positionAdmitted(id, expiresAt: time), .positionExpired(id), .positionLeft(id), .sessionStarted(session),
            .positionHandedOver(id, to: PositionID(bits: UUIDBits(high: 5, low: .max))), .sessionExpired(session.id),
            .sessionCompleted(session.id), .sessionTerminated(session.id),
            .roomUpdated(settings), .passUsed(pass, by: id), .roomUpdated(scheduled),
            .sessionTerminated(session.id, by: actor), .positionTerminated(id, by: actor),
            .positionMoved(id, to: .front, by: actor), .positionMoved(id, to: .priority(-3), by: actor),
            .admissionGranted(.max, by: actor), .roomOverridden(RoomOverrides(), by: actor),
            .roomOverridden(overrides, by: actor), .roomOverridden(RoomOverrides(maxActiveUsers: 0), by: actor),
            .drawStarted(DrawStart(commitment: seed.commitment, seed: seed, lastJoin: 7)),
            .drawRevealed(DrawEnd(seed: seed, lastJoin: .max)),
            .rateAdapted(
                Rate(count: 7, per: .minutes(60)), .latency(Milliseconds(812), target: Milliseconds(500))),
            .rateAdapted(Rate(count: 1, per: .seconds(1)), .errors(1000, limit: 1)), .rateAdapted(nil, .recovered),
            .rateAdapted(nil, .off),
        ]
        var removed = RoomTotals()
        removed.removed = 12
        var ended = position
        ended.status = .terminated
        return changes.enumerated().map { index, change in
            .event(RoomEvent(sequence: UInt64(index), time: time, room: room, change: change))
        } + [
            .header(FileHeader(content: .snapshot, number: 12)), .heartbeats(room, total: 99), .end(records: 3),
            .room(
                RoomImage(
                    settings: settings, createdAt: time, updatedAt: time, eventSequence: 5, joinSequence: 4,
                    totals: RoomTotals(), windowEpoch: time, bucketFill: 17, bucketTime: time, time: time),
                chain: ChainHash(String(repeating: "0f", count: 32))),
            .room(
                RoomImage(
                    settings: settings,
                    adapted: AdaptedRate(Rate(count: 7, per: .minutes(1)), .errors(120, limit: 50), changedAt: time),
                    overrides: StandingOverrides(overrides, setBy: actor, setAt: time),
                    createdAt: time, updatedAt: time, eventSequence: 5, joinSequence: 4, totals: removed,
                    windowEpoch: time, bucketFill: 17, bucketTime: time, time: time), chain: nil),
            .position(PositionImage(position: position, window: time, shuffleKey: 3, since: time)),
            .pass(room, PassImage(id: pass.id, used: 12, expiresAt: time)),
            .position(
                PositionImage(position: position, window: Timestamp(milliseconds: .min), shuffleKey: 0, since: time)),
            .position(
                PositionImage(
                    position: ended, window: time, shuffleKey: 0, since: time, admittedAt: time,
                    session: Session(
                        id: session.id, queueID: room, positionID: id, userID: ended.userID, client: session.client,
                        startedAt: time, expiresAt: time, lastSeen: time, pageViews: 1, status: .terminated))),
        ]
    }

    @Test("Every record is read as it was written, and takes one line")
    func roundTrip() throws {
        let records = try Self.everyRecord()
        var writer = RecordWriter()
        for record in records { writer.write(record) }
        let lines = Self.lines(writer.bytes)
        #expect(lines.count == records.count)
        var reader = RecordReader()
        for (line, record) in zip(lines, records) {
            #expect(reader.read(line) == true)
            #expect(try reader.record() == record)
        }
    }

    @Test("The settings of a version that knew no missed turns are read, and give nobody a second one")
    func olderSettings() throws {
        let settings = RoomSettings(id: try #require(RoomID("a")))
        let time = Timestamp(milliseconds: 1)
        var writer = RecordWriter()
        writer.write(.event(RoomEvent(sequence: 1, time: time, room: settings.id, change: .roomUpdated(settings))))
        let text = String(decoding: writer.bytes.dropFirst(9).dropLast(), as: UTF8.self)
        let older = Array(text.replacing(",\"missed_turn_grace\":300000", with: "").utf8)
        let checksum = String(CRC32C.checksum(of: older[...]), radix: 16)
        let line = Array((String(repeating: "0", count: 8 - checksum.count) + checksum + " ").utf8) + older
        var reader = RecordReader()
        #expect(older.count < text.utf8.count && reader.read(line[...]))
        guard case .event(let event) = try reader.record(), case .roomUpdated(let read) = event.change else {
            Issue.record("no settings")
            return
        }
        #expect(read.missedTurnGrace == Milliseconds(0) && read.shuffleWindow == settings.shuffleWindow)
    }

    @Test("A room of a snapshot that knew no operators is read, and nothing is overridden in it")
    func olderRoom() throws {
        let settings = RoomSettings(id: try #require(RoomID("a")))
        let time = Timestamp(milliseconds: 1)
        let image = RoomImage(
            settings: settings, createdAt: time, updatedAt: time, eventSequence: 5, joinSequence: 4,
            totals: RoomTotals(), windowEpoch: time, bucketFill: 17, bucketTime: time, time: time)
        var writer = RecordWriter()
        writer.write(.room(image, chain: nil))
        let text = String(decoding: writer.bytes.dropFirst(9).dropLast(), as: UTF8.self)
        let older = text.replacing(",\"removed_total\":0", with: "")
        var reader = RecordReader()
        #expect(older != text && reader.read(Self.line(older)))
        #expect(try reader.record() == .room(image, chain: nil))
    }

    @Test("No flipped bit and no missing byte goes unnoticed")
    func damage() throws {
        var writer = RecordWriter()
        writer.write(try Self.everyRecord()[0])
        let line = Array(writer.bytes.dropLast())
        var reader = RecordReader()
        for index in line.indices {
            for bit in 0..<8 {
                var damaged = line
                damaged[index] ^= 1 << bit
                #expect(reader.read(damaged[...]) == false)
            }
            #expect(reader.read(line.prefix(index)) == false)
        }
    }

    @Test("Fields that are not known are passed over, whatever they hold")
    func unknownFields() throws {
        var reader = RecordReader()
        let json =
            #"{"new":{"a":[1,{"b":null}],"c":true},"kind":"heartbeats","x":-1.5e3,"room":"hall","y":[],"total":4}"#
        #expect(reader.read(Self.line(json)) == true)
        #expect(try reader.record() == .heartbeats(try #require(RoomID("hall")), total: 4))
    }

    @Test("Escapes are read as RFC 8259 writes them")
    func escapes() {
        var reader = RecordReader()
        #expect(reader.read(Self.line(#"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","\u0062":"c"}"#)) == true)
        #expect(reader.string("a") == "\"\\/\u{8}\u{c}\n\r\té😀")
        #expect(reader.strings(prefix: "") == ["a": "\"\\/\u{8}\u{c}\n\r\té😀", "b": "c"])
    }

    @Test(
        "What is no flat JSON object is refused",
        arguments: [
            "", "{", "[]", "{}x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":"b}"#, #"{"a":"\"#, #"{"a":tru}"#,
            #"{a:1}"#,
            #"{"a":-}"#, String(repeating: #"{"a":"#, count: 1_000),
        ])
    func malformed(json: String) {
        var reader = RecordReader()
        #expect(reader.read(Self.line(json)) == false)
    }

    @Test("Numbers that do not fit are no numbers")
    func largeNumbers() {
        var reader = RecordReader()
        let json = #"{"a":18446744073709551615,"b":18446744073709551616,"c":-9223372036854775808,"d":-1,"e":1.5}"#
        #expect(reader.read(Self.line(json)) == true)
        #expect(reader.unsigned("a") == .max)
        #expect(reader.signed("a") == nil)
        #expect(reader.unsigned("b") == nil)
        #expect(reader.signed("c") == .min)
        #expect(reader.unsigned("d") == nil)
        #expect(reader.signed("e") == nil)
    }

    @Test("A record of a kind that is not known, or without a field that it needs, says so")
    func problems() throws {
        var reader = RecordReader()
        let room = #""room":"hall","seq":1,"time":1"#
        #expect(reader.read(Self.line("{\"kind\":\"position.sold\",\(room)}")) == true)
        #expect(throws: RecordProblem.kind("position.sold")) { try reader.record() }
        #expect(reader.read(Self.line("{\"kind\":\"position.left\",\(room)}")) == true)
        #expect(throws: RecordProblem.field("position")) { try reader.record() }
        #expect(reader.read(Self.line(#"{"kind":"heartbeats","room":"NO","total":1}"#)) == true)
        #expect(throws: RecordProblem.field("room")) { try reader.record() }
    }
}
