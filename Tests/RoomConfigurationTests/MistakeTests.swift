import RoomConfiguration
import Testing

@Suite("What is said about a file with mistakes")
struct MistakeTests {
    /// Expects that loading `text` says exactly this, in this order.
    private func check(
        _ text: String, _ said: (wrong: String, remedy: String)..., at location: SourceLocation = #_sourceLocation
    ) {
        #expect(problems(text) == said.map { "a.yml:\($0.wrong); \($0.remedy)" }, sourceLocation: location)
    }

    @Test("A file that is not YAML")
    func syntax() {
        check(
            "",
            ("1:1: the file is empty", "write at least rooms:, each with an id and a target_url"))
        check(
            "# nothing\n",
            ("1:1: the file is empty", "write at least rooms:, each with an id and a target_url"))
        check(
            "rooms:\n\t- id: a",
            ("2:1: a tab indents this line", "indent with spaces"))
        check(
            room() + "\n  \tname: b",
            ("4:3: a tab indents this line", "indent with spaces"))
        check(
            "rooms: \u{1}",
            ("1:8: a control character (\\u{01}) is here", "remove it"))
        check(
            "rooms: [a\nb: 1",
            (
                "2:2: not valid YAML: while parsing a flow sequence: did not find expected ',' or ']'",
                "close the bracket, or write the missing comma"
            ))
        check(
            "a: \"b",
            ("1:4: not valid YAML: while scanning a quoted scalar: found unexpected end of stream", "close the quote"))
        check(
            "rooms: *nobody",
            (
                "1:8: not valid YAML: found undefined alias",
                "name an anchor (&name) that stands before it, or put the text in quotes"
            ))
        check(
            "rooms: [*.example.com]",
            (
                "1:9: not valid YAML: while scanning an alias: did not find expected alphabetic or numeric character",
                "put text that begins with * or & in quotes"
            ))
        check(
            room() + "\n---\nb: 1",
            ("4:1: a second document begins here", "write one document per file, without a second ---"))
        check(
            "just text",
            ("1:1: is \"just text\", not a section", "write keys, such as gate: … and admin: …"))
        check(
            "- a",
            ("1:1: is a list, not a section", "write keys, such as gate: … and admin: …"))
    }

    @Test("Keys that are unknown, misspelt, misplaced or written twice")
    func keys() {
        check(
            room("queue-rate: 10"),
            ("4:5: rooms[0].queue-rate: unknown key \"queue-rate\"", "write queue_rate"))
        check(
            room("max_activ_user: 1"),
            ("4:5: rooms[0].max_activ_user: unknown key \"max_activ_user\"", "write max_active_users"))
        check(
            "session_timeout: 5m\n" + room(),
            ("1:1: session_timeout: unknown key \"session_timeout\"", "it belongs to rooms[]"))
        check(
            room("log: x"),
            ("4:5: rooms[0].log: unknown key \"log\"", "it belongs to the top of the file"))
        check(
            "log: { xyzzy_plugh: 1 }\n" + room(),
            ("1:8: log.xyzzy_plugh: unknown key \"xyzzy_plugh\"", "remove it; known here: level, format"))
        check(
            room("name: a", "status: active", "name: b"),
            ("6:5: name: is written a second time (first on line 4) in one section", "keep one of them"))
        check(
            "admin:\r\n  \"listen\": 1\r\n\r\n  # again\r\n  listen : 2",
            ("5:3: listen: is written a second time (first on line 2) in one section", "keep one of them"))
        check(
            "admin: { listen: 1, listen: 2 }",
            ("1:10: listen: is written twice or more in one section", "keep one of them"))
        check(
            room("? [a]\n    : b"),
            ("4:7: rooms[0]: a key is not plain text", "write keys such as id: … and name: …"))
    }

    @Test("Values of the wrong type")
    func types() {
        check(
            room("max_active_users: many"),
            ("4:5: rooms[0].max_active_users: \"many\" is not a whole number", "write one from 1 to 100000000"))
        check(
            room("max_active_users: 1.5"),
            ("4:5: rooms[0].max_active_users: \"1.5\" is not a whole number", "write one from 1 to 100000000"))
        check(
            room("max_active_users: 0"),
            ("4:5: rooms[0].max_active_users: 0 lets nobody in", "write at least 1, or set status: paused"))
        check(
            room("max_queue_size: -1"),
            ("4:5: rooms[0].max_queue_size: -1 is too small", "write at least 0"))
        check(
            room("max_queue_size: 99999999999999999999"),
            ("4:5: rooms[0].max_queue_size: 99999999999999999999 is too large", "write at most 100000000"))
        check(
            room("max_queue_size: [1]"),
            ("4:5: rooms[0].max_queue_size: is a list, not one value", "write one value behind the colon"))
        check(
            room("max_queue_size:"),
            ("4:5: rooms[0].max_queue_size: has no value", "write one, or remove the line for the default"))
        check(
            room("name: !secret x"),
            ("4:5: rooms[0].name: has the tag \"!secret\"", "write the value without a tag"))
        check(
            room("session_renewal: yes"),
            ("4:5: rooms[0].session_renewal: \"yes\" is neither true nor false", "write true or false"))
        check(
            room("status: open"),
            ("4:5: rooms[0].status: \"open\" is not known here", "write active, paused or maintenance"))
        check(
            room("queueing_status_code: 500"),
            ("4:5: rooms[0].queueing_status_code: \"500\" is not known here", "write 503, 200, 202 or 429"))
        check(
            room("priority_share: 1.1"),
            (
                "4:5: rooms[0].priority_share: \"1.1\" is not a part between 0 and 1",
                "write one with at most three decimals, such as 0.5"
            ))
        check(
            room("match: /a"),
            ("4:5: rooms[0].match: is \"/a\", not a section", "write keys, such as hosts: … and paths: …"))
        check(
            room("match: { hosts: a.example }"),
            (
                "4:14: rooms[0].match.hosts: is \"a.example\", not a list",
                "write a list, such as [a, b], or lines that begin with \"- \""
            ))
        check(
            room("completion: [done]"),
            ("4:18: rooms[0].completion[0]: is \"done\", not a section", "write keys, such as path: … and statuses: …"))
    }

    @Test("Durations, rates and sizes")
    func quantities() {
        check(
            room("session_timeout: 10"),
            ("4:5: rooms[0].session_timeout: \"10\" has no unit", "write 10s, or another of the units ms, s, m and h"))
        check(
            room("session_timeout: ten"),
            (
                "4:5: rooms[0].session_timeout: \"ten\" is not a duration",
                "write a whole number and a unit, such as 500ms, 10s, 5m or 2h"
            ))
        check(
            room("session_timeout: 1.5m"),
            (
                "4:5: rooms[0].session_timeout: \"1.5m\" is not a duration",
                "write a whole number and a unit, such as 500ms, 10s, 5m or 2h"
            ))
        check(
            room("session_timeout: 0s"),
            ("4:5: rooms[0].session_timeout: \"0s\" is too short", "write at least 100ms"))
        check(
            room("claim_timeout: 9999999999999999999999h"),
            ("4:5: rooms[0].claim_timeout: \"9999999999999999999999h\" is too long", "write at most 24h"))
        check(
            "tokens: { lifetime: 10s }\n" + room(),
            ("1:11: tokens.lifetime: \"10s\" is too short", "write at least 30s"))
        check(
            "tokens: { lifetime: 61m }\n" + room(),
            ("1:11: tokens.lifetime: \"61m\" is too long", "write at most 1h"))
        check(
            room("queue_rate: 10 per s"),
            ("4:5: rooms[0].queue_rate: \"10 per s\" is not a rate", "write a number per second such as 10, or 500/min")
        )
        check(
            room("queue_rate: 10/day"),
            ("4:5: rooms[0].queue_rate: \"10/day\" is not a rate", "write a number per second such as 10, or 500/min"))
        check(
            room("queue_rate: 0"),
            ("4:5: rooms[0].queue_rate: \"0\" lets nobody in", "write at least 1/h, or set status: paused"))
        check(
            room("heartbeat_interval: 40s"),
            (
                "4:5: rooms[0].heartbeat_interval: heartbeat_timeout 1m is less than two of heartbeat_interval 40s",
                "write a heartbeat_timeout of at least 80s"
            ))
        check(
            "gate: { limits: { head: 32KB } }\n" + room(),
            ("1:19: gate.limits.head: \"32KB\" is not a size", "write bytes, such as 512, 32KiB or 1MiB"))
        check(
            "gate: { limits: { head: 2MiB } }\n" + room(),
            ("1:19: gate.limits.head: \"2MiB\" is too large", "write a size from 1024 bytes to 1024KiB"))
        check(
            "gate: { limits: { memory: 10MiB } }\n" + room(),
            ("1:19: gate.limits.memory: \"10MiB\" is too small", "write at least 64MiB, or auto or off"))
        check(
            "gate: { limits: { connections: -1 } }\n" + room(),
            ("1:19: gate.limits.connections: -1 is too small", "write at least 0"))
        check(
            "gate: { timeouts: { handover: 0s } }\n" + room(),
            ("1:21: gate.timeouts.handover: \"0s\" is too short", "write at least 100ms"))
        check(
            "gate: { limits: { head: 8KiB } }\n" + room(),
            (
                "1:19: gate.limits.head: the request line may have 16384 bytes, the whole head only 8192",
                "write a request_line of at most the head's size"
            ))
    }

    @Test("Addresses, hosts, paths and URLs")
    func places() {
        check(
            "gate: { listen: 8080 }\n" + room(),
            ("1:9: gate.listen: \"8080\" is not an address and a port", "write 0.0.0.0:8080"))
        check(
            "gate: { listen: \"localhost:80\" }\n" + room(),
            (
                "1:9: gate.listen: \"localhost:80\" has no IP address before the port",
                "write 127.0.0.1:80, or 0.0.0.0:80 for every interface; IPv6 as [::]:80"
            ))
        check(
            "gate: { listen: [\"0.0.0.0:65536\"] }\n" + room(),
            ("1:18: gate.listen[0]: \"0.0.0.0:65536\" has no valid port", "write one from 0 to 65535"))
        check(
            "gate: { listen: [] }\n" + room(),
            ("1:9: gate.listen: is an empty list", "write an address, such as [\"0.0.0.0:8080\"]"))
        check(
            "gate: { listen: [\"0.0.0.0:1\", \"127.0.0.1:1\"] }\n" + room(),
            ("1:9: gate.listen: 127.0.0.1:1 and 0.0.0.0:1 cannot both be listened on", "write one of them"))
        check(
            "gate: { listen: [{ service: redirect }] }\n" + room(),
            ("1:18: gate.listen[0].address: is missing", "write one, such as \"0.0.0.0:443\""))
        check(
            "gate: { listen: [{ address: \"127.0.0.1:1\", service: ftp }] }\n" + room(),
            (
                "1:44: gate.listen[0].service: \"ftp\" is not known here", "write http, https or redirect"
            ))
        check(
            "admin: { listen: \"127.0.0.1:8080\" }\n" + room(),
            (
                "1:1: admin: gate.listen 0.0.0.0:8080 and admin.listen 127.0.0.1:8080 cannot both be listened on",
                "write another port"
            ))
        check(
            "gate: { trusted_proxies: [10.0.0.1/8] }\n" + room(),
            (
                "1:27: gate.trusted_proxies[0]: \"10.0.0.1/8\" has bits set behind the first 8",
                "write 10.0.0.0/8 for the block, or 10.0.0.1 for the one address"
            ))
        check(
            "gate: { trusted_proxies: [proxy] }\n" + room(),
            (
                "1:27: gate.trusted_proxies[0]: \"proxy\" is not an IP address or block",
                "write one such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32"
            ))
        check(
            "gate: { reserved_path: / }\n" + room(),
            ("1:9: gate.reserved_path: \"/\" would hide the whole site", "write a path of its own, such as /__anteroom")
        )
        check(
            "gate: { access_log: on }\n" + room(),
            ("1:9: gate.access_log: \"on\" is not a place for the access log", "write off, stdout or a file's path"))
        check(
            room("match: { hosts: [\"a.example:80\"] }"),
            (
                "4:22: rooms[0].match.hosts[0]: \"a.example:80\" has a port",
                "write a.example; every port of the listener is meant"
            ))
        check(
            room("match: { hosts: [bücher.example] }"),
            (
                "4:22: rooms[0].match.hosts[0]: \"bücher.example\" has letters that host names do not carry on "
                    + "the wire", "write its punycode form, such as xn--bcher-kva.example"
            ))
        check(
            room("match: { hosts: [\"a.*.example\"] }"),
            (
                "4:22: rooms[0].match.hosts[0]: \"a.*.example\" has a \"*\" in the wrong place",
                "write it once, as the first label, such as *.example.com; or leave out hosts for every host"
            ))
        check(
            room("match: { paths: [tickets] }"),
            (
                "4:22: rooms[0].match.paths[0]: \"tickets\" is not a path",
                "write one that begins with \"/\", such as /tickets"
            ))
        check(
            room("match: { paths: [/a/*] }"),
            (
                "4:22: rooms[0].match.paths[0]: \"/a/*\" has a \"*\", but a prefix matches everything below it",
                "write /a"
            ))
        check(
            room("match: { paths: [/a/../b] }"),
            (
                "4:22: rooms[0].match.paths[0]: \"/a/../b\" has a dot segment",
                "write the path that remains without \".\" and \"..\""
            ))
        check(
            room("match: { paths: [/a?b=1] }"),
            (
                "4:22: rooms[0].match.paths[0]: \"/a?b=1\" has a query or a fragment",
                "write the path alone; the query is not compared"
            ))
        check(
            room("bypass: { paths: [/%7eanna] }"),
            (
                "4:23: rooms[0].bypass.paths[0]: \"/%7eanna\" has a \"%\" without two digits behind it",
                "write two of 0-9 and A-F, such as %20"
            ))
        check(
            room("bypass: { headers: [{ name: A B, value: hush }] }"),
            ("4:27: rooms[0].bypass.headers[0].name: \"A B\" is not a field name", "write one such as X-Monitor-Key"))
        check(
            room("bypass: { headers: [{ name: A, value: hüsh }] }"),
            (
                "4:36: rooms[0].bypass.headers[0].value: the secret is empty, too long, or has characters that "
                    + "a field cannot carry", "write 1 to 1024 ASCII characters, no space at either end"
            ))
        check(
            "rooms: [{ id: a, target_url: \"o:9000\" }]",
            ("1:18: rooms[0].target_url: \"o:9000\" is not an http or https URL", "write one such as http://o:9000"))
        check(
            "rooms: [{ id: a, target_url: \"http://u:pw@o\" }]",
            ("1:18: rooms[0].target_url: the URL holds a user name", "write it without \"user:password@\""))
        check(
            "rooms: [{ id: a, target_url: \"http://o:0\" }]",
            ("1:18: rooms[0].target_url: \"http://o:0\" has no valid port", "write one from 1 to 65535"))
        check(
            "rooms: [{ id: a, target_url: \"http://\" }]",
            ("1:18: rooms[0].target_url: \"http://\" has no host", "write one such as http://127.0.0.1:9000"))
    }

    @Test("Several origins and their health")
    func targets() {
        check(
            room("target_urls: [http://o]"),
            ("4:5: rooms[0].target_urls: target_url is written too", "write one of the two"))
        check(
            "rooms: [{ id: a, target_urls: [] }]",
            ("1:9: rooms[0].target_url: is missing", "write the origin, such as http://127.0.0.1:9000"))
        check(
            "rooms: [{ id: a, target_urls: http://o }]",
            (
                "1:18: rooms[0].target_urls: is \"http://o\", not a list",
                "write a list, such as [a, b], or lines that begin with \"- \""
            ))
        check(
            "rooms: [{ id: a, target_urls: [http://o, o, http://O:80/x] }]",
            ("1:42: rooms[0].target_urls[1]: \"o\" is not an http or https URL", "write one such as http://o"),
            ("1:45: rooms[0].target_urls[2]: \"o\" is written twice", "write each origin once"))
        let many = (1...65).map { "http://10.0.0.\($0)" }.joined(separator: ", ")
        check(
            "rooms: [{ id: a, target_urls: [\(many)] }]",
            ("1:18: rooms[0].target_urls: has 65 origins", "write at most 64"))
        check(
            room("balance: random"),
            ("4:5: rooms[0].balance: \"random\" is not known here", "write least_connections or sticky"))
        check(
            room("health: { eject_time: 1m, max_eject_time: 30s }"),
            (
                "4:31: rooms[0].health.max_eject_time: max_eject_time 30s is less than eject_time 1m",
                "write a max_eject_time of at least 1m"
            ))
        check(
            room("health: { eject_time: 10m }"),
            (
                "4:15: rooms[0].health.eject_time: max_eject_time 5m is less than eject_time 10m",
                "write a max_eject_time of at least 10m"
            ))
        check(
            room("health: { path: up }"),
            (
                "4:15: rooms[0].health.path: \"up\" is not a path",
                "write one that begins with \"/\", such as /healthz"
            ))
        check(
            room("health: { expected_status: [399-200] }"),
            (
                "4:33: rooms[0].health.expected_status[0]: \"399-200\" is not a status code or a range of them",
                "write one from 200 to 599, or a range such as 200-399"
            ))
        check(
            room("health: { expected_status: [] }"),
            ("4:15: rooms[0].health.expected_status: is an empty list", "write one such as [200-399]"))
        check(
            room("health: { expect_status: 1 }"),
            ("4:15: rooms[0].health.expect_status: unknown key \"expect_status\"", "write expected_status"))
    }

    @Test("Rooms that are missing, incomplete or in each other's way")
    func rooms() {
        check(
            "log: { level: info }",
            ("1:1: rooms: there are no rooms", "write at least one, with an id and a target_url"))
        check(
            "rooms: []",
            ("1:1: rooms: there are no rooms", "write at least one, with an id and a target_url"))
        check(
            "rooms:\n  - name: a",
            ("2:5: rooms[0].id: is missing", "write one of a-z, 0-9 and -, such as concert-tickets"),
            ("2:5: rooms[0].target_url: is missing", "write the origin, such as http://127.0.0.1:9000"))
        check(
            "rooms: [{ id: Shop, target_url: http://o }]",
            (
                "1:11: rooms[0].id: \"Shop\" is not a room id",
                "write 1 to 63 of a-z, 0-9 and -, with a letter or digit first and last"
            ))
        check(
            room() + "\n  - { id: shop, target_url: http://o, match: { paths: [/b] } }",
            ("4:7: rooms[1].id: \"shop\" is already the id of rooms[0] (line 2)", "write another id"))
        check(
            room() + "\n  - { id: b, target_url: http://o }",
            (
                "4:5: rooms[1].match: \"/\" on every host already belongs to rooms[0] (line 2)",
                "write another path or host"
            ))
        check(
            room("match: { hosts: [a.example, A.example] }"),
            ("4:5: rooms[0].match: \"/\" on a.example is written twice", "write another path or host"))
        check(
            "rooms:\n  - { id: a, target_url: http://o, match: { paths: [a] } }\n  - { id: b, target_url: http://o }",
            ("2:53: rooms[0].match.paths[0]: \"a\" is not a path", "write one that begins with \"/\", such as /tickets")
        )
        check(
            room("match: { paths: [/__anteroom/x] }"),
            (
                "4:5: rooms[0].match: the path \"/__anteroom/x\" is hidden by gate.reserved_path \"/__anteroom\"",
                "write another path, or another reserved_path"
            ))
        check(
            room("match: { paths: [] }"),
            ("4:14: rooms[0].match.paths: is an empty list", "write [\"/\"], or remove the line for every path"))
        check(
            "passthrough: [{ hosts: [], target_url: http://o }]\n" + room(),
            ("1:17: passthrough[0].hosts: names no host", "write at least one, such as [www.example.com]"))
        check(
            "passthrough:\n  - { hosts: [a.example], target_url: http://o }\n"
                + "  - { hosts: [A.example], target_url: http://p }\n" + room(),
            (
                "3:7: passthrough[1].hosts: \"a.example\" already belongs to passthrough[0] (line 2)",
                "write each host once"
            ))
    }

    @Test("Addresses of servers are checked, in the file and in the environment, and never repeated")
    func addresses() {
        check(
            "store: { kind: dragonfly }\n" + room(),
            ("1:1: store: the dragonfly store has no address", "write its url, or set DRAGONFLYDB_URL"))
        check(
            "store: { url: h:6379 }\n" + room(),
            ("1:1: store: the store in memory has no url", "write kind: dragonfly, or remove the url"))
        check(
            "store: { kind: dragonfly, url: secret@h }\n" + room(),
            (
                "1:27: store.url: this is not the address of a store: a user or password needs the form "
                    + "redis://user:password@host:port",
                "write host:6379 or redis://user:password@host:6379 (rediss:// for TLS)"
            ))
        check(
            "events: { nats_url: h:4222 }\n" + room(),
            (
                "1:11: events.nats_url: this is not an address of NATS",
                "write nats://host:4222 or tls://user:password@host:4222; several are separated by commas"
            ))
        let environment = [
            "DRAGONFLYDB_URL": "pw@h:1", "NATS_URL": "u:pw@h", "PORT": "0", "LOG_LEVEL": "loud",
        ]
        #expect(
            problems(room(), environment: environment) == [
                "environment: PORT: 0 is too small; write at least 1",
                "environment: LOG_LEVEL: \"loud\" is not known here; write trace, debug, info, notice, warning, error or "
                    + "critical",
                "environment: DRAGONFLYDB_URL: this is not the address of a store: a user or password needs the form "
                    + "redis://user:password@host:port; write host:6379 or redis://user:password@host:6379 (rediss:// for TLS)",
                "environment: NATS_URL: this is not an address of NATS; write nats://host:4222 or tls://user:password@host:4222; "
                    + "several are separated by commas",
            ])
        #expect(
            problems(room(), environment: ["PORT": "9090"]) == [
                "environment: PORT: gate.listen 0.0.0.0:9090 and admin.listen 127.0.0.1:9090 cannot both be listened "
                    + "on; write another port"
            ])
    }

    @Test("Times without an offset, and openings that make no sense, are mistakes")
    func openings() {
        check(
            room("opens_at: 2026-12-01T10:00:00"),
            (
                "4:5: rooms[0].opens_at: \"2026-12-01T10:00:00\" names no time zone",
                "write the offset from UTC behind it: 2026-12-01T10:00:00+01:00, or Z"
            ))
        check(
            room("opens_at: 1 December"),
            (
                "4:5: rooms[0].opens_at: \"1 December\" is not a date and time with an offset from UTC",
                "write one such as 2026-12-01T10:00:00+01:00, or 2026-12-01T09:00:00Z"
            ))
        check(
            room("pre_queue: 10m"),
            ("4:5: rooms[0].pre_queue: there is no opening to wait for", "write opens_at, or remove pre_queue"))
        check(
            room("opens_at: 2026-12-01T10:00Z", "closes_at: 2026-12-01T10:30+01:00"),
            ("5:5: rooms[0].closes_at: is not after opens_at", "write a later time"))
        check(
            room("queueing_method: lifo"),
            (
                "4:5: rooms[0].queueing_method: \"lifo\" is not known here",
                "write fifo, random, reject or passthrough"
            ))
    }

    @Test("Events that are on at the same time are mistakes on the line of the later one")
    func events() {
        let first = "- { starts_at: 2026-12-04T18:00Z, ends_at: 2026-12-04T20:00Z, repeat: weekly, name: drop }"
        func events(_ items: String...) -> String {
            room("events:\n" + items.map { "      \($0)" }.joined(separator: "\n"))
        }
        check(
            events(first, "- { starts_at: 2027-01-01T20:05Z, ends_at: 2027-01-01T21:00Z, pre_queue: 10m, name: new }"),
            (
                "6:11: rooms[0].events[1].starts_at: \"new\" is on, its pre-queue included, while \"drop\" (line 5) is",
                "write other times: of a room's events only one can be on"
            ))
        check(
            events("- { starts_at: 2026-12-04T18:00Z, ends_at: 2026-12-05T17:00Z, repeat: daily, pre_queue: 2h }"),
            (
                "5:69: rooms[0].events[0].repeat: comes again before it is over, its pre-queue included",
                "write an earlier ends_at"
            ))
        check(
            events("- { starts_at: 2026-12-04T18:00Z, ends_at: 2026-12-04T17:00Z }"),
            ("5:41: rooms[0].events[0].ends_at: is not after starts_at", "write a later time"))
        check(
            events("- { starts_at: 2026-12-04T18:00Z }"),
            (
                "5:9: rooms[0].events[0].ends_at: is missing",
                "write a date and time with an offset, such as 2026-12-01T10:00:00+01:00"
            ))
        check(
            room("opens_at: 2026-12-05T00:00Z", "events:\n      " + first),
            (
                "6:11: rooms[0].events[0].starts_at: is, or its pre-queue, before the room's opens_at",
                "write a later time"
            ))
        check(
            room("closes_at: 2026-12-04T19:00Z", "events:\n      " + first),
            ("6:41: rooms[0].events[0].ends_at: is after the room's closes_at", "write an earlier time"))
    }

    @Test("All mistakes of a file are named, in the order of the file")
    func allOfThem() {
        check(
            "gate: { workers: x }\n" + room("queue_rate: x", "colour: red", "claim_timeout: 1")
                + "\nlog: { level: x, format: x }",
            ("1:9: gate.workers: \"x\" is not a whole number", "write one from 0 to 256"),
            ("5:5: rooms[0].queue_rate: \"x\" is not a rate", "write a number per second such as 10, or 500/min"),
            (
                "6:5: rooms[0].colour: unknown key \"colour\"",
                "remove it; known here: id, name, match, target_url, target_urls, balance, health, origin_tls, preserve_host, "
                    + "max_active_users, max_queue_size, max_positions_per_address, rate_limits, queue_rate, "
                    + "session_timeout, session_renewal, heartbeat_interval, heartbeat_timeout, claim_timeout, "
                    + "admission_interval, priority_share, shuffle_window, missed_turn_grace, invite_only, "
                    + "revoked_passes, challenge, challenge_provider, challenge_site_key, challenge_secret_file, "
                    + "challenge_verify_url, challenge_failure, "
                    + "status, queueing_status_code, token_binding, forward_token, template, bypass, "
                    + "completion, queueing_method, opens_at, closes_at, pre_queue, shuffle_at_start, events, shadow, adaptive"
            ),
            ("7:5: rooms[0].claim_timeout: \"1\" has no unit", "write 1s, or another of the units ms, s, m and h"),
            ("8:8: log.level: \"x\" is not known here", "write trace, debug, info, notice, warning, error or critical"),
            ("8:18: log.format: \"x\" is not known here", "write text or json"))
    }

    @Test("Adaptive admission")
    func adaptive() {
        check(
            room(
                "queue_rate: 30/min", "adaptive:", "  floor: 1", "  max_error_rate: 0.05", "  target_latency: 500",
                "  flor: 1"),
            (
                "6:7: rooms[0].adaptive.floor: the floor is above queue_rate",
                "write at most queue_rate: the rate moves between them"
            ),
            (
                "7:7: rooms[0].adaptive.max_error_rate: \"0.05\" is not a percentage from 0.1% to 100%",
                "write one with at most one decimal, such as 5% or 0.5%"
            ),
            (
                "8:7: rooms[0].adaptive.target_latency: \"500\" has no unit",
                "write 500s, or another of the units ms, s, m and h"
            ),
            ("9:7: rooms[0].adaptive.flor: unknown key \"flor\"", "write floor"))
    }

    @Test("A message is one line, whatever the file holds")
    func oneLine() {
        let said = problems(room("\"a\\nb\": 1", "status: \"a\\nb\"", "name: \"a\\nb\"", "? |\n      c\n    : 1"))
        #expect(said.count == 4)
        for line in said { #expect(!line.contains("\n")) }
    }

    @Test("Files that cannot be read at all")
    func unreadable() {
        let loader = ConfigurationLoader(files: TestFiles().access)
        #expect {
            try loader.load(path: "no.yml", environment: [:])
        } throws: { error in
            "\(error)"
                == "no.yml: \"no.yml\" cannot be read: No such file or directory; name a file that this user may read"
        }
        guard case .failure(let large) = load(String(repeating: "#\n", count: 600_000)) else {
            Issue.record("a large file was read")
            return
        }
        #expect(large.description == "a.yml: \"a.yml\" is too large; write at most 1024KiB")
        guard case .failure(let latin) = load(Array("a: 1\nb: ü".utf8.dropLast(1))) else {
            Issue.record("a file in another encoding was read")
            return
        }
        #expect(latin.description == "a.yml:2:4: the file is not UTF-8 here; save it as UTF-8")
    }

    @Test("Templates that cannot be used")
    func templates() {
        let text = room("template: t.html")
        func said(_ files: [String: String]) -> String? {
            guard case .failure(let mistakes) = load(text, other: files, checkTemplate: { "line 1:\n\($0)" }) else {
                return nil
            }
            return mistakes.description
        }
        let start = "a.yml:4:5: rooms[0].template: \"t.html\""
        #expect(said([:]) == "\(start) cannot be read: No such file or directory; name a file that this user may read")
        #expect(said(["t.html": "{{"]) == "\(start) is not a template: line 1: {{; correct it")
        #expect(
            said(["t.html": String(repeating: "x", count: 262_145)]) == "\(start) is too large; write at most 256KiB")
    }
}
