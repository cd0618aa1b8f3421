"""TLS towards visitors (docs/HTTP.md, "TLS")."""

import hashlib
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest
import requests
import websockets.sync.client
import websockets.sync.server

from rig import frames
from rig import gate as gates
from rig.certificates import Authority
from rig.load import h2load
from rig.process import wait_until
from rig.secure import SecureConnection, secure_gate
from rig.site import pattern, pattern_digest
from rig.visitor import AGENT
from rig.wire import Connection, Truncated, request

FIELDS = [("User-Agent", AGENT)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def pairs(authority):
    """The default, which is RSA, and one for a host and all below another."""
    return [authority.issue("shop.test", kind="rsa"), authority.issue("tickets.test", "*.events.test")]


@pytest.fixture
def gate(servers, origin, pairs):
    return secure_gate(servers, [gates.room(origin.url)], pairs, redirect=True)


def connect(gate, authority, name="shop.test", **options):
    return SecureConnection(gate.secure_port, options.pop("context", authority.client()), name, **options)


def ask(connection, target="/", fields=(), **options):
    method = options.pop("method", "GET")
    connection.send(request(method, target, [*FIELDS, *fields], **options))
    return connection.read_answer(method)


@pytest.mark.parametrize(
    "name,index",
    [
        ("shop.test", 0),
        ("tickets.test", 1),
        ("TICKETS.test", 1),
        ("www.events.test", 1),
        ("a.www.events.test", 0),
        ("events.test", 0),
        ("unknown.test", 0),
        (None, 0),
    ],
)
def test_the_certificate_is_that_of_the_name(gate, authority, pairs, name, index):
    with connect(gate, authority, name) as connection:
        assert connection.certificate == pairs[index].der
        assert ask(connection).status == 200


def test_clients_that_verify_are_content(gate, authority):
    context = authority.client()
    context.check_hostname = True
    for name in ("shop.test", "tickets.test", "x.events.test"):
        with connect(gate, authority, name, context=context) as connection:
            assert ask(connection).status == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("minimum,spoken", [("TLSv1.2", {"TLSv1.2", "TLSv1.3"}), ("TLSv1.3", {"TLSv1.3"})])
def test_only_modern_versions_are_spoken(servers, origin, authority, pairs, minimum, spoken):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs, tls={"minimum_version": minimum})
    versions = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
    found = set()
    for version in versions:
        context = authority.client()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            with connect(gate, authority, context=context) as connection:
                assert ask(connection).status == 200
                found.add(connection.socket.version())
        except ssl.SSLError as error:
            assert "alert" in str(error).lower(), error
    assert found == spoken


@pytest.mark.parametrize(
    "suite,accepted",
    [
        ("ECDHE-RSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", True),
        ("ECDHE-RSA-AES128-SHA", False),
        ("ECDHE-RSA-AES256-SHA384", False),
        ("AES128-GCM-SHA256", False),
        ("DHE-RSA-AES128-GCM-SHA256", False),
    ],
)
def test_of_tls_12_only_what_is_secret_for_ever_is_spoken(gate, authority, suite, accepted):
    context = authority.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    if accepted:
        with connect(gate, authority, context=context) as connection:
            assert ask(connection).status == 200
    else:
        with pytest.raises(ssl.SSLError, match="(?i)alert"):
            connect(gate, authority, context=context)


@pytest.mark.parametrize("offered,agreed", [(["http/1.1"], "http/1.1"), (["spdy/3", "http/1.1"], "http/1.1"), ([], None)])
def test_the_protocol_is_agreed_on(gate, authority, offered, agreed):
    context = authority.client()
    if offered:
        context.set_alpn_protocols(offered)
    with connect(gate, authority, context=context) as connection:
        assert connection.socket.selected_alpn_protocol() == agreed
        assert ask(connection).status == 200


def test_a_session_is_resumed(gate, authority):
    """By tickets, on whichever worker the next connection lands, and after the file was saved with other changes."""
    context = authority.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(gate, authority, context=context) as first:
        ask(first)
        session = first.socket.session
    gate.edit(name="Another name")
    wait_until(lambda: "Applied the new configuration" in gate.process.log, 5)
    resumed = []
    for _ in range(4):
        with connect(gate, authority, context=context, session=session) as connection:
            assert ask(connection).status == 200
            resumed.append(connection.socket.session_reused)
    assert resumed == [True] * 4


def test_the_origin_and_the_cookies_learn_of_tls(gate, origin, authority):
    with connect(gate, authority) as connection:
        answer = ask(connection, "/echo", host="shop.test")
    seen = origin.seen("/echo")[0]
    assert seen.get("x-forwarded-proto") == "https"
    assert "proto=https" in seen.get("forwarded")
    assert b"; Secure" in answer.all("set-cookie")[0]
    with Connection(gate.port) as connection:
        answer = ask(connection, "/echo")
    assert origin.seen("/echo")[1].get("x-forwarded-proto") == "http"
    assert b"; Secure" not in answer.all("set-cookie")[0]


def test_an_untrusted_peer_cannot_deny_tls(gate, origin, authority):
    with connect(gate, authority) as connection:
        answer = ask(connection, "/echo", [("X-Forwarded-Proto", "http")])
    assert origin.seen("/echo")[0].get("x-forwarded-proto") == "https"
    assert b"; Secure" in answer.all("set-cookie")[0]


def test_one_connection_serves_many_requests(gate, origin, authority):
    """In turn and sent ahead; among them one for a host that the handshake did not name, and one in absolute form."""
    with connect(gate, authority) as connection:
        cookie = [("Cookie", ask(connection).all("set-cookie")[0].split(b";")[0])]
        for number in range(20):
            assert ask(connection, f"/status/{200 + number % 5}", cookie).status == 200 + number % 5
        connection.send(b"".join(request("GET", f"/status/{code}", [*FIELDS, *cookie]) for code in (201, 202, 203)))
        assert [connection.read_answer().status for _ in range(3)] == [201, 202, 203]
        assert ask(connection, "/echo", cookie, host="other.test").status == 200
        assert ask(connection, "https://shop.test/echo", cookie).status == 200
        assert origin.seen("/echo")[1].target == "/echo"


def test_large_bodies_stream_both_ways(gate, origin, authority):
    size = 40_000_000
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = authority.client()
        context.minimum_version = context.maximum_version = version
        with connect(gate, authority, context=context, timeout=60) as connection:
            cookie = [("Cookie", ask(connection).all("set-cookie")[0].split(b";")[0])]
            for route in ("bytes", "chunked"):
                answer = ask(connection, f"/{route}?n={size}", cookie)
                assert hashlib.sha256(answer.body).hexdigest() == pattern_digest(size), route
            connection.send(request("POST", "/echo", [*FIELDS, *cookie, ("Content-Length", str(size))]))
            for block in pattern(size):
                connection.send(block)
            assert json.loads(connection.read_answer("POST").body)["sha256"] == pattern_digest(size)


def test_a_visitor_who_does_not_read_costs_no_memory(gate, origin, authority):
    """The origin is read no faster than the visitor reads."""
    with connect(gate, authority, timeout=60) as connection:
        cookie = [("Cookie", ask(connection).all("set-cookie")[0].split(b";")[0])]
        before = gate.process.resident_bytes()
        connection.send(request("GET", "/bytes?n=300000000", [*FIELDS, *cookie]))
        connection.read_head()
        time.sleep(2)
        assert gate.process.resident_bytes() - before < 30_000_000


def test_an_answer_that_ends_with_its_connection_ends_with_tls(gate, authority):
    """So that the visitor knows that it is whole (RFC 9112 §9.8): HTTP/1.0, `Connection: close`, and refusals."""
    with connect(gate, authority) as connection:
        connection.send(request("GET", "/chunked?n=100000", FIELDS, version="HTTP/1.0"))
        answer = connection.read_answer()
        assert answer.framing == "close" and answer.body == b"".join(pattern(100_000))
    with connect(gate, authority) as connection:
        assert ask(connection, fields=[("Connection", "close")]).says_close
        assert connection.read_to_end() == b""
    with connect(gate, authority) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert connection.read_answer().status == 400
        assert connection.read_to_end() == b""


def test_a_refused_body_does_not_cost_the_answer(gate, authority):
    """The rest of what the visitor sends is taken, so that the answer arrives."""
    with connect(gate, authority) as connection:
        head = b"POST /api/v1/queues/shop/enqueue HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n"
        connection.send(head + b"x" * 1_000_000)
        assert connection.read_answer("POST").status == 413
        assert connection.read_to_end() == b""


def cut_off(exchange):
    """An answer whose end does not come."""
    length = b"Content-Length: 1000\r\n" if "length" in exchange.received.target else b"Transfer-Encoding: chunked\r\n"
    exchange.send(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"5\r\nhello\r\n")
    time.sleep(0.3)
    exchange.close()


@pytest.mark.parametrize("target,version", [("/length", "HTTP/1.1"), ("/chunks", "HTTP/1.1"), ("/chunks", "HTTP/1.0")])
def test_an_answer_that_is_cut_off_does_not_look_whole(servers, authority, pairs, target, version):
    origin = servers.origin(cut_off)
    gate = secure_gate(servers, [gates.room(origin.url)], pairs)
    with connect(gate, authority) as connection:
        connection.send(request("GET", target, FIELDS, version=version))
        assert connection.read_head().status == 200
        with pytest.raises(ssl.SSLEOFError):
            connection.read_to_end()


def test_a_visitor_who_says_goodbye_still_gets_the_answer(gate, authority):
    """close_notify right behind a request (RFC 8446 §6.1) ends one direction only."""
    context = authority.client()
    raw = socket.create_connection(("127.0.0.1", gate.secure_port), 10)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="shop.test")

    def pump(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536) or b"")

    pump(tls.do_handshake)
    tls.write(request("GET", "/stream?chunks=3&interval_ms=200", FIELDS))
    with pytest.raises(ssl.SSLWantReadError):
        tls.unwrap()
    raw.sendall(outgoing.read())
    received = b""
    while b"0\r\n\r\n" not in received:
        received += pump(lambda: tls.read(65536))
    assert b"piece 2\n" in received
    raw.close()


def test_an_idle_connection_is_closed_with_a_goodbye(servers, origin, authority, pairs):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs, timeouts={"idle": "300ms", "head": "300ms"})
    with connect(gate, authority) as connection:
        assert ask(connection).status == 200
        assert connection.read_to_end() == b""
    with connect(gate, authority) as connection:
        assert connection.read_to_end() == b"", "no request at all"
    with connect(gate, authority):
        # Whoever does not say goodbye in return is not waited for.
        wait_until(lambda: gate.metric("anteroom_connections") == 0, 4)


def test_a_drain_lets_requests_and_handshakes_end(servers, origin, authority, pairs):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs)
    with connect(gate, authority) as idle, connect(gate, authority) as busy:
        assert ask(idle).status == 200
        busy.send(request("GET", "/stream?chunks=5&interval_ms=200", FIELDS))
        assert busy.read_head().status == 200
        late = socket.create_connection(("127.0.0.1", gate.secure_port), 5)
        wait_until(lambda: gate.metric("anteroom_connections") == 3)
        stopping = threading.Thread(target=gate.stop)
        stopping.start()
        wait_until(lambda: "Draining" in gate.process.log)
        assert idle.read_to_end() == b""
        secure = authority.client().wrap_socket(late, server_hostname="shop.test")
        secure.sendall(request("GET", "/", FIELDS))
        assert secure.recv(15).startswith(b"HTTP/1.1 200")
        secure.close()
        assert b"".join(busy.chunks()).endswith(b"piece 4\n")
        stopping.join(10)
    assert not stopping.is_alive()


class TestHandshakes:
    @pytest.fixture
    def gate(self, servers, origin, pairs):
        return secure_gate(servers, [gates.room(origin.url)], pairs, timeouts={"tls_handshake": "500ms"})

    def failures(self, gate):
        return gate.metric("anteroom_connections_refused_total", reason="tls_handshake")

    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"\x16",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x80\x2e\x01\x00\x02" + b"\x00" * 60,
            b"\x16\x03\x01\xff\xff" + b"\xff" * 70_000,
            b"\x15\x03\x01\x00\x02\x01\x00" * 2000,
            bytes(range(256)) * 40,
        ],
        ids=["silence", "one-byte", "half-a-hello", "plain-http", "sslv2", "huge-record", "alerts", "garbage"],
    )
    def test_what_is_no_handshake_is_closed_in_time(self, gate, authority, sent):
        with Connection(gate.secure_port) as connection:
            connection.send_in_pieces(sent, size=1 << 20)
            assert connection.is_closed_within(5)
        wait_until(lambda: self.failures(gate) == 1)
        wait_until(lambda: gate.metric("anteroom_connections") == 0)
        with connect(gate, authority) as connection:
            assert ask(connection).status == 200

    def test_a_slow_handshake_does_not_hold_the_rest(self, gate, authority):
        """A byte now and then does not buy time."""
        context = authority.client()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="shop.test")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        slow = [Connection(gate.secure_port) for _ in range(20)]
        for byte in hello[:12]:
            for connection in slow:
                connection.send_in_pieces(bytes([byte]))
            with connect(gate, authority) as connection:
                assert ask(connection).status == 200
            time.sleep(0.1)
        for connection in slow:
            assert connection.is_closed_within(3)
            connection.close()
        wait_until(lambda: gate.metric("anteroom_connections") == 0)

    def test_a_hello_in_many_pieces_is_read(self, servers, origin, authority, pairs):
        """The name decides, wherever the packets end."""
        gate = secure_gate(servers, [gates.room(origin.url)], pairs, timeouts={"tls_handshake": "10s"})
        context = authority.client()
        raw = socket.create_connection(("127.0.0.1", gate.secure_port), 10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="tickets.test")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    raw.sendall(bytes([byte]))
                incoming.write(raw.recv(65536))
        assert tls.getpeercert(binary_form=True) == pairs[1].der
        raw.close()


class TestReload:
    def test_a_changed_certificate_serves_new_connections(self, servers, origin, authority):
        pair = authority.issue("renewed.test")
        gate = secure_gate(servers, [gates.room(origin.url)], [pair])
        with connect(gate, authority, "renewed.test") as old:
            assert old.certificate == pair.der
            assert ask(old).status == 200
            renewed = authority.issue("renewed.test")
            wait_until(lambda: self.shown(gate, authority) == renewed.der, 5)
            assert ask(old).status == 200, "the connection of before"
        assert gate.metric("anteroom_config_last_reload_successful") == 1

    @staticmethod
    def shown(gate, authority):
        with connect(gate, authority, "renewed.test") as connection:
            return connection.certificate

    @pytest.mark.parametrize(
        "spoil,said",
        [
            (lambda pair, authority: pair.certificate.write_text("nonsense"), "holds no certificates in PEM form"),
            (lambda pair, authority: pair.key.write_text("nonsense"), "holds no private key in PEM form"),
            (lambda pair, authority: pair.key.write_bytes(authority.issue("x.test").key.read_bytes()), "does not belong to"),
            (lambda pair, authority: pair.key.unlink(), "cannot be read: No such file"),
        ],
        ids=["certificate", "key", "another-key", "no-key"],
    )
    def test_a_bad_file_changes_nothing(self, servers, origin, authority, spoil, said):
        pair = authority.issue("renewed.test", file=f"spoilt-{abs(hash(said))}")
        gate = secure_gate(servers, [gates.room(origin.url)], [pair])
        secret = pair.key.read_text().splitlines()[1]
        spoil(pair, authority)
        wait_until(lambda: gate.metric("anteroom_config_last_reload_successful") == 0, 5)
        line = next(line for line in gate.process.log.splitlines() if "has a mistake" in line)
        assert said in line and "gate.tls.certificates[0]." in line and ".yml:" in line
        assert self.shown(gate, authority) == pair.der
        checked = gates.run_once("check", "--config", gate.file)
        assert checked.returncode == 1 and said in checked.stdout + checked.stderr
        assert secret not in gate.process.log + checked.stdout + checked.stderr

    def test_the_minimum_version_changes_live(self, gate, authority):
        context = authority.client()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        connect(gate, authority, context=context).close()
        gate.configuration["gate"]["tls"]["minimum_version"] = "TLSv1.3"
        gate.write()

        def refused():
            try:
                connect(gate, authority, context=context).close()
            except ssl.SSLError:
                return True

        wait_until(refused, 5)


@pytest.mark.parametrize(
    "certificates,said",
    [
        ([], "serves https, and gate.tls has no certificate"),
        ([{"certificate": "none.pem", "key": "none.key"}], "cannot be read"),
    ],
)
def test_a_gate_without_its_certificates_does_not_start(servers, origin, certificates, said):
    gate = secure_gate(servers, [gates.room(origin.url)], [], start=False, tls={"certificates": certificates})
    code, complaints = gate.refusal()
    assert code == 1 and any(said in line for line in complaints), complaints


@pytest.mark.parametrize("days,said", [(-1, "A certificate has expired"), (7, "A certificate expires soon"), (60, None)])
def test_an_old_certificate_is_warned_of(servers, origin, authority, days, said):
    pair = authority.issue("old.test", days=days, file=f"old{days}")
    gate = secure_gate(servers, [gates.room(origin.url)], [pair])
    name = "anteroom_certificate_expiration_timestamp_seconds"
    assert gate.metric(name, certificate=str(pair.certificate)) == pair.end
    for words in ("A certificate has expired", "A certificate expires soon"):
        assert (words in gate.process.log) == (words == said)


class TestStrictTransport:
    VALUE = b"max-age=31536000; includeSubDomains"

    @pytest.fixture
    def gate(self, servers, pairs):
        def answer(exchange):
            own = [("strict-transport-security", "max-age=1")] if exchange.received.path == "/own" else []
            exchange.answer("200 OK", own, b"ok")

        tls = {"hsts": {"max_age": "8760h", "include_subdomains": True}}
        return secure_gate(servers, [gates.room(servers.origin(answer).url)], pairs, tls=tls, redirect=True)

    def test_it_is_on_every_answer_over_tls(self, gate, authority):
        name = "strict-transport-security"
        with connect(gate, authority) as connection:
            assert ask(connection).all(name) == [self.VALUE], "forwarded"
            assert ask(connection, "/__anteroom/healthz").all(name) == [self.VALUE], "the gate's own"
            assert ask(connection, "/own").all(name) == [b"max-age=1"], "the origin's own"
            connection.send(b"nonsense\r\n\r\n")
            assert connection.read_answer().all(name) == [self.VALUE], "a refusal"

    def test_it_is_on_none_without_tls(self, gate):
        for port in (gate.port, gate.redirect_port):
            with Connection(port) as connection:
                assert ask(connection).all("strict-transport-security") == []

    def test_it_is_off_unless_asked_for(self, servers, origin, authority, pairs):
        gate = secure_gate(servers, [gates.room(origin.url)], pairs)
        with connect(gate, authority) as connection:
            assert ask(connection).all("strict-transport-security") == []


class TestRedirect:
    @pytest.mark.parametrize(
        "method,target,status", [("GET", "/a/b?c=%20d", 301), ("HEAD", "/", 301), ("POST", "/form", 308), ("PUT", "/", 308)]
    )
    def test_everybody_is_sent_to_the_same_url(self, gate, origin, method, target, status):
        with Connection(gate.redirect_port) as connection:
            body = b"a=1" if method in ("POST", "PUT") else b""
            answer = ask(connection, target, method=method, body=body, host=f"Shop.test:{gate.redirect_port}")
        assert answer.status == status
        assert answer.get("location") == f"https://Shop.test:{gate.secure_port}{target}"
        assert origin.seen() == [] and answer.all("set-cookie") == []

    def test_a_redirect_leads_to_the_answer(self, gate, authority):
        session = requests.Session()
        session.trust_env = session.verify = False
        with warnings.catch_warnings(action="ignore"):
            answer = session.get(f"http://127.0.0.1:{gate.redirect_port}/status/203?x", timeout=10)
        assert answer.status_code == 203 and answer.url.startswith(f"https://127.0.0.1:{gate.secure_port}/")

    @pytest.mark.parametrize(
        "sent,status",
        [
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.0\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: evil.test/x\r\n\r\n", 400),
            (b"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            (b"GET /%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ],
    )
    def test_what_is_refused_elsewhere_is_refused_here(self, gate, sent, status):
        with Connection(gate.redirect_port) as connection:
            connection.send(sent)
            answer = connection.read_answer()
        assert answer.status == status and answer.get("location") is None

    def test_odd_targets_stay_on_their_host(self, gate):
        for target, path in (("//evil.test/", "//evil.test/"), ("http://shop.test/x", "/x"), ("/a/../b", "/b")):
            with Connection(gate.redirect_port) as connection:
                answer = ask(connection, target)
            assert answer.get("location") == f"https://shop.test:{gate.secure_port}{path}"
        with Connection(gate.redirect_port) as connection:
            answer = ask(connection, "*", method="OPTIONS")
        assert answer.get("location") == f"https://shop.test:{gate.secure_port}/"

    def test_a_challenge_reaches_the_origin(self, gate, origin):
        with Connection(gate.redirect_port) as connection:
            assert ask(connection, "/.well-known/acme-challenge/token").status == 200
            assert ask(connection, "/.well-known/acme-challenge/../../x").status in (301, 400)
            assert ask(connection, "/.well-known/acme-challenges").status == 301
        assert [seen.path for seen in origin.seen()] == ["/.well-known/acme-challenge/token"]

    def test_no_secret_of_a_link_is_logged(self, gate):
        """Neither here nor where the link leads: a hand-over code, a pass."""
        pages = "/__anteroom/rooms/shop"
        targets = [f"{pages}/move?code=SECRET", f"/a/..{pages}/move?code=SECRET", f"{pages}/moved?code=SECRET"]
        for port in (gate.redirect_port, gate.port):
            for target in [*targets, "/?anteroom_pass=SECRET", f"{pages}/move?anteroom_pass=SECRET", "/?a=b"]:
                with Connection(port) as connection:
                    answer = ask(connection, target, host=f"shop.test:{gate.secure_port}")
                if port == gate.redirect_port:
                    wanted = target.removeprefix("/a/..")
                    assert answer.get("location") == f"https://shop.test:{gate.secure_port}{wanted}"
        wait_until(lambda: len(gate.access_log.read_text().splitlines()) == 12, 5, 0.05, "the access log")
        log = gate.access_log.read_text()
        assert log.count(f'"{pages}/move"') == 4 and "SECRET" not in log

    def test_it_is_counted_and_logged(self, gate):
        with Connection(gate.redirect_port) as connection:
            ask(connection)
        wait_until(lambda: gate.metric("anteroom_requests_total", outcome="redirected", code="301") == 1)
        wait_until(lambda: '"redirected"' in gate.access_log.read_text())


def test_the_page_follows_the_line_over_tls(servers, origin, authority, pairs):
    gate = secure_gate(servers, [gates.busy_room(origin.url)], pairs)
    with connect(gate, authority) as holder:
        ask(holder)
        with connect(gate, authority) as waiting:
            page = ask(waiting, fields=[("Accept", "text/html")])
        assert page.status == 503 and b"http://" not in page.body
        cookie = page.all("set-cookie")[0]
        assert b"; Secure" in cookie
        with websockets.sync.client.connect(
            f"wss://shop.test:{gate.secure_port}/api/v1/queues/shop/live",
            sock=socket.create_connection(("127.0.0.1", gate.secure_port)),
            ssl=authority.client(),
            server_hostname="shop.test",
            origin=f"https://shop.test:{gate.secure_port}",
            additional_headers={"Cookie": cookie.split(b";")[0].decode()},
            user_agent_header=AGENT,
            proxy=None,
        ) as live:
            assert '"waiting"' in live.recv(timeout=10)


def test_a_tunnel_runs_over_tls(servers, authority, pairs):
    def echo(connection):
        for text in connection:
            connection.send(text)

    server = websockets.sync.server.serve(echo, "127.0.0.1", 0, max_size=None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gate = secure_gate(servers, [gates.room(f"http://127.0.0.1:{server.socket.getsockname()[1]}")], pairs)
    with websockets.sync.client.connect(
        f"wss://shop.test:{gate.secure_port}/",
        sock=socket.create_connection(("127.0.0.1", gate.secure_port)),
        ssl=authority.client(),
        server_hostname="shop.test",
        proxy=None,
        max_size=None,
    ) as tunnel:
        for text in ("hello", "x" * 3_000_000, ""):
            tunnel.send(text)
            assert tunnel.recv(timeout=20) == text
    server.shutdown()
    wait_until(lambda: gate.metric("anteroom_connections") == 0)


def test_tls_is_spoken_on_ipv6(servers, origin, authority, pairs):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs, address="::1", redirect=True)
    with connect(gate, authority, "tickets.test", address="::1") as connection:
        assert connection.certificate == pairs[1].der
        assert ask(connection, "/echo").status == 200
    seen = origin.seen("/echo")[0]
    assert seen.get("x-forwarded-for") == "::1" and 'for="[::1]"' in seen.get("forwarded")
    answer = requests.get(f"http://[::1]:{gate.redirect_port}/x", allow_redirects=False, timeout=5)
    assert answer.headers["Location"] == f"https://[::1]:{gate.secure_port}/x"


@pytest.mark.parametrize("at_once", [True, False])
def test_tls_begins_behind_a_proxy_protocol_header(servers, origin, authority, pairs, at_once):
    """The header in the clear, then the handshake, in one packet with it or later; the visitor is whom the header names."""
    gate = secure_gate(servers, [gates.room(origin.url)], pairs, start=False, trusted_proxies=["127.0.0.1"])
    gate.configuration["gate"]["listen"][1]["proxy_protocol"] = True
    gate.write()
    gate.start()
    header = b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n"
    raw = socket.create_connection(("127.0.0.1", gate.secure_port), 10)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = authority.client().wrap_bio(incoming, outgoing, server_hostname="tickets.test")
    if not at_once:
        raw.sendall(header)
        time.sleep(0.2)
        header = b""

    def pump(step):
        nonlocal header
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                raw.sendall(header + outgoing.read())
                header = b""
                incoming.write(raw.recv(65536))

    pump(tls.do_handshake)
    assert tls.getpeercert(binary_form=True) == pairs[1].der
    tls.write(request("GET", "/echo", FIELDS))
    assert pump(lambda: tls.read(15)).startswith(b"HTTP/1.1 200")
    seen = origin.seen("/echo")[0]
    assert seen.get("x-forwarded-for") == "192.0.2.7" and seen.get("x-forwarded-proto") == "https"
    raw.close()


def test_nothing_is_left_of_connections_that_go(gate, authority):
    """Those who just hang up, with and without a goodbye, do not linger."""
    for goodbye in (True, False):
        connections = [connect(gate, authority) for _ in range(30)]
        for connection in connections:
            assert ask(connection).status == 200
        assert gate.metric("anteroom_connections") == 30
        for connection in connections:
            if goodbye:
                with pytest.raises((ssl.SSLError, OSError, Truncated)):
                    connection.socket.settimeout(2)
                    connection.socket.unwrap()
                    raise Truncated
            connection.close()
        wait_until(lambda: gate.metric("anteroom_connections") == 0, 4)


# HTTP/2 over TLS


def connect_http2(gate, authority):
    context = authority.client()
    context.set_alpn_protocols(["h2", "http/1.1"])

    def wrap(plain):
        secure = context.wrap_socket(plain, server_hostname="shop.test")
        assert secure.selected_alpn_protocol() == "h2"
        return secure

    return frames.Connection(gate.secure_port, wrap=wrap)


def test_http2_is_agreed_on_and_served(servers, origin, pairs, authority):
    gate = secure_gate(
        servers, [gates.room(origin.url)], pairs, tls={"hsts": {"max_age": "1h", "include_subdomains": True}}
    )
    with connect_http2(gate, authority) as connection:
        answer = connection.exchange(frames.request("/echo", scheme="https", fields=[("user-agent", AGENT)]))
        seen = {name.lower(): value for name, value in json.loads(answer.body)["fields"]}
        assert answer.status == 200 and seen["x-forwarded-proto"] == "https" and "proto=https" in seen["forwarded"]
        assert answer.get("strict-transport-security") == "max-age=3600; includeSubDomains"
        (cookie,) = answer.all("set-cookie")
        assert "Secure" in cookie.split("; ")
        session = [("user-agent", AGENT), ("cookie", cookie.partition(";")[0])]
        # The gate's own answers say it, too.
        own = connection.exchange(frames.request("/__anteroom/jwks.json", scheme="https", fields=session))
        assert own.status == 200 and own.get("strict-transport-security") == "max-age=3600; includeSubDomains"
        large = connection.exchange(frames.request("/bytes?n=3000000", scheme="https", fields=session), seconds=30)
        assert large.body == b"".join(pattern(3_000_000))
        stream = connection.headers(frames.request("/echo", "POST", scheme="https", fields=session), end=False)
        assert connection.upload(stream, b"".join(pattern(3_000_000))) == 3_000_000
        assert json.loads(connection.answer(stream).body)["sha256"] == pattern_digest(3_000_000)


def test_what_waited_for_a_window_is_sent_once(servers, origin, pairs, authority):
    """All of it goes through NIO's queue, which fills and empties while it is sent."""
    gate = secure_gate(servers, [gates.room(origin.url)], pairs)
    with connect_http2(gate, authority) as connection:
        first = connection.exchange(frames.request("/", scheme="https", fields=[("user-agent", AGENT)]))
        session = [("user-agent", AGENT), ("cookie", first.get("set-cookie").partition(";")[0])]
        # The gate reads large pieces from an origin that has sent much.
        connection.exchange(frames.request("/bytes?n=3000000", scheme="https", fields=session), seconds=30)
        connection.send_settings([(frames.INITIAL_WINDOW, 0)])
        connection.window(0, 1 << 20)
        for _ in range(5):
            stream = connection.headers(frames.request("/bytes?n=200000", scheme="https", fields=session))
            connection.until(lambda frame: frame.kind == frames.HEADERS)
            time.sleep(0.2)
            connection.window(stream, 200_000)
            assert connection.answer(stream).body == b"".join(pattern(200_000))


def test_http2_over_tls_ends_with_a_goaway(servers, origin, pairs, authority):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs)
    with connect_http2(gate, authority) as connection:
        connection.handshake()
        gate.process.signal(signal.SIGTERM)
        assert connection.until(lambda frame: frame.kind == frames.GOAWAY).code == frames.NO_ERROR
        with pytest.raises(frames.Closed):
            while True:
                connection.next()
    assert gate.process.child.wait(10) == 0


def test_without_http2_only_http_1_1_is_offered(servers, origin, pairs, authority):
    gate = secure_gate(servers, [gates.room(origin.url)], pairs, http2=False)
    context = authority.client()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(gate, authority, context=context) as connection:
        assert connection.socket.selected_alpn_protocol() == "http/1.1"
        assert ask(connection).status == 200


def test_curl_nghttp_and_h2load_over_tls(gate, authority, tmp_path):
    url = f"https://localhost:{gate.secure_port}"
    curl = ["curl", "-sS", "--insecure", "-A", AGENT, "-c", tmp_path / "jar", "-b", tmp_path / "jar"]
    for version in ("--http1.1", "--http2"):
        done = subprocess.run(
            [*curl, version, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{url}/bytes?n=100000"],
            capture_output=True,
            timeout=30,
            check=True,
            text=True,
        )
        assert done.stdout == {"--http1.1": "1.1 200", "--http2": "2 200"}[version]
    cookie = "; ".join(
        f"{fields[5]}={fields[6]}"
        for line in (tmp_path / "jar").read_text().splitlines()
        if len(fields := line.split("\t")) == 7
    )
    fields = ["-H", f"cookie: {cookie}", "-H", f"user-agent: {AGENT}"]
    shown = subprocess.run(
        ["nghttp", "-v", "-n", *fields, f"{url}/bytes?n=100000"], capture_output=True, timeout=30, text=True
    ).stdout
    assert ":status: 200" in shown
    h2load(f"{url}/bytes?n=2000", 3000, *fields)
