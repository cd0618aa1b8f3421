"""The rate follows what the origin bears (docs/QUEUE_MANAGEMENT.md)."""

import threading
import time

import pytest

from rig import gate as gates
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through

ADAPTIVE = {"floor": "10/s", "target_latency": "150ms", "max_error_rate": "5%", "interval": "1s", "min_samples": 5}


class Mood:
    """How the origin answers."""

    def __init__(self):
        self.delay, self.status = 0.0, "200 OK"

    def __call__(self, exchange):
        exchange.read_body()
        time.sleep(self.delay)
        exchange.answer(self.status, body=b"A page.")


class Load:
    """A visitor who is through and asks some ten times a second, from several connections, until stopped."""

    def __init__(self, gate, visitors=4):
        self.gate, self.stopped = gate, threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(through(gate),)) for _ in range(visitors)]
        for thread in self.threads:
            thread.start()

    def _ask(self, visitor):
        while not self.stopped.wait(0.1):
            visitor.navigate()

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def mood(servers):
    mood = Mood()
    mood.url = servers.origin(mood).url
    return mood


def rate(gate) -> float:
    return gate.metric("anteroom_admission_rate", queue_id="shop")


def changes(gate, reason) -> float:
    return gate.metric("anteroom_admission_rate_changes_total", queue_id="shop", reason=reason)


def room(mood, **rest):
    return gates.room(mood.url, queue_rate=100, admission_interval="200ms", **{"adaptive": ADAPTIVE, **rest})


def test_an_origin_that_slows_down_gets_fewer_and_more_when_it_recovers(servers, mood):
    """Latency and errors lower the rate, calm raises it; it outlives a restart, and goes when the file says so."""
    gate = servers.gate([room(mood)])
    assert rate(gate) == 100
    load = servers.add(Load(gate))
    time.sleep(3)
    assert rate(gate) == 100, "nothing is wrong"
    mood.delay = 0.2
    wait_until(lambda: rate(gate) < 100, 10, 0.1, "a lower rate")
    mood.delay = 0
    assert changes(gate, "latency") >= 1 and "latency" in gate.process.log
    wait_until(lambda: changes(gate, "recovered") >= 1, 10, 0.1, "a higher rate")
    mood.status = "503 Service Unavailable"
    before = rate(gate)
    wait_until(lambda: rate(gate) < before, 10, 0.1, "a lower rate")
    assert changes(gate, "errors") >= 1
    load.stop()
    lowered = rate(gate)
    assert 10 <= lowered < 100
    shown = gate.admin("GET", "/rooms/shop").json()
    assert "errors" in shown["adaptive"]["reason"] and shown["configured"]["queue_rate"] == "100/s"
    gate.restart()
    wait_until(lambda: rate(gate) == lowered, 5, 0.1, "the rate of before")
    gate.edit(adaptive=None)
    wait_until(lambda: rate(gate) == 100, 5, 0.1, "what is configured")


def test_without_requests_the_rate_stays_and_says_so(servers, mood):
    """Nobody knows what an origin bears that nobody asks."""
    gate = servers.gate([room(mood)])
    wait_until(
        lambda: "anteroom_adaptive_holding" in gate.metrics() and gate.metric("anteroom_adaptive_holding") == 1, 15, 0.2
    )
    assert rate(gate) == 100
    assert "too few requests to judge the origin by" in gate.process.log


def test_the_gate_that_sees_distress_prevails(servers, mood):
    """Two gates on one store: one has no visitors, and both go by the lower rate."""
    redis = servers.add(RedisServer(servers.folder).start())
    shared = {"store": {"kind": "dragonfly", "url": redis.url}}
    keys = {"tokens": {"key_file": str(servers.folder / "keys/signing.pem")}}
    loaded, idle = [servers.gate([room(mood)], name=f"gate-{number}", **shared, **keys) for number in range(2)]
    load = servers.add(Load(loaded))
    mood.delay = 0.5
    wait_until(lambda: rate(loaded) < 80, 15, 0.1, "a lower rate")
    load.stop()
    lowered = wait_until(lambda: rate(loaded) == rate(idle) and rate(idle), 5, 0.1, "the same rate")
    assert lowered < 80
    assert Visitor(idle).navigate().status_code == 200
