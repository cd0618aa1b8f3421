"""Hostile and broken traffic (docs/HTTP.md), on raw sockets: what is refused never reaches the origin, in whole or in part.

Every request carries a valid session cookie, so that nothing but the refusal itself stands between it and the origin,
and is followed by a second request that a confused gate would let through.
"""

import time

import pytest

from rig import gate as gates
from rig.process import accepts, wait_until
from rig.site import site
from rig.visitor import AGENT, through
from rig.wire import Connection, Truncated, chunked, exchange, request


class Field:
    """A gate with a session, and an origin that remembers everything."""

    def __init__(self, origin, gate, visitor):
        self.origin, self.gate, self.visitor = origin, gate, visitor
        self.session = b"User-Agent: %s\r\nCookie: %s\r\n" % (AGENT.encode(), visitor.session_field.encode())
        self.smuggled = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n" + self.session + b"\r\n"

    def fill(self, template: bytes) -> bytes:
        return template.replace(b"{S}", self.session).replace(b"{C}", self.visitor.session_field.encode())


@pytest.fixture(scope="module")
def field(module_servers):
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)], gate={"timeouts": {"head": "3s", "body_progress": "3s"}})
    return Field(origin, gate, through(gate))


@pytest.fixture(autouse=True)
def nothing_is_smuggled(request):
    """Whatever a test sends, the origin never sees the second request nor anything that is not HTTP."""
    if "field" not in request.fixturenames:
        yield
        return
    field = request.getfixturevalue("field")
    field.origin.forget()
    yield
    assert not field.origin.seen("/smuggled")
    assert field.origin.failures == []
    assert field.gate.process.running(), "the gate died"


POST = b"POST /echo HTTP/1.1\r\nHost: shop.test\r\n{S}"
GET = b"GET /echo HTTP/1.1\r\nHost: shop.test\r\n{S}"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

#: name: (bytes, statuses). The connection must be closed after each of these.
DOUBTFUL_FRAMING = {
    "Content-Length with Transfer-Encoding": (
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "Transfer-Encoding with Content-Length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n"
    ),
    "both, the length 0": POST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "differing lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "differing lengths in a list": POST + b"Content-Length: 5, 6\r\n\r\nhello!",
    "a list of lengths": POST + b"Content-Length: 5,5\r\n\r\nhello",
    **{
        f"length {text!r}": POST + b"Content-Length: " + text + b"\r\n\r\nhello"
        for text in (
            b"+5",
            b"-5",
            b"5_0",
            b"0x5",
            b"5 5",
            b"5.0",
            b"5e0",
            b"",
            b'"5"',
            b"5;",
            b"\xd9\xa5",
            b"five",
            b"5\x0b",
            b"99999999999999999999",
            b"18446744073709551621",
            b"9223372036854775808",
            b"5\x00",
            b"0005x",
        )
    },
    "length in GET, malformed": GET + b"Content-Length: x\r\n\r\n",
    **{
        f"coding {text!r}": POST + b"Transfer-Encoding: " + text + b"\r\n\r\n0\r\n\r\n"
        for text in (
            b"identity",
            b"chunked, chunked",
            b"chunked,chunked",
            b"xchunked",
            b"chunkedx",
            b"chunked, gzip",
            b"chunked, identity",
            b"gzip",
            b"",
            b",",
            b'"chunked"',
            b"chunked;q=1",
            b"chun ked",
            b"x",
            b"\x0bchunked",
            b"chunked\x0b",
            b"chunked\x00",
            b"cow, chunked, cow",
            b"chunke\x64\x80",
        )
    },
    "two codings fields": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "two chunked fields": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding first": POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST /echo HTTP/1.0\r\nHost: shop.test\r\n{S}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0, kept alive": b"POST /echo HTTP/1.0\r\nHost: shop.test\r\n{S}Connection: keep-alive\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in GET that is not chunked": GET + b"Transfer-Encoding: gzip\r\n\r\n",
    "white space before the colon of a length": POST + b"Content-Length : 5\r\n\r\nhello",
    "a tab before the colon of a coding": POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "white space before the colon": GET + b"X-A : 1\r\n\r\n",
    "white space before the first field": b"GET /echo HTTP/1.1\r\n Host: shop.test\r\n{S}\r\n",
    "a folded value": GET + b"X-A: 1\r\n 2\r\n\r\n",
    "a folded value with a tab": GET + b"X-A: 1\r\n\t2\r\n\r\n",
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a folded length": POST + b"Content-Length: 5\r\n 0\r\n\r\nhello",
    "a bare LF after a field": GET + b"X-A: 1\nX-B: 2\r\n\r\n",
    "a bare LF after the request line": b"GET /echo HTTP/1.1\nHost: shop.test\r\n{S}\r\n",
    "bare LFs throughout": b"GET /echo HTTP/1.1\nHost: shop.test\n\n",
    "a bare LF at the end of the head": b"GET /echo HTTP/1.1\r\nHost: shop.test\r\n{S}X-A: 1\r\n\n",
    "a bare CR in a value": GET + b"X-A: 1\rX-B: 2\r\n\r\n",
    "a bare CR at a value's end": GET + b"X-A: 1\r\r\n\r\n",
    "a bare CR that hides a coding": POST + b"X-A: 1\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a bare CR in the request line": b"GET /echo\r HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "a bare CR in a name": GET + b"X-\rA: 1\r\n\r\n",
    "NUL in a value": GET + b"X-A: 1\x002\r\n\r\n",
    "NUL in a name": GET + b"X-\x00A: 1\r\n\r\n",
    "NUL in the target": b"GET /echo\x00 HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "an empty name": GET + b": 1\r\n\r\n",
    "a line without a colon": GET + b"X-A\r\n\r\n",
    "a name with a space inside": GET + b"X A: 1\r\n\r\n",
    "a name outside tchar": GET + b"X(A): 1\r\n\r\n",
    "a name in Latin-1": GET + b"X-\xe9: 1\r\n\r\n",
    **{
        f"control character {byte:#04x} in a value": GET + b"X-A: 1" + bytes([byte]) + b"2\r\n\r\n"
        for byte in (0x01, 0x07, 0x08, 0x0B, 0x0C, 0x1B, 0x7F)
    },
    **{
        f"control character {byte:#04x} in a name": GET + b"X" + bytes([byte]) + b"A: 1\r\n\r\n"
        for byte in (0x01, 0x0B, 0x0C, 0x7F)
    },
    **{
        f"control character {byte:#04x} in the target": b"GET /echo" + bytes([byte]) + b"x HTTP/1.1\r\nHost: shop.test"
        b"\r\n{S}\r\n"
        for byte in (0x01, 0x09, 0x0B, 0x0C, 0x1F, 0x7F)
    },
    "a space in the target": b"GET /echo x HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "two spaces before the version": b"GET /echo  HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "a tab in the request line": b"GET\t/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "no version": b"GET /echo\r\nHost: shop.test\r\n{S}\r\n",
    "an HTTP/0.9 request": b"GET /echo\r\n\r\n",
    "a lower-case version": b"GET /echo http/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "version 1.10": b"GET /echo HTTP/1.10\r\nHost: shop.test\r\n{S}\r\n",
    "version x": b"GET /echo HTTP/x.1\r\nHost: shop.test\r\n{S}\r\n",
    "another protocol": b"GET /echo ICY/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "an empty target": b"GET  HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "a target without a slash": b"GET echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "a method outside tchar": b"G(T /echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    "garbage": b"\xff\xfe\xfd\r\n\r\n",
}


@pytest.mark.parametrize("pieces", ["in one piece", "byte by byte"])
@pytest.mark.parametrize("template", DOUBTFUL_FRAMING.values(), ids=DOUBTFUL_FRAMING.keys())
def test_doubtful_framing_is_refused_and_closed(field, template, pieces):
    """400 (501 for a coding that is not known, 505 for a version), then close; the origin hears nothing."""
    data = field.fill(template) + field.smuggled
    with Connection(field.gate.port) as connection:
        if pieces == "in one piece":
            connection.send(data)
        else:
            connection.send_in_pieces(data, 1 if len(data) < 600 else 7)
        answer = connection.read_answer()
        assert answer.status in (400, 501, 505), answer
        assert connection.is_closed_within(3), "the connection stayed open"
    assert field.origin.seen() == []


#: Malformed chunked bodies: found after the head has been forwarded, so the origin may see the head, never an end.
BAD_CHUNKS = {
    "a size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "a size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size with an underscore": b"1_0\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "not hexadecimal": b"g\r\nhello\r\n0\r\n\r\n",
    "a space before the size": b" 5\r\nhello\r\n0\r\n\r\n",
    "a size over 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "the largest size": b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "a size near overflow": b"7fffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "a bare LF after the size": b"5\nhello\r\n0\r\n\r\n",
    "a bare CR after the size": b"5\rhello\r\n0\r\n\r\n",
    "a bare LF in an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;a=\x00\r\nhello\r\n0\r\n\r\n",
    "a bare CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "data longer than the size": b"5\r\nhello!\r\n0\r\n\r\n",
    "data shorter than the size": b"6\r\nhello\r\n0\r\n\r\n",
    "a bare LF after the data": b"5\r\nhello\n0\r\n\r\n",
    "no CRLF after the data": b"5\r\nhello0\r\n\r\n",
    "a bare LF after the last chunk": b"5\r\nhello\r\n0\n\r\n",
    "a bare LF at the end": b"5\r\nhello\r\n0\r\n\n",
    "a folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "control characters in a trailer": b"0\r\nA: \x01\r\n\r\n",
}


@pytest.mark.parametrize("pieces", ["in one piece", "byte by byte"])
@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_a_malformed_chunk_ends_the_request(field, body, pieces):
    """The visitor is refused and closed; the origin never takes the body for complete."""
    data = field.fill(CHUNKED) + body
    with Connection(field.gate.port) as connection:
        if pieces == "in one piece":
            connection.send_in_pieces(data + field.smuggled, 1 << 20)
        else:
            connection.send_in_pieces(data + field.smuggled, 1 if len(data) < 2000 else 1000)
        try:
            answer = connection.read_answer()
            assert answer.status in (400, 431, 413, 502), answer
        except (Truncated, ConnectionResetError):
            pass  # closed without an answer: as clear, where the head was already on its way
        assert connection.is_closed_within(5)
    time.sleep(0.05)
    assert not any(received.complete for received in field.origin.seen())


@pytest.mark.parametrize(
    "body",
    [b"5;" + b"x" * 200000 + b"\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 50000 + b"\r\n"],
    ids=["extension", "trailers"],
)
def test_endless_extensions_and_trailers_are_refused_or_dropped(field, body):
    """They are never forwarded and never kept."""
    before = field.gate.process.resident_bytes()
    with Connection(field.gate.port) as connection:
        connection.send_in_pieces(field.fill(CHUNKED) + body, 4096)
        try:
            assert connection.read_answer().status in (200, 400, 413, 431)
        except (Truncated, ConnectionResetError):
            pass
    for received in field.origin.seen():
        assert received.body in (b"", b"hello")
    assert field.gate.process.resident_bytes() - before < 8 << 20


#: name: (bytes, statuses). Refused with the framing certain, so the connection may live on.
REFUSED = {
    "no Host": (b"GET /echo HTTP/1.1\r\n{S}\r\n", {400}),
    "two Host fields": (b"GET /echo HTTP/1.1\r\nHost: shop.test\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "two different Hosts": (b"GET /echo HTTP/1.1\r\nHost: shop.test\r\nHost: other.test\r\n{S}\r\n", {400}),
    "a list of Hosts": (b"GET /echo HTTP/1.1\r\nHost: shop.test, other.test\r\n{S}\r\n", {400}),
    "Host with user info": (b"GET /echo HTTP/1.1\r\nHost: user@shop.test\r\n{S}\r\n", {400}),
    "Host with a path": (b"GET /echo HTTP/1.1\r\nHost: shop.test/x\r\n{S}\r\n", {400}),
    "Host with a space": (b"GET /echo HTTP/1.1\r\nHost: shop test\r\n{S}\r\n", {400}),
    "Host with a bad port": (b"GET /echo HTTP/1.1\r\nHost: shop.test:80x\r\n{S}\r\n", {400}),
    "Host in Latin-1": (b"GET /echo HTTP/1.1\r\nHost: sh\xf6p.test\r\n{S}\r\n", {400}),
    "an absolute target for another host": (
        b"GET http://other.test/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
        {400, 421},
    ),
    "an absolute target with another port": (
        b"GET http://shop.test:81/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n",
        {400, 421},
    ),
    "an absolute target with user info": (b"GET http://a@shop.test/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "an absolute target without a host": (b"GET http:///echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "another scheme": (b"GET ftp://shop.test/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400, 421}),
    "authority-form without CONNECT": (b"GET shop.test:80 HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "an asterisk without OPTIONS": (b"GET * HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "CONNECT": (b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n{S}\r\n", {405}),
    "CONNECT with a path": (b"CONNECT /echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {405, 400}),
    "TRACE": (b"TRACE /echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {405}),
    "TRACE with Max-Forwards": (b"TRACE /echo HTTP/1.1\r\nHost: shop.test\r\n{S}Max-Forwards: 0\r\n\r\n", {405}),
    "Expect something else": (GET + b"Expect: 200-ok\r\n\r\n", {417}),
    "Expect two things": (GET + b"Expect: 100-continue, 200-ok\r\n\r\n", {417}),
    "a field that the gate sets, named in Connection": (GET + b"Connection: X-Forwarded-For\r\n\r\n", {400}),
    "Host named in Connection": (GET + b"Connection: close, Host\r\n\r\n", {400}),
    "Content-Length named in Connection": (
        POST + b"Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
        {400},
    ),
    "Cookie named in Connection": (GET + b"Connection: Cookie\r\n\r\n", {400}),
    "the session cookie twice": (b"GET /echo HTTP/1.1\r\nHost: shop.test\r\n{S}{S}\r\n", {400}),
    "the session cookie twice in one field": (
        b"GET /echo HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: x\r\n" b"Cookie: {C}; a=b; {C}\r\n\r\n",
        {400},
    ),
    "two session cookies": (b"GET /echo HTTP/1.1\r\nHost: shop.test\r\nCookie: anteroom_s_shop=x; {C}\r\n\r\n", {400}),
    "two session cookies in two fields": (
        b"GET /echo HTTP/1.1\r\nHost: shop.test\r\nCookie: anteroom_s_shop=x\r\n{S}\r\n",
        {400},
    ),
    "dots above the root": (b"GET /../echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "encoded dots above the root": (b"GET /%2e%2e/echo HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "a malformed escape": (b"GET /echo%zz HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "a cut escape": (b"GET /echo%2 HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "an encoded NUL": (b"GET /echo%00 HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "an encoded CRLF": (b"GET /echo%0d%0aX: HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {400}),
    "a long request line": (b"GET /echo?" + b"q" * 17000 + b" HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {414}),
    "a very long request line": (b"GET /echo?" + b"q" * 200000 + b" HTTP/1.1\r\nHost: shop.test\r\n{S}\r\n", {414}),
    "a large head": (GET + b"X-A: " + b"x" * 33000 + b"\r\n\r\n", {431}),
    "a large head of small fields": (
        GET + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 800) for n in range(60)) + b"\r\n",
        {431},
    ),
    "101 fields": (GET + b"X-A: 1\r\n" * 101 + b"\r\n", {431}),
    "HTTP/2's preface in lower case": (b"pri * HTTP/2.0\r\n\r\nsm\r\n\r\n", {400, 505, 405}),
    "HTTP/2.0": (b"GET /echo HTTP/2.0\r\nHost: shop.test\r\n{S}\r\n", {505, 400}),
    "HTTP/3.7": (b"GET /echo HTTP/3.7\r\nHost: shop.test\r\n{S}\r\n", {505, 400}),
}


@pytest.mark.parametrize("template, statuses", REFUSED.values(), ids=REFUSED.keys())
def test_refused_requests_never_reach_the_origin(field, template, statuses):
    """A clear 4xx (505 for a version), and nothing at the origin."""
    with Connection(field.gate.port) as connection:
        connection.send_in_pieces(field.fill(template), 4096)
        answer = connection.read_answer()
    assert answer.status in statuses, answer
    assert answer.get("content-length") is not None or answer.says_close
    assert field.origin.seen() == []


def test_405_names_no_forbidden_method(field):
    """RFC 9110 §15.5.6: a 405 has Allow, and it does not list what was refused."""
    answer = exchange(field.gate.port, field.fill(REFUSED["TRACE"][0]))
    assert answer.get("allow") is not None and "TRACE" not in answer.get("allow")


@pytest.mark.parametrize(
    "names",
    [["Content-Length: 5", "Content-Length: 5"], ["Content-Length: 5", "content-LENGTH: 5"]],
    ids=["same", "another case"],
)
def test_equal_lengths_are_one_or_refused(field, names):
    """RFC 9110 §8.6: either is safe; forwarding both is not."""
    data = field.fill(POST) + "\r\n".join(names).encode() + b"\r\n\r\nhello"
    answer = exchange(field.gate.port, data)
    assert answer.status in (200, 400)
    for received in field.origin.seen():
        assert received.all("content-length") == ["5"]


def test_gate_cookies_of_another_room_are_not_a_session(field):
    """A cookie named for no room is an ordinary cookie, whatever it holds."""
    token = field.visitor.cookie("s")
    answer = exchange(
        field.gate.port,
        request(
            "GET",
            "/echo",
            [
                ("User-Agent", AGENT),
                ("Accept", "image/png"),
                ("Sec-Fetch-Dest", "image"),
                ("Cookie", f"anteroom_s_other={token}"),
            ],
        ),
    )
    assert answer.status in (200, 503)  # let in as a new visitor, or told to wait: never by that cookie


def test_a_body_nobody_asked_for_stays_a_body(field):
    """GET with a body is legal; its bytes are not the next request."""
    data = field.fill(GET) + b"Content-Length: %d\r\n\r\n" % len(field.smuggled) + field.smuggled
    with Connection(field.gate.port) as connection:
        connection.send(
            data + request("GET", "/after", [("User-Agent", AGENT), ("Cookie", field.visitor.session_field)])
        )
        assert connection.read_answer().status == 200
        assert connection.read_answer().status == 200
    assert [received.path for received in field.origin.seen()] == ["/echo", "/after"]


@pytest.mark.parametrize("method", ["HEAD", "GET", "DELETE", "OPTIONS"])
def test_a_chunked_body_of_a_method_that_needs_none_stays_a_body(field, method):
    """The framing does not depend on the method."""
    data = field.fill(CHUNKED).replace(b"POST", method.encode(), 1) + chunked(field.smuggled)
    with Connection(field.gate.port) as connection:
        connection.send(data)
        assert connection.read_answer(method).status == 200
    [received] = field.origin.seen()
    assert received.body == field.smuggled


@pytest.mark.parametrize("body", [field_body for field_body in (b"a=b", b"x" * 300000)], ids=["short", "long"])
def test_a_refused_body_is_not_the_next_request(servers, body):
    """A POST that the line refuses is drained or the connection closed; its body is never parsed as a request."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url, status="paused")])
    inner = request("GET", "/smuggled", [("Accept", "text/html")])
    payload = inner + body
    with Connection(gate.port) as connection:
        connection.send_in_pieces(
            request(
                "POST",
                "/checkout",
                [("Accept", "text/html"), ("Content-Type", "application/x-www-form-urlencoded")],
                payload,
            ),
            65536,
        )
        answer = connection.read_answer()
        assert answer.status == 503
        if not connection.is_closed_within(0.5):
            connection.send(request("GET", "/api/v1/queues/shop"))
            connection.socket.settimeout(5)
            assert connection.read_answer().status == 200
    assert origin.seen() == []


def test_the_gate_lives_after_all_this(field):
    """The gate of this module still answers and has no descriptor left over."""
    assert accepts(field.gate.port)
    wait_until(lambda: field.gate.process.open_descriptors() < 120, 10, 0.2, "open descriptors to fall")
