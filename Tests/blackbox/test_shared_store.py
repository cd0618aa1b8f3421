"""Several gates in front of one line (docs/DRAGONFLYDB.md), on redis-server plain and in cluster mode."""

import concurrent.futures
import json
import signal
import time

import pytest
import requests
import websockets.sync.client

from rig import gate as gates
from rig.gate import run_once
from rig.nats import NATSServer
from rig.process import accepts, wait_until
from rig.redis import RedisServer
from rig.visitor import AGENT, Visitor, through


@pytest.fixture(params=["plain", "cluster"])
def redis(request, servers):
    return servers.add(RedisServer(servers.folder, cluster=request.param == "cluster").start())


def gate_on(servers, redis, origin, name, start=True, nats=None, **changes):
    """A gate of its own port and folder, with the keys that all share."""
    keys = servers.folder / "keys"
    gate = servers.gate(
        [gates.busy_room(origin.url, **changes)],
        name=name,
        start=False,
        store={"kind": "dragonfly", "url": redis.url},
        tokens={"key_file": str(keys / "signing.pem")},
        **({"events": {"nats_url": nats.url}} if nats else {}),
    )
    return gate.start() if start else gate


@pytest.fixture
def three(servers, redis, origin):
    return [gate_on(servers, redis, origin, f"gate-{number}") for number in range(3)]


def moved(visitor, gate):
    """The same visitor, at another gate."""
    visitor.gate = gate
    return visitor


def test_a_visitor_may_hit_any_gate(three):
    """Each request at another gate: let in, waiting, let in when the slot is free, and never a second place."""
    first, second = through(three[0]), Visitor(three[1])
    for gate in three:
        assert moved(first, gate).navigate("/page").status_code == 200
    assert second.navigate().status_code == 503
    position = second.status()["position_id"]
    for gate in three:
        moved(second, gate)
        assert second.navigate().status_code == 503
        assert second.status()["position_id"] == position and second.status()["position"] == 1
    assert moved(first, three[2]).call("POST", "session/complete").status_code == 204
    wait_until(lambda: moved(second, three[0]).status()["status"] == "admitted", 5, 0.1, "admission")
    assert moved(second, three[1]).navigate("/page").status_code == 200
    assert moved(second, three[2]).navigate("/page").status_code == 200


def test_slots_are_never_exceeded(servers, redis, origin):
    three = [gate_on(servers, redis, origin, f"gate-{number}", slots=7) for number in range(3)]

    def visit(number):
        visitor = Visitor(three[number % 3])
        visitor.navigate()
        return visitor.cookie("s") is not None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        entered = sum(pool.map(visit, range(60)))
    assert entered == 7
    for gate in three:
        held = gate.metric("waiting_room_active_sessions") + gate.metric("waiting_room_admitted_positions")
        assert held <= 7


def test_the_order_of_joining_is_kept_across_gates(three):
    through(three[0])
    visitors = []
    for number in range(9):
        visitor = Visitor(three[number % 3])
        assert visitor.navigate().status_code == 503
        visitors.append(visitor)
    assert [visitor.status()["position"] for visitor in visitors] == list(range(1, 10))


def test_a_session_that_ended_at_one_gate_is_refused_at_all(three):
    """Within two seconds."""
    visitor = through(three[0])
    for gate in three:
        assert moved(visitor, gate).navigate("/page").status_code == 200
    Visitor(three[2]).navigate()
    assert moved(visitor, three[0]).call("POST", "session/complete").status_code == 204
    time.sleep(2)
    for gate in three:
        assert moved(visitor, gate).navigate("/page").status_code == 503


def test_the_death_of_a_gate_stops_nothing(three):
    """Admission goes on within two intervals, and its visitors go on elsewhere."""
    first = through(three[0])
    second = Visitor(three[0])
    assert second.navigate().status_code == 503
    three[0].kill()
    assert moved(first, three[1]).call("POST", "session/complete").status_code == 204
    wait_until(lambda: moved(second, three[2]).status()["status"] == "admitted", 2, 0.05, "admission")
    assert moved(second, three[1]).navigate("/page").status_code == 200


@pytest.mark.parametrize("failure", ["kill", "hang"])
def test_while_the_store_is_away(servers, redis, origin, failure):
    """Nobody new joins, with a page that tries again by itself; who is through stays; places wait and come back."""
    gate = gate_on(servers, redis, origin, "gate")
    first = through(gate)
    assert first.navigate("/page").status_code == 200
    second = Visitor(gate)
    assert second.navigate().status_code == 503
    if failure == "hang":
        redis.process.signal(signal.SIGSTOP)
    else:
        assert "OK" in redis.ask("config", "set", "save", "3600 1") and "OK" in redis.ask("save")
        redis.kill()
    wait_until(lambda: gate.metric("anteroom_store_up") == 0, 10, what="the loss to be noticed")
    newcomer = Visitor(gate)
    answer = newcomer.navigate()
    assert answer.status_code == 503 and answer.headers["Retry-After"] and not newcomer.cookie("p")
    assert first.navigate("/page").status_code == 200
    ready = requests.get(f"{gate.admin_url}/readyz", timeout=10)
    assert ready.status_code == 503 and "store" in ready.text
    if failure == "hang":
        redis.process.signal(signal.SIGCONT)
    else:
        redis.start()
    wait_until(lambda: second.call("GET", "status").status_code == 200, 15, 0.2, "the place")
    assert second.status()["position"] == 1
    assert first.navigate("/page").status_code == 200
    wait_until(lambda: Visitor(gate).navigate().status_code == 503 and gate.waiting() >= 2, 25, 0.2, "a new place")


def test_a_gate_that_starts_without_its_store(servers, origin):
    """It says so, takes nobody in, and begins by itself when the store comes."""
    redis = servers.add(RedisServer(servers.folder))
    gate = gate_on(servers, redis, origin, "gate", start=False)
    gate.process.start(gate.port)
    assert Visitor(gate).navigate().status_code == 503
    assert "The gate starts without its store" in gate.process.log
    wait_until(lambda: accepts(gate.admin_port), 5, what="the admin listener")
    assert requests.get(f"{gate.admin_url}/readyz", timeout=10).status_code == 503
    redis.start()
    wait_until(lambda: requests.get(f"{gate.admin_url}/readyz", timeout=10).status_code == 200, 15, 0.2, "readiness")
    through(gate)


def test_the_environment_selects_the_store(servers, redis, origin):
    gate = servers.gate(
        [gates.busy_room(origin.url)],
        start=False,
        environment={"DRAGONFLYDB_URL": f"redis://127.0.0.1:{redis.port}/0"},
    ).start()
    through(gate)
    assert "ar:{shop}:meta" in redis.ask("keys", "*")


def test_a_reload_reaches_the_line_of_all(three):
    for gate in three:
        gate.edit(status="paused")
    for gate in three:
        gate.until_status("paused", seconds=4)
    assert Visitor(three[1]).navigate().status_code == 503


def test_a_live_connection_follows_what_other_gates_do(three):
    """Somebody leaves, the room is paused and goes on, the slot becomes free: each is told within five seconds."""
    holder, ahead, visitor = through(three[0]), Visitor(three[0]), Visitor(three[1])
    ahead.navigate()
    visitor.navigate()
    with websockets.sync.client.connect(
        f"ws://127.0.0.1:{three[2].port}/api/v1/queues/shop/live",
        user_agent_header=AGENT,
        proxy=None,
        additional_headers={"Cookie": f"anteroom_p_shop={visitor.cookie('p')}"},
    ) as live:

        def until(field, value):
            while json.loads(live.recv(5))[field] != value:
                pass

        until("position", 2)
        assert ahead.call("POST", "leave").status_code == 204
        until("position", 1)
        for status in ("paused", "active"):
            for gate in three:
                gate.edit(status=status)
            until("room_status", status)
        assert moved(holder, three[1]).call("POST", "session/complete").status_code == 204
        until("status", "admitted")


def test_a_gate_whose_file_differs_says_so(three):
    """The limits lie in the store, for all."""
    three[0].edit(status="paused")
    wait_until(lambda: "Another gate has set other limits" in three[1].process.log, 5, 0.1, "a warning")
    assert "own_status=active" in three[1].process.log and "own_status" not in three[0].process.log


def test_a_rotated_key_costs_nobody_a_place(three):
    """Though the other gates have not been told of the new key yet."""
    through(three[0])
    run_once("keys", "rotate", "--config", three[0].file)
    three[0].hang_up()
    wait_until(lambda: "Applied" in three[0].process.log or "key" in three[0].process.log.lower(), 5, 0.1, "the new key")
    second = Visitor(three[0])
    assert second.navigate().status_code == 503
    position = second.status()["position_id"]
    assert moved(second, three[1]).navigate().status_code == 503
    assert second.status()["position_id"] == position
    assert moved(second, three[2]).status()["position_id"] == position


class TestEvents:
    """One gate at a time carries the outbox to NATS."""

    def events(self, nats):
        return nats.events()

    def test_events_of_all_gates_are_whole(self, servers, redis, origin):
        nats = servers.add(NATSServer(servers.folder).start())
        three = [gate_on(servers, redis, origin, f"gate-{number}", nats=nats) for number in range(3)]
        through(three[0])
        for number in range(12):
            Visitor(three[number % 3]).navigate()
            if number == 5:
                three[0].kill()
                three[0].start()
        events = wait_until(
            lambda: [event for event in nats.events() if event["type"] == "position.enqueued"][12:] and nats.events(),
            15,
            0.3,
            "thirteen joins in the stream",
        )
        assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))

    def test_events_wait_for_nats(self, servers, redis, origin):
        nats = servers.add(NATSServer(servers.folder).start())
        gate = gate_on(servers, redis, origin, "gate", nats=nats)
        through(gate)
        nats.kill()
        for _ in range(5):
            assert Visitor(gate).navigate().status_code == 503
        wait_until(lambda: gate.metric("anteroom_events_backlog") >= 5, 5, 0.1, "the backlog")
        nats.start()
        events = wait_until(
            lambda: [event for event in nats.events() if event["type"] == "position.enqueued"][5:] and nats.events(),
            15,
            0.3,
            "six joins in the stream",
        )
        assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))

    def test_a_checkout_frees_the_slot(self, servers, redis, origin):
        nats = servers.add(NATSServer(servers.folder).start())
        two = [gate_on(servers, redis, origin, f"gate-{number}", nats=nats) for number in range(2)]
        first = through(two[0])
        session = first.call("GET", "session").json()["session_id"]
        second = Visitor(two[1])
        assert second.navigate().status_code == 503
        nats.publish("checkout.completed", json.dumps({"session_id": session, "queue_id": "shop"}).encode())
        wait_until(lambda: second.status()["status"] == "admitted", 10, 0.1, "admission")
