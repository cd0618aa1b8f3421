import QueueStore
import Testing
import WaitingRoom

@testable import NATSBus

@Suite struct CloudEventTests {
    private func json(_ change: RoomEvent.Change) throws -> String {
        let room = try #require(RoomID("main-hall"))
        let event = RoomEvent(sequence: 7, time: Timestamp(milliseconds: 1_700_000_000_123), room: room, change: change)
        let told = CloudEvent(event, opened: Timestamp(milliseconds: 42))
        #expect(told.id == "main-hall-42-7")
        #expect(told.subject == "waiting_room.main-hall.\(change.kind)")
        return String(decoding: told.json, as: UTF8.self)
    }

    @Test("An admission")
    func admission() throws {
        let id = try #require(PositionID("5095de3e-0000-4000-8000-000000000001"))
        let expected =
            #"{"specversion":"1.0","id":"main-hall-42-7","source":"/anteroom/rooms/main-hall","#
            + #""type":"position.admitted","subject":"5095de3e-0000-4000-8000-000000000001","#
            + #""time":"2023-11-14T22:13:20.123Z","datacontenttype":"application/json","sequence":"7","#
            + #""data":{"queue_id":"main-hall","position_id":"5095de3e-0000-4000-8000-000000000001","#
            + #""expires_at":"2023-11-14T22:13:21.000Z"}}"#
        #expect(try json(.positionAdmitted(id, expiresAt: Timestamp(milliseconds: 1_700_000_001_000))) == expected)
    }

    @Test("An id is read back, also of rooms with hyphens")
    func marks() {
        let read = EventMark.read("main-hall-42-7")
        #expect(read?.room == "main-hall")
        #expect(read?.mark == EventMark(opened: Timestamp(milliseconds: 42), sequence: 7))
        for text in ["", "hall", "hall-1", "hall-x-1", "hall-1-x", "hall-1--7"] {
            #expect(EventMark.read(text)?.room != "hall", "\(text)")
        }
    }
}

@Suite struct CheckoutEventTests {
    @Test("Both forms are read: plain, and in the data of a CloudEvent")
    func forms() throws {
        let session = try #require(SessionID("5095de3e-0000-4000-8000-000000000001"))
        let plain = #"{"session_id":"\#(session)","queue_id":"hall","more":[1]}"#
        let wrapped = #"{"specversion":"1.0","data":{"session_id":"\#(session)","queue_id":"hall"}}"#
        for text in [plain, wrapped] {
            let event = try CheckoutConsumer.read("checkout.failed", Array(text.utf8)).get()
            #expect(event == CheckoutEvent(kind: .failed, session: session, room: try #require(RoomID("hall"))))
        }
    }

    @Test(
        "What cannot be read is refused with the reason",
        arguments: [
            ("checkout.other", "{}", "the subject checkout.other is none of checkout.completed, .failed, .expired"),
            ("checkout.failed", "[]", "the message is not a JSON object with the texts session_id and queue_id"),
            (
                "checkout.failed", #"{"session_id":1}"#,
                "the message is not a JSON object with the texts session_id and queue_id"
            ),
            ("checkout.failed", "{}", "session_id is missing"),
            ("checkout.failed", #"{"session_id":"x"}"#, "session_id is not a UUID"),
        ])
    func unreadable(subject: String, body: String, reason: String) {
        #expect(
            CheckoutConsumer.read(subject, Array(body.utf8)) == .failure(CheckoutConsumer.Unreadable(reason: reason)))
    }
}
