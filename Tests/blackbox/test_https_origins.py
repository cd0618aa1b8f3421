"""Origins that speak TLS (docs/HTTP.md, "TLS"; `rooms[].origin_tls` in docs/CONFIGURATION.md)."""

import hashlib
import json
import ssl
import time

import pytest

from rig import gate as gates
from rig.certificates import Authority
from rig.process import wait_until
from rig.secure import SecureConnection, SecureOrigin, finish, room, secure_gate
from rig.site import pattern, pattern_digest, site
from rig.visitor import AGENT, through
from rig.wire import Connection, Truncated, request

FIELDS = [("User-Agent", AGENT)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue("127.0.0.1", "shop.internal", "localhost", file="origin")


@pytest.fixture
def origin(servers, pair):
    return servers.add(SecureOrigin(site, pair.server()))


def ask(gate, target="/", **options):
    with Connection(gate.port, timeout=20) as connection:
        connection.send(request("GET", target, FIELDS, **options))
        return connection.read_answer()


def entries(gate):
    return [json.loads(line) for line in gate.access_log.read_text().splitlines()] if gate.access_log.exists() else []


def failure(gate):
    """What the access log says of the first request that failed."""
    return wait_until(lambda: [entry["failure"] for entry in entries(gate) if entry["verdict"] == "failed"], 5)[0]


def test_an_origin_is_verified_with_its_own_authority(servers, origin, authority):
    gate = servers.gate([room(origin, ca_file=str(authority.file))])
    answer = ask(gate, "/echo")
    assert answer.status == 200
    seen = origin.seen("/echo")[0]
    assert seen.get("host") == "shop.test" and seen.get("x-forwarded-proto") == "http"


def test_its_own_host_has_no_port_that_https_means(servers, origin, authority):
    entry = room(origin, ca_file=str(authority.file))
    entry["preserve_host"] = False
    gate = servers.gate([entry])
    assert ask(gate, "/echo").status == 200
    assert origin.seen("/echo")[0].get("host") == f"127.0.0.1:{origin.port}"


@pytest.mark.parametrize(
    "names,days,tls,reason",
    [
        (["127.0.0.1"], 90, {}, "is not trusted"),
        (["127.0.0.1"], 90, {"ca_file": "stranger"}, "is not trusted"),
        (["127.0.0.1"], -1, {"ca_file": "authority"}, "is not trusted"),
        (["127.0.0.2"], 90, {"ca_file": "authority"}, "is for another name"),
        (["other.test"], 90, {"ca_file": "authority"}, "is for another name"),
        (["127.0.0.1"], 90, {"ca_file": "authority", "server_name": "shop.internal"}, "is for another name"),
        (["*.internal"], 90, {"ca_file": "authority", "server_name": "a.shop.internal"}, "is for another name"),
    ],
)
def test_an_origin_that_cannot_be_trusted_is_not_asked(servers, authority, stranger, names, days, tls, reason):
    """502 with the reason in the log, the session kept, and nothing of the request at the origin."""
    files = {"authority": str(authority.file), "stranger": str(stranger.file)}
    tls = {**tls, **({"ca_file": files[tls["ca_file"]]} if "ca_file" in tls else {})}
    origin = servers.add(SecureOrigin(site, authority.issue(*names, days=days, file="bad").server()))
    gate = servers.gate([room(origin, **tls)])
    answer = ask(gate, "/secret")
    assert answer.status == 502
    assert answer.all("set-cookie")[0].startswith(b"anteroom_s_shop=")
    assert origin.seen() == [] and reason in failure(gate)
    assert ask(gate).status == 502, "and asked anew with the next request"


@pytest.mark.parametrize("certified,name", [("shop.internal", "shop.internal"), ("*.internal", "Shop.Internal")])
def test_the_name_is_that_of_server_name(servers, authority, certified, name):
    asked = []
    context = authority.issue(certified, file="named").server()
    context.sni_callback = lambda socket, server_name, context: asked.append(server_name)
    origin = servers.add(SecureOrigin(site, context))
    gate = servers.gate([room(origin, ca_file=str(authority.file), server_name=name)])
    assert ask(gate).status == 200
    assert asked == ["shop.internal"]


def test_the_name_is_that_of_the_url(servers, authority, pair):
    asked = []
    context = pair.server()
    context.sni_callback = lambda socket, server_name, context: asked.append(server_name)
    origin = servers.add(SecureOrigin(site, context))
    origin.url = f"https://localhost:{origin.port}"
    gate = servers.gate([room(origin, ca_file=str(authority.file))])
    assert ask(gate).status == 200
    assert asked == ["localhost"]


def test_who_does_not_verify_is_warned(servers, origin):
    gate = servers.gate([room(origin, verify=False)])
    assert ask(gate).status == 200
    assert "An origin is believed whoever it is" in gate.process.log


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_origin_that_asks_is_shown_a_certificate(servers, authority, stranger, pair, version):
    def demanding():
        context = pair.server(authority)
        context.minimum_version = context.maximum_version = version
        return servers.add(SecureOrigin(site, context))

    ca = {"ca_file": str(authority.file)}
    known = servers.gate([room(demanding(), **ca, **authority.issue("gate.test").files)], name="known")
    assert ask(known).status == 200
    for name, shown in (("nobody", {}), ("strange", stranger.issue("gate.test").files)):
        origin = demanding()
        gate = servers.gate([room(origin, **ca, **shown)], name=name)
        assert ask(gate).status == 502
        assert "refused the TLS handshake" in failure(gate)
        assert origin.seen() == []


def test_connections_are_used_again(servers, origin, authority):
    gate = servers.gate([room(origin, ca_file=str(authority.file))], gate={"workers": 1})
    visitor = through(gate)
    for _ in range(20):
        assert visitor.navigate("/echo").status_code == 200
    assert origin.connections == 1
    origin.drop_connections()
    assert visitor.navigate("/echo").status_code == 200
    assert origin.connections == 2


def test_rooms_that_trust_differently_share_no_connection(servers, origin, authority, stranger):
    """What one room's settings verified says nothing of the other's."""
    trusting = {**room(origin, verify=False), "id": "trusting", "match": {"paths": ["/trusting"]}}
    strict = {**room(origin, ca_file=str(stranger.file)), "id": "strict", "match": {"paths": ["/strict"]}}
    gate = servers.gate([trusting, strict], gate={"workers": 1})
    for _ in range(3):
        assert ask(gate, "/trusting").status == 200
        assert ask(gate, "/strict").status == 502


def test_large_bodies_stream_both_ways_over_tls_on_both_sides(servers, origin, authority):
    size = 40_000_000
    gate = secure_gate(servers, [room(origin, ca_file=str(authority.file))], [authority.issue("shop.test")])
    with SecureConnection(gate.secure_port, authority.client(), "shop.test", timeout=60) as connection:
        connection.send(request("GET", f"/bytes?n={size}", FIELDS))
        answer = connection.read_answer()
        assert hashlib.sha256(answer.body).hexdigest() == pattern_digest(size)
        cookie = [("Cookie", answer.all("set-cookie")[0].split(b";")[0])]
        connection.send(request("POST", "/echo", [*FIELDS, *cookie, ("Content-Length", str(size))]))
        for block in pattern(size):
            connection.send(block)
        assert json.loads(connection.read_answer("POST").body)["sha256"] == pattern_digest(size)


def test_a_slow_origin_is_not_fed_from_memory(servers, authority, pair):
    """A body is read from the visitor no faster than the origin takes it."""
    reached = []

    def slow(exchange):
        if exchange.received.method != "POST":
            exchange.answer("200 OK")
            return
        reached.append(True)
        time.sleep(3)
        exchange.read_body()
        exchange.answer("200 OK")

    gate = servers.gate([room(servers.add(SecureOrigin(slow, pair.server())), ca_file=str(authority.file))])
    visitor = through(gate)
    before, size, sent = gate.process.resident_bytes(), 100_000_000, 0
    with Connection(gate.port, timeout=1) as connection:
        fields = [*FIELDS, ("Cookie", visitor.session_field), ("Content-Length", str(size))]
        connection.send(request("POST", "/", fields))
        try:
            while sent < size:
                sent += connection.socket.send(b"x" * 65536)
        except TimeoutError:
            pass
        assert reached and sent < size
        assert gate.process.resident_bytes() - before < 40_000_000


def until_the_end(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello")
    if "whole" in exchange.received.target:
        finish(exchange)
    else:
        exchange.close()


def test_an_answer_without_tlss_end_is_taken_for_cut_off(servers, authority, pair):
    """RFC 9112 §9.8: one that ends with its connection is whole only if TLS says so."""
    origin = servers.add(SecureOrigin(until_the_end, pair.server()))
    gate = secure_gate(servers, [room(origin, ca_file=str(authority.file))], [authority.issue("shop.test")])
    assert ask(gate, "/whole").body == b"hello"
    with SecureConnection(gate.secure_port, authority.client(), "shop.test") as connection:
        connection.send(request("GET", "/whole", FIELDS))
        assert connection.read_answer().body == b"hello"
    with SecureConnection(gate.secure_port, authority.client(), "shop.test") as connection:
        connection.send(request("GET", "/cut", FIELDS))
        assert connection.read_head().status == 200
        with pytest.raises(ssl.SSLEOFError):
            connection.read_to_end()
    assert "closed the connection within its answer" in failure(gate)


def test_an_origin_that_does_not_shake_hands_is_given_up(servers, authority):
    """It accepts and says nothing; `timeouts.tls_handshake` ends it."""

    class Mute(SecureOrigin):
        def _serve(self, connection, number):
            while connection.recv(4096):
                pass

    gate = servers.gate(
        [room(servers.add(Mute(site, None)), ca_file=str(authority.file))], gate={"timeouts": {"tls_handshake": "300ms"}}
    )
    assert ask(gate).status == 502
    assert "took too long" in failure(gate)
    wait_until(lambda: gate.metric("anteroom_upstream_connections") == 0)


@pytest.mark.parametrize("sent", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x03\xff\xff" + b"\xff" * 70000, b""])
def test_an_origin_that_does_not_speak_tls_is_unreachable(servers, authority, sent):
    class Plain(SecureOrigin):
        def _serve(self, connection, number):
            connection.recv(10)
            connection.sendall(sent)
            connection.close()

    gate = servers.gate([room(servers.add(Plain(site, None)), ca_file=str(authority.file))])
    assert ask(gate).status == 502
    assert "TLS handshake" in failure(gate)
    wait_until(lambda: gate.metric("anteroom_upstream_connections") == 0)


def test_a_changed_authority_is_taken_over(servers, origin, authority, stranger, tmp_path):
    """Without a restart, and connections that were verified by the old one are not used any more."""
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(stranger.file.read_bytes())
    gate = servers.gate([room(origin, ca_file=str(trusted))])
    assert ask(gate).status == 502
    trusted.write_bytes(authority.file.read_bytes())
    wait_until(lambda: ask(gate).status == 200, 5)
    trusted.write_bytes(stranger.file.read_bytes())
    wait_until(lambda: ask(gate).status == 502, 5)


def test_a_passthrough_speaks_tls_too(servers, origin, authority):
    passthrough = [
        {"hosts": ["www.test"], "target_url": origin.url, "origin_tls": {"ca_file": str(authority.file)}},
    ]
    rooms = [{**gates.room("http://127.0.0.1:1"), "match": {"hosts": ["shop.test"]}}]
    gate = servers.gate(rooms, passthrough=passthrough)
    assert ask(gate, host="www.test").status == 200


def test_a_file_that_cannot_be_used_is_named(servers, origin, tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("nonsense")
    gate = servers.gate([room(origin, ca_file=str(bad))], start=False)
    code, complaints = gate.refusal()
    assert code == 1
    assert any("rooms[0].origin_tls.ca_file" in line and "holds no certificates" in line for line in complaints)


def test_the_gate_goes_on_while_an_origin_is_away(servers, authority, pair):
    """A handshake cut off in the middle, again and again, leaves nothing behind."""

    class Flaky(SecureOrigin):
        def _serve(self, connection, number):
            if number <= 20:
                connection.recv(10)
                connection.close()
            else:
                super()._serve(connection, number)

    flaky = room(servers.add(Flaky(site, pair.server())), ca_file=str(authority.file))
    gate = servers.gate([{**flaky, "health": {"max_failures": 0}}])
    assert [ask(gate).status for _ in range(20)] == [502] * 20
    assert ask(gate).status == 200
    with pytest.raises(Truncated), Connection(gate.port) as connection:
        connection.finish_sending()
        connection.read_answer()


def several(origins, **changes):
    """A room with these https origins."""
    base = {**gates.room(None), "target_urls": [origin.url for origin in origins], **changes}
    return {key: value for key, value in base.items() if key != "target_url"}


def test_another_origin_answers_where_one_cannot_be_trusted(servers, origin, authority, stranger):
    """Nothing of the request was sent there, so whatever it is may go elsewhere."""
    bad = servers.add(SecureOrigin(site, stranger.issue("127.0.0.1").server()))
    entry = several([bad, origin], origin_tls={"ca_file": str(authority.file)}, health={"max_failures": 0})
    gate = servers.gate([entry], gate={"workers": 1})
    for _ in range(6):
        with Connection(gate.port) as connection:
            connection.send(request("POST", "/echo", FIELDS, b"a=1"))
            assert connection.read_answer("POST").status == 200
    assert bad.seen() == [] and len(origin.seen("/echo")) == 6


def test_checks_of_health_speak_tls(servers, origin, authority, stranger):
    """An origin whose certificate is not trusted is down, and up again when it is."""
    context = stranger.issue("127.0.0.1").server()
    turning = servers.add(SecureOrigin(site, context))
    health = {"path": "/status/200", "interval": "100ms", "timeout": "2s"}
    gate = servers.gate([several([turning, origin], origin_tls={"ca_file": str(authority.file)}, health=health)])

    def up(server):
        return gate.metric("anteroom_upstream_up", upstream=f"127.0.0.1:{server.port}")

    wait_until(lambda: up(turning) == 0 and up(origin) == 1)
    assert "is not trusted" in gate.process.log
    good = authority.issue("127.0.0.1", file="turned")
    context.load_cert_chain(good.certificate, good.key)
    wait_until(lambda: up(turning) == 1)
