"""HTTP/2 through the gate: the same verdicts as over HTTP/1.1, answers, bodies in both directions, tunnels, the end."""

import json
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
import websockets.sync.server
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from rig import gate as gates
from rig.frames import DATA, END_STREAM, GOAWAY, HEADERS, INTERNAL_ERROR, NO_ERROR, PING, RST_STREAM, Connection, request
from rig.load import h2load
from rig.process import wait_until
from rig.site import pattern, pattern_digest, site
from rig.visitor import AGENT, NAVIGATION, Visitor, session, through


class Field:
    def __init__(self, origin, gate, visitor):
        self.origin, self.gate, self.visitor = origin, gate, visitor
        self.session = [("user-agent", AGENT), ("cookie", visitor.session_field)]

    def request(self, path="/echo", method="GET", fields=(), **changes):
        return request(path, method, fields=[*self.session, *fields], **changes)


@pytest.fixture(scope="module")
def field(module_servers):
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)], gate={"timeouts": {"body_progress": "3s"}})
    return Field(origin, gate, through(gate))


@pytest.fixture
def connection(field):
    field.origin.forget()
    with Connection(field.gate.port) as connection:
        yield connection
    assert field.gate.process.running(), "the gate died"


# The way to the origin


def test_the_origin_sees_an_http_1_1_request(connection, field):
    answer = connection.exchange(field.request("/echo?a=1", fields=[("x-kept", "Yes, As It Is"), ("te", "trailers")]))
    seen = json.loads(answer.body)
    names = [name.lower() for name, _ in seen["fields"]]
    values = {name.lower(): value for name, value in seen["fields"]}
    assert seen["target"] == "/echo?a=1" and values["host"] == "shop.test" and values["x-kept"] == "Yes, As It Is"
    assert values["via"] == "2 anteroom" and values["x-forwarded-proto"] == "http"
    assert values["x-forwarded-for"] == "127.0.0.1" and len(names) == len(set(names))
    assert not {"te", "cookie", "connection", "transfer-encoding"} & set(names)


def test_crumbs_become_one_cookie_field_without_the_gates_own(connection, field):
    crumbs = [("cookie", "a=1"), ("cookie", field.visitor.session_field), ("cookie", "b=2")]
    answer = connection.exchange(request("/echo", fields=[("user-agent", AGENT), *crumbs]))
    assert [value for name, value in json.loads(answer.body)["fields"] if name.lower() == "cookie"] == ["a=1; b=2"]


def test_a_host_that_says_the_same_is_no_second_one(connection, field):
    answer = connection.exchange(field.request(fields=[("host", "shop.test")]))
    assert answer.status == 200
    only_host = connection.exchange(field.request(fields=[("host", "shop.test")], authority=None))
    assert [value for name, value in json.loads(only_host.body)["fields"] if name == "Host" or name == "host"] == [
        "shop.test"
    ]


@pytest.mark.parametrize("declared", [True, False], ids=["with Content-Length", "without"])
def test_a_large_upload(connection, field, declared):
    count = 20_000_000
    fields = [("content-length", str(count))] if declared else []
    stream = connection.headers(field.request("/echo", "POST", fields=fields), end=False)
    assert connection.upload(stream, b"".join(pattern(count))) == count
    seen = json.loads(connection.answer(stream, 30).body)
    assert seen["length"] == count and seen["sha256"] == pattern_digest(count)


def test_an_upload_waits_for_a_slow_origin(servers):
    """Flow control is tied to the origin: what it does not take, the visitor may not send."""
    release = threading.Event()

    def lazy(exchange):
        release.wait(20)
        exchange.read_body()
        exchange.answer("200 OK", [], str(exchange.received.body_length).encode())

    origin = servers.origin(lazy)
    gate = servers.gate([gates.room(origin.url)])
    release.set()
    visitor = through(gate)
    release.clear()
    with Connection(gate.port) as connection:
        connection.handshake()
        stream = connection.headers(
            request("/", "POST", fields=[("user-agent", AGENT), ("cookie", visitor.session_field)]), end=False
        )
        connection.socket.settimeout(1)
        sent = connection.upload(stream, bytes(100_000_000), end=False)
        # What the sockets between take is some megabytes.
        assert sent < 50_000_000
        release.set()
        connection.data(stream)
        assert connection.answer(stream, 20).body == str(sent).encode()


# The way back


def test_an_answer_is_unchanged_but_for_the_connection(connection, field):
    answer = connection.exchange(field.request("/hop"))
    assert answer.body == b"ok" and answer.get("x-end") == "1"
    assert not {"connection", "keep-alive", "x-hop", "transfer-encoding"} & {name for name, _ in answer.fields}
    odd = connection.exchange(field.request("/odd-fields"))
    assert odd.get("x-lower-upper") == "1" and odd.get("x-empty") == "" and odd.all("x-twice") == ["1", "2"]
    assert odd.get("x-latin").encode("latin-1") in (b"caf\xe9", b"caf\xef\xbf\xbd")
    cookies = connection.exchange(field.request("/cookies"))
    assert len([value for value in cookies.all("set-cookie") if "anteroom" not in value]) == 3


@pytest.mark.parametrize("path", ["/bytes?n=3000000", "/chunked?n=3000000", "/close?n=3000000"])
def test_a_large_answer(connection, field, path):
    answer = connection.exchange(field.request(path), seconds=30)
    assert answer.is_whole and answer.body == b"".join(pattern(3_000_000))


def test_trailers_are_dropped(connection, field):
    answer = connection.exchange(field.request("/trailers"))
    assert answer.body == b"hello" and answer.get("x-sum") is None


@pytest.mark.parametrize("method, path", [("HEAD", "/promised"), ("GET", "/status/204"), ("GET", "/status/304")])
def test_an_answer_without_a_body_ends_with_its_head(connection, field, method, path):
    stream = connection.headers(field.request(path, method))
    frame = connection.until(lambda frame: frame.kind == HEADERS)
    assert frame.flags & END_STREAM and connection.answers[stream].body == b""
    if method == "HEAD":
        assert connection.answers[stream].get("content-length") == "12345"


def test_interim_answers_pass(connection, field):
    hints = connection.exchange(field.request("/early-hints"))
    assert [dict(interim)[":status"] for interim in hints.interim] == ["103"]
    assert dict(hints.interim[0])["link"].startswith("</static")
    stream = connection.headers(field.request("/expecting", "POST", fields=[("expect", "100-continue")]), end=False)
    connection.until(lambda frame: frame.kind == HEADERS and frame.stream == stream)
    connection.data(stream, b"now")
    answer = connection.answer(stream)
    assert answer.interim and b'"length": 3' in answer.body


def test_a_slow_reader_holds_the_origin_back(field):
    """A stream without a window stays, others go on; then the visitor's time runs out and the stream is reset."""
    with Connection(field.gate.port, settings=[(4, 1000)]) as connection:
        held = connection.headers(field.request("/bytes?n=100000000"))
        assert connection.exchange(field.request("/echo"), seconds=5).status == 200
        answer = connection.answer(held, 20, window=False)
        assert answer.reset is not None and not answer.is_whole and len(answer.body) == 1000


def test_a_truncated_answer_is_a_reset(servers):
    def cut(exchange):
        if exchange.received.path != "/cut":
            exchange.answer()
            return
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")
        exchange.close()

    origin = servers.origin(cut)
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        answer = connection.exchange(request("/cut", fields=fields))
        assert answer.status == 200 and not answer.is_whole and answer.reset == INTERNAL_ERROR
        assert connection.exchange(request("/", fields=fields)).status == 200


def test_a_hundred_requests_at_once(connection, field):
    streams = [connection.headers(field.request(f"/bytes?n={5000 + number}")) for number in range(100)]
    for number, stream in enumerate(streams):
        answer = connection.answer(stream)
        assert answer.status == 200 and len(answer.body) == 5000 + number


def test_a_visitor_who_gives_up_frees_the_origin(servers):
    gone = threading.Event()

    def endless(exchange):
        if exchange.received.path != "/endless":
            exchange.answer()
            return
        try:
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                exchange.send(bytes(65536))
        except OSError:
            gone.set()
            raise

    origin = servers.origin(endless)
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        stream = connection.headers(request("/endless", fields=fields))
        connection.until(lambda frame: frame.kind == DATA)
        connection.reset(stream)
        assert gone.wait(5)
        assert connection.exchange(request("/", fields=fields)).status == 200


# Verdicts


VERDICTS = {
    "TRACE": (dict(method="TRACE"), [], 405),
    "CONNECT": (dict(method="CONNECT", scheme=None, path=None, authority="shop.test:443"), [], 405),
    "another Host": ({}, [("host", "other.test")], 400),
    "two Hosts": ({}, [("host", "shop.test"), ("host", "other.test")], 400),
    "no Host at all": (dict(authority=None), [], 400),
    "an empty :authority": (dict(authority=""), [], 400),
    "user information in :authority": (dict(authority="a@shop.test"), [], 400),
    "a slash in :authority": (dict(authority="shop.test/x"), [], 400),
    "a path that climbs": (dict(path="/../x"), [], 400),
    "an encoded control character": (dict(path="/%00"), [], 400),
    "a fragment": (dict(path="/a#b"), [], 400),
    "an asterisk for GET": (dict(path="*"), [], 400),
    "a control character in a value": ({}, [("x-a", "a\x01b")], 400),
    "Content-Length twice": (dict(method="POST"), [("content-length", "0"), ("content-length", "0")], 400),
    "a malformed Content-Length": (dict(method="POST"), [("content-length", "0x0")], 400),
    "a negative Content-Length": (dict(method="POST"), [("content-length", "-1")], 400),
    "another expectation": ({}, [("expect", "tea")], 417),
    "a long path": (dict(path="/" + "a" * 17_000), [], 414),
    "a large field": ({}, [("x-large", "a" * 33_000)], 431),
    "many fields": ({}, [(f"x-{number}", "1") for number in range(110)], 431),
    "a tunnel of another kind": (dict(method="CONNECT", protocol="connect-udp"), [], 501),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_the_verdicts_are_those_of_http_1_1(connection, field, case):
    pseudo, fields, status = VERDICTS[case]
    stream = connection.headers(field.request(fields=fields, **pseudo), end="protocol" not in pseudo)
    answer = connection.answer(stream)
    if case.endswith("Content-Length") or "Content-Length" in case:
        # HTTP/2 itself calls these malformed, too (RFC 9113 §8.1.1).
        assert answer.reset is not None or answer.status == status
    else:
        assert answer.reset in (None, NO_ERROR) and answer.status == status, (answer.reset, answer.fields)
    assert not field.origin.requests
    assert connection.exchange(field.request()).status == 200


def test_a_gate_cookie_given_twice_is_refused(connection, field):
    crumbs = [("cookie", field.visitor.session_field), ("cookie", field.visitor.session_field)]
    answer = connection.exchange(request("/echo", fields=[("user-agent", AGENT), *crumbs]))
    assert answer.status == 400 and not field.origin.requests


def navigation(*fields):
    return [(name.lower(), value) for name, value in NAVIGATION.items()] + [("user-agent", AGENT), *fields]


def test_a_visitor_without_a_session_waits(line):
    with Connection(line.port) as connection:
        answer = connection.exchange(request("/", fields=navigation()))
        assert answer.status == 503 and answer.get("retry-after") and answer.get("cache-control") == "no-store"
        assert answer.get("content-type").startswith("text/html") and b"<html" in answer.body
        cookie = answer.get("set-cookie").partition(";")[0]
        assert cookie.startswith("anteroom_p_")
        again = connection.exchange(request("/", fields=navigation(("cookie", cookie))))
        assert again.status == 503
        status = connection.exchange(
            request("/api/v1/queues/shop/status", fields=[("user-agent", AGENT), ("cookie", cookie)])
        )
        assert json.loads(status.body)["position"] == 1
        call = connection.exchange(
            request(
                "/api/v1/queues/shop/heartbeat",
                "POST",
                fields=[("user-agent", AGENT), ("cookie", cookie), ("content-type", "application/json")],
            ),
            body=b'{"timestamp": 1}',
        )
        assert call.status == 200 and json.loads(call.body)["status"] == "waiting"


def test_a_refused_form_is_told_so_and_not_read(line):
    with Connection(line.port) as connection:
        stream = connection.headers(request("/buy", "POST", fields=navigation()), end=False)
        answer = connection.answer(stream)
        assert answer.status == 503 and answer.is_whole
        frame = connection.until(lambda frame: frame.kind == RST_STREAM)
        assert frame.stream == stream and frame.code == NO_ERROR
        connection.ping()


# Tunnels (RFC 8441)


class Tunnel:
    """A WebSocket on one stream."""

    def __init__(self, connection, fields, path="/ws"):
        self.connection = connection
        connection.handshake()
        assert connection.settings[8] == 1
        self.stream = connection.headers(
            request(path, "CONNECT", protocol="websocket", fields=[*fields, ("sec-websocket-version", "13")]), end=False
        )
        connection.until(lambda frame: frame.kind in (HEADERS, RST_STREAM) and frame.stream == self.stream)
        self.answer = connection.answers[self.stream]
        self.buffer = b""

    def send(self, opcode, payload, fin=True):
        frame = WebSocketFrame(opcode, payload, fin).serialize(mask=True)
        self.connection.data(self.stream, frame, end=False)

    def receive(self):
        """The next frame of less than 126 bytes."""
        while len(self.buffer) < 2 or len(self.buffer) < 2 + self.buffer[1]:
            self.connection.until(lambda frame: frame.kind == DATA and frame.stream == self.stream)
            self.buffer += self.answer.body
            self.answer.body = b""
        size = 2 + self.buffer[1] if self.buffer[1] < 126 else 4 + int.from_bytes(self.buffer[2:4], "big")
        while len(self.buffer) < size:
            self.connection.until(lambda frame: frame.kind == DATA and frame.stream == self.stream)
            self.buffer += self.answer.body
            self.answer.body = b""
        frame, self.buffer = self.buffer[:size], self.buffer[size:]
        return frame[0] & 0x0F, frame[2 if frame[1] < 126 else 4 :]


@pytest.fixture
def echo_socket():
    def echo(connection):
        for message in connection:
            connection.send(message)

    server = websockets.sync.server.serve(echo, "127.0.0.1", 0, compression=None, subprotocols=["chat"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.socket.getsockname()[1]
    server.shutdown()


@pytest.fixture
def socket_gate(servers, echo_socket):
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    gate.edit(target_url=f"http://127.0.0.1:{echo_socket}")
    time.sleep(2)
    return gate, [("user-agent", AGENT), ("cookie", visitor.session_field)]


def test_a_websocket_over_a_stream(socket_gate):
    gate, fields = socket_gate
    with Connection(gate.port) as connection:
        tunnel = Tunnel(connection, [*fields, ("sec-websocket-protocol", "chat")])
        assert tunnel.answer.status == 200 and tunnel.answer.get("sec-websocket-protocol") == "chat"
        assert tunnel.answer.get("sec-websocket-accept") is None and tunnel.answer.get("upgrade") is None
        for message in (b"hello", b"x" * 1000):
            tunnel.send(Opcode.TEXT, message)
            assert tunnel.receive() == (Opcode.TEXT, message)
        # A closing handshake, and then both sides end the stream.
        tunnel.send(Opcode.CLOSE, struct.pack(">H", 1000))
        assert tunnel.receive()[0] == Opcode.CLOSE
        while not tunnel.answer.is_whole:
            connection.next()
        connection.ping()


def test_a_tunnel_is_closed_when_its_session_ends(socket_gate):
    gate, fields = socket_gate
    with Connection(gate.port) as connection:
        tunnel = Tunnel(connection, [*fields, ("sec-websocket-protocol", "chat")])
        tunnel.send(Opcode.TEXT, b"alive")
        assert tunnel.receive() == (Opcode.TEXT, b"alive")
        ended = connection.exchange(request("/api/v1/queues/shop/session/complete", "POST", fields=fields), body=b"")
        assert ended.status == 204
        while not tunnel.answer.is_whole and tunnel.answer.reset is None:
            connection.next()


def test_nobody_without_a_session_gets_a_tunnel(line):
    with Connection(line.port) as connection:
        tunnel = Tunnel(connection, [("user-agent", AGENT)])
        assert tunnel.answer.status == 503


def test_live_updates_over_a_stream(line):
    waiting = Visitor(line)
    assert waiting.navigate().status_code == 503
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in waiting.http.cookies)
    with Connection(line.port) as connection:
        tunnel = Tunnel(connection, [("user-agent", AGENT), ("cookie", cookies)], "/api/v1/queues/shop/live")
        assert tunnel.answer.status == 200
        opcode, text = tunnel.receive()
        assert opcode == Opcode.TEXT and json.loads(text)["status"] == "waiting"
        tunnel.send(Opcode.PING, b"here")
        assert tunnel.receive() == (Opcode.PONG, b"here")
        line.holder.call("POST", "session/complete")
        while json.loads(text)["status"] == "waiting":
            opcode, text = tunnel.receive()
        assert json.loads(text)["status"] == "admitted"
        tunnel.send(Opcode.CLOSE, struct.pack(">H", 1000))
        assert tunnel.receive()[0] == Opcode.CLOSE


# The end


def test_sigterm_says_goaway_twice_and_lets_streams_finish(servers):
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection, Connection(gate.port) as idle:
        idle.handshake()
        running = connection.headers(request("/stream?chunks=5&interval_ms=400", fields=fields))
        connection.until(lambda frame: frame.kind == DATA)
        gate.process.signal(signal.SIGTERM)
        first = connection.until(lambda frame: frame.kind == GOAWAY)
        assert first.code == NO_ERROR and first.last_stream == 0x7FFF_FFFF
        # One that was on its way before the visitor heard of it.
        late = connection.headers(request("/echo", fields=fields))
        ping = connection.until(lambda frame: frame.kind == PING)
        connection.frame(PING, 1, 0, ping.payload)
        second = connection.until(lambda frame: frame.kind == GOAWAY)
        assert second.last_stream == late
        assert connection.answer(late).status == 200
        answer = connection.answer(running)
        assert answer.is_whole and answer.body.endswith(b"piece 4\n")
        assert gate.process.child.wait(10) == 0
        idle.until(lambda frame: frame.kind == GOAWAY)


def test_an_idle_connection_is_closed_with_a_goaway(servers):
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)], gate={"timeouts": {"idle": "500ms", "head": "500ms"}})
    with Connection(gate.port) as connection:
        connection.handshake()
        assert connection.until(lambda frame: frame.kind == GOAWAY, 10).code == NO_ERROR
    # Neither may the preface be waited for.
    with socket.create_connection(("127.0.0.1", gate.port)) as silent:
        silent.sendall(b"PRI * HTTP/2.0\r\n\r\nSM")
        silent.settimeout(10)
        while silent.recv(1000):
            pass


def test_http2_can_be_switched_off(servers):
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)], gate={"http2": False})
    with socket.create_connection(("127.0.0.1", gate.port)) as refused:
        refused.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert refused.recv(1000).startswith(b"HTTP/1.1 505 ")


# Clients


def test_curl_and_nghttp(field, tmp_path):
    url, cookie = f"http://127.0.0.1:{field.gate.port}", field.visitor.session_field
    upload = tmp_path / "upload"
    upload.write_bytes(b"".join(pattern(3_000_000)))
    curl = ["curl", "-sS", "--http2-prior-knowledge", "-A", AGENT, "-b", cookie]
    got = subprocess.run([*curl, f"{url}/bytes?n=3000000"], capture_output=True, timeout=60, check=True)
    assert got.stdout == upload.read_bytes()
    sent = subprocess.run([*curl, "-T", upload, f"{url}/echo"], capture_output=True, timeout=60, check=True)
    assert json.loads(sent.stdout)["sha256"] == pattern_digest(3_000_000)
    version = subprocess.run(
        [*curl, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{url}/echo"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert version.stdout == b"2 200"
    shown = subprocess.run(
        ["nghttp", "-v", "-n", "-H", f"cookie: {cookie}", "-H", f"user-agent: {AGENT}", f"{url}/bytes?n=100000"],
        capture_output=True,
        timeout=60,
        check=True,
        text=True,
    ).stdout
    assert ":status: 200" in shown


def test_h2load_with_a_hundred_streams_loses_nothing(field):
    fields = ["-H", f"cookie: {field.visitor.session_field}", "-H", f"user-agent: {AGENT}"]
    h2load(f"http://127.0.0.1:{field.gate.port}/bytes?n=2000", 5000, *fields)


def test_no_stream_or_connection_is_leaked(field):
    field.visitor.http.close()
    wait_until(lambda: field.gate.metric("anteroom_connections") == 0, 10, what="connections to end")
    assert field.gate.metric("anteroom_http2_streams_total") > 5000
