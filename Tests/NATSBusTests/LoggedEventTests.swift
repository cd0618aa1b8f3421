import QueueStore
import Testing
import WaitingRoom

@testable import NATSBus

@Suite struct LoggedEventTests {
    private static let opened = Timestamp(milliseconds: 1_700_000_000_000)

    private static func changes() throws -> [RoomEvent.Change] {
        let room = try #require(RoomID("main-hall"))
        var generator = SystemRandomNumberGenerator()
        let id = PositionID(using: &generator)
        let time = Timestamp(milliseconds: 1_700_000_123_456)
        let position = QueuePosition(
            id: id, queueID: room, sequence: 9_007_199_254_740_993, priority: -3, enqueuedAt: time,
            userID: UserID("é\"\n"),
            metadata: ["a\\b": "", "x": "\u{1}y"], addressDigest: AddressDigest(0x1a), status: .waiting,
            expiresAt: time + .seconds(60))
        let plain = QueuePosition(
            id: id, queueID: room, sequence: 1, priority: 0, enqueuedAt: time, status: .waiting, expiresAt: time)
        let session = Session(
            id: SessionID(of: id), queueID: room, positionID: id, userID: UserID("7", isVerified: true),
            client: Client(address: "2001:db8::1", userAgent: "a/1 (\"b\")"), startedAt: time,
            expiresAt: time + .minutes(10), lastSeen: time, pageViews: 3, status: .active)
        let settings = RoomSettings(
            id: room, name: "Große Halle", targetURL: "http://10.0.0.1:8080", maxActiveUsers: 3, maxQueueSize: 0,
            maxPositionsPerAddress: 7,
            queueRate: Rate(count: 500, per: .minutes(1)), sessionTimeout: .seconds(61), sessionRenewal: false,
            heartbeatInterval: .seconds(7), heartbeatTimeout: .seconds(33), claimTimeout: .seconds(44),
            status: .paused, admissionInterval: Milliseconds(250), priorityShare: 123, shuffleWindow: .seconds(5),
            missedTurnGrace: .seconds(77))
        var scheduled = settings
        scheduled.queueingMethod = .random
        scheduled.opening = Opening(at: time, preQueue: .minutes(5))
        scheduled.closesAt = time + .minutes(60)
        let seed = DrawSeed(using: &generator)
        let actor = try #require(OperatorName("Night.shift_1"))
        return [
            .roomUpdated(settings), .positionEnqueued(position, shuffleKey: .max),
            .positionEnqueued(plain, shuffleKey: 0), .positionAdmitted(id, expiresAt: time), .positionExpired(id),
            .positionLeft(id), .sessionStarted(session), .sessionExpired(session.id), .sessionCompleted(session.id),
            .sessionTerminated(session.id), .sessionTerminated(session.id, by: actor),
            .positionTerminated(id, by: actor), .positionMoved(id, to: .front, by: actor),
            .positionMoved(id, to: .priority(7), by: actor), .admissionGranted(50, by: actor),
            .roomOverridden(RoomOverrides(), by: actor),
            .roomOverridden(
                RoomOverrides(status: .paused, maxActiveUsers: 0, queueRate: Rate(count: 3, per: .minutes(1))),
                by: actor),
            .passUsed(Pass(id: PassID(using: &generator), priority: 5, uses: 3, expiresAt: time), by: id),
            .positionHandedOver(id, to: PositionID(using: &generator)), .roomUpdated(scheduled),
            .drawStarted(DrawStart(commitment: seed.commitment, seed: seed, lastJoin: 7)),
            .drawStarted(DrawStart(commitment: seed.commitment, seed: nil, lastJoin: 0)),
            .drawRevealed(DrawEnd(seed: seed, lastJoin: 9)),
            .rateAdapted(
                Rate(count: 7, per: .minutes(60)), .latency(Milliseconds(812), target: Milliseconds(500))),
            .rateAdapted(Rate(count: 1, per: .seconds(1)), .errors(120, limit: 50)), .rateAdapted(nil, .recovered),
        ]
    }

    @Test("Every event is read back as it was published")
    func roundTrip() throws {
        let room = try #require(RoomID("main-hall"))
        for (index, change) in try Self.changes().enumerated() {
            let event = RoomEvent(
                sequence: UInt64(index + 1), time: Timestamp(milliseconds: 1_700_000_123_456), room: room,
                change: change)
            let read = try LoggedEvent(json: CloudEvent(event, opened: Self.opened).json)
            #expect(read == .event(event, opened: Self.opened))
            #expect(StreamLog.kinds.contains(change.kind))
        }
    }

    @Test("Others may have written it anew: with spaces, more members, another order")
    func foreign() throws {
        let text = #"""
            { "data" : { "more": [{"queue_id": "x"}, null], "position_id": "5095de3e-0000-4000-8000-000000000001",
              "inner": {"queue_id": "y"}, "queue_id" : "a" } , "queue_id": "b",
              "time":"2026-11-21T09:00:01.272Z", "type":"position.left","id":"a-1-2" }
            """#
        guard case .event(let event, _) = try LoggedEvent(json: Array(text.utf8)) else {
            Issue.record("no event")
            return
        }
        #expect(event.room.text == "a" && event.sequence == 2)
    }

    @Test("A notice of a restoration is read back, and its id is no event's")
    func notice() throws {
        let notice = RestorationNotice(
            room: try #require(RoomID("main-hall")), opened: Self.opened, generation: "gff00", lastSequence: 17,
            time: Self.opened)
        #expect(try LoggedEvent(json: notice.json) == .restored(notice))
        #expect(EventMark.read(notice.id) == nil)
        let hall = try #require(RoomID("main-hall"))
        #expect(RestorationNotice.subject(of: hall) == "waiting_room.main-hall.room.restored")
    }

    @Test(
        "What is no event is refused with the reason",
        arguments: [
            ("[]", "is no JSON object"), ("{}", "has no data"), (#"{"data":1}"#, "has no data"),
            (#"{"id":"a-1-2","type":"x","time":"","data":{"queue_id":"A"}}"#, "has no valid queue_id"),
            (
                #"{"id":"b-1-2","type":"x","time":"2026-11-21T09:00:01.272Z","data":{"queue_id":"a"}}"#,
                "has the id b-1-2, not <room>-<opened>-<sequence>"
            ),
            (#"{"id":"a-1-2","type":"x","time":"","data":{"queue_id":"a"}}"#, "has no time in RFC 3339"),
            (
                #"{"id":"a-1-2","type":"x","time":"2026-11-21T09:00:01.272Z","data":{"queue_id":"a"}}"#,
                "has an unknown type: x"
            ),
            (
                #"{"id":"a-1-2","type":"position.left","time":"2026-11-21T09:00:01.272Z","data":{"queue_id":"a"}}"#,
                "has no valid position_id"
            ),
        ])
    func refused(text: String, reason: String) {
        #expect(throws: UnreadableEvent(reason)) { try LoggedEvent(json: Array(text.utf8)) }
    }
}
