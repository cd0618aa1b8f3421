"""Times of docs/HTTP.md, configured short: who is too slow is told so or let go, and costs nothing."""

import socket
import time

import pytest

from rig import gate as gates
from rig.process import wait_until
from rig.site import pattern, site
from rig.visitor import AGENT, Visitor, through
from rig.wire import Connection, Truncated, exchange, request


@pytest.fixture(scope="module")
def origin(module_servers):
    def handler(exchange):
        if exchange.received.path == "/silent":
            time.sleep(6)
            exchange.close()
        elif exchange.received.path == "/stalls":
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            time.sleep(6)
            exchange.close()
        elif exchange.received.path == "/endless":
            exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                for block in pattern(1 << 20):
                    exchange.send(block)
        else:
            site(exchange)

    return module_servers.origin(handler)


@pytest.fixture(scope="module")
def gate(module_servers, origin):
    gate = module_servers.gate(
        [gates.room(origin.url)],
        gate={
            "workers": 1,
            "timeouts": {"head": "1s", "body_progress": "1s", "idle": "2s", "connect": "1s", "first_byte": "1s"},
        },
    )
    gate.visitor = through(gate)
    gate.fields = [("User-Agent", AGENT), ("Cookie", gate.visitor.session_field)]
    return gate


def closes_after(connection, least, most):
    start = time.monotonic()
    assert connection.is_closed_within(most), f"still open after {most} s"
    assert time.monotonic() - start >= least, "closed too early"


def test_half_a_head_is_a_408(gate, origin):
    """A head that does not end in time: 408 and close, nothing at the origin."""
    origin.forget()
    with Connection(gate.port) as connection:
        connection.send(b"GET /echo HTTP/1.1\r\nHost: shop.test\r\n")
        answer = connection.read_answer()
        assert answer.status == 408 and answer.says_close
        assert connection.is_closed_within(2)
    assert origin.seen() == []


def test_a_head_that_trickles_is_a_408(gate):
    """The whole head has the time, not each byte of it."""
    start = time.monotonic()
    with Connection(gate.port) as connection:
        data = request("GET", "/echo", [*gate.fields, ("X-Slow", "x" * 500)])
        connection.socket.setblocking(False)
        received = b""
        for byte in data:
            try:
                connection.socket.send(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)
            try:
                received += connection.socket.recv(4096)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                break
            if received:
                break
        assert received.startswith(b"HTTP/1.1 408") and time.monotonic() - start < 4


def test_a_second_head_has_the_same_time(gate):
    """Not only the first request of a connection."""
    with Connection(gate.port) as connection:
        connection.send(request("GET", "/", gate.fields))
        connection.read_answer()
        connection.send(b"GET / HTTP/1.1\r\nHo")
        assert connection.read_answer().status == 408


def test_a_stalled_upload_ends(gate, origin):
    """No progress of a body: the visitor is told or closed, and the origin's connection does not see an end."""
    origin.forget()
    with Connection(gate.port) as connection:
        connection.send(request("POST", "/echo", [*gate.fields, ("Content-Length", 1000)]) + b"x" * 10)
        try:
            assert connection.read_answer().status in (408, 400)
        except (Truncated, ConnectionResetError):
            pass
        assert connection.is_closed_within(3)
    assert not any(received.complete for received in origin.seen())


def test_a_slow_upload_that_moves_does_not_end(gate):
    """Progress, not speed, is what counts."""
    with Connection(gate.port) as connection:
        connection.send(request("POST", "/echo", [*gate.fields, ("Content-Length", 6)]))
        for _ in range(6):
            time.sleep(0.5)
            connection.send(b"x")
        assert connection.read_answer().status == 200


def test_an_idle_connection_is_closed(gate):
    """Keep-alive between requests ends quietly, without an answer."""
    with Connection(gate.port) as connection:
        connection.send(request("GET", "/", gate.fields))
        connection.read_answer()
        connection.socket.settimeout(6)
        start = time.monotonic()
        assert connection.socket.recv(100) == b""
        assert 1 < time.monotonic() - start < 5


def test_a_connection_that_says_nothing_is_closed(gate):
    """Without a byte there is nothing to answer."""
    with Connection(gate.port) as connection:
        closes_after(connection, 0.5, 6)


def test_a_silent_origin_is_a_504(gate):
    """No first byte in time: 504, session kept, and the origin's late answer goes nowhere."""
    start = time.monotonic()
    with Connection(gate.port) as connection:
        connection.send(request("GET", "/silent", gate.fields))
        assert connection.read_answer().status == 504
        assert 0.7 < time.monotonic() - start < 4
    assert exchange(gate.port, request("GET", "/", gate.fields)).status == 200


def test_an_origin_that_stalls_in_its_answer_is_cut(gate):
    """The visitor sees an answer cut short, not one complete."""
    with Connection(gate.port) as connection:
        connection.send(request("GET", "/stalls", gate.fields))
        with pytest.raises((Truncated, ConnectionResetError)):
            connection.read_answer()


def test_a_listener_that_does_not_accept_is_a_504(module_servers):
    """Connecting takes too long: 504 (or 502) within the connect time."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    hole.listen(0)
    port = hole.getsockname()[1]
    fillers = []
    for _ in range(4):  # fill the backlog, so that further SYNs are dropped
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    time.sleep(0.2)
    gate = module_servers.gate(
        [gates.room(f"http://127.0.0.1:{port}")], name="hole", gate={"timeouts": {"connect": "1s"}}
    )
    start = time.monotonic()
    answer = Visitor(gate).navigate()
    assert answer.status_code in (502, 504) and 0.5 < time.monotonic() - start < 5
    assert "no-store" in answer.headers["Cache-Control"]
    for filler in fillers:
        filler.close()
    hole.close()


def test_a_name_that_does_not_resolve_is_a_502(module_servers):
    """A clear page, not a hang."""
    gate = module_servers.gate(
        [gates.room("http://no-such-host.invalid:8080")], name="unresolved", gate={"timeouts": {"connect": "2s"}}
    )
    assert Visitor(gate).navigate().status_code in (502, 504)


def test_a_slow_reader_costs_no_memory(gate):
    """An endless download that nobody reads is held at the origin by back-pressure."""
    before = gate.process.resident_bytes()
    readers = []
    for _ in range(8):
        reader = Connection(gate.port, receive_buffer=4096)
        reader.send(request("GET", "/endless", gate.fields))
        readers.append(reader)
    time.sleep(0.6)
    grown = gate.process.resident_bytes() - before
    for reader in readers:
        reader.close()
    assert grown < 16 << 20, f"{grown >> 20} MiB for eight slow readers"


def test_a_reader_that_stops_is_let_go(gate):
    """No progress of a download for body_progress: both connections are closed."""
    open_before = gate.process.open_descriptors()
    reader = Connection(gate.port, receive_buffer=4096)
    reader.send(request("GET", "/endless", gate.fields))
    assert reader.read_head().status == 200
    wait_until(lambda: gate.process.open_descriptors() <= open_before, 6, 0.2, "its descriptors to be closed")
    reader.close()


def test_a_visitor_who_goes_away_frees_the_origin(gate, origin):
    """An abandoned download ends at the origin too, and an abandoned wait for a first byte."""
    before = len(origin.links)
    for target in ("/endless", "/silent"):
        with Connection(gate.port) as connection:
            connection.send(request("GET", target, gate.fields))
            time.sleep(0.2)
    wait_until(lambda: len(origin.links) <= before + 1, 8, 0.2, "the origin's connections to be closed")


def test_a_thousand_half_open_heads_leave_the_gate_responsive(gate):
    """Slowloris: others are served meanwhile, and the connections go."""
    held = []
    for _ in range(1000):
        connection = Connection(gate.port)
        connection.send(b"GET / HTTP/1.1\r\nHost: sh")
        held.append(connection)
    start = time.monotonic()
    assert exchange(gate.port, request("GET", "/", gate.fields)).status == 200
    assert time.monotonic() - start < 1
    wait_until(lambda: gate.process.open_descriptors() < 200, 8, 0.2, "the half-open ones to be closed")
    for connection in held:
        connection.close()
