"""Bodies and connections through the gate: framing, streaming, keep-alive, pipelining, Expect."""

import hashlib
import json
import threading
import time

import pytest

from conftest import STAND_IN
from rig.process import wait_until
from rig.site import PAGE, pattern, pattern_digest
from rig.wire import Connection, chunked, exchange, request

BIG = 100 << 20

# Bodies


def test_a_chunked_upload_arrives_whole(pair):
    """Chunked towards the gate is chunked or counted towards the origin, with extensions and trailers dropped."""
    pair.origin.forget()
    with Connection(pair.proxy.port) as connection:
        connection.send(request("POST", "/echo", [*pair.own_fields, ("Transfer-Encoding", "chunked")]))
        connection.send(b"3;ext=1\r\nabc\r\n" + b"A\r\n0123456789\r\n" + b"0\r\nX-Trailer: smuggled\r\n\r\n")
        answer = connection.read_answer()
    body = json.loads(answer.body)
    assert body["length"] == 13 and body["sha256"] == hashlib.sha256(b"abc0123456789").hexdigest()
    [received] = pair.origin.seen()
    assert not received.all("x-trailer") and not pair.origin.failures


def test_a_chunked_upload_in_single_bytes(pair):
    """Framing is found wherever packets split it."""
    with Connection(pair.proxy.port, timeout=30) as connection:
        data = request("POST", "/echo", [*pair.own_fields, ("Transfer-Encoding", "chunked")]) + chunked(
            b"a", b"bc" * 40, b"0\r\n\r\n"
        )
        connection.send_in_pieces(data, 1)
        answer = connection.read_answer()
    assert json.loads(answer.body)["length"] == 86


def test_signed_chunks_arrive_whole(pair):
    """Object stores put a signature into the extension of each chunk, however many there are."""
    piece = b"40;chunk-signature=" + b"a" * 64 + b"\r\n" + b"x" * 64 + b"\r\n"
    with Connection(pair.proxy.port) as connection:
        connection.send(
            request("PUT", "/status/200", [*pair.own_fields, ("Transfer-Encoding", "chunked")])
            + piece * 500
            + b"0\r\n\r\n"
        )
        assert connection.read_answer().status == 200


def test_a_transfer_coding_name_in_another_case(pair):
    """Coding names are case-insensitive (RFC 9112 §7)."""
    with Connection(pair.proxy.port) as connection:
        connection.send(
            request("POST", "/echo", [*pair.own_fields, ("transfer-ENCODING", "Chunked")]) + chunked(b"abc")
        )
        assert json.loads(connection.read_answer().body)["length"] == 3


def test_an_upload_is_streamed(pair):
    """The origin has the first bytes before the visitor has sent the last ones."""
    pair.origin.forget()
    with Connection(pair.proxy.port) as connection:
        connection.send(request("POST", "/echo", [*pair.own_fields, ("Content-Length", "200000")]) + b"x" * 100000)
        wait_until(
            lambda: pair.origin.seen() and pair.origin.seen()[0].body_length >= 100000,
            5,
            what="the first half at the origin",
        )
        connection.send(b"x" * 100000)
        assert json.loads(connection.read_answer().body)["length"] == 200000


@pytest.mark.parametrize("framing", ["bytes", "chunked", "close"])
def test_a_hundred_megabytes_down(pair, framing):
    """A large download has the same checksum."""
    digest, count = hashlib.sha256(), 0
    with Connection(pair.proxy.port, timeout=60) as connection:
        connection.send(request("GET", f"/{framing}?n={BIG}", pair.own_fields))
        head = connection.read_head()
        assert head.status == 200
        if head.get("transfer-encoding"):
            blocks = connection.chunks()
        else:

            def blocks_to_the_end():
                left = int(head.get("content-length") or BIG)
                first = bytes(connection.buffer)
                connection.buffer.clear()
                if first:
                    left -= len(first)
                    yield first
                while left:
                    data = connection.socket.recv(1 << 20)
                    assert data, "closed before the end"
                    left -= len(data)
                    yield data

            blocks = blocks_to_the_end()
        for block in blocks:
            digest.update(block)
            count += len(block)
    assert (count, digest.hexdigest()) == (BIG, pattern_digest(BIG))


@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_a_hundred_megabytes_up(pair, framing):
    """A large upload has the same checksum."""
    with Connection(pair.proxy.port, timeout=60) as connection:
        if framing == "chunked":
            connection.send(request("PUT", "/echo", [*pair.own_fields, ("Transfer-Encoding", "chunked")]))
            for block in pattern(BIG):
                connection.send(b"%x\r\n%s\r\n" % (len(block), block))
            connection.send(b"0\r\n\r\n")
        else:
            connection.send(request("PUT", "/echo", [*pair.own_fields, ("Content-Length", BIG)]))
            for block in pattern(BIG):
                connection.send(block)
        body = json.loads(connection.read_answer().body)
    assert (body["length"], body["sha256"]) == (BIG, pattern_digest(BIG))


def test_both_directions_at_once(pair):
    """An origin may answer while it reads."""
    with Connection(pair.proxy.port, timeout=30) as connection:
        size = 8 << 20
        connection.send(request("POST", f"/bytes?n={size}", [*pair.own_fields, ("Content-Length", size)]))
        sender = threading.Thread(target=lambda: [connection.send(block) for block in pattern(size)])
        sender.start()
        answer = connection.read_answer()
        sender.join(30)
        assert len(answer.body) == size and not sender.is_alive()
        if not answer.says_close:
            connection.send(request("GET", "/echo", pair.own_fields))
            assert connection.read_answer().status == 200


@pytest.mark.parametrize("target", ["/stream?chunks=4&interval_ms=300", "/events"])
def test_a_streamed_answer_arrives_as_it_is_made(pair, target):
    """Pieces are passed on at once, not gathered."""
    arrivals = []
    with Connection(pair.proxy.port) as connection:
        connection.send(request("GET", target, pair.own_fields))
        head = connection.read_head()
        start = time.monotonic()
        if head.get("transfer-encoding"):
            for _ in connection.chunks():
                arrivals.append(time.monotonic() - start)
        else:
            while connection.buffer or connection.socket.recv(1000):
                connection.buffer.clear()
                arrivals.append(time.monotonic() - start)
    assert len(arrivals) >= 3
    assert arrivals[-1] - arrivals[0] > 0.4


# Connections


def test_expect_continue_is_passed_through(pair):
    """The origin's 100 reaches the visitor before the body is sent."""
    pair.origin.forget()
    with Connection(pair.proxy.port) as connection:
        connection.send(
            request("POST", "/expecting", [*pair.own_fields, ("Expect", "100-continue"), ("Content-Length", 5)])
        )
        assert connection.read_head().status == 100
        connection.send(b"hello")
        assert json.loads(connection.read_answer().body)["length"] == 5
    assert STAND_IN or pair.origin.seen()[0].get("expect") == "100-continue"


def test_expect_continue_may_be_refused_by_the_origin(pair):
    """A final answer in place of 100 is passed on, and the body is not waited for."""
    with Connection(pair.proxy.port) as connection:
        connection.send(
            request("POST", "/refusing", [*pair.own_fields, ("Expect", "100-continue"), ("Content-Length", 5)])
        )
        answer = connection.read_answer()
    assert answer.status == 413 and answer.body == b"no"


def test_a_body_is_sent_without_waiting_for_continue(pair):
    """RFC 9110 §10.1.1: a client may give up waiting."""
    with Connection(pair.proxy.port) as connection:
        connection.send(request("POST", "/echo", [*pair.own_fields, ("Expect", "100-Continue")], b"hello"))
        assert json.loads(connection.read_answer().body)["length"] == 5


def test_keep_alive(pair):
    """Many requests on one connection, with bodies and without."""
    with Connection(pair.proxy.port) as connection:
        for turn in range(20):
            body = b"x" * turn
            connection.send(
                request("POST" if turn % 2 else "GET", f"/echo?{turn}", pair.own_fields, body if turn % 2 else b"")
            )
            answer = json.loads(connection.read_answer().body)
            assert answer["target"] == f"/echo?{turn}" and answer["length"] == (turn if turn % 2 else 0)


def test_connection_close_is_honoured(pair):
    """A visitor who says close is closed after the answer."""
    with Connection(pair.proxy.port) as connection:
        connection.send(request("GET", "/", [*pair.own_fields, ("Connection", "close")]))
        answer = connection.read_answer()
        assert answer.body == PAGE and answer.says_close and connection.is_closed_within(2)


@pytest.mark.parametrize("target", ["/", "/chunked?n=70000", "/close?n=70000", "/chunks"])
def test_an_http_1_0_visitor(pair, target):
    """No chunks and no persistence for HTTP/1.0, but the same body."""
    direct = exchange(pair.origin.port, request("GET", target, pair.fields))
    with Connection(pair.proxy.port) as connection:
        connection.send(request("GET", target, pair.own_fields, version="HTTP/1.0"))
        answer = connection.read_answer()
        assert answer.framing in ("length", "close") and answer.body == direct.body
        assert answer.framing == "close" or connection.is_closed_within(2)


def test_an_http_1_0_visitor_may_keep_the_connection(pair):
    """`Connection: keep-alive` in HTTP/1.0 is answered in kind, or the connection is closed; nothing in between."""
    with Connection(pair.proxy.port) as connection:
        connection.send(request("GET", "/", [*pair.own_fields, ("Connection", "keep-alive")], version="HTTP/1.0"))
        answer = connection.read_answer()
        assert answer.body == PAGE
        if b"keep-alive" in b",".join(answer.all("connection")).lower():
            connection.send(request("GET", "/", [*pair.own_fields], version="HTTP/1.0"))
            assert connection.read_answer().body == PAGE
        else:
            assert connection.is_closed_within(2)


def test_pipelined_requests_are_answered_in_order(pair):
    """Ten requests in one packet, slow and fast mixed, answered in the order asked."""
    targets = [f"/echo?{n}" if n % 3 else f"/stream?chunks=2&interval_ms=50&n={n}" for n in range(10)]
    with Connection(pair.proxy.port, timeout=20) as connection:
        connection.send(b"".join(request("GET", target, pair.own_fields) for target in targets))
        for target in targets:
            answer = connection.read_answer()
            assert answer.status == 200
            if target.startswith("/echo"):
                assert json.loads(answer.body)["target"] == target
            else:
                assert answer.body == b"piece 0\npiece 1\n"


@pytest.mark.parametrize("bodies", [[b"a", b"b"], [b"", b"b"], [b"abc", b"", b"de"], [b"x" * 100_000, b"y" * 100_000]])
def test_pipelined_posts_are_all_answered(pair, bodies):
    """A body that has come along with the head before it is not waited for."""
    with Connection(pair.proxy.port, timeout=5) as connection:
        connection.send(
            b"".join(
                request("POST", "/echo", [*pair.own_fields, *([] if body else [("Content-Length", "0")])], body)
                for body in bodies
            )
        )
        lengths = [json.loads(connection.read_answer().body)["length"] for _ in bodies]
    assert lengths == [len(body) for body in bodies]


def test_pipelined_posts_keep_their_bodies_apart(pair):
    """A body that looks like a request stays a body."""
    bodies = [request("GET", "/inner"), b"", chunked(b"x"), b"\r\n\r\n"]
    pair.origin.forget()
    with Connection(pair.proxy.port) as connection:
        connection.send(
            b"".join(
                request("POST", "/echo", [*pair.own_fields, *([] if body else [("Content-Length", "0")])], body)
                for body in bodies
            )
        )
        lengths = [json.loads(connection.read_answer().body)["length"] for _ in bodies]
    assert lengths == [len(body) for body in bodies]
    assert not pair.origin.seen("/inner")


def test_a_half_closed_visitor_is_not_left_hanging(pair):
    """A client that shuts its sending side after the request is answered, or closed as nginx does."""
    with Connection(pair.proxy.port) as connection:
        connection.send(request("GET", "/", pair.own_fields))
        connection.finish_sending()
        data = connection.read_to_end()
    assert data == b"" or data.endswith(PAGE)


def test_an_empty_line_before_a_request_is_ignored(pair):
    """RFC 9112 §2.2."""
    with Connection(pair.proxy.port) as connection:
        connection.send(b"\r\n" + request("GET", "/", pair.own_fields))
        assert connection.read_answer().body == PAGE


def test_an_upgrade_to_anything_else_is_not_forwarded(pair):
    """Only WebSocket becomes a tunnel; h2c and the like are ordinary requests (RFC 9110 §7.8)."""
    _, proxied, _, second = pair.both(
        "GET", "/echo", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
    )
    assert proxied.status == 200
    if not STAND_IN:
        assert not second.all("upgrade") and not second.all("http2-settings")


def test_the_origin_was_never_puzzled(pair):
    """The strict origin of this module read nothing that was not HTTP/1.1."""
    assert pair.origin.failures == []
