import Hummingbird
import Logging
import RoomConfiguration
import Synchronization
import Testing
import WaitingRoom

@testable import AdminAPI

@Suite("Keys and roles of the admin API")
struct AccessTests {
    @Test("Without a key, or with what is none, a call is a 401 that asks for one")
    func missing() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            for target in ["/admin/v1", "/admin/v1/rooms", "/admin/v1/audit", "/admin/v1/events"] {
                let answer = try await client.ask("GET", target, key: nil)
                #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
                #expect(answer["WWW-Authenticate"] == "Bearer")
                #expect(answer["Content-Type"] == "application/problem+json")
            }
            #expect(try await client.ask("GET", "/admin/v1", key: "wrong".padded).statusLine.contains("401"))
            #expect(try await client.ask("GET", "/admin/v1", key: "").statusLine.contains("401"))
        }
    }

    @Test("A viewer reads and changes nothing")
    func viewer() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            let gate = try await client.ask("GET", "/admin/v1", key: AdminFixture.viewerKey)
            #expect(gate.statusLine == "HTTP/1.1 200 OK")
            #expect(gate.body.contains(#""version":"1.2.3","#))
            #expect(gate.body.contains(#""name":"wall","role":"viewer""#))
            for call in AdminCalls(services: fixture.services, readiness: { Readiness(checks: []) }).all
            where call.method != .get {
                let path = call.path.replacing("{id}", with: "hall")
                let answer = try await client.ask(call.method.rawValue, path, key: AdminFixture.viewerKey, body: "{}")
                #expect(answer.statusLine == "HTTP/1.1 403 Forbidden", "\(call.method) \(path)")
            }
        }
    }

    @Test("Probes and the document need no key")
    func open() async throws {
        let fixture = try AdminFixture()
        try await fixture.serving { client in
            for target in ["/healthz", "/readyz", "/metrics", "/admin/v1/openapi.json"] {
                let answer = try await client.ask("GET", target, key: nil)
                #expect(answer.statusLine == "HTTP/1.1 200 OK")
            }
        }
    }

    @Test("After 20 wrong keys in a minute wrong ones are refused at once, and right ones go on")
    func guessing() throws {
        let time = Mutex(ContinuousClock.now)
        let log = TestLog()
        let keys = AdminKeyTable(AdminFixture.keys)
        let guards = AdminGuard(keys, logger: Logger(label: "test") { _ in log }, now: { time.withLock { $0 } })
        func status(_ key: String) -> Int? {
            do throws(Problem) {
                _ = try guards.caller(of: request(key), needing: .operator)
                return nil
            } catch {
                return error.status
            }
        }
        for number in 0..<20 { #expect(status("\(number)".padded) == 401) }
        #expect(status("20".padded) == 429)
        #expect(status(AdminFixture.operatorKey) == nil)
        #expect(status(AdminFixture.viewerKey) == 403)
        time.withLock { $0 += .seconds(59) }
        #expect(status("60".padded) == 429)
        time.withLock { $0 += .seconds(1) }
        #expect(status("61".padded) == 401)
        #expect(!log.text.contains("xxxx"))
    }

    @Test("Keys that are replaced are others, whatever they are called")
    func replaced() throws {
        let keys = AdminKeyTable(AdminFixture.keys)
        let caller = try #require(keys.caller(presenting: Array(AdminFixture.operatorKey.utf8)))
        #expect(caller.name.text == "olga" && caller.role == .operator && keys.holds(caller))
        keys.apply([AdminFixture.key("olga", .operator, "new".padded)])
        #expect(!keys.holds(caller))
        #expect(keys.caller(presenting: Array(AdminFixture.operatorKey.utf8)) == nil)
        #expect(keys.caller(presenting: Array("new".padded.utf8)) != nil)
        #expect(keys.caller(presenting: Array(repeating: 0x61, count: 100_000)) == nil)
    }

    private func request(_ key: String) -> Request {
        Request(
            head: .init(
                method: .get, scheme: "http", authority: "a", path: "/", headerFields: [.authorization: "bearer \(key)"]
            ),
            body: .init(buffer: .init()))
    }
}
