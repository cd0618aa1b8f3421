"""Rooms: which requests are theirs, their states, the ways past their line, and what ends their sessions (docs/HTTP.md)."""

import time

import pytest

from rig import gate as gates
from rig.line import assert_problem, until_admitted, waiting
from rig.process import free_port, wait_until
from rig.visitor import AGENT, Visitor, through
from rig.wire import exchange, request

# Room states


def test_a_full_line_makes_no_position(servers, origin):
    """max_queue_size: the line-is-full page, 503, no cookie; the API says so too."""
    gate = servers.gate([gates.busy_room(origin.url, max_queue_size=2)])
    through(gate)
    inside = waiting(gate, 2)
    late = Visitor(gate)
    answer = late.navigate()
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1
    assert not late.cookie("p") and not late.cookie("s")
    assert answer.headers["Content-Type"].startswith("text/html") and "no-store" in answer.headers["Cache-Control"]
    assert_problem(late.call("POST", "enqueue", json={}), 503)
    assert gate.waiting() == 2
    inside[0].call("POST", "leave")
    wait_until(lambda: late.navigate() is not None and late.cookie("p"), 3, 0.2, "room in the line")


def test_a_paused_room(servers, origin):
    """Nobody is admitted, joining and places go on, sessions go on."""
    gate = servers.gate([gates.room(origin.url, status="paused")])
    first = Visitor(gate)
    assert first.navigate().status_code == 503
    position = first.status()
    assert position["position"] == 1 and position["estimated_wait_seconds"] is None
    assert Visitor(gate).navigate().status_code == 503
    time.sleep(1.5)
    assert first.status()["status"] == "waiting" and gate.facts()["status"] == "paused"
    assert origin.seen() == []


def test_maintenance_is_for_everybody(servers, origin):
    """503 with Retry-After, sessions included, and no position is made."""
    gate = servers.gate([gates.room(origin.url)])
    insider = through(gate)
    origin.forget()
    gate.edit(status="maintenance")
    wait_until(lambda: insider.navigate().status_code == 503, 2.0, 0.05, "maintenance")
    origin.forget()
    for visitor in (insider, Visitor(gate)):
        answer = visitor.navigate()
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1 and not visitor.cookie("p")
        assert answer.headers["Content-Type"].startswith("text/html")
    assert origin.seen() == []
    gate.edit(status="active")
    wait_until(lambda: insider.navigate().status_code == 200, 2.0, 0.05, "the end of maintenance")


# Ways past the line


def test_bypass_rules(servers, origin):
    """Path patterns, addresses and header secrets are forwarded without a session, and nothing beside them."""
    gate = servers.gate(
        [
            gates.room(
                origin.url,
                status="paused",
                bypass={
                    "paths": ["/static/*", "/health"],
                    "addresses": ["198.51.100.0/24"],
                    "headers": [{"name": "X-Monitor", "value": "s3cret"}],
                },
            )
        ],
        gate={"trusted_proxies": ["127.0.0.1/32"]},
    )

    def status(target, *fields):
        return exchange(gate.port, request("GET", target, [("User-Agent", AGENT), *fields])).status

    assert status("/static/shop.css") == 200 and status("/static/a/b.js?v=1") == 200 and status("/health") == 200
    assert status("/x", ("X-Monitor", "s3cret")) == 200
    assert status("/x", ("X-Forwarded-For", "198.51.100.7")) == 200
    for refused in [
        ("/x",),
        ("/static",),
        ("/staticx/a",),
        ("/healthy",),
        ("/health/x",),
        ("/x", ("X-Monitor", "s3cre")),
        ("/x", ("X-Monitor", "S3cret")),
        ("/x", ("X-Monitor", "s3cret, s3cret")),
        ("/x", ("X-Monitor", "")),
        ("/x", ("X-Forwarded-For", "203.0.113.1")),
        ("/x", ("X-Forwarded-For", "198.51.100.7, 203.0.113.1")),
    ]:
        assert status(*refused) == 503, refused
    assert all("secret" not in received.target for received in origin.seen())
    for received in origin.seen():
        assert not received.all("set-cookie")


def test_hosts_rooms_and_passthrough(servers, origin):
    """The longest prefix of the host decides; a passthrough host is forwarded; no room is 404, an unknown host 421."""
    gate = servers.gate(
        [
            gates.room(
                origin.url, id="tickets", match={"hosts": ["shop.test"], "paths": ["/tickets"]}, status="paused"
            ),
            gates.room(origin.url, id="vip", match={"hosts": ["shop.test"], "paths": ["/tickets/vip"]}),
            gates.room(origin.url, id="api", match={"hosts": ["*.api.test"], "paths": ["/"]}),
        ],
        passthrough=[{"hosts": ["www.test"], "target_url": origin.url}],
    )

    def status(host, target):
        return exchange(
            gate.port, request("GET", target, [("User-Agent", AGENT), ("Accept", "text/html")], host=host)
        ).status

    table = [
        ("shop.test", "/tickets", 503),
        ("shop.test", "/tickets/1", 503),
        ("shop.test", "/tickets/vip", 200),
        ("shop.test", "/tickets/vip/1", 200),
        ("shop.test", "/tickets/vips", 503),
        ("SHOP.test", "/tickets/vip", 200),
        ("shop.test:8080", "/tickets/vip", 200),
        ("shop.test", "/ticketsandmore", 404),
        ("shop.test", "/", 404),
        ("www.test", "/anything", 200),
        ("eu.api.test", "/x", 200),
        ("unknown.test", "/tickets", 421),
        ("api.test", "/x", 421),
        ("shop.test.", "/tickets/vip", None),
    ]
    for host, target, expected in table:
        if expected is not None:
            assert status(host, target) == expected, (host, target)
    assert {received.get("host") for received in origin.seen("/anything")} == {"www.test"}


def test_rooms_are_apart(servers, origin):
    """A session of one room opens no other."""
    gate = servers.gate(
        [
            gates.room(origin.url, id="a", match={"paths": ["/a"]}),
            gates.room(origin.url, id="b", match={"paths": ["/b"]}, status="paused"),
        ]
    )
    visitor = through(gate, "a", "/a")
    assert visitor.navigate("/a/x").status_code == 200
    assert visitor.navigate("/b").status_code == 503
    forged = f"anteroom_s_b={visitor.cookie('s')}"
    answer = exchange(gate.port, request("GET", "/b", [("User-Agent", AGENT), ("Cookie", forged)]))
    assert answer.status == 503
    assert not origin.seen("/b")


# Sessions that end


def test_a_completion_rule_ends_the_session(servers, origin):
    """The origin's answer at a `completion` path frees the slot after it is delivered; another status does not."""
    gate = servers.gate([gates.busy_room(origin.url, completion=[{"path": "/status/*", "statuses": [201]}])])
    visitor = through(gate)
    [next_one] = waiting(gate)
    assert visitor.navigate("/status/404").status_code == 404
    assert visitor.navigate().status_code == 200
    assert visitor.navigate("/status/201", method="POST", data="x").status_code == 201
    until_admitted(next_one)
    assert visitor.navigate().status_code == 503


@pytest.mark.parametrize("word", ["complete", "revoke"])
def test_the_origin_may_end_a_session(servers, word):
    """X-Anteroom-Session: complete or revoke; the field is not shown to the visitor."""

    def handler(exchange):
        ends = exchange.received.path == "/thanks"
        exchange.answer(
            "200 OK", [("X-Before", "1"), ("X-Anteroom-Session", word), ("X-After", "2")] if ends else [], b"ok"
        )

    origin = servers.origin(handler)
    gate = servers.gate([gates.busy_room(origin.url)])
    visitor = through(gate)
    [next_one] = waiting(gate)
    answer = visitor.navigate("/thanks")
    assert answer.status_code == 200 and answer.text == "ok"
    assert "X-Anteroom-Session" not in answer.headers and answer.headers["X-After"] == "2"
    until_admitted(next_one)
    assert visitor.navigate().status_code == 503


def test_a_visitor_cannot_end_sessions_by_that_field(line):
    """X-Anteroom-Session means something only in an origin's answer."""
    line.holder.navigate(headers={"X-Anteroom-Session": "complete"})
    assert line.holder.navigate().status_code == 200


def test_an_own_template(servers, origin, tmp_path):
    """`template:` names the operator's own Mustache page."""
    template = tmp_path / "queue.mustache"
    template.write_text("<!doctype html><title>Ours</title><p>You are number {{position}}.</p>")
    gate = servers.gate([gates.busy_room(origin.url, template=str(template))])
    through(gate)
    page = Visitor(gate).navigate()
    assert page.status_code == 503 and "You are number 1." in page.text


# Origin trouble


def test_a_dead_origin_is_a_502_page_and_the_session_is_kept(servers, origin):
    """502 as a page for people and as a problem for programs; when the origin is back, so is the visitor."""
    dead = free_port()
    gate = servers.gate([gates.busy_room(origin.url)])
    visitor = through(gate)
    gate.edit(target_url=f"http://127.0.0.1:{dead}")
    wait_until(lambda: visitor.navigate().status_code == 502, 3, 0.1, "the dead origin")
    answer = visitor.navigate()
    assert answer.headers["Content-Type"].startswith("text/html") and "no-store" in answer.headers["Cache-Control"]
    assert visitor.ask().headers["Content-Type"].startswith(("application/problem+json", "application/json"))
    gate.edit(target_url=origin.url)
    wait_until(lambda: visitor.navigate().status_code == 200, 3, 0.1, "the origin's return")


def test_an_arrival_at_a_dead_origin_is_not_lost(servers):
    """502 at the very first request: the next one, with the cookies given, is still in."""
    dead = free_port()
    gate = servers.gate([gates.busy_room(f"http://127.0.0.1:{dead}")])
    visitor = Visitor(gate)
    assert visitor.navigate().status_code == 502
    assert visitor.navigate().status_code == 502, "not sent to wait behind itself"
    assert gate.waiting() == 0
