import QueueStore
import Testing
import WaitingRoom

@testable import AdminAPI

@Suite("What operators do over the admin API")
struct OperatorCallTests {
    private static let room = "/admin/v1/rooms/hall"

    @Test("An override is in force over what is configured, member by member, until it is cleared")
    func overrides() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let target = Self.room + "/overrides"
            let first = try await client.ask("PATCH", target, body: #"{"status":"paused","queue_rate":"500/min"}"#)
            #expect(first.statusLine == "HTTP/1.1 200 OK")
            #expect(
                first.body.contains(#""status":"paused","phase":"open","max_active_users":2,"queue_rate":"500/min""#))
            #expect(first.body.contains(#""configured":{"status":"active","max_active_users":2,"queue_rate":"10/s"}"#))
            #expect(
                first.body.contains(
                    #""overrides":{"status":"paused","queue_rate":"500/min","set_by":"olga","set_at":""#))
            let second = try await client.ask("PATCH", target, body: #"{"status":null,"max_active_users":100}"#)
            #expect(second.body.contains(#""overrides":{"queue_rate":"500/min","max_active_users":100,"set_by""#))
            #expect(second.body.contains(#""status":"active","phase":"open","max_active_users":100"#))
            let third = try await client.ask("DELETE", target)
            #expect(third.body.contains(#""overrides":null"#) && third.body.contains(#""queue_rate":"10/s""#))
            #expect(fixture.logged.text.contains("detail=status: paused, queue_rate: 500/min"))
        }
    }

    @Test(
        "What cannot be is a 422 with its place, or a 400, and changes nothing",
        arguments: [
            ("PATCH", "/overrides", #"{"status":"open"}"#, "422", "#/status"),
            ("PATCH", "/overrides", #"{"status":1}"#, "422", "#/status"),
            ("PATCH", "/overrides", #"{"queue_rate":"0"}"#, "422", "#/queue_rate"),
            ("PATCH", "/overrides", #"{"queue_rate":5}"#, "422", "#/queue_rate"),
            ("PATCH", "/overrides", #"{"max_active_users":0}"#, "422", "#/max_active_users"),
            ("PATCH", "/overrides", #"{"max_active_users":1.5}"#, "422", "#/max_active_users"),
            ("PATCH", "/overrides", #"{"state":"paused"}"#, "422", "#/state"),
            ("PATCH", "/overrides", "[]", "400", "#"),
            ("PATCH", "/overrides", "{", "400", "#"), ("POST", "/admit", "{}", "422", "#/count"),
            ("POST", "/admit", #"{"count":0}"#, "422", "#/count"),
            ("POST", "/admit", #"{"count":10001}"#, "422", "#/count"),
            ("POST", "/drain", #"{"until":3}"#, "422", "#/scope"),
            ("POST", "/drain", #"{"scope":"room"}"#, "422", "#/scope"),
            ("POST", "/drain", #"{"scope":"line","until":-1}"#, "422", "#/until"),
        ])
    func mistakes(method: String, call: String, body: String, status: String, pointer: String) async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let before = try await fixture.store.facts(of: fixture.room.id).eventSequence
            let answer = try await client.ask(method, Self.room + call, body: body)
            #expect(answer.statusLine.contains(status), "\(body): \(answer.statusLine)")
            #expect(answer.body.contains(#""pointer":"\#(pointer)""#), "\(answer.body)")
            #expect(try await fixture.store.facts(of: fixture.room.id).eventSequence == before)
        }
    }

    @Test("A body of more than 8 KiB is refused")
    func large() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let body = "{\"count\":1" + String(repeating: " ", count: 8192) + "}"
            let answer = try await client.ask("POST", Self.room + "/admit", body: body)
            #expect(answer.statusLine.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("Admitting lets in from the front, even while paused, as far as slots are free")
    func admit() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            _ = try await client.ask("PATCH", Self.room + "/overrides", body: #"{"status":"paused"}"#)
            let ids = [try await fixture.arrive(), try await fixture.arrive(), try await fixture.arrive()]
            let answer = try await client.ask("POST", Self.room + "/admit", body: #"{"count":3}"#)
            #expect(answer.body == #"{"admitted":2,"waiting":1}"#)
            let places = try await fixture.store.places(of: ids, in: fixture.room.id)
            #expect(places.map { $0?.position.status } == [.admitted, .admitted, .waiting])
            _ = try await client.ask("PATCH", Self.room + "/overrides", body: #"{"status":"maintenance"}"#)
            let refused = try await client.ask("POST", Self.room + "/admit", body: #"{"count":3}"#)
            #expect(refused.statusLine == "HTTP/1.1 409 Conflict")
        }
    }

    @Test("A drain ends those who joined up to its mark, and no one who joins later")
    func drain() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            for _ in 0..<5 { try await fixture.arrive() }
            let first = try await client.ask("POST", Self.room + "/drain", body: #"{"scope":"line"}"#)
            #expect(first.body == #"{"ended":3,"remaining":0,"until":5}"#)
            try await fixture.arrive()
            let again = try await client.ask("POST", Self.room + "/drain", body: #"{"scope":"all","until":5}"#)
            #expect(again.body == #"{"ended":2,"remaining":0,"until":5}"#)
            #expect(try await fixture.store.facts(of: fixture.room.id).waiting == 1)
        }
    }

    @Test("Somebody who waits is moved or removed, anybody else is a 409, and nobody a 404")
    func position() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let through = try await fixture.arrive()
            try await fixture.arrive()
            let first = try await fixture.arrive()
            let second = try await fixture.arrive()
            func target(_ id: PositionID) -> String { Self.room + "/positions/\(id)" }
            let front = try await client.ask("POST", target(second) + "/move", body: #"{"to":"front"}"#)
            #expect(front.body.contains(#""status":"waiting","position":1,"total_waiting":2"#))
            let raised = try await client.ask("POST", target(first) + "/move", body: #"{"priority":5}"#)
            #expect(raised.body.contains(#""position":1"#) && raised.body.contains(#""priority":5"#))
            for body in ["{}", #"{"to":"back"}"#, #"{"to":"front","priority":1}"#, #"{"priority":1001}"#] {
                #expect(try await client.ask("POST", target(first) + "/move", body: body).statusLine.contains("422"))
            }
            let move = try await client.ask("POST", target(through) + "/move", body: #"{"to":"front"}"#)
            #expect(move.statusLine == "HTTP/1.1 409 Conflict")
            // A call whose answer was lost may be repeated.
            for id in [first, first, through, through] {
                #expect(try await client.ask("DELETE", target(id)).statusLine == "HTTP/1.1 204 No Content")
                let places = try await fixture.store.places(of: [id], in: fixture.room.id)
                #expect(places[0]?.position.status == .terminated)
            }
            _ = try await fixture.store.leave(second, in: fixture.room.id)
            #expect(try await client.ask("DELETE", target(second)).statusLine == "HTTP/1.1 409 Conflict")
            var generator = SystemRandomNumberGenerator()
            let nobody = target(PositionID(using: &generator))
            #expect(try await client.ask("DELETE", nobody).statusLine == "HTTP/1.1 404 Not Found")
            let lost = try await client.ask("POST", nobody + "/move", body: #"{"to":"front"}"#)
            #expect(lost.statusLine == "HTTP/1.1 404 Not Found")
        }
    }
}
