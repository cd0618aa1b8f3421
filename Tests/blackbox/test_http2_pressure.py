"""HTTP/2 under pressure: windows and sockets that are full at the wrong moment, late frames, memory that a visitor pins."""

import json
import signal
import socket
import struct
import threading
import time

import pytest

from rig import gate as gates
from rig import wire
from rig.certificates import Authority
from rig.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    NO_ERROR,
    PING,
    PROTOCOL_ERROR,
    RST_STREAM,
    Connection,
    request,
)
from rig.process import wait_until
from rig.secure import secure_gate
from rig.site import pattern, pattern_digest, site
from rig.visitor import AGENT, NAVIGATION, session

MEBIBYTE = 1 << 20


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


def test_a_visitor_who_left_is_not_waited_for(servers, origin):
    """Nobody will widen the window of a stream whose connection is closed on the other side."""
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port, settings=[(4, 1000)]) as connection:
        connection.handshake()
        stream = connection.headers(request("/bytes?n=200000", fields=fields))
        connection.until(lambda frame: frame.kind == DATA)
        # All that was sent is read, so that what ends the connection is no reset.
        connection.ping()
        assert len(connection.answers[stream].body) == 1000
    wait_until(lambda: gate.metric("anteroom_connections") == 0, 15, what="connections to end")


def test_a_byte_at_a_time_is_no_progress(servers, origin):
    gate = servers.gate([gates.room(origin.url)], gate={"timeouts": {"body_progress": "1s"}})
    fields = session(gate)
    with Connection(gate.port, settings=[(4, 0)]) as connection:
        connection.handshake()
        crumbs, bites = (connection.headers(request("/bytes?n=60000", fields=fields)) for _ in range(2))
        reset = None
        for _ in range(60):
            connection.window(crumbs, 1)
            connection.window(bites, 1100)
            connection.ping()
            reset = connection.answers.get(crumbs) and connection.answers[crumbs].reset
            if reset is not None:
                break
            time.sleep(0.1)
        assert reset is not None
        connection.window(bites, 60_000)
        assert len(connection.answer(bites).body) == 60_000


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


def test_an_error_after_a_drain_names_no_later_stream_than_the_drain_did(servers, origin):
    """RFC 9113 §6.8: streams above the first were asked for again elsewhere."""
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        connection.handshake()
        connection.headers(request("/stream?chunks=20&interval_ms=500", fields=fields))
        connection.until(lambda frame: frame.kind == DATA)
        gate.process.signal(signal.SIGTERM)
        ping = connection.until(lambda frame: frame.kind == PING)
        connection.frame(PING, 1, 0, ping.payload)
        named = connection.until(lambda frame: frame.kind == GOAWAY).last_stream
        connection.headers(request("/echo", fields=fields))
        connection.frame(DATA, 0, 0, b"on no stream")
        failed = connection.until(lambda frame: frame.kind == GOAWAY)
        assert failed.code == PROTOCOL_ERROR and failed.last_stream == named == 1


# Bodies that an origin does not take


def test_uploads_that_are_stuck_leave_room_for_another(servers):
    """Seven of them: the connection's window is that of eight streams."""

    def unheard(exchange):
        if exchange.received.path == "/stuck":
            time.sleep(30)
        site(exchange)

    origin = servers.origin(unheard)
    # What the system keeps for an origin that does not read is not what is asked about.
    origin.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port) as connection:
        connection.handshake()
        connection.socket.settimeout(0.5)
        for _ in range(7):
            stuck = connection.headers(request("/stuck", "POST", fields=fields), end=False)
            assert connection.upload(stuck, bytes(20 * MEBIBYTE)) < 20 * MEBIBYTE
        connection.socket.settimeout(10)
        stream = connection.headers(request("/echo", "POST", fields=fields), end=False)
        assert connection.upload(stream, bytes(MEBIBYTE)) == MEBIBYTE
        assert json.loads(connection.answer(stream).body)["length"] == MEBIBYTE


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


def test_streams_that_stall_hold_one_read_of_their_origins_each(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    fields = session(gate)
    with Connection(gate.port, settings=[(4, MEBIBYTE)], timeout=60) as connection:
        connection.handshake()
        connection.window(0, 1 << 30)
        before = gate.process.resident_bytes()
        # Origins that have sent much are read in the largest pieces.
        for stream in [connection.headers(request("/bytes?n=500000", fields=fields)) for _ in range(100)]:
            assert connection.answer(stream, 60, window=False).is_whole
    with Connection(gate.port, settings=[(4, 0)]) as connection:
        connection.handshake()
        for _ in range(100):
            connection.headers(request("/bytes?n=100000000", fields=fields))
        connection.ping()
        time.sleep(1)
        assert gate.process.resident_bytes() - before < 22 * MEBIBYTE


def test_heads_for_a_visitor_who_does_not_read_do_not_gather(servers, origin, tmp_path):
    """Answers without bodies need no window; each repeats a path that costs its visitor one byte (RFC 7541 §6.1)."""
    gate = secure_gate(servers, [gates.room(origin.url)], [Authority(tmp_path).issue("shop.test")], redirect=True)
    path, count = "/" + 3900 * "a", 10_000
    with Connection(gate.redirect_port, receive_buffer=4096) as deaf:
        deaf.handshake()
        # Who has sent much is read in the largest pieces.
        upload = deaf.headers(request("/", "POST"), end=False)
        for _ in range(40):
            deaf.data(upload, bytes(16_000), end=False)
        deaf.ping()
        before = gate.process.resident_bytes()
        frames = bytearray()
        send, deaf.raw = deaf.raw, frames.extend
        for _ in range(count):
            deaf.headers(request(path, "HEAD"))
        deaf.raw = send
        send(frames)
        time.sleep(1)
        assert gate.process.resident_bytes() - before < 4 * MEBIBYTE
        # What came is answered as soon as that is read.
        for stream in range(3, 2001, 2):
            assert deaf.answer(stream, window=False).status == 301


def test_a_visitor_who_is_slow_gets_the_last_bytes_too(servers, origin, tmp_path):
    """What is left when the connection ends has the time of any answer."""
    gate = secure_gate(servers, [gates.room(origin.url)], [Authority(tmp_path).issue("shop.test")], redirect=True)
    with Connection(gate.redirect_port, receive_buffer=4096) as connection:
        connection.handshake()
        frames = bytearray()
        send, connection.raw = connection.raw, frames.extend
        for _ in range(3000):
            connection.headers(request("/" + 3900 * "a", "HEAD"))
        connection.raw = send
        send(frames)
        time.sleep(1)
        gate.process.signal(signal.SIGTERM)
        time.sleep(7.5)
        assert connection.until(lambda frame: frame.kind == GOAWAY).code == NO_ERROR
        named = connection.until(lambda frame: frame.kind == GOAWAY).last_stream
        assert named > 1 and all(connection.answers[stream].status == 301 for stream in range(1, named + 1, 2))


# Tunnels


def last_words(count):
    """An origin that agrees to a tunnel, hears its visitor out, says so many bytes and leaves; and when it has left."""
    left = threading.Event()

    def speak(exchange):
        if exchange.received.path != "/ws":
            exchange.answer()
            return
        exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        heard = b""
        while not heard.endswith(b"bye"):
            heard += exchange.link.socket.recv(100)
        exchange.send(bytes(count))
        exchange.close()
        exchange.link.socket.close()
        left.set()

    return speak, left


@pytest.mark.parametrize("has_ended", [True, False])
def test_what_an_origin_said_before_it_left_its_tunnel_arrives(servers, has_ended):
    speak, left = last_words(60_000)
    gate = servers.gate([gates.room(servers.origin(speak).url)])
    fields = [*session(gate), ("sec-websocket-version", "13")]
    with Connection(gate.port, settings=[(4, 1000)]) as connection:
        connection.handshake()
        stream = connection.headers(request("/ws", "CONNECT", protocol="websocket", fields=fields), end=False)
        connection.until(lambda frame: frame.kind == HEADERS)
        connection.data(stream, b"bye", end=has_ended)
        connection.until(lambda frame: frame.kind == DATA)
        assert left.wait(10)
        # What is sent to an origin that has gone breaks its connection.
        for _ in range(0 if has_ended else 3):
            connection.data(stream, b"still there?", end=False)
            time.sleep(0.1)
        time.sleep(0.3)
        connection.window(stream, MEBIBYTE)
        answer = connection.answer(stream)
        assert answer.is_whole and len(answer.body) == 60_000
        if not has_ended:
            connection.until(lambda frame: frame.kind == RST_STREAM, 5)


def test_what_an_origin_said_before_it_left_its_tunnel_arrives_over_http_1_1(servers):
    speak, _ = last_words(8 * MEBIBYTE)
    gate = servers.gate([gates.room(servers.origin(speak).url)])
    upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    with wire.Connection(gate.port, receive_buffer=4096) as connection:
        connection.send(wire.request("GET", "/ws", [*session(gate), *upgrade, key]))
        assert connection.read_head().status == 101
        connection.send(b"bye")
        connection.finish_sending()
        heard = len(connection.buffer)
        while data := connection.socket.recv(1 << 16):
            heard += len(data)
        assert heard == 8 * MEBIBYTE


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
