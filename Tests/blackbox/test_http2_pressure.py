"""HTTP/2 under pressure: windows and sockets that are full at the wrong moment, late frames, memory that a visitor pins."""

import json
import signal
import struct
import threading
import time

from rig import gate as gates
from rig.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    Connection,
    request,
)
from rig.process import wait_until
from rig.site import pattern, pattern_digest
from rig.visitor import AGENT, NAVIGATION, through

MEBIBYTE = 1 << 20


def session(gate):
    return [("user-agent", AGENT), ("cookie", through(gate).session_field)]


def navigation(*fields):
    return [(name.lower(), value) for name, value in NAVIGATION.items()] + [("user-agent", AGENT), *fields]


# Answers that wait for a window or a socket


def test_an_answer_that_waits_for_a_window_survives_the_end_of_the_request(line):
    with Connection(line.port, settings=[(4, 1000)]) as connection:
        connection.handshake()
        stream = connection.headers(request("/buy", "POST", fields=navigation()), end=False)
        connection.until(lambda frame: frame.kind == DATA)
        connection.data(stream, b"seats=2", end=True)
        connection.ping()
        connection.window(stream, MEBIBYTE)
        answer = connection.answer(stream)
        assert answer.status == 503 and answer.is_whole and b"</html>" in answer.body


def test_heads_that_come_all_at_once_leave_no_answer_behind(servers):
    """More of them in one turn of the loop than are gathered; their bodies come later."""
    head, body = threading.Event(), threading.Event()

    def split(exchange):
        if exchange.received.path != "/split":
            exchange.answer()
            return
        head.wait(20)
        exchange.send(b"HTTP/1.1 200 OK\r\nX-Large: %s\r\nContent-Length: 4\r\n\r\n" % (b"a" * 15_000))
        body.wait(20)
        exchange.send(b"body")

    origin = servers.origin(split)
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        connection.handshake()
        streams = [connection.headers(request("/split", fields=fields)) for _ in range(12)]
        wait_until(lambda: len(origin.seen("/split")) == len(streams), 10, what="requests")
        gate.process.signal(signal.SIGSTOP)
        head.set()
        time.sleep(0.5)
        gate.process.signal(signal.SIGCONT)
        for _ in streams:
            connection.until(lambda frame: frame.kind == HEADERS)
        body.set()
        for stream in streams:
            assert connection.answer(stream, 10).body == b"body"


def test_visitors_who_leave_in_the_middle_of_answers_do_no_harm(servers, origin):
    """A gate built for debugging stops where a broken connection is written to at the wrong moment."""
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    for _ in range(1500):
        with Connection(gate.port, settings=[(4, 1000)]) as connection:
            for _ in range(5):
                connection.headers(request("/bytes?n=200000", fields=fields))
            connection.ping()
    assert gate.process.running()


# Bodies in pieces of any size


def test_a_body_in_odd_pieces_arrives_in_order(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    sizes = [1, 1, 4095, 4096, 1, 5000, 2, 16384, 1, 100] * 10 + [1] * 5000
    body = b"".join(pattern(sum(sizes)))
    with Connection(gate.port) as connection:
        connection.handshake()
        for declared in ([("content-length", str(len(body)))], []):
            stream = connection.headers(request("/echo", "POST", fields=[*fields, *declared]), end=False)
            rest = body
            for size in sizes:
                assert connection.upload(stream, rest[:size], end=False) == size
                rest = rest[size:]
            connection.data(stream)
            seen = json.loads(connection.answer(stream).body)
            assert seen["length"] == len(body) and seen["sha256"] == pattern_digest(len(body))
    assert not origin.failures


# Frames on their way


def test_what_follows_a_malformed_request_is_ignored(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        connection.handshake()
        bad = connection.headers(request("/", "POST", fields=[("connection", "close")]), end=False)
        # As much as the window lets a visitor send before it hears of the reset.
        for _ in range(300):
            connection.data(bad, bytes(200), end=False)
        connection.headers([("x-trailer", "1")], stream=bad)
        resets = []
        connection.frame(PING, payload=b"received")
        while (frame := connection.next()).kind != PING:
            assert frame.kind != GOAWAY
            resets += [frame.stream] if frame.kind == RST_STREAM else []
        assert resets == [bad]
        assert connection.exchange(request("/echo", fields=fields)).status == 200


def test_each_head_has_its_own_time(servers, origin):
    """The beginning of a second head, come with the rest of the first, does not wait for ever."""
    gate = servers.gate([gates.room(origin.url)], gate={"timeouts": {"head": "1s"}})
    fields = session(gate)
    with Connection(gate.port, timeout=20) as connection:
        connection.handshake()
        first = connection.block(request("/stream?chunks=20&interval_ms=500", fields=fields))
        frame = struct.pack(">I", len(first))[1:] + bytes([HEADERS, END_HEADERS | END_STREAM, 0, 0, 0, 1]) + first
        connection.raw(frame[:20])
        time.sleep(0.3)
        connection.raw(frame[20:] + struct.pack(">I", 100)[1:] + bytes([HEADERS, END_HEADERS, 0, 0, 0, 3]))
        connection.until(lambda frame: frame.kind == GOAWAY, 5)


# Answers that HTTP/2 does not know


def test_the_hint_to_upgrade_has_no_connection_fields(line):
    with Connection(line.port) as connection:
        answer = connection.exchange(request("/api/v1/queues/shop/live", fields=navigation()))
        assert answer.status == 426
        assert not {"connection", "upgrade"} & {name for name, _ in answer.fields}


def test_an_origin_that_ignores_the_upgrade_opens_no_tunnel(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = [*session(gate), ("sec-websocket-version", "13")]
    with Connection(gate.port) as connection:
        connection.handshake()
        stream = connection.headers(request("/page", "CONNECT", protocol="websocket", fields=fields), end=False)
        answer = connection.answer(stream)
        # Any 2xx would say that the tunnel is open (RFC 8441 §4, RFC 9110 §9.3.6).
        assert answer.status == 502


# Memory


def test_fields_without_bytes_do_not_fill_the_table(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    with Connection(gate.port) as connection:
        connection.handshake()
        before = gate.process.resident_bytes()
        for stream in range(1, 301, 2):
            connection.frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\x40\x00\x00" * 5400)
        connection.ping()
        assert gate.process.resident_bytes() - before < 12 * MEBIBYTE


def test_a_connection_at_rest_keeps_no_large_buffer(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port, settings=[(4, MEBIBYTE)]) as connection:
        assert len(connection.exchange(request("/bytes?n=300000", fields=fields)).body) == 300_000
    before = gate.process.resident_bytes()
    kept = []
    for _ in range(200):
        kept.append(Connection(gate.port, settings=[(4, MEBIBYTE)]))
        assert len(kept[-1].exchange(request("/bytes?n=300000", fields=fields)).body) == 300_000
    assert gate.process.resident_bytes() - before < 200 * 64 * 1024
    for connection in kept:
        connection.socket.close()


def test_a_connection_that_has_ended_leaves_nothing_behind(servers, origin):
    gate = servers.gate([gates.room(origin.url)])

    def come_and_go(count):
        for _ in range(count):
            with Connection(gate.port) as connection:
                connection.ping()
        return gate.process.resident_bytes()

    before = come_and_go(500)
    assert come_and_go(1500) - before < 1500 * 2048


def test_streams_without_a_window_are_not_read_because_another_one_flows(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port, settings=[(4, 0)], receive_buffer=8192) as connection:
        connection.handshake()
        for _ in range(90):
            connection.headers(request("/bytes?n=100000000", fields=fields))
        connection.ping()
        time.sleep(1)
        before = gate.process.resident_bytes()
        flowing = connection.headers(request("/bytes?n=10000000", fields=fields))
        connection.window(flowing, 20 * MEBIBYTE)
        connection.window(0, 20 * MEBIBYTE)
        while not connection.answer(flowing, 60, window=False).is_whole:
            pass
        assert gate.process.resident_bytes() - before < 24 * MEBIBYTE


# Tunnels


def test_a_tunnel_that_was_held_up_once_has_its_time_to_be_idle(servers):
    burst = threading.Event()

    def tunnel(exchange):
        if exchange.received.path != "/ws":
            exchange.answer()
            return
        exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        exchange.send(bytes(60_000))
        time.sleep(0.3)
        exchange.send(bytes(10_000))
        burst.set()
        exchange.send(exchange.link.socket.recv(100))
        exchange.close()

    origin = servers.origin(tunnel)
    gate = servers.gate([gates.room(origin.url)], gate={"timeouts": {"body_progress": "1s"}})
    fields = [*session(gate), ("sec-websocket-version", "13")]
    with Connection(gate.port) as connection:
        connection.handshake()
        stream = connection.headers(request("/ws", "CONNECT", protocol="websocket", fields=fields), end=False)
        assert burst.wait(10)
        connection.until(lambda frame: frame.kind == DATA)
        time.sleep(0.3)
        connection.window(0, MEBIBYTE)
        connection.window(stream, MEBIBYTE)
        while len(connection.answers[stream].body) < 70_000:
            connection.next()
        # Nobody says anything for longer than an answer may be held up.
        time.sleep(3)
        connection.data(stream, b"still here", end=False)
        connection.until(lambda frame: frame.kind == DATA)
        assert connection.answers[stream].body.endswith(b"still here")


def test_a_tunnel_whose_visitor_had_ended_before_it_was_one(servers):
    ended = threading.Event()

    def tunnel(exchange):
        if exchange.received.path != "/ws":
            exchange.answer()
            return
        time.sleep(0.5)
        exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        received = b"".join(iter(lambda: exchange.link.socket.recv(100), b""))
        if received == b"all":
            ended.set()
        exchange.close()

    origin = servers.origin(tunnel)
    gate = servers.gate([gates.room(origin.url)])
    fields = [*session(gate), ("sec-websocket-version", "13")]
    with Connection(gate.port) as connection:
        connection.handshake()
        stream = connection.headers(request("/ws", "CONNECT", protocol="websocket", fields=fields), end=False)
        connection.data(stream, b"all", end=True)
        assert connection.answer(stream).status == 200
        assert ended.wait(5)
