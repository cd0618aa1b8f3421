import Hummingbird
import QueueStore
import Testing
import WaitingRoom

@testable import AdminAPI

@Suite("Rooms and visitors over the admin API")
struct RoomCallTests {
    @Test("A room is shown with what is in force, what is configured, and its numbers")
    func room() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            for _ in 0..<3 { try await fixture.arrive() }
            let answer = try await client.ask("GET", "/admin/v1/rooms/hall", key: AdminFixture.viewerKey)
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer["Cache-Control"] == "no-store")
            for part in [
                #""queue_id":"hall""#, #""target_url":"http://127.0.0.1:9""#, #""status":"active""#,
                #""phase":"open""#, #""queue_rate":"10/s""#,
                #""configured":{"status":"active","max_active_users":2,"queue_rate":"10/s"}"#, #""overrides":null"#,
                #""waiting":1,"admitted":2,"active_sessions":0,"free_slots":0"#, #""enqueued_total":3"#,
                #""estimated_wait_seconds":2,"estimated_wait_range_seconds":[1,10]"#, #""opens_at":null"#,
            ] {
                #expect(answer.body.contains(part), "\(part) in \(answer.body)")
            }
            let all = try await client.ask("GET", "/admin/v1/rooms")
            #expect(all.body == #"{"rooms":["# + answer.body + "]}")
        }
    }

    @Test("A room in shadow says so")
    func shadow() async throws {
        for name in ["dusk", "hall"] {
            let fixture = try AdminFixture(RoomSettings(id: try #require(RoomID(name))))
            try await fixture.serving { client in
                let answer = try await client.ask("GET", "/admin/v1/rooms/\(name)")
                #expect(answer.body.contains("\"shadow\":\(name == "dusk")"))
            }
        }
    }

    @Test("What is no room of this gate is a 404, and another method a 405 that says which there are")
    func unknown() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            for target in ["/admin/v1/rooms/attic", "/admin/v1/rooms/attic/history", "/admin/v1/rooms/%00"] {
                #expect(try await client.ask("GET", target).statusLine == "HTTP/1.1 404 Not Found", "\(target)")
            }
            let answer = try await client.ask("POST", "/admin/v1/rooms/hall")
            #expect(answer.statusLine == "HTTP/1.1 405 Method Not Allowed")
            #expect(answer["Allow"] == "GET, HEAD")
            let patch = try await client.ask("GET", "/admin/v1/rooms/hall/overrides")
            #expect(patch["Allow"] == "PATCH, DELETE")
        }
    }

    @Test("A history has every column, as long as each other, null where nothing is known")
    func history() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let empty = try await client.ask("GET", "/admin/v1/rooms/hall/history")
            #expect(empty.body.contains(#""interval_seconds":10"#) && empty.body.contains(#""origin_requests":[]"#))
            for minutes in ["0", "361", "x", "-1", "1.5", "99999999999999999999"] {
                let answer = try await client.ask("GET", "/admin/v1/rooms/hall/history?minutes=\(minutes)")
                #expect(answer.statusLine.hasPrefix("HTTP/1.1 422 "), "\(minutes)")
                #expect(
                    answer.body.contains(#""errors":[{"detail":"#) && answer.body.contains(#""parameter":"minutes""#))
            }
        }
    }

    @Test("A position is found as long as the store knows it, with its session once it is through")
    func position() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let through = try await fixture.arrive()
            try await fixture.arrive()
            let waiting = try await fixture.arrive()
            let line = try await client.ask("GET", "/admin/v1/rooms/hall/positions/\(waiting)")
            #expect(line.body.contains(#""status":"waiting","position":1,"total_waiting":1,"sequence":3"#))
            #expect(line.body.hasSuffix(#""session":null}"#))
            let inside = try await client.ask("GET", "/admin/v1/rooms/hall/positions/\(through)")
            #expect(inside.body.contains(#""status":"admitted","position":0"#))
            #expect(inside.body.contains(#""session":{"session_id":"\#(SessionID(of: through))""#))
            for id in ["nobody", "00000000-0000-4000-8000-000000000000"] {
                let answer = try await client.ask("GET", "/admin/v1/rooms/hall/positions/\(id)")
                #expect(answer.statusLine == "HTTP/1.1 404 Not Found")
            }
        }
    }

    @Test("A session that is ended is terminated, its slot free, and who did it is in the log")
    func endSession() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let id = try await fixture.arrive()
            let target = "/admin/v1/rooms/hall/sessions/\(SessionID(of: id))"
            let answer = try await client.ask("DELETE", target)
            #expect(answer.statusLine == "HTTP/1.1 204 No Content" && answer.body.isEmpty)
            #expect(try await fixture.store.places(of: [id], in: fixture.room.id)[0]?.position.status == .terminated)
            #expect(try await client.ask("DELETE", target).statusLine == "HTTP/1.1 404 Not Found")
            #expect(fixture.logged.text.contains("actor=olga"))
            #expect(fixture.logged.text.contains("action=session.terminated"))
            #expect(fixture.logged.text.contains("queue_id=hall"))
        }
    }

    @Test("Health has the checks, the configuration's problems and the backlog")
    func health() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving([ReadinessCheck(name: "store") { .failed(reason: "away") }]) { client in
            let answer = try await client.ask("GET", "/admin/v1/health")
            #expect(
                answer.body == #"{"ready":false,"checks":[{"name":"store","ok":false,"reason":"away"}],"#
                    + #""configuration":{"file":"a.yml","loaded_at":"1970-01-01T00:00:01.000Z","#
                    + #""problems":["a.yml:1:1: no"]},"events_backlog":3}"#)
        }
    }

    @Test("The audit gives the latest entries first, as many as are asked for")
    func audit() async throws {
        let fixture = try AdminFixture()
        let entries = (1...3).map { number in
            AuditEntry(
                time: Timestamp(milliseconds: Int64(number)), actor: "olga", room: fixture.room.id,
                sequence: UInt64(number), action: "room.updated", detail: "\(number)")
        }
        fixture.audit.append(entries)
        try await fixture.serving { client in
            let answer = try await client.ask("GET", "/admin/v1/audit?limit=2")
            #expect(
                answer.body == #"{"entries":[{"time":"1970-01-01T00:00:00.003Z","actor":"olga","queue_id":"hall","#
                    + #""action":"room.updated","detail":"3"},{"time":"1970-01-01T00:00:00.002Z","actor":"olga","#
                    + #""queue_id":"hall","action":"room.updated","detail":"2"}]}"#)
            #expect(try await client.ask("GET", "/admin/v1/audit?limit=1001").statusLine.contains("422"))
        }
    }

    @Test("A store that is away is a 503 that says when to come back")
    func away() {
        for code in [StoreError.Code.unavailable, .elsewhere, .corrupt] {
            let problem = Problem(StoreError(code, "it is away")).response
            #expect(problem.status == .serviceUnavailable && problem.headers[.retryAfter] == "15")
        }
    }
}
