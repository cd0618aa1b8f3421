import Logging
import NIOCore
import NIOPosix
import Prometheus
import ServiceLifecycle
import Testing

@testable import AdminAPI

@Suite("The admin listener")
struct AdminServerTests {
    let registry = PrometheusCollectorRegistry()

    @Test("/metrics gives the registry's text, what must be gathered included", arguments: ["GET", "HEAD"])
    func metrics(method: String) async throws {
        try registry.makeCounter(name: "a_total", labels: [("x", "\"1\"")], help: "All.").increment()
        registry.addCollector {
            2
        } write: { value, writer in
            writer.gauge("b", value: value)
        }
        let text = "# HELP a_total All.\n# TYPE a_total counter\na_total{x=\"\\\"1\\\"\"} 1\n# TYPE b gauge\nb 2\n"
        try await serving { port in
            let answer = try await RawExchange(port: port, method, "/metrics")
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer["Content-Length"] == "\(text.utf8.count)")
            #expect(answer.body == (method == "GET" ? text : ""))
        }
    }

    @Test("/healthz says ok while the process is up, ready or not")
    func health() async throws {
        try await serving([ReadinessCheck(name: "store") { .failed(reason: "down") }]) { port in
            let answer = try await RawExchange(port: port, "GET", "/healthz")
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer.body == "ok\n")
        }
    }

    @Test("/readyz is 200 when every check is ok, in the order of the checks")
    func ready() async throws {
        let checks = ["store", "keys"].map { name in ReadinessCheck(name: name) { .ok } }
        try await serving(checks) { port in
            let answer = try await RawExchange(port: port, "GET", "/readyz")
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer.body == #"{"checks":[{"name":"store","ok":true},{"name":"keys","ok":true}],"ready":true}"#)
        }
    }

    @Test("/readyz is 503 and says why when one check is not ok")
    func notReady() async throws {
        let checks = [
            ReadinessCheck(name: "store") { .failed(reason: "no \"journal\" in var/") },
            ReadinessCheck(name: "keys") { .ok },
        ]
        try await serving(checks) { port in
            let answer = try await RawExchange(port: port, "GET", "/readyz")
            #expect(answer.statusLine == "HTTP/1.1 503 Service Unavailable")
            #expect(
                answer.body == #"{"checks":[{"name":"store","ok":false,"reason":"no \"journal\" in var/"},"#
                    + #"{"name":"keys","ok":true}],"ready":false}"#)
        }
    }

    @Test(
        "Checks that are excluded have no say in /readyz",
        arguments: [
            ("?exclude=store", "200 OK", #"{"checks":[{"name":"gate","ok":true}],"ready":true}"#),
            ("?exclude=gate&exclude=store", "200 OK", #"{"checks":[],"ready":true}"#),
            (
                "?exclude=gate", "503 Service Unavailable",
                #"{"checks":[{"name":"store","ok":false,"reason":"down"}],"ready":false}"#
            ),
        ])
    func excluded(query: String, status: String, body: String) async throws {
        let checks = [
            ReadinessCheck(name: "gate") { .ok }, ReadinessCheck(name: "store") { .failed(reason: "down") },
        ]
        try await serving(checks) { port in
            let answer = try await RawExchange(port: port, "GET", "/readyz" + query)
            #expect(answer.statusLine == "HTTP/1.1 " + status)
            #expect(answer.body == body)
        }
    }

    @Test("A dependency that hangs does not hang /readyz, and runs once however often it is asked")
    func hanging() async throws {
        let (release, started) = (Gate(), Counted())
        let hanging = ReadinessCheck(name: "store", timeout: .milliseconds(20)) {
            started.increment()
            await release.wait()
            return .ok
        }
        try await serving([hanging, ReadinessCheck(name: "keys") { .ok }]) { port in
            for _ in 0..<2 {
                let answer = try await RawExchange(port: port, "GET", "/readyz")
                #expect(answer.statusLine == "HTTP/1.1 503 Service Unavailable")
                #expect(answer.body.contains(#""ok":false,"reason":"no answer within 0.02 seconds"}"#))
                #expect(answer.body.contains(#"{"name":"keys","ok":true}"#))
            }
            #expect(started.count == 1)
            release.open()
        }
    }

    @Test(
        "Anything else is a 404 problem",
        arguments: ["/dashboard/x.js", "/metricsx", "/admin/v1/rooms", "/metrics/x", "/%00"])
    func notFound(target: String) async throws {
        try await serving { port in
            let answer = try await RawExchange(port: port, "GET", target)
            #expect(answer.statusLine == "HTTP/1.1 404 Not Found")
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer.body.contains(#""status":404,"title":"Not Found","type":"about:blank""#))
            let head = try await RawExchange(port: port, "HEAD", target)
            #expect(head.statusLine == "HTTP/1.1 404 Not Found")
            #expect(head.body == "")
        }
    }

    @Test("Methods other than GET and HEAD are refused", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PURGE"])
    func method(method: String) async throws {
        try await serving { port in
            for target in ["/metrics", "/healthz", "/readyz"] {
                let answer = try await RawExchange(port: port, method, target)
                #expect(answer.statusLine == "HTTP/1.1 405 Method Not Allowed")
                #expect(answer["Allow"] == "GET, HEAD")
                #expect(answer["Content-Type"] == "application/problem+json")
            }
        }
    }

    @Test("Two pipelined requests are answered in order")
    func pipelined() async throws {
        try await serving { port in
            let answer = try await RawExchange(
                port: port,
                "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.statusLine == "HTTP/1.1 200 OK")
            #expect(answer.body.hasPrefix("ok\nHTTP/1.1 404 Not Found\r\n"))
        }
    }

    @Test("What is not HTTP, or has too large a head, gets a 400 and the connection is closed")
    func broken() async throws {
        try await serving { port in
            for request in [
                "HELO example\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n",
            ] {
                let answer = try await RawExchange(port: port, request)
                #expect(answer.statusLine == "HTTP/1.1 400 Bad Request")
            }
        }
    }

    @Test("A port that is in use is one clear error")
    func busyPort() async throws {
        try await serving { port in
            let second = server(port: port) { _ in }
            let error = await #expect(throws: AdminServerError.self) { try await second.run() }
            #expect(error?.code == .addressInUse)
            #expect(
                error?.message
                    == "The admin listener cannot listen on 127.0.0.1:\(port): the port is in use. Stop what listens "
                    + "there (see: ss -ltnp), or set another port in admin.listen")
        }
    }

    @Test("An address that is not this machine's, or is none, is one clear error")
    func badAddress() async throws {
        let cases = [("192.0.2.1", AdminServerError.Code.addressNotAvailable), ("no.such.invalid", .cannotListen)]
        for (host, code) in cases {
            let error = await #expect(throws: AdminServerError.self) {
                try await server(host: host, port: 0) { _ in }.run()
            }
            #expect(error?.code == code)
            #expect(error?.message.hasPrefix("The admin listener cannot listen on \(host):0: ") == true)
        }
    }

    @Test("Connections that ask and never read are closed, so that others get their answers", .timeLimit(.minutes(2)))
    func unread() async throws {
        let text = String(repeating: "x", count: 1 << 20)
        registry.addCollector { $0.gauge("long", labels: [("text", text)], value: 1.0) }
        try await serving(maxConnections: 3, stallLimit: .milliseconds(200)) { port in
            let requests = String(repeating: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: 8)
            let deaf = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelOption(.socketOption(.so_rcvbuf), value: 4096)
            var clients: [any Channel] = []
            for _ in 0..<5 {
                let client = try await deaf.connect(host: "127.0.0.1", port: port).get()
                client.writeAndFlush(ByteBuffer(string: requests), promise: nil)
                clients.append(client)
            }
            #expect(try await RawExchange(port: port, "GET", "/healthz").body == "ok\n")
            for client in clients { try? await client.close() }
        }
    }

    /// Runs the server on a free port, and shuts it down gracefully after `body`.
    private func serving(
        _ checks: [ReadinessCheck] = [], maxConnections: Int = 64, stallLimit: Duration = .seconds(15),
        _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = server(port: 0, checks: checks, maxConnections: maxConnections, stallLimit: stallLimit) {
            port.yield($0)
        }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: server)], logger: Logger(label: "test", factory: quiet)))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            for await port in ports {
                #expect(port > 0)
                try await body(port)
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
    }

    private func server(
        host: String = "127.0.0.1", port: Int, checks: [ReadinessCheck] = [], maxConnections: Int = 64,
        stallLimit: Duration = .seconds(15), onListening: @escaping @Sendable (Int) async -> Void
    ) -> AdminServer {
        AdminServer(
            host: host, port: port, registry: registry, checks: checks,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test", factory: quiet),
            maxConnections: maxConnections, stallLimit: stallLimit, onListening: onListening)
    }

    private func quiet(_ label: String) -> any LogHandler { SwiftLogNoOpLogHandler() }
}
