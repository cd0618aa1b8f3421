"""A site answers through the gate as it answers directly, byte for byte but for what docs/HTTP.md names.

See rig/stand_in.py for how the tests themselves are proved.
"""

import pytest

from conftest import STAND_IN
from rig import gate as gates
from rig.pair import assert_same, for_origin
from rig.process import wait_until
from rig.site import ETAG, site
from rig.visitor import AGENT
from rig.wire import exchange, request

METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "PROPFIND",
    "REPORT",
    "BREW",
    "x-lower",
    "M-SEARCH",
]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_forwarded(pair, method):
    """Known and unknown methods reach the origin as they were sent, and so does their answer."""
    body = b"" if method in ("GET", "HEAD", "OPTIONS") else b"some=form&of=data"
    fields = [("Content-Type", "application/x-www-form-urlencoded")] if body else []
    direct, proxied, first, second = pair.both(method, "/promised?a=b", fields, body)
    assert_same(direct, proxied)
    assert second.method == first.method == method
    wait_until(lambda: first.complete and second.complete, what="both bodies")  # this route answers before it reads
    assert second.body == first.body == body
    assert for_origin(second) == for_origin(first)


ANSWERS = {
    "a page": "/",
    "an empty body": "/bytes?n=0",
    "one byte": "/bytes?n=1",
    "a megabyte": "/bytes?n=1048577",
    "chunks": "/chunked?n=300001",
    "no chunks at all": "/chunked?n=0",
    "chunks of awkward sizes": "/chunks",
    "a body ended by close": "/close?n=70000",
    "an empty body ended by close": "/close?n=0",
    "an HTTP/1.0 origin": "/old",
    "compressed": "/gzip",
    "a redirect": "/redirect",
    "an absolute redirect": "/absolute-redirect",
    "several Set-Cookie": "/cookies",
    "odd fields": "/odd-fields",
    "an odd reason": "/reason",
    "early hints": "/early-hints",
    "201": "/status/201",
    "204": "/status/204",
    "304 unasked": "/status/304",
    "400": "/status/400",
    "401": "/status/401",
    "404": "/status/404",
    "418": "/status/418",
    "500": "/status/500",
    "503": "/status/503",
    "599": "/status/599",
}


@pytest.mark.parametrize("target", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_is_kept(pair, method, target):
    """Status, reason, fields in order and body are the origin's."""
    if method == "HEAD" and target.startswith(("/trailers", "/old", "/close", "/chunks", "/odd", "/stream")):
        pytest.skip("the origin of this test answers HEAD there with a body")
    direct, proxied, _, _ = pair.both(method, target)
    assert_same(direct, proxied)


def test_an_answer_with_trailers_keeps_its_body(pair):
    """Chunk extensions and trailers are dropped, nothing else."""
    direct, proxied, _, _ = pair.both("GET", "/trailers")
    assert proxied.body == direct.body == b"hello"
    assert not proxied.all("x-sum")


def test_hop_by_hop_fields_of_an_answer_stay_on_their_hop(pair):
    """Fields that Connection names, and Keep-Alive, are the origin's connection's, not the visitor's."""
    _, proxied, _, _ = pair.both("GET", "/hop")
    names = [name.lower() for name, _ in proxied.fields]
    assert b"x-hop" not in names and b"x-end" in names
    assert proxied.get("keep-alive") != "timeout=5"


@pytest.mark.parametrize("tag", [ETAG, '"other"'], ids=["known", "stale"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditional_requests(pair, method, tag):
    """A 304 keeps its ETag and Content-Length and has no body; a stale tag gets the page."""
    direct, proxied, _, _ = pair.both(method, "/cached", [("If-None-Match", tag)])
    assert_same(direct, proxied)


TARGETS = {
    "a query": "/echo?a=1&b=2",
    "an empty query": "/echo?",
    "several question marks": "/echo??a=?b",
    "reserved characters": "/echo/:@!$&'()*+,;=~-._",
    "encoded space and plus": "/echo/a%20b+c?d=e%20f+g",
    "upper-case hex": "/echo/%E2%82%AC",
    "lower-case hex in the query": "/echo?q=%e2%82%ac",
    "an encoded percent": "/echo/100%25",
    "double slashes inside": "/echo//a///b",
    "a slash at the end": "/echo/a/",
    "quotes and brackets in the query": '/echo?a[]=1&b="x"&c={}|^`',
    "dots that are no segments": "/echo/..a/b../...",
    "dot segments in the query": "/echo?next=/../../etc",
    "encoded slash in the query": "/echo?u=http%3A%2F%2Fx%2F..%2F",
    "a semicolon": "/echo/a;v=1/b",
    "a URL as the path's end": "/echo/http://x/y",
    "long": "/echo?" + "q" * 8000,
    "a colon first": "/echo/:/",
    "an invalid percent in the query": "/echo?discount=50%",
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_the_target_is_kept_byte_for_byte(pair, target):
    """What a legal target's bytes are is the origin's business, not the gate's."""
    _, proxied, first, second = pair.both("GET", target)
    assert proxied.status == 200
    assert second.target == first.target == target


NORMAL_FORMS = {
    "lower-case hex": ("/echo/%e2%82%ac", "/echo/%E2%82%AC"),
    "an encoded unreserved": ("/echo/%7Euser", "/echo/~user"),
    "dot segments": ("/a/../echo/./b?c=../d", "/echo/b?c=../d"),
}


@pytest.mark.skipif(bool(STAND_IN), reason="a stand-in has a normal form of its own")
@pytest.mark.parametrize("target, normal", NORMAL_FORMS.values(), ids=NORMAL_FORMS.keys())
def test_a_path_is_forwarded_in_its_normal_form(pair, target, normal):
    """docs/HTTP.md: one normalised target decides and is forwarded; RFC 3986 §6.2.2 says that it names the same thing."""
    _, proxied, _, second = pair.both("GET", target)
    assert proxied.status == 200 and second.target == normal


def test_an_absolute_form_target_becomes_origin_form(pair):
    """RFC 9112 §3.2.2: accepted, and forwarded to an origin in origin-form."""
    _, proxied, _, second = pair.both("GET", "http://shop.test/echo?a=b")
    assert proxied.status == 200 and second.target == "/echo?a=b" and second.all("host") == ["shop.test"]


def test_options_asterisk(pair):
    """OPTIONS * (RFC 9112 §3.2.4) is either forwarded as it is or refused, never turned into another request."""
    answer = exchange(pair.proxy.port, request("OPTIONS", "*", pair.own_fields), "OPTIONS")
    seen = [one.target for one in pair.origin.seen() if one.method == "OPTIONS" and one.target != "/promised?a=b"]
    assert (answer.status == 200 and seen[-1] == "*") or (answer.status in (400, 404) and not seen)


REQUEST_FIELDS = [
    ("X-Mixed-CASE", "1"),
    ("x-empty", ""),
    ("X-Twice", "1"),
    ("X-Latin", b"caf\xe9"),
    ("Accept", "text/*;q=0.3, */*"),
    ("X-Twice", "2"),
    ("Authorization", "Basic dXNlcjpwYXNz"),
    ("Referer", "http://elsewhere.test/?a=b"),
    ("Range", "bytes=0-9"),
    ("Accept-Encoding", "gzip, br, zstd"),
    ("DNT", "1"),
    ("X-Tab", "a\tb"),
    ("!#$%&'*+-.^_`|~", "all tchar"),
    ("Origin", "null"),
    ("Early-Data", "1"),
    ("If-Match", "*"),
]


def test_request_fields_arrive_in_order(pair):
    """Names keep their case, values their bytes, and all keep their order."""
    _, proxied, first, second = pair.both("GET", "/echo", REQUEST_FIELDS)
    assert proxied.status == 200
    assert for_origin(second) == for_origin(first)


def test_hop_by_hop_fields_of_a_request_stay_on_their_hop(pair):
    """Connection's fields, Keep-Alive, TE and Proxy-Connection are not forwarded."""
    _, proxied, _, second = pair.both(
        "GET",
        "/echo",
        [
            ("Connection", "X-Private, keep-alive"),
            ("X-Private", "1"),
            ("Keep-Alive", "timeout=9"),
            ("TE", "trailers"),
            ("Proxy-Connection", "keep-alive"),
            ("X-Public", "1"),
        ],
    )
    assert proxied.status == 200
    names = {name.lower() for name, _ in second.fields}
    assert "x-public" in names
    assert not names & {"x-private", "keep-alive", "proxy-connection"}


COOKIES = {
    "before": "theme=dark; {own}",
    "after": "{own}; theme=dark",
    "between": 'a=1; {own}; b="2 3"',
    "odd separators": "a=1;{own};  b=2",
    "equals in a value": "a=x=y==; {own}",
    "no value": "flag; {own}; =x",
    "a name that looks alike": "xanteroom_s_shop=1; {own}; anteroom=2; anteroom_theme=1",
    "Latin-1": "n=\xe9; {own}",
}


@pytest.mark.skipif(bool(STAND_IN), reason="a stand-in has no cookies of its own")
@pytest.mark.parametrize("form", COOKIES.values(), ids=COOKIES.keys())
def test_only_the_gates_cookies_are_removed(pair, form):
    """The gate's own cookies do not reach the origin; the bytes of the others do."""
    pair.origin.forget()
    value = form.format(own=pair.visitor.session_field)
    answer = exchange(pair.proxy.port, request("GET", "/echo", [("User-Agent", AGENT), ("Cookie", value)]))
    assert answer.status == 200
    [received] = pair.origin.seen()
    assert pair.visitor.cookie("s") not in received.head.decode("latin-1")
    kept = [part.strip() for part in form.split(";") if "{own}" not in part]
    sent = [part.strip() for part in (received.get("cookie") or "").split(";")]
    assert sent == kept


@pytest.mark.skipif(bool(STAND_IN), reason="a stand-in has no cookies of its own")
def test_a_cookie_field_with_nothing_else_is_removed(pair):
    """No empty Cookie field is left behind."""
    pair.origin.forget()
    exchange(pair.proxy.port, request("GET", "/echo", pair.own_fields))
    [received] = pair.origin.seen()
    assert received.all("cookie") == []


@pytest.mark.skipif(bool(STAND_IN), reason="the fields that a gate adds")
class TestForwardingFields:
    """What the origin learns about the visitor (docs/HTTP.md)."""

    def test_they_are_set(self, pair):
        """X-Forwarded-*, Forwarded, X-Request-Id and Via say who asked, and how."""
        _, _, _, second = pair.both("GET", "/echo")
        assert second.all("x-forwarded-for") == ["127.0.0.1"]
        assert second.all("x-forwarded-proto") == ["http"]
        assert second.all("x-forwarded-host") == ["shop.test"]
        [forwarded] = second.all("forwarded")
        assert (
            "for=127.0.0.1" in forwarded
            and "proto=http" in forwarded
            and "host=shop.test" in forwarded.replace('"', "")
        )
        assert len(second.get("x-request-id")) >= 8
        assert second.get("via").startswith("1.1 ")
        assert second.all("host") == ["shop.test"]

    def test_each_request_has_its_own_id(self, pair):
        ids = {pair.both("GET", "/echo")[3].get("x-request-id") for _ in range(5)}
        assert len(ids) == 5

    def test_what_an_untrusted_peer_says_is_dropped(self, pair):
        """A visitor cannot choose the address that the origin is told."""
        _, _, _, second = pair.both(
            "GET",
            "/echo",
            [
                ("X-Forwarded-For", "203.0.113.9"),
                ("x-forwarded-for", "203.0.113.10"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "evil.test"),
                ("Forwarded", "for=203.0.113.9;host=evil.test"),
                ("X-Request-Id", "mine"),
            ],
        )
        assert b"203.0.113" not in second.head and b"evil.test" not in second.head
        assert second.all("x-forwarded-for") == ["127.0.0.1"] and second.all("x-forwarded-proto") == ["http"]
        assert second.all("x-request-id") != ["mine"]

    def test_what_a_trusted_proxy_says_is_extended(self, servers):
        """Behind a trusted proxy the visitor's address is the last one that no trusted proxy has."""
        origin = servers.origin(site)
        gate = servers.gate([gates.room(origin.url)], gate={"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]})
        answer = exchange(
            gate.port,
            request(
                "GET",
                "/echo",
                [
                    ("Accept", "text/html"),
                    ("User-Agent", AGENT),
                    ("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.1.1.1"),
                    ("X-Forwarded-Proto", "https"),
                    ("X-Forwarded-Host", "shop.test"),
                ],
            ),
        )
        assert answer.status == 200
        [received] = origin.seen()
        hops = [hop.strip() for hop in ",".join(received.all("x-forwarded-for")).split(",")]
        assert "203.0.113.9" in hops and hops[-1] == "127.0.0.1"
        assert received.all("x-forwarded-proto") == ["https"]
        cookie = next(value for value in answer.all("set-cookie") if value.startswith(b"anteroom_s_"))
        assert b"secure" in cookie.lower(), "the visitor's connection is TLS, as a trusted proxy told"

    def test_preserve_host_false_sends_the_origins_name(self, servers):
        """`preserve_host: false` sends the target's own authority, and X-Forwarded-Host keeps the visitor's."""
        origin = servers.origin(site)
        gate = servers.gate([gates.room(origin.url, preserve_host=False)])
        exchange(gate.port, request("GET", "/echo", [("Accept", "text/html")]))
        [received] = origin.seen()
        assert received.all("host") == [f"127.0.0.1:{origin.port}"]
        assert received.all("x-forwarded-host") == ["shop.test"]

    def test_a_target_with_a_path_is_put_before(self, servers):
        """`target_url: http://host/base` forwards /x as /base/x."""
        origin = servers.origin(site)
        gate = servers.gate([gates.room(origin.url + "/base/")])
        exchange(gate.port, request("GET", "/echo?a=b", [("Accept", "text/html")]))
        assert [one.target for one in origin.seen()] == ["/base/echo?a=b"]
