import RoomConfiguration
import Testing
import WaitingRoom

@Suite("What a valid file means")
struct ConfigurationValueTests {
    @Test("Every key of a room arrives in its rule and its settings")
    func wholeRoom() throws {
        let text = """
            tokens: { token_binding: none }
            rooms:
              - id: shop-2
                name: The shop
                match: { hosts: [Shop.example.com, "*.example.org"], paths: [/a/, /b] }
                target_url: http://Origin:8000/base/
                preserve_host: false
                max_active_users: 1_000
                max_queue_size: 0
                queue_rate: 500/min
                session_timeout: 15m
                session_renewal: false
                heartbeat_interval: 500ms
                heartbeat_timeout: 1s
                claim_timeout: 2h
                admission_interval: 200ms
                priority_share: 0.25
                shuffle_window: 30s
                missed_turn_grace: 0s
                status: paused
                queueing_status_code: 202
                forward_token: true
                bypass:
                  paths: ["/static/*"]
                  addresses: [10.0.0.0/8]
                  headers: [{ name: X-Key, value: "s: 1" }]
                completion: [{ path: /done, statuses: [200, 302] }]
                queueing_method: reject
                opens_at: 1970-01-01T02:00:00+01:00
                closes_at: "1970-01-03T00:00Z"
                pre_queue: 30m
                shuffle_at_start: false
                events:
                  - name: Second day
                    starts_at: 1970-01-02T10:00Z
                    ends_at: 1970-01-02T11:00Z
                    repeat: daily
                    until: 1970-01-02T12:00Z
                    pre_queue: 5m
                    max_active_users: 5
                    queue_rate: 2
                    session_timeout: 1m
                    queueing_method: random
                    status: active
            """
        let configuration = try load(text).get()
        let settings = RoomSettings(
            id: try #require(RoomID("shop-2")), name: "The shop", targetURL: "http://Origin:8000/base/",
            maxActiveUsers: 1000, maxQueueSize: 0, queueRate: Rate(count: 500, per: .minutes(1)),
            sessionTimeout: .minutes(15), sessionRenewal: false, heartbeatInterval: Milliseconds(500),
            heartbeatTimeout: .seconds(1), claimTimeout: .minutes(120), status: .paused,
            admissionInterval: Milliseconds(200), priorityShare: 250, shuffleWindow: .seconds(30),
            missedTurnGrace: Milliseconds(0),
            queueingMethod: .reject,
            opening: Opening(at: Timestamp(milliseconds: 3_600_000), preQueue: .minutes(30), draws: false),
            closesAt: Timestamp(milliseconds: 2 * 86_400_000))
        let tenth = Timestamp(milliseconds: 34 * 3_600_000)
        var event = ScheduledEvent(
            name: "Second day", startsAt: tenth, endsAt: tenth + .minutes(60), preQueue: .minutes(5),
            recurrence: .daily, until: tenth + .minutes(120))
        event.overrides.maxActiveUsers = 5
        event.overrides.queueRate = Rate(count: 2, per: .seconds(1))
        event.overrides.sessionTimeout = .minutes(1)
        event.overrides.queueingMethod = .random
        event.overrides.status = .active
        let hosts = [HostPattern("shop.example.com"), HostPattern("*.example.org")].compactMap(\.self)
        let rule = RoomRule(
            settings: settings, events: [event], match: RoomMatch(hosts: hosts, paths: ["/a", "/b"]),
            target: TargetConfiguration([Origin(host: "origin", port: 8000, pathPrefix: "/base")]),
            preserveHost: false, forwardToken: true,
            bypass: BypassRules(
                paths: [try #require(PathPattern("/static/*"))], addresses: [try #require(CIDR("10.0.0.0/8"))],
                headers: [HeaderSecret(name: "x-key", value: "s: 1")]),
            completion: [CompletionRule(path: try #require(PathPattern("/done")), statuses: [200, 302])],
            queueingStatusCode: 202, tokenBinding: .none)
        #expect(configuration.rooms == [rule])
    }

    @Test("Who waits in shadow is gone when a session would be, unless heartbeats may take longer still")
    func shadow() throws {
        let text = """
            rooms:
              - { id: a, target_url: "http://o", shadow: true, session_timeout: 15m, match: { paths: [/a] } }
              - { id: b, target_url: "http://o", shadow: true, session_timeout: 1m, heartbeat_timeout: 2m }
            """
        let rooms = try load(text).get().rooms
        #expect(rooms.map(\.shadow) == [true, true])
        #expect(rooms.map(\.settings.heartbeatTimeout) == [.minutes(15), .minutes(2)])
        let usual = try load("rooms: [{ id: a, target_url: \"http://o\" }]").get().rooms
        #expect(usual.map(\.shadow) == [false])
    }

    @Test("Adaptive admission is off, on with its defaults, or as it is written")
    func adaptive() throws {
        let text = """
            rooms:
              - { id: a, target_url: "http://o", adaptive: null, match: { paths: [/a] } }
              - { id: b, target_url: "http://o", adaptive: {}, match: { paths: [/b] } }
              - id: c
                target_url: http://o
                queue_rate: 100/min
                adaptive: { floor: 30/min, target_latency: 2s, max_error_rate: 0.5%, interval: 1s, min_samples: 5 }
            """
        let written = AdaptiveSettings(
            floor: Rate(count: 30, per: .minutes(1)), targetLatency: .seconds(2), maxErrorRate: 5,
            interval: .seconds(1), minSamples: 5)
        #expect(try load(text).get().rooms.map(\.adaptive) == [nil, AdaptiveSettings(), written])
    }

    @Test("Every key outside the rooms arrives in its place")
    func otherSections() throws {
        let text = """
            gate:
              listen: "[::1]:8000"
              reserved_path: /gate/
              trusted_proxies: [127.0.0.1, "fd00::/8"]
              workers: 3
              access_log: off
              upstream_idle_connections: 5
              limits: { head: 1MiB, fields: 50, request_line: 512 }
              timeouts:
                { head: 1s, body_progress: 2s, idle: 3s, connect: 4s, tls_handshake: 8s, first_byte: 5s,
                  upstream_idle: 6s, tunnel_idle: 7s, drain: 0s }
            admin: { listen: "127.0.0.1:0" }
            store: { kind: memory, data_directory: /data }
            events: { nats_url: ~ }
            tokens: { algorithm: ES256, lifetime: 90s, key_file: k.pem }
            log: { level: debug, format: json }
            passthrough: [{ hosts: [www.example.com], target_url: "http://[::1]", preserve_host: false }]
            rooms: [{ id: a, target_url: http://o }]
            """
        let configuration = try load(text).get()
        var gate = GateConfiguration(
            listen: [Listener(ListenAddress(host: "::1", port: 8000))], reservedPath: "/gate",
            trustedProxies: [CIDR("127.0.0.1/32"), CIDR("fd00::/8")].compactMap(\.self), workers: 3, accessLog: .off,
            upstreamIdleConnections: 5)
        (gate.limits.head, gate.limits.fields, gate.limits.requestLine) = (1024 * 1024, 50, 512)
        gate.timeouts.head = .seconds(1)
        gate.timeouts.bodyProgress = .seconds(2)
        gate.timeouts.idle = .seconds(3)
        gate.timeouts.connect = .seconds(4)
        gate.timeouts.tlsHandshake = .seconds(8)
        gate.timeouts.firstByte = .seconds(5)
        gate.timeouts.upstreamIdle = .seconds(6)
        gate.timeouts.tunnelIdle = .seconds(7)
        gate.timeouts.drain = .seconds(0)
        #expect(configuration.gate == gate)
        #expect(configuration.admin.listen == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(configuration.store.dataDirectory == "/data")
        #expect(configuration.tokens == TokenConfiguration(algorithm: .es256, lifetime: .seconds(90), keyFile: "k.pem"))
        #expect(configuration.log == LogConfiguration(level: "debug", format: .json))
        let host = try #require(HostPattern("www.example.com"))
        let target = TargetConfiguration([Origin(host: "::1", port: 80)])
        #expect(
            configuration.passthrough == [PassthroughConfiguration(hosts: [host], target: target, preserveHost: false)])
    }

    @Test("Several origins, their balance and health arrive in their place, in rooms and passthroughs")
    func targets() throws {
        let text = """
            passthrough:
              - hosts: [www.example.com]
                target_urls: ["http://[::1]", http://b:9000/x]
                balance: sticky
                health: { max_failures: 0, eject_time: 2s, max_eject_time: 3s }
            rooms:
              - id: a
                target_url: null
                target_urls: [http://10.0.0.1:1, http://10.0.0.1:2]
                health:
                  path: /up?deep=1
                  interval: 1s
                  timeout: 500ms
                  expected_status: [204, 300-399]
                  healthy_threshold: 4
                  unhealthy_threshold: 5
            """
        let configuration = try load(text).get()
        var health = HealthConfiguration()
        (health.maxFailures, health.ejectTime, health.maxEjectTime) = (0, .seconds(2), .seconds(3))
        #expect(
            configuration.passthrough.map(\.target) == [
                TargetConfiguration(
                    [Origin(host: "::1", port: 80), Origin(host: "b", port: 9000, pathPrefix: "/x")], balance: .sticky,
                    health: health)
            ])
        var check = HealthCheck()
        (check.path, check.interval, check.timeout) = ("/up?deep=1", .seconds(1), Milliseconds(500))
        check.expectedStatuses = [204...204, 300...399]
        (check.healthyThreshold, check.unhealthyThreshold) = (4, 5)
        var checked = HealthConfiguration()
        checked.check = check
        #expect(
            configuration.rooms.map(\.target) == [
                TargetConfiguration(
                    [Origin(host: "10.0.0.1", port: 1), Origin(host: "10.0.0.1", port: 2)], health: checked)
            ])
        #expect(configuration.rooms.map(\.settings.targetURL) == ["http://10.0.0.1:1"])
        #expect(check.expects(204) && check.expects(399) && !check.expects(200) && !check.expects(400))
    }

    @Test(
        "A rate is kept exactly",
        arguments: [
            ("10", Rate(count: 10, per: .seconds(1))), ("10/s", Rate(count: 10, per: .seconds(1))),
            ("500/min", Rate(count: 500, per: .minutes(1))), ("3000/h", Rate(count: 3000, per: .minutes(60))),
        ])
    func rates(text: String, rate: Rate) throws {
        #expect(try load(room("queue_rate: \(text)")).get().rooms.first?.settings.queueRate == rate)
    }

    @Test("Merged keys are read where the room has none of its own")
    func merges() throws {
        let text = """
            rooms:
              - &base { id: a, target_url: http://o, max_active_users: 7, match: { paths: [/a] } }
              - <<: *base
                id: b
                match: { paths: [/b] }
            """
        let rooms = try load(text).get().rooms
        #expect(rooms.map(\.settings.id.text) == ["a", "b"])
        #expect(rooms.map(\.settings.maxActiveUsers) == [7, 7])
        #expect(rooms.map(\.match.paths) == [["/a"], ["/b"]])
    }

    @Test("A template is read from the configuration's folder")
    func template() throws {
        let files = TestFiles([
            "etc/a.yml": room("template: pages/queue.html"), "etc/pages/queue.html": "<p>{{position}}</p>",
        ])
        let configuration = try ConfigurationLoader(files: files.access).load(path: "etc/a.yml", environment: [:])
        let template = TemplateFile(path: "etc/pages/queue.html", source: "<p>{{position}}</p>")
        #expect(configuration.rooms.first?.template == template)
    }

    @Test("The environment overrides the file")
    func environment() throws {
        let text = "gate: { listen: [\"127.0.0.1:1\", \"[::1]:2\", \"127.0.0.1:3\"] }\n" + room()
        let environment = ["PORT": "7000", "IP_SALT": "pepper", "LOG_LEVEL": "error", "NATS_URL": ""]
        let configuration = try load(text, environment: environment).get()
        let listen = [ListenAddress(host: "127.0.0.1", port: 7000), ListenAddress(host: "::1", port: 7000)]
        #expect(configuration.gate.listen == listen.map { Listener($0) })
        #expect(configuration.tokens.salt == "pepper")
        #expect(configuration.log.level == "error")
    }

    @Test("Listeners say what is spoken there; PORT moves those that speak what the first does")
    func listeners() throws {
        let text = """
            gate:
              listen:
                - "127.0.0.1:1"
                - { address: "127.0.0.1:2", service: https, proxy_protocol: true }
              tls: { certificates: [{ certificate: s.pem, key: s.key }] }
            """
        let files = ["s.pem": "", "s.key": ""]
        let first = Listener(ListenAddress(host: "127.0.0.1", port: 1))
        let second = Listener(
            ListenAddress(host: "127.0.0.1", port: 2), service: .https, takesProxyProtocol: true)
        #expect(try load("\(text)\n\(room())", other: files).get().gate.listen == [first, second])
        let moved = Listener(ListenAddress(host: "127.0.0.1", port: 7000))
        let ported = try load("\(text)\n\(room())", environment: ["PORT": "7000"], other: files).get()
        #expect(ported.gate.listen == [moved, second])
    }

    @Test("A byte order mark, CRLF line ends and tabs between words are no mistakes")
    func tolerated() throws {
        #expect(
            problems(
                "\u{feff}" + room("max_active_users:\t5").split(separator: "\n").joined(separator: "\r\n"))
                == [])
    }

    @Test("The machine's files are read up to their limit, and only regular ones")
    func systemFiles() throws {
        #expect(throws: FileProblem.notRegular) { try FileAccess.system.read("/", 10) }
        #expect(throws: FileProblem.system("No such file or directory")) { try FileAccess.system.read("/no/such", 10) }
        #expect(throws: FileProblem.tooLarge) { try FileAccess.system.read(#filePath, 10) }
        #expect(try FileAccess.system.read(#filePath, 1_000_000).starts(with: Array("import".utf8)))
        #expect(FileAccess.system.stamp(#filePath) == FileAccess.system.stamp(#filePath))
        #expect(FileAccess.system.stamp("/no/such") == nil)
    }
}
