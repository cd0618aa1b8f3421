"""Origins that are hostile, broken or tired (docs/HTTP.md): nobody sees half an answer for a whole one, or another's."""

import time

import pytest

from rig import gate as gates
from rig.visitor import AGENT, through
from rig.wire import Connection, Truncated, exchange, request

HEAD_OK = b"HTTP/1.1 200 OK\r\n"

#: Answers that break framing before a byte of the body may be passed on.
BROKEN_HEADS = {
    "both framings": HEAD_OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "differing lengths": HEAD_OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a malformed length": HEAD_OK + b"Content-Length: +5\r\n\r\nhello",
    "a hexadecimal length": HEAD_OK + b"Content-Length: 0x5\r\n\r\nhello",
    "a list of differing lengths": HEAD_OK + b"Content-Length: 5, 6\r\n\r\nhello",
    "an empty length": HEAD_OK + b"Content-Length: \r\n\r\nhello",
    "a length too large": HEAD_OK + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "an unknown coding": HEAD_OK + b"Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked twice": HEAD_OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "a folded field": HEAD_OK + b"X-A: 1\r\n 2\r\nContent-Length: 5\r\n\r\nhello",
    "white space before a colon": HEAD_OK + b"Content-Length : 5\r\n\r\nhello",
    "NUL in a value": HEAD_OK + b"X-A: \x00\r\nContent-Length: 5\r\n\r\nhello",
    "a bare CR in a value": HEAD_OK + b"X-A: 1\rSet-Cookie: x=1\r\nContent-Length: 5\r\n\r\nhello",
    "a line without a colon": HEAD_OK + b"oops\r\nContent-Length: 5\r\n\r\nhello",
    "a control character in the reason": b"HTTP/1.1 200 O\x01K\r\nContent-Length: 5\r\n\r\nhello",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
    "status 099": b"HTTP/1.1 099 Low\r\nContent-Length: 5\r\n\r\nhello",
    "no status": b"HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "another protocol": b"ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "version 2": b"HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "garbage": b"\x00\x01\x02\x03" * 100 + b"\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "an endless line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300000 + b"\r\n\r\n",
    "endless fields": HEAD_OK + b"X-A: 1\r\n" * 50000 + b"\r\n",
    "nothing": b"",
    "half a head": HEAD_OK + b"Content-Le",
    "an upgrade nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nraw",
}


class Scripted:
    """A handler that answers with the bytes of the moment and closes."""

    def __init__(self):
        self.data = b""

    def __call__(self, exchange):
        if exchange.received.path == "/well":
            exchange.answer(body=b"well")
            return
        exchange.send(self.data)
        exchange.close()


@pytest.fixture(scope="module")
def hostile(module_servers):
    script = Scripted()
    origin = module_servers.origin(script)
    gate = module_servers.gate([gates.room(origin.url)], name="hostile", gate={"timeouts": {"first_byte": "3s"}})
    return script, origin, gate, through(gate, path="/well")


def ask(hostile, data, method="GET"):
    script, origin, gate, visitor = hostile
    script.data = data
    origin.forget()
    connection = Connection(gate.port)
    connection.send(
        request(
            method,
            "/x",
            [("User-Agent", AGENT), ("Cookie", visitor.session_field)],
            b"body" if method == "POST" else b"",
        )
    )
    return connection


@pytest.mark.parametrize("data", BROKEN_HEADS.values(), ids=BROKEN_HEADS.keys())
def test_a_broken_answer_is_a_502(hostile, data):
    """The visitor gets a clear 502, none of the broken answer, and the next request works."""
    with ask(hostile, data, "POST") as connection:
        answer = connection.read_answer()
    assert answer.status == 502, answer
    assert b"hello" not in answer.body and not answer.all("x-a")
    _, origin, gate, visitor = hostile
    again = exchange(gate.port, request("GET", "/well", [("User-Agent", AGENT), ("Cookie", visitor.session_field)]))
    assert again.body == b"well"
    assert len(origin.seen("/x")) == 1, "a POST is never sent twice"


TRUNCATED = {
    "a length not reached": HEAD_OK + b"Content-Length: 10\r\n\r\nhello",
    "no last chunk": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "half a chunk": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n6\r\nhello",
    "a malformed size": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "a size with a sign": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n+5\r\nhello\r\n0\r\n\r\n",
    "no CRLF after a chunk": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloxx0\r\n\r\n",
    "a bare LF after a size": HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", TRUNCATED.values(), ids=TRUNCATED.keys())
def test_a_cut_answer_is_seen_as_cut(hostile, data):
    """An answer that the origin does not finish is not finished by the gate (or is a 502 as a whole)."""
    with ask(hostile, data) as connection:
        try:
            answer = connection.read_answer()
        except (Truncated, ConnectionResetError):
            return
    assert answer.status == 502, f"a cut body passed for whole: {answer}"


def test_a_cut_answer_of_http_1_0_is_seen_as_cut(hostile):
    """An HTTP/1.0 visitor cannot see a missing chunk, but a missing length he can."""
    script, _, gate, visitor = hostile
    script.data = TRUNCATED["a length not reached"]
    with Connection(gate.port) as connection:
        connection.send(
            request("GET", "/x", [("User-Agent", AGENT), ("Cookie", visitor.session_field)], version="HTTP/1.0")
        )
        try:
            answer = connection.read_answer()
        except (Truncated, ConnectionResetError):
            return
    assert answer.status == 502 or answer.framing == "close"


def test_bytes_after_an_answer_do_not_poison_the_next(hostile):
    """What an origin sends beyond its answer is never taken for the answer to somebody else's request."""
    script, origin, gate, visitor = hostile
    poison = HEAD_OK + b"Content-Length: 6\r\n\r\npoison"
    script.data = HEAD_OK + b"Content-Length: 5\r\n\r\nhello" + poison
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    with Connection(gate.port) as connection:
        for _ in range(5):
            connection.send(request("GET", "/x", fields))
            assert connection.read_answer().body == b"hello"
            connection.send(request("GET", "/well", fields))
            assert connection.read_answer().body == b"well"


class Lasting(Scripted):
    """The same on a connection that stays open."""

    def __call__(self, exchange):
        exchange.received.connection_number = exchange.link.number
        if exchange.received.path == "/well":
            exchange.answer(body=b"well")
        else:
            exchange.send(self.data)


def test_an_unasked_answer_on_an_idle_connection_is_dropped(servers):
    """Bytes that come while nobody waits for them close that connection."""
    script = Lasting()
    origin = servers.origin(script)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate, path="/well")
    script.data = HEAD_OK + b"Content-Length: 5\r\n\r\nhello"
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    for _ in range(3):
        assert exchange(gate.port, request("GET", "/x", fields)).body == b"hello"
        with origin.lock:
            links = list(origin.links)
        for link in links:
            try:
                link.sendall(HEAD_OK + b"Content-Length: 6\r\n\r\npoison")
            except OSError:
                pass
        time.sleep(0.1)
        assert exchange(gate.port, request("GET", "/well", fields)).body == b"well"


def test_a_head_answer_with_a_body_is_not_reused(servers):
    """An origin that answers HEAD (or 204, 304) with a body loses that connection; nobody else reads the body."""

    def handler(exchange):
        if exchange.received.path == "/well":
            exchange.answer(body=b"well")
        else:
            status = (
                b"204 No"
                if "204" in exchange.received.path
                else b"304 No" if "304" in exchange.received.path else b"200 OK"
            )
            exchange.send(
                b"HTTP/1.1 %s\r\nContent-Length: 41\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison" % status
            )

    origin = servers.origin(handler)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate, path="/well")
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    for method, target in [("HEAD", "/x"), ("GET", "/204"), ("GET", "/304"), ("HEAD", "/204")] * 3:
        with Connection(gate.port) as connection:
            connection.send(request(method, target, fields))
            assert connection.read_answer(method).status in (200, 204, 304, 502)
        assert exchange(gate.port, request("GET", "/well", fields)).body == b"well"


def test_an_answer_before_the_request_is_read_is_passed_on(servers):
    """An origin may answer and close while the visitor still uploads."""

    def handler(exchange):
        if exchange.received.method == "POST":
            exchange.answer("413 Too Large", [("Connection", "close")], b"enough")
            exchange.close()
            time.sleep(0.2)
        else:
            exchange.answer(body=b"well")

    origin = servers.origin(handler)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    with Connection(gate.port) as connection:
        connection.send(
            request(
                "POST", "/x", [("User-Agent", AGENT), ("Cookie", visitor.session_field), ("Content-Length", 50_000_000)]
            )
            + b"x" * 1000
        )
        answer = connection.read_answer()
        assert (answer.status, answer.body) == (413, b"enough")
        connection.send_in_pieces(b"x" * 1_000_000, 65536)  # the rest is not taken for requests
    assert len([one for one in origin.seen() if one.method == "POST"]) == 1


# Retries


class Forgetful:
    """Answers the first request of a connection and drops it at the next one, as a server whose idle time is over."""

    def __init__(self):
        self.served = {}

    def __call__(self, exchange):
        number = exchange.link.number
        self.served[number] = self.served.get(number, 0) + 1
        if self.served[number] > 1:
            exchange.close()  # without a byte of an answer
        else:
            exchange.read_body()
            exchange.answer(body=b"fresh")


@pytest.mark.parametrize(
    "method, body, status",
    [
        ("GET", b"", 200),
        ("HEAD", b"", 200),
        ("OPTIONS", b"", 200),
        ("DELETE", b"", 200),
        ("POST", b"x", 502),
        ("PATCH", b"x", 502),
        ("BREW", b"", 502),
    ],
)
def test_only_idempotent_requests_are_sent_twice(servers, method, body, status):
    """docs/HTTP.md: retried once, on another connection, only if idempotent, replayable, and no answer byte came."""
    origin = servers.origin(Forgetful())
    gate = servers.gate([gates.room(origin.url)], gate={"workers": 1})
    visitor = through(gate)
    origin.forget()
    answer = exchange(
        gate.port, request(method, "/again", [("User-Agent", AGENT), ("Cookie", visitor.session_field)], body), method
    )
    assert answer.status == status
    assert len(origin.seen("/again")) == (2 if status == 200 else 1)


def test_a_request_is_retried_once_only(servers):
    """An origin that always drops is asked twice, then it is a 502."""

    def handler(exchange):
        if exchange.received.path == "/never":
            exchange.close()
        else:
            exchange.answer(body=b"well")

    origin = servers.origin(handler)
    gate = servers.gate([gates.room(origin.url)], gate={"workers": 1})
    visitor = through(gate)
    answer = exchange(gate.port, request("GET", "/never", [("User-Agent", AGENT), ("Cookie", visitor.session_field)]))
    assert answer.status == 502 and 1 <= len(origin.seen("/never")) <= 2


def test_no_retry_after_an_answer_byte(servers):
    """Half a head is an answer begun: no second try."""

    def handler(exchange):
        if exchange.received.path == "/half":
            exchange.send(b"HTTP/1.1 2")
            exchange.close()
        else:
            exchange.answer(body=b"well")

    origin = servers.origin(handler)
    gate = servers.gate([gates.room(origin.url)], gate={"workers": 1})
    visitor = through(gate)
    answer = exchange(gate.port, request("GET", "/half", [("User-Agent", AGENT), ("Cookie", visitor.session_field)]))
    assert answer.status == 502 and len(origin.seen("/half")) == 1
