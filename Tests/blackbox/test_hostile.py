"""What an attacker found, kept so that it stays mended: each test is one way in that once was open."""

import itertools
import json
import random
import re
import socket
import struct
import threading
import time
import urllib.parse

import pytest
import websockets
import websockets.sync.client
import websockets.sync.server

from rig import gate as gates
from rig.line import waiting
from rig.process import wait_until
from rig.site import site as every_route
from rig.visitor import AGENT, through
from rig.wire import Connection, exchange, request


def resident_megabytes(gate) -> float:
    status = open(f"/proc/{gate.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def own(visitor) -> list:
    return [("User-Agent", AGENT), ("Cookie", visitor.session_field)]


def reset(connection):
    """Ends a connection with RST, as a browser does that has lost interest."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class TestBrokenConnections:
    """A write that finds the connection broken ends it in the middle of what the gate was doing."""

    @pytest.mark.parametrize("pipelined", [1, 200])
    def test_visitors_who_reset_while_they_are_answered(self, servers, origin, pipelined):
        gate = servers.gate([gates.busy_room(origin.url)])
        for attempt in range(150):
            connection = Connection(gate.port)
            connection.send(request("GET", "/", [("Accept", "text/html")]) * pipelined)
            time.sleep(attempt % 10 / 2000)
            reset(connection)
        assert gate.facts()["status"] == "active", "the gate is still there"

    def test_visitors_who_reset_while_the_origin_answers(self, servers, origin):
        gate = servers.gate([gates.room(origin.url, max_active_users=100000, queue_rate=100000)])
        visitor = through(gate)
        for attempt in range(150):
            connection = Connection(gate.port)
            connection.send(
                request("POST", "/echo", [*own(visitor), ("Content-Length", "100000")])
                + b"x" * (1000 if attempt % 2 else 100000)
            )
            time.sleep(attempt % 10 / 2000)
            reset(connection)
        assert exchange(gate.port, request("GET", "/page", own(visitor))).status == 200


def readings(target):
    """All that an origin may make of a path: each of decoding, cutting parameters, turning backslashes and merging
    slashes done or not, and dot segments removed."""
    path = target.split("?")[0]
    for decodes, cuts_first, cuts, turns, merges in itertools.product((True, False), repeat=5):
        reading = path
        if cuts and cuts_first:
            reading = re.sub(r";[^/]*", "", reading)
        if decodes:
            reading = urllib.parse.unquote(reading)
        if turns:
            reading = reading.replace("\\", "/")
        if cuts and not cuts_first:
            reading = re.sub(r";[^/]*", "", reading)
        if merges:
            reading = re.sub(r"/+", "/", reading)
        segments = []
        for segment in reading.split("/")[1:]:
            if segment == "..":
                segments = segments[:-1]
            elif segment != ".":
                segments.append(segment)
        yield "/" + "/".join(segments)


@pytest.fixture(scope="module")
def site(module_servers):
    origin = module_servers.origin(every_route)
    gate = module_servers.gate(
        [gates.room(origin.url, status="paused", bypass={"paths": ["/static/*", "*.css"]})], name="bypass"
    )
    return origin, gate


class TestPathsInDoubt:
    """No reading of what is forwarded without a session lies outside of what the rule opened."""

    @pytest.mark.parametrize(
        "target",
        [
            "/static/x%2f..%2f..%2fsecret%2f..;%2fstatic%2fy",
            "/static/x%2f..%2f..%2fsecret%2f..%5cstatic%2fy",
            "/static/x%2f..%2f..%2fsecret%2f%2f..%2fstatic%2fy",
            "/static/..;/secret/..;/static/y",
            "/static//../../secret/../static//x",
            "/secret;x%2fa.css",
            "/secret;.css",
            "/secret%2f..%2fa.css",
            "/secret%3b.css",
            "/secret%3fx.css",
        ],
    )
    def test_a_bypass_rule_opens_only_what_it_names(self, site, target):
        origin, gate = site
        origin.forget()
        answer = exchange(gate.port, request("GET", target, [("Accept", "text/html")]))
        assert answer.status in (400, 503)
        assert origin.seen() == []

    def test_random_paths(self, site):
        """Whatever is forwarded is open in every reading."""
        origin, gate = site
        generator = random.Random(7)
        pieces = ["/", "//", "%2f", "..", "%2e%2e", ".", ";", ";x", "%3b", "\\", "%5c", "static", "secret", "a.css", "%25"]
        forwarded = 0
        for _ in range(1500):
            target = "/static" + "".join(generator.choice(pieces) for _ in range(generator.randint(1, 7)))
            origin.forget()
            exchange(gate.port, request("GET", target, [("Accept", "text/html"), ("Connection", "close")]))
            for received in origin.seen():
                forwarded += 1
                for path in readings(received.target):
                    assert path.startswith("/static/") or path.endswith(".css"), (target, received.target, path)
        assert forwarded > 50, "the test itself: some paths must have been open"

    def test_escapes_that_separate_nothing_do_not_close_a_rule(self, site):
        origin, gate = site
        origin.forget()
        assert exchange(gate.port, request("GET", "/static/caf%C3%A9%20au%20lait.png")).status == 200

    def test_a_host_with_a_final_dot_is_the_same_host(self, servers, origin):
        """The DNS knows both spellings as one name, and so do web servers."""
        gate = servers.gate(
            [
                gates.room(origin.url, id="shop", match={"hosts": ["shop.test"], "paths": ["/"]}, status="paused"),
                gates.room(origin.url, id="rest", match={"paths": ["/"]}),
            ]
        )
        for host in ("shop.test", "shop.test.", "shop.test.:80", "SHOP.test."):
            assert exchange(gate.port, request("GET", "/", [("Accept", "text/html")], host=host)).status == 503, host
        assert exchange(gate.port, request("GET", "/", [("Accept", "text/html")], host="other.test")).status == 200


class TestSpoofedFields:
    def test_underscores_do_not_smuggle_what_the_gate_sets(self, pair):
        """CGI, WSGI and their heirs read `X_Forwarded_For` as `X-Forwarded-For`."""
        pair.origin.forget()
        names = ["X_Forwarded_For", "x-forwarded_for", "X_Anteroom_Token", "X_Request-Id", "X-Anteroom-Session"]
        fields = [*pair.own_fields, *[(name, "6.6.6.6") for name in names], ("X_Own", "kept")]
        assert exchange(pair.proxy.port, request("GET", "/page", fields)).status == 200
        [received] = pair.origin.seen()
        assert received.get("x_own") == "kept"
        assert "6.6.6.6" not in json.dumps(received.fields)


class TestLive:
    """`GET live` of somebody who sends but does not read, or sends oddly."""

    def open(self, gate, visitor, version=13, early=b""):
        connection = Connection(gate.port)
        connection.send(
            request(
                "GET",
                "/api/v1/queues/shop/live",
                [
                    ("Cookie", f"anteroom_p_shop={visitor.cookie('p')}"),
                    ("User-Agent", AGENT),
                    ("Connection", "Upgrade"),
                    ("Upgrade", "websocket"),
                    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                    ("Sec-WebSocket-Version", str(version)),
                ],
            )
            + early
        )
        return connection

    @staticmethod
    def ping(payload=b"", masked=True):
        head = struct.pack("!BB", 0x89, len(payload) | (0x80 if masked else 0))
        return head + (b"\0\0\0\0" if masked else b"") + payload

    def read_until(self, connection, wanted, seconds=5):
        connection.socket.settimeout(seconds)
        received = connection.buffer if hasattr(connection, "buffer") else b""
        while wanted not in received:
            block = connection.socket.recv(65536)
            if not block:
                break
            received += block
        return wanted in received

    def test_frames_that_come_with_the_handshake(self, line):
        [visitor] = waiting(line)
        with self.open(line, visitor, early=self.ping(b"one")) as connection:
            assert self.read_until(connection, b"\x8a\x03one")
            connection.send(self.ping(b"two"))
            assert self.read_until(connection, b"\x8a\x03two")

    def test_a_frame_without_a_mask_ends_it(self, line):
        """RFC 6455 §5.1."""
        [visitor] = waiting(line)
        with self.open(line, visitor) as connection:
            connection.send(self.ping(b"one", masked=False))
            assert self.read_until(connection, b"\x88\x02" + struct.pack("!H", 1002))

    def test_another_version_is_refused(self, line):
        """RFC 6455 §4.4."""
        [visitor] = waiting(line)
        with self.open(line, visitor, version=8) as connection:
            answer = connection.read_answer()
            assert answer.status == 426 and answer.get("Sec-WebSocket-Version") == "13"

    def test_pings_of_a_visitor_who_does_not_read(self, line):
        [visitor] = waiting(line)
        before = resident_megabytes(line)
        with self.open(line, visitor) as connection:
            assert connection.read_head().status == 101
            frame, sent = self.ping(b"x" * 100) * 500, 0
            connection.socket.settimeout(2)
            try:
                while sent < 60 << 20:
                    sent += connection.socket.send(frame)
            except OSError:
                pass
            assert sent < 60 << 20, "the gate must stop taking them"
            assert resident_megabytes(line) - before < 24
        assert visitor.status()["status"] == "waiting", "the place is kept"


class TestExchanges:
    def test_a_failure_after_an_interim_answer_is_told(self, servers):
        """A 103 is no answer: an origin that fails after it still owes one, and the visitor gets a 502."""

        def early_hints(exchange):
            exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
            exchange.close()

        origin = servers.origin(early_hints)
        gate = servers.gate([gates.room(origin.url)])
        with Connection(gate.port) as connection:
            connection.send(request("GET", "/", [("Accept", "text/html")]))
            assert connection.read_head().status == 103
            assert connection.read_answer().status == 502

    def test_an_answer_without_a_body_says_nothing_of_its_length(self, servers):
        """RFC 9110 §8.6."""

        def no_content(exchange):
            exchange.read_body()
            exchange.send(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-Own: kept\r\n\r\n")

        gate = servers.gate([gates.room(servers.origin(no_content).url)])
        visitor = through(gate)
        with Connection(gate.port) as connection:
            for _ in range(2):
                connection.send(request("GET", "/", own(visitor)))
                answer = connection.read_answer()
                assert answer.status == 204 and answer.get("X-Own") == "kept"
                assert not answer.all("Content-Length")

    def test_requests_sent_ahead_are_answered_to_a_visitor_who_sends_no_more(self, pair):
        with Connection(pair.proxy.port) as connection:
            connection.send(request("GET", "/page", pair.own_fields) * 3)
            connection.finish_sending()
            for _ in range(3):
                assert connection.read_answer().status == 200
            assert connection.is_closed_within(5)

    def test_the_rest_of_a_head_is_read_after_a_slow_answer(self, pair):
        """Half a request waits behind an answer that fills all buffers; its other half must still be listened for."""
        size = 8 << 20
        head = request("GET", "/page", pair.own_fields)
        with Connection(pair.proxy.port, receive_buffer=65536) as connection:
            connection.send(request("GET", f"/bytes?n={size}", pair.own_fields) + head[:20])
            time.sleep(1)
            assert len(connection.read_answer().body) == size
            connection.send(head[20:])
            assert connection.read_answer().status == 200

    def test_the_whole_server_is_asked_for_its_options(self, pair):
        """`OPTIONS *` (RFC 9110 §9.3.7) belongs to the room that has the root."""
        pair.origin.forget()
        exchange(pair.proxy.port, request("OPTIONS", "*", pair.own_fields))
        [received] = pair.origin.seen()
        assert received.target == "*"

    def test_an_absolute_target_without_a_path(self, servers, origin):
        gate = servers.gate(
            [
                gates.room(origin.url, id="tickets", match={"paths": ["/tickets"]}),
                gates.room(origin.url, id="rest", match={"paths": ["/"]}),
            ]
        )
        assert exchange(gate.port, request("GET", "http://shop.test", [("Accept", "text/html")])).status == 200


class TestSessions:
    @pytest.fixture
    def echo(self):
        """An origin with a WebSocket at every path, and pages besides."""

        def page(connection, asked):
            return None if asked.headers.get("Upgrade") else connection.respond(200, "A page.")

        def handle(connection):
            for message in connection:
                connection.send(message)

        with websockets.sync.server.serve(handle, "127.0.0.1", 0, process_request=page) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
            server.shutdown()

    @staticmethod
    def tunnel(gate, visitor):
        return websockets.sync.client.connect(
            f"ws://127.0.0.1:{gate.port}/echo",
            additional_headers={"Cookie": visitor.session_field},
            user_agent_header=AGENT,
            proxy=None,
        )

    def test_a_tunnel_ends_with_its_session(self, servers, echo):
        """Somebody whose slot is given to the next must not stay on the origin through a WebSocket."""
        gate = servers.gate([gates.busy_room(echo)])
        visitor = through(gate)
        with self.tunnel(gate, visitor) as tunnel:
            tunnel.send("hello")
            assert tunnel.recv(5) == "hello"
            assert visitor.call("POST", "session/complete").status_code == 204
            with pytest.raises(websockets.ConnectionClosed):
                tunnel.recv(5)

    def test_use_of_a_tunnel_keeps_its_session(self, servers, echo):
        gate = servers.gate([gates.busy_room(echo, session_timeout="3s", claim_timeout="3s")])
        visitor = through(gate)
        with self.tunnel(gate, visitor) as tunnel:
            for _ in range(12):
                tunnel.send("on")
                assert tunnel.recv(5) == "on"
                time.sleep(1)
            assert gate.metric("waiting_room_active_sessions", queue_id="shop") == 1
            # Without use it ends, and the tunnel with it.
            wait_until(lambda: gate.metric("waiting_room_active_sessions", queue_id="shop") == 0, 15, what="the end")
            with pytest.raises(websockets.ConnectionClosed):
                tunnel.recv(5)

    def test_a_renewed_cookie_does_not_ride_on_what_everybody_may_be_given(self, servers):
        """A shared cache would hand one visitor's session to all others."""

        def cacheable(exchange):
            exchange.read_body()
            is_public = exchange.received.path == "/public"
            exchange.answer(fields=[("Cache-Control", "max-age=60, public" if is_public else "no-cache")], body=b"x")

        gate = servers.gate([gates.room(servers.origin(cacheable).url)], tokens={"lifetime": "30s"})
        visitor = through(gate)
        time.sleep(16)
        for _ in range(5):
            answer = exchange(gate.port, request("GET", "/public", own(visitor)))
            assert answer.status == 200 and not answer.all("Set-Cookie")
            time.sleep(0.1)
        assert exchange(gate.port, request("GET", "/", own(visitor))).all("Set-Cookie")
