import Testing
import WaitingRoom

@testable import AdminClient

@Suite("Calls to a gate's admin API")
struct AdminClientTests {
    let shop: RoomID
    let position: PositionID

    init() throws {
        shop = try #require(RoomID("shop"))
        position = try #require(PositionID("63584aeb-8f6b-4051-a2b2-849bcea132f6"))
    }

    @Test("A call goes to its path with the key and a body of JSON")
    func calls() async throws {
        let room = RoomReport.json(id: "shop")
        try await ScriptedGate.serving({ _ in .json(room) }) { client, gate in
            _ = try await client.ask(.show(shop), for: RoomReport.self)
            let changes = OverrideChanges(status: .set(.paused), rate: .clear, slots: .set(7))
            _ = try await client.ask(.override(shop, changes), for: RoomReport.self)
            _ = try await client.ask(.clearOverrides(of: shop), for: RoomReport.self)
            try await client.tell(.move(position, toPriority: 5, in: shop))
            try await client.tell(.moveToFront(position, in: shop))
            try await client.tell(.remove(position, from: shop))
            try await client.tell(.audit(limit: 5))
            #expect(
                gate.asked.map { "\($0.method) \($0.path) \($0.body)" } == [
                    "GET /admin/v1/rooms/shop ",
                    #"PATCH /admin/v1/rooms/shop/overrides {"max_active_users":7,"queue_rate":null,"status":"paused"}"#,
                    "DELETE /admin/v1/rooms/shop/overrides ",
                    "POST /admin/v1/rooms/shop/positions/\(position)/move {\"priority\":5}",
                    "POST /admin/v1/rooms/shop/positions/\(position)/move {\"to\":\"front\"}",
                    "DELETE /admin/v1/rooms/shop/positions/\(position) ",
                    "GET /admin/v1/audit?limit=5 ",
                ])
            #expect(Set(gate.asked.map(\.key)) == ["Bearer \(ScriptedGate.keyText)"])
        }
    }

    @Test("A drain goes on with the sequence that came back until nobody remains")
    func drain() async throws {
        let left = [1500, 500, 0]
        try await ScriptedGate.serving({ request in
            let step = request.body.contains("null") ? 0 : request.body.contains("77") ? 1 : 2
            return .json(#"{"ended":\#(step == 2 ? 500 : 1000),"remaining":\#(left[step]),"until":\#(77 + step)}"#)
        }) { client, gate in
            var seen: [String] = []
            let total = try await client.drain(.all, of: shop) { seen.append($0.plain) }
            #expect(seen == ["1,000 of 2,500", "2,000 of 2,500", "2,500 of 2,500"])
            #expect(total == DrainTally(ended: 2500, remaining: 0, until: 79))
            #expect(
                gate.asked.map(\.body) == [
                    #"{"scope":"all","until":null}"#, #"{"scope":"all","until":77}"#, #"{"scope":"all","until":78}"#,
                ])
        }
    }

    @Test("A drain that gets no further ends, and says how many remain")
    func idleDrain() async throws {
        try await ScriptedGate.serving({ _ in .json(#"{"ended":0,"remaining":3,"until":9}"#) }) { client, gate in
            let refusal = await #expect(throws: AdminRefusal.self) {
                _ = try await client.drain(.line, of: shop) { _ in }
            }
            #expect(refusal?.description.contains("3 remain") == true)
            #expect(gate.asked.count == 3)
        }
    }

    @Test("More than one call may admit are let in by several, until no slot is free")
    func admit() async throws {
        try await ScriptedGate.serving({ request in
            .json(
                request.body.contains("10000") ? #"{"admitted":10000,"waiting":900}"# : #"{"admitted":4,"waiting":896}"#
            )
        }) { client, gate in
            let report = try await client.admit(25_000, to: shop)
            #expect(report == AdmitTally(admitted: 20_004, waiting: 896))
            #expect(gate.asked.map(\.body) == [#"{"count":10000}"#, #"{"count":10000}"#, #"{"count":5000}"#])
        }
    }

    @Test(
        "Each refusal says what to do",
        arguments: [
            (401, #"{"title":"Unauthorized"}"#, "does not know the key of ANTEROOM_ADMIN_KEY"),
            (403, #"{"title":"Forbidden"}"#, "is a viewer's"),
            (409, #"{"title":"Conflict","detail":"it does not wait"}"#, "it does not wait"),
            (
                422, ##"{"title":"X","detail":"bad","errors":[{"pointer":"#/queue_rate","detail":"is no rate"}]}"##,
                "bad; #/queue_rate: is no rate"
            ),
            (429, #"{"title":"Too Many Requests","detail":"wait a minute"}"#, "wait a minute"),
            (503, "<html>", "answered 503 and no problem of Anteroom's admin API"),
            (200, "<html>", "no answer of Anteroom's admin API"),
        ])
    func refusals(status: Int, body: String, words: String) async throws {
        try await ScriptedGate.serving({ _ in .answer(status, body) }) { client, _ in
            let refusal = await #expect(throws: AdminRefusal.self) { try await client.ask(.rooms, for: RoomList.self) }
            #expect(refusal?.description.contains(words) == true, "\(refusal?.description ?? "")")
            #expect(refusal?.description.contains(ScriptedGate.keyText) == false)
        }
    }

    @Test("An unknown room's refusal names the rooms that there are")
    func unknownRoom() async throws {
        let list = #"{"rooms":[\#(RoomReport.json(id: "shop")),\#(RoomReport.json(id: "bar"))]}"#
        try await ScriptedGate.serving({ request in
            request.path == "/admin/v1/rooms" ? .json(list) : .answer(404, #"{"detail":"nothing here"}"#)
        }) { client, _ in
            let stop = try #require(RoomID("stop"))
            let unknown = await #expect(throws: AdminRefusal.self) {
                try await client.ask(.show(stop), for: RoomReport.self)
            }
            #expect(unknown?.description == "there is no room stop; the rooms are shop, bar")
            let known = await #expect(throws: AdminRefusal.self) {
                try await client.tell(.remove(position, from: shop))
            }
            #expect(known?.description == "nothing here")
        }
    }

    @Test("A gate that says nothing is given up after the time limit")
    func silence() async throws {
        try await ScriptedGate.serving(callLimit: .milliseconds(50), { _ in .silence }) { client, _ in
            let refusal = await #expect(throws: AdminRefusal.self) { try await client.ask(.rooms, for: RoomList.self) }
            #expect(refusal?.code == .unreachable)
            #expect(refusal?.description.contains("did not answer in time") == true)
        }
    }

    @Test("An answer without end is not read to its end")
    func endless() async throws {
        let text = String(repeating: " ", count: 17 * 1024 * 1024)
        try await ScriptedGate.serving({ _ in .json(text) }) { client, _ in
            let refusal = await #expect(throws: AdminRefusal.self) { try await client.ask(.rooms, for: RoomList.self) }
            #expect(refusal?.description.contains("more than 16 MiB") == true)
        }
    }

    @Test("Where nobody listens, the address and what to try are named")
    func unreachable() async throws {
        // Port 1 (tcpmux) is used by nobody.
        let address = try #require(AdminAddress("http://127.0.0.1:1"))
        try await AdminClient.open(address, with: try ScriptedGate.key()) { client in
            let refusal = await #expect(throws: AdminRefusal.self) { try await client.ask(.rooms, for: RoomList.self) }
            #expect(refusal?.code == .unreachable)
            #expect(
                refusal?.description.hasPrefix(
                    "no gate answers at http://127.0.0.1:1 (Connection refused); is it running")
                    == true)
        }
    }

    @Test("A tail gives each event, and a gate that will have none of it says so")
    func tail() async throws {
        let text = ": hello\n\nid: 1\ndata: {\"a\":1}\n\nid: 2\ndata: {}\n\n"
        try await ScriptedGate.serving({ request in
            request.path.hasSuffix("kind=room.updated") ? .answer(503, #"{"detail":"too many tails"}"#) : .events(text)
        }) { client, gate in
            let events = Received()
            try await client.follow(.events(of: shop, kind: nil)) { events.append($0) }
            #expect(events.all.map(\.data) == ["{\"a\":1}", "{}"])
            #expect(gate.asked.map(\.path) == ["/admin/v1/events?queue_id=shop"])
            let refusal = await #expect(throws: AdminRefusal.self) {
                try await client.follow(.events(of: nil, kind: "room.updated")) { _ in }
            }
            #expect(refusal?.description == "too many tails")
        }
    }
}
