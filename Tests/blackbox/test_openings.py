"""Openings: countdown, pre-queue, a draw that anybody can check, closing, events and queueing methods."""

import datetime
import hashlib
import hmac
import json
import time

import pytest
import yaml

from rig import gate as gates
from rig.gate import run_once
from rig.nats import NATSServer
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through


def moment(seconds) -> str:
    """So many seconds from now, in a time zone of its own."""
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    return datetime.datetime.fromtimestamp(int(time.time()) + seconds, zone).isoformat()


def phase(gate, wanted):
    """Waits until the room is in that phase, and answers its facts."""

    def now():
        facts = gate.facts()
        return facts if facts.get("room_phase") == wanted else None

    return wait_until(now, 10, 0.05, wanted)


def drawn(seed, visitors):
    """Those who wait, in the order that the seed gives them, by nothing but the documentation."""

    def key(visitor):
        return hmac.new(bytes.fromhex(seed), visitor.position["position_id"].encode(), hashlib.sha256).digest()[:8]

    return sorted(visitors, key=key)


def early(gate):
    """A visitor of the pre-queue."""
    visitor = Visitor(gate)
    answer = visitor.ask()
    visitor.position = answer.json()
    assert answer.status_code == 503 and visitor.position["status"] == "waiting", visitor.position
    return visitor


def test_a_room_opens_by_a_draw_of_its_pre_queue(servers, origin):
    """Two gates on one line: countdown, pre-queue, the same order at both, and a record that is found right, or forged."""
    redis, nats = servers.add(RedisServer(servers.folder).start()), servers.add(NATSServer(servers.folder).start())
    opening = {"opens_at": moment(7), "pre_queue": "4s", "heartbeat_interval": "5s"}
    pair = [
        servers.gate(
            [gates.busy_room(origin.url, slots=2, **opening)],
            name=f"gate-{number}",
            store={"kind": "dragonfly", "url": redis.url},
            events={"nats_url": nats.url},
            tokens={"key_file": str(servers.folder / "keys/signing.pem")},
        )
        for number in range(2)
    ]
    too_early = Visitor(pair[0])
    answer = too_early.ask()
    assert answer.status_code == 503 and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["room_phase"] == "scheduled" and 0 < answer.json()["opens_in_seconds"] <= 7
    page = too_early.navigate()
    assert page.status_code == 503 and "ar-countdown" in page.text and page.headers["Retry-After"]
    assert too_early.call("POST", "enqueue", json={}).json()["room_phase"] == "scheduled"
    assert too_early.cookie("p") is None

    phase(pair[0], "pre_queue")
    visitors = [early(pair[number % 2]) for number in range(12)]
    for visitor in visitors:
        assert visitor.position["position"] is None and visitor.position["estimated_wait_seconds"] is None
    facts = visitors[-1].status()
    assert facts["position"] is None and facts["total_waiting"] == 12 and facts["opens_in_seconds"] >= 0
    commitment = wait_until(lambda: pair[1].facts().get("draw_commitment"), 3, 0.05, "the commitment")
    assert "draw_seed" not in pair[1].facts()
    wait_until(lambda: commitment in visitors[0].navigate().text, 3, 0.1, "the page")
    page = visitors[0].navigate().text
    assert "ar-countdown" in page and '"position":null' in page and 'http-equiv="refresh"' in page
    assert visitors[0].call("POST", "session/claim").status_code == 409

    phase(pair[1], "open")
    late = Visitor(pair[1])
    assert late.navigate().status_code == 503
    seed = wait_until(lambda: pair[0].facts().get("draw_seed"), 3, 0.05, "the seed")
    assert hashlib.sha256(bytes.fromhex(seed)).hexdigest() == commitment
    wait_until(lambda: visitors[0].status()["total_waiting"] == 11, 5, 0.1, "two admissions")
    order = drawn(seed, visitors)
    for visitor in visitors:
        visitor.gate = pair[1]
    standing = [(visitor.status()["status"], visitor.status()["position"]) for visitor in order]
    assert standing == [("admitted", 0)] * 2 + [("waiting", place) for place in range(1, 11)]
    assert late.status()["position"] == 11
    assert order[0].navigate("/page").status_code == 200

    published = servers.folder / "draw.jsonl"
    verify = ["verify-draw", "--config", pair[0].file, "--commitment", commitment, "--publish", published]
    done = wait_until(lambda: run_once(*verify).returncode == 0 and run_once(*verify, "--order"), 10, 0.2, "the record")
    ids = [line.split()[1] for line in done.stdout.splitlines() if line.endswith(tuple("0123456789")) and "-" in line]
    assert ids[-12:] == [visitor.position["position_id"] for visitor in order]
    lines = published.read_text().splitlines()
    assert json.loads(lines[0])["type"] == "draw.started" and "user_agent" not in published.read_text()
    for forgery in (
        lines[:3] + lines[4:],
        [line.replace(commitment, "0" * 64) for line in lines],
        [line.replace(seed, "1" * 64) for line in lines],
        [line.replace(ids[-12], ids[-12][:-1] + ("0" if ids[-12][-1] != "0" else "1")) for line in lines],
        lines[:-2] + lines[-1:] + lines[-2:-1],
    ):
        published.write_text("\n".join(forgery) + "\n")
        assert run_once("verify-draw", "--events", published).returncode == 1, forgery
    published.write_text("\n".join(lines) + "\n")
    assert run_once("verify-draw", "--events", published).returncode == 0
    assert run_once("verify-draw", "--events", published, "--commitment", "0" * 64).returncode == 1


def test_a_pre_queue_survives_the_gate_and_the_end_closes_the_line(servers, origin):
    """The draw goes on after kill -9 with the same commitment; at the end nobody joins, and who is through goes on."""
    times = {"opens_at": moment(6), "pre_queue": "10s", "closes_at": moment(9)}
    gate = servers.gate([gates.busy_room(origin.url, slots=1, **times)])
    phase(gate, "pre_queue")
    visitors = [early(gate) for _ in range(5)]
    commitment = wait_until(lambda: gate.facts().get("draw_commitment"), 3, 0.05, "the commitment")
    gate.kill()
    gate.start()
    assert gate.facts()["draw_commitment"] == commitment
    visitors += [early(gate) for _ in range(2)]
    phase(gate, "open")
    wait_until(lambda: visitors[0].status()["total_waiting"] == 6, 3, 0.05, "an admission")
    order = drawn(gate.facts()["draw_seed"], visitors)
    assert [visitor.status()["position"] for visitor in order] == list(range(7))
    assert run_once("verify-draw", "--journal", gate.directory / "var").returncode == 0
    assert order[0].navigate("/page").status_code == 200
    phase(gate, "closed")
    assert Visitor(gate).ask().json()["title"] == "Closed"
    page = order[1].navigate()
    assert page.status_code == 503 and "ar-place" not in page.text
    assert order[1].status()["room_phase"] == "closed"
    assert order[0].navigate("/page").status_code == 200
    wait_until(lambda: gate.metric("waiting_room_phase", queue_id="shop", phase="closed") == 1, 3, 0.1, "the metric")
    # Another end, and the line goes on.
    gate.edit(closes_at=moment(3600))
    phase(gate, "open")
    assert order[1].status()["position"] == 1


def test_an_event_overrides_the_room_while_it_is_on(servers, origin):
    """Everybody passes, then a line of one slot, then everybody passes again: by the clock, without an edit."""
    event = {"starts_at": moment(4), "ends_at": moment(7), "queueing_method": "fifo", "max_active_users": 1}
    gate = servers.gate([gates.busy_room(origin.url, slots=50, queueing_method="passthrough", events=[event])])
    before = Visitor(gate)
    assert before.navigate("/page").status_code == 200 and before.cookie("s") is None
    wait_until(lambda: "queueing_method" not in gate.facts(), 8, 0.05, "the event")
    wait_until(lambda: Visitor(gate).navigate("/page").status_code == 503, 3, 0.05, "the line")
    assert before.navigate("/page").status_code == 503
    wait_until(lambda: gate.facts().get("queueing_method") == "passthrough", 8, 0.05, "the event's end")
    wait_until(lambda: Visitor(gate).navigate("/page").status_code == 200, 3, 0.05, "passing")


def test_a_room_that_rejects_lets_nobody_in_but_those_who_are_through(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    inside = through(gate)
    gate.edit(queueing_method="reject")
    phase(gate, "closed")
    assert Visitor(gate).navigate().status_code == 503
    assert Visitor(gate).call("POST", "enqueue", json={}).status_code == 503
    assert inside.navigate("/page").status_code == 200


@pytest.mark.parametrize(
    "room, message",
    [
        ({"opens_at": "2026-12-01T10:00:00"}, "rooms[0].opens_at: \"2026-12-01T10:00:00\" names no time zone"),
        (
            {"events": [{"starts_at": "2026-12-01T10:00Z", "ends_at": "2026-12-01T11:00Z", "name": n} for n in "ab"]},
            'rooms[0].events[1].starts_at: "b" is on, its pre-queue included, while "a" (line',
        ),
    ],
)
def test_times_that_make_no_sense_are_mistakes_with_their_line(tmp_path, room, message):
    file = tmp_path / "anteroom.yml"
    file.write_text(yaml.safe_dump({"rooms": [{"id": "shop", "target_url": "http://127.0.0.1:9", **room}]}))
    done = run_once("check", "--config", file)
    assert done.returncode == 1 and message in done.stderr
