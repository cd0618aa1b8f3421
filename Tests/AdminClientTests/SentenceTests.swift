import Testing
import WaitingRoom

@testable import AdminClient

@Suite("What a change has led to")
struct SentenceTests {
    let shop: RoomID

    init() throws { shop = try #require(RoomID("shop")) }

    @Test("Resuming takes an override back, overrules the file where that is what holds, and else does nothing")
    func resumption() throws {
        #expect(try RoomReport.paused("shop").resumption == .clear)
        let byFile = try RoomReport.sample("shop") { room in
            room.status = "paused"
            room.configured?.status = "paused"
        }
        #expect(byFile.resumption == .set(.active))
        let onceMore = try RoomReport.sample("shop") { room in
            room.configured?.status = "paused"
            room.overrides = .init(status: "active")
        }
        #expect(onceMore.resumption == nil)
        #expect(try RoomReport.sample("shop").resumption == nil)
    }

    @Test("A status says what it means for visitors, and whether the file says so")
    func status() throws {
        #expect(
            try RoomReport.paused("shop").statusSentence
                == "shop is paused, where the file says active: nobody is let in, and 0 keep their places.")
        let active = try RoomReport.sample("shop") { $0.waiting = 1200 }
        #expect(
            active.statusSentence
                == "shop is active, as the file says: 1,200 wait, up to 10/s are let in, 500 at once.")
    }

    @Test("A room that is active and not open says so")
    func phases() throws {
        let early = try RoomReport.sample("shop") { room in
            room.phase = "pre_queue"
            room.opensAt = "2026-11-21T21:00:00.000Z"
        }
        #expect(early.statusSentence.contains("but not open yet (it opens at 2026-11-21 21:00:00 UTC): 0 wait."))
        let closed = try RoomReport.sample("shop") { $0.phase = "closed" }
        #expect(closed.statusSentence.hasSuffix("but closed: nobody joins or is let in."))
    }

    @Test("Limits say what the file says where it is something else")
    func limits() throws {
        let room = try RoomReport.sample("shop") { room in
            room.rate = "5/s"
            room.overrides = .init(rate: "5/s")
        }
        #expect(room.limitsSentence == "shop: status active, rate 5/s (the file says 10/s), 500 slots")
        #expect(
            try RoomReport.sample("shop").limitsSentence
                == "shop: status active, rate 10/s, 500 slots, all as the file says")
    }

    @Test("An admission says why it was not all")
    func admission() {
        #expect(AdmitTally(admitted: 5, waiting: 9).sentence(asked: 5, in: shop) == "shop: 5 were let in; 9 wait.")
        #expect(
            AdmitTally(admitted: 1, waiting: 9).sentence(asked: 5, in: shop)
                == "shop: 1 was let in of 5, for no more slots are free; 9 wait.")
        #expect(
            AdmitTally(admitted: 3, waiting: 0).sentence(asked: 5, in: shop)
                == "shop: 3 were let in; nobody waits any more.")
    }

    @Test("A drain asks what it will end", arguments: DrainScope.allCases)
    func question(scope: DrainScope) throws {
        let room = try RoomReport.sample("shop") { room in
            room.waiting = 41_000
            room.admitted = 2
            room.activeSessions = 3
        }
        let question = room.question(before: scope)
        #expect(question.contains("41,000 places in line") == (scope != .sessions))
        #expect(question.contains("5 visitors who are through") == (scope != .line))
    }

    @Test("What a command says for a program is JSON")
    func json() {
        #expect(AdmitTally(admitted: 1, waiting: 2).json == #"{"admitted":1,"waiting":2}"#)
        #expect(DrainTally(ended: 1, remaining: 0, until: 9).json == #"{"ended":1,"remaining":0,"until":9}"#)
        #expect(DrainTally(ended: 1, remaining: 0, until: nil).json == #"{"ended":1,"remaining":0,"until":null}"#)
        #expect(
            Ending(room: shop, kind: .session, id: "x").json
                == #"{"queue_id":"shop","session_id":"x","status":"terminated"}"#)
    }
}
