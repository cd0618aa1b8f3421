"""Anteroom behind nginx and HAProxy, with the files of deploy/nginx and deploy/haproxy and Debian's programs."""

import json
import signal
import socket
import time

import pytest
import requests
import websockets.sync.client

from rig import gate as gates
from rig.front import HAProxy, Nginx
from rig.process import free_port, wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import AGENT, through
from rig.wire import request

SPOOFED = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Forwarded-Host": "evil.example"}


def trusting(servers, name="gate", start=True, **sections):
    """A gate behind a proxy on this machine."""
    origin = servers.origin(site)
    room = gates.busy_room(origin.url, slots=2)
    gate = servers.gate([room], name=name, gate={"trusted_proxies": ["127.0.0.1/32"]}, start=start, **sections)
    gate.origin = origin
    return gate


@pytest.fixture(scope="module")
def nginx(module_servers):
    gate = trusting(module_servers)
    front = module_servers.add(Nginx(module_servers.folder, gate.port).start())
    front.gate = gate
    return front


@pytest.fixture(scope="module")
def haproxy(module_servers):
    """In front of a gate that has both listeners of the file."""
    gate = trusting(module_servers, "behind-haproxy", start=False)
    tls_port = free_port()
    front = HAProxy(module_servers.folder, gate.port, tls_port, gate.admin_port)
    gate.configuration["gate"]["listen"] = [
        f"127.0.0.1:{gate.port}",
        {"address": f"127.0.0.1:{tls_port}", "service": "https", "proxy_protocol": True},
    ]
    gate.configuration["gate"]["tls"] = {"certificates": [front.pair.files]}
    gate.write()
    front.gate = gate.start()
    module_servers.add(front.start())
    wait_until(lambda: front.state().startswith("UP"), 10, 0.1, "the health check")
    return front


@pytest.fixture(params=["nginx", "haproxy"])
def front(request):
    """Each of those that end TLS."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def visitor(front):
    """One who is in; out again at the end."""
    visitor = front.visitor()
    answer = visitor.navigate("/")
    assert visitor.cookie("s"), answer.status_code
    yield visitor
    visitor.call("POST", "session/complete")


def test_the_gate_knows_who_the_visitor_is(front, visitor):
    """Whatever visitors say of themselves; and the origin knows that they came by TLS, as the cookies do."""
    echo = visitor.navigate("/echo", headers=SPOOFED).json()
    seen = {name.lower(): value for name, value in echo["fields"]}
    assert seen["x-forwarded-for"].split(", ")[0] == "127.0.0.1" and "203.0.113.9" not in json.dumps(echo)
    assert seen["x-forwarded-proto"] == "https" and "evil.example" not in json.dumps(echo)
    assert seen["host"] == f"127.0.0.1:{front.port}"
    assert all(cookie.secure for cookie in visitor.http.cookies)


def test_answers_and_bodies_are_not_held_back(front, visitor):
    """The first piece of an answer is there before the last was sent; the origin sees a body before it is whole."""
    with visitor.http.get(
        f"{front.url}/stream?chunks=4&interval_ms=300", headers={"User-Agent": AGENT}, stream=True, timeout=10
    ) as answer:
        pieces = answer.iter_content(None)
        assert b"piece 3" not in next(pieces)
        assert b"piece 3" in b"".join(pieces)

    def body():
        yield b"a" * 1000
        wait_until(lambda: any("upload" in one.target for one in seen()), 10, what="the head at the origin")
        yield b"b" * 1000

    origin = front.gate.origin
    seen = origin.seen
    answer = visitor.http.post(f"{front.url}/echo?upload", data=body(), headers={"User-Agent": AGENT}, timeout=20)
    assert answer.json()["length"] == 2000


def test_the_live_place_comes_through(front, visitor):
    """A WebSocket of the gate's own."""
    second, third = front.visitor(), front.visitor()
    second.navigate("/")
    assert third.navigate("/").status_code == 503
    context = front.authority.client()
    with websockets.sync.client.connect(
        f"wss://127.0.0.1:{front.port}/api/v1/queues/shop/live",
        ssl=context,
        user_agent_header=AGENT,
        proxy=None,
        additional_headers={"Cookie": f"anteroom_p_shop={third.cookie('p')}"},
    ) as live:
        assert json.loads(live.recv(10))["position"] == 1
        assert second.call("POST", "session/complete").status_code == 204
        wait_until(lambda: json.loads(live.recv(10))["status"] == "admitted", 10, what="the turn")
    third.navigate("/")
    third.call("POST", "session/complete")


def test_connections_passed_on_carry_the_address(haproxy):
    """The gate ends TLS, and the PROXY protocol header says who is there: 127.0.0.7, which nobody else is."""
    with socket.create_connection(("127.0.0.1", haproxy.passing), 10, source_address=("127.0.0.7", 0)) as plain:
        with haproxy.authority.client().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(request("GET", "/__anteroom/healthz"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    wait_until(lambda: '"client":"127.0.0.7"' in haproxy.gate.access_log.read_text(), 5, what="the access log")


def test_haproxy_leaves_a_gate_without_its_store_in(servers):
    """Nobody joins, but who is through goes on; taken out, all gates at once would be gone."""
    redis = servers.add(RedisServer(servers.folder).start())
    gate = trusting(servers, store={"kind": "dragonfly", "url": redis.url})
    haproxy = servers.add(HAProxy(servers.folder, gate.port, free_port(), gate.admin_port).start())
    wait_until(lambda: haproxy.state().startswith("UP"), 10, 0.1, "the health check")
    visitor = haproxy.visitor()
    visitor.navigate("/")
    assert visitor.navigate("/page").status_code == 200
    redis.kill()
    wait_until(lambda: requests.get(f"{gate.admin_url}/readyz", timeout=5).status_code == 503, 10, 0.1, "the loss")
    time.sleep(1)
    assert haproxy.state() == "UP"
    assert visitor.navigate("/page").status_code == 200
    assert "Retry-After" in haproxy.visitor().navigate("/").headers


def test_haproxy_takes_out_a_gate_that_drains(servers):
    """Before it stops accepting: nobody's request is lost."""
    gate = trusting(servers, start=False)
    gate.configuration["gate"]["timeouts"] = {"drain_delay": "5s"}
    gate.write()
    gate.start()
    haproxy = servers.add(HAProxy(servers.folder, gate.port, free_port(), gate.admin_port).start())
    wait_until(lambda: haproxy.state().startswith("UP"), 10, 0.1, "the health check")
    through(gate)
    gate.process.signal(signal.SIGTERM)
    wait_until(lambda: haproxy.state().startswith("DOWN"), 4, 0.05, "the drain to be noticed")
    with socket.create_connection(("127.0.0.1", gate.port), 2) as still:
        still.sendall(request("GET", "/__anteroom/healthz"))
        assert still.recv(1000).startswith(b"HTTP/1.1 200")
