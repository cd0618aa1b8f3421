"""Several origins, dead ones and sick ones (docs/HTTP.md, "Several origins"): visitors are led around them."""

import collections
import socket
import struct
import threading
import time

import pytest

from rig import gate as gates
from rig.origin import Origin
from rig.process import wait_until
from rig.visitor import AGENT, Visitor, through
from rig.wire import Connection, exchange, request


class Named:
    """An origin that says which one it is, and does what a test sets."""

    def __init__(self, servers, name):
        self.name = name
        self.servers = servers
        self.health = "200 OK"
        self.hold = None  # an event that /hold waits for
        self.broken = None  # bytes sent in place of an answer
        self.origin = servers.origin(self)

    def __call__(self, exchange):
        path = exchange.received.path
        exchange.read_body()
        if path == "/healthz":
            exchange.answer(self.health)
        elif self.broken is not None:
            exchange.send(self.broken)
            exchange.close()
        else:
            if path == "/hold":
                self.hold.wait(20)
            exchange.answer("200 OK", [("X-Origin", self.name)], exchange.received.body)

    @property
    def url(self):
        return self.origin.url

    @property
    def upstream(self):
        return f"127.0.0.1:{self.origin.port}"

    def count(self):
        return len([one for one in self.origin.seen() if one.path != "/healthz"])

    def kill(self):
        self.origin.stop()

    def revive(self):
        self.origin = self.servers.add(Origin(self, port=self.origin.port))


def serving(servers, *origins, gate=None, **room):
    """A gate with one worker, so that what it learns it knows, before these origins."""
    room.setdefault("target_urls", [origin.url for origin in origins])
    entry = gates.room(None, **room)
    return servers.gate([entry], gate={"workers": 1, **(gate or {})})


@pytest.fixture
def three(servers):
    return [Named(servers, name) for name in "abc"]


def fields(visitor):
    return [("User-Agent", AGENT), ("Cookie", visitor.session_field)]


def ask(gate, visitor, method="GET", path="/", body=b""):
    return exchange(gate.port, request(method, path, fields(visitor), body), method)


class Load:
    """Clients that ask over and over; what was not a 200 is in `failures`."""

    def __init__(self, gate, visitor, clients=6):
        self.gate, self.data = gate, request("GET", "/", fields(visitor))
        self.failures, self.answers, self.done = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self._client) for _ in range(clients)]

    def _client(self):
        while not self.done.is_set():
            try:
                with Connection(self.gate.port) as connection:
                    for _ in range(20):
                        connection.send(self.data)
                        answer = connection.read_answer()
                        self.answers += 1
                        if answer.status != 200:
                            self.failures.append(answer.status)
            except Exception as error:
                self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def until(self, more):
        """Waits for so many more answers."""
        goal = self.answers + more
        wait_until(lambda: self.answers >= goal, 20, what=f"{more} answers")

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


# Balancing


def test_equal_origins_share_the_requests(servers, three):
    """Requests one after the other: each origin gets a third."""
    gate = serving(servers, *three)
    visitor = through(gate)
    for origin in three:
        origin.origin.forget()
    for _ in range(30):
        assert ask(gate, visitor).status == 200
    assert [origin.count() for origin in three] == [10, 10, 10]


def test_a_busy_origin_gets_less(servers, three):
    """Who has running requests is left alone while another has fewer."""
    a, b, _ = three
    a.hold = b.hold = threading.Event()
    gate = serving(servers, a, b)
    visitor = through(gate)
    held = [Connection(gate.port, timeout=30) for _ in range(2)]
    for connection in held:  # one at each
        connection.send(request("GET", "/hold", fields(visitor)))
        wait_until(lambda: len(a.origin.seen("/hold")) + len(b.origin.seen("/hold")) == held.index(connection) + 1)
    assert len(a.origin.seen("/hold")) == len(b.origin.seen("/hold")) == 1
    a.hold.set()
    assert all(connection.read_answer().status == 200 for connection in held)
    a.hold = threading.Event()
    b.hold = threading.Event()
    b.hold.set()
    while not a.origin.seen("/hold")[1:]:
        connection = Connection(gate.port, timeout=30)
        held.append(connection)
        connection.send(request("GET", "/hold", fields(visitor)))
        time.sleep(0.05)
    a.origin.forget()
    b.origin.forget()
    for _ in range(10):
        assert ask(gate, visitor).get("X-Origin") == "b"
    a.hold.set()


def test_each_origin_is_asked_by_its_own_name_and_path(servers, three):
    """With preserve_host: false each has its own Host, also after another one refused the connection."""
    a, b, _ = three
    gate = serving(servers, a, b, target_urls=[a.url + "/a", b.url + "/b"], preserve_host=False)
    visitor = through(gate)
    for _ in range(4):
        ask(gate, visitor, path="/x?y=1")
    for origin, prefix in ((a, "/a"), (b, "/b")):
        seen = origin.origin.seen(prefix + "/x")
        assert len(seen) == 2 and all(one.get("host") == origin.upstream for one in seen)
        assert seen[0].target == prefix + "/x?y=1"
    a.kill()
    b.origin.forget()
    for _ in range(4):
        assert ask(gate, visitor, "POST", "/z", b"body").status == 200
    assert [(one.path, one.get("host")) for one in b.origin.seen()] == [("/b/z", b.upstream)] * 4


def test_a_session_stays_with_its_origin_until_that_dies(servers, three):
    """`balance: sticky`, over any number of connections and after a restart of the gate."""
    gate = serving(servers, *three, balance="sticky", health={"eject_time": "30s"})
    visitors = [through(gate) for _ in range(12)]
    homes = [ask(gate, visitor).get("X-Origin") for visitor in visitors]
    assert len(set(homes)) > 1
    for _ in range(3):
        assert [ask(gate, visitor).get("X-Origin") for visitor in visitors] == homes
    gate.restart()
    assert [ask(gate, visitor).get("X-Origin") for visitor in visitors] == homes
    dead = next(origin for origin in three if origin.name == homes[0])
    dead.kill()
    moved = [ask(gate, visitor).get("X-Origin") for visitor in visitors]
    assert all(now == was if was != dead.name else now != was for was, now in zip(homes, moved))
    assert [ask(gate, visitor).get("X-Origin") for visitor in visitors] == moved


# Failures


def test_an_origin_that_is_killed_fails_no_get(servers, three):
    """Mid-load: requests that it had and those that it would have got are answered by the others."""
    a, b, _ = three
    gate = serving(servers, a, b)
    visitor = through(gate)
    with Load(gate, visitor) as load:
        load.until(200)
        a.kill()
        load.until(400)
    assert load.failures == []
    assert gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0
    assert gate.metric("anteroom_upstream_up", upstream=b.upstream) == 1
    assert gate.metric("anteroom_upstream_ejections_total", upstream=a.upstream) == 1
    assert gate.metric("anteroom_upstream_failures_total", upstream=a.upstream, reason="connection") >= 5
    assert gate.process.log.count("An origin is out") == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "BREW"])
def test_a_refused_connection_is_had_elsewhere(servers, three, method):
    """Nothing was sent, so any method may go to another origin, with its body."""
    a, b, c = three
    gate = serving(servers, a, b, c, health={"max_failures": 0})
    visitor = through(gate)
    a.kill(), b.kill()
    for _ in range(9):
        answer = ask(gate, visitor, method, "/x", b"the body")
        assert (answer.status, answer.body) == (200, b"the body")
    assert len(c.origin.seen("/x")) == 9


def test_a_post_that_was_sent_is_not_sent_again(servers, three):
    """An origin that takes a POST and drops it: 502, and the other origin never sees it; a GET is sent there."""
    a, b, _ = three
    gate = serving(servers, a, b)
    visitor = through(gate)
    for origin in (a, b):
        origin.broken = b""
    assert ask(gate, visitor, "POST", "/x", b"1").status == 502
    assert len(a.origin.seen("/x")) + len(b.origin.seen("/x")) == 1
    assert ask(gate, visitor, "GET", "/y").status == 502
    assert len(a.origin.seen("/y")) + len(b.origin.seen("/y")) == 2


def test_an_ejected_origin_gets_nothing_and_returns_by_itself(servers, three):
    """After `eject_time` one request tries it; no visitor notices any of it."""
    a, b, _ = three
    gate = serving(servers, a, b, health={"max_failures": 3, "eject_time": "1s"})
    visitor = through(gate)
    a.kill()
    with Load(gate, visitor, clients=2) as load:
        wait_until(lambda: gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0)
        a.revive()
        wait_until(lambda: a.count() > 20, 20, what="requests to the origin that came back")
    assert load.failures == []
    assert gate.metric("anteroom_upstream_up", upstream=a.upstream) == 1
    assert gate.process.log.count("An origin is out") == 1
    wait_until(lambda: gate.process.log.count("An origin is back") == 1)


def test_a_trial_that_fails_harms_nobody(servers, three):
    """An origin that takes connections and drops them is tried by GETs only, which are answered elsewhere."""
    a, b, _ = three
    gate = serving(servers, a, b, health={"max_failures": 1, "eject_time": "200ms", "max_eject_time": "200ms"})
    visitor = through(gate)
    time.sleep(1.1)  # an origin that answered well within a second is not ejected for an answer
    a.broken = b""
    failed = [ask(gate, visitor).status for _ in range(4)]
    assert failed == [200] * 4 and gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0
    a.origin.forget()
    for _ in range(40):
        assert ask(gate, visitor, "POST", "/x", b"1").status == 200
        assert ask(gate, visitor).status == 200
        time.sleep(0.02)
    assert len(a.origin.seen()) >= 2 and not a.origin.seen("/x")


HOSTILE = {
    "closed": b"",
    "malformed": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_broken_answers_eject(servers, three, reason):
    """So many in a row, from an origin that gave no good one for a second."""
    a, b, _ = three
    gate = serving(servers, a, b, health={"max_failures": 3, "eject_time": "1m"})
    visitor = through(gate)
    time.sleep(1.1)
    a.broken = HOSTILE[reason]
    for _ in range(12):
        try:
            ask(gate, visitor, "POST", "/x", b"1")
        except Exception:  # a cut answer is seen as cut
            pass
    assert gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0
    assert gate.metric("anteroom_upstream_failures_total", upstream=a.upstream, reason=reason) == 3
    assert all(ask(gate, visitor, "POST", "/x", b"1").get("X-Origin") == "b" for _ in range(6))


def test_one_visitor_cannot_close_the_site_to_others(servers, three):
    """Requests that always fail do not eject an origin that answers others."""
    (a, *_) = three
    gate = serving(servers, a, health={"max_failures": 2})
    visitor, other = through(gate), through(gate)
    for _ in range(20):
        assert ask(gate, other).status == 200
        a.broken = b""
        for _ in range(5):
            assert ask(gate, visitor, "POST", "/broken", b"1").status == 502
        a.broken = None
    assert ask(gate, other).status == 200
    assert gate.metric("anteroom_upstream_up", upstream=a.upstream) == 1


# The circuit breaker


def test_the_breaker_answers_at_once_and_keeps_the_session(servers, three):
    """A single origin that hangs: while one request waits for it nobody else does; sessions and places outlast it."""
    (a, *_) = three
    gate = serving(
        servers, a, gate={"timeouts": {"first_byte": "1s"}}, health={"max_failures": 2}, max_active_users=2
    )
    visitor = through(gate)
    time.sleep(1.1)
    a.hold = threading.Event()
    assert [ask(gate, visitor, path="/hold").status for _ in range(2)] == [504, 504]
    gate.configuration["gate"]["timeouts"]["first_byte"] = "20s"
    gate.edit(name="Patient")
    wait_until(lambda: "Patient" in gate.facts()["name"], 5)
    trial = Connection(gate.port, timeout=30)
    a.origin.forget()
    wait_until(lambda: is_trial(gate, visitor, a, trial), 10)
    a.origin.forget()
    page = visitor.navigate("/basket?n=1")
    assert page.status_code == 502 and "The site does not answer" in page.text
    assert "If you had been let in, you still are" in page.text
    assert "This page tries again by itself" in page.text and "/basket?n=1" in page.text
    assert int(page.headers["Retry-After"]) >= 1 and "no-store" in page.headers["Cache-Control"]
    problem = visitor.ask("/basket")
    assert problem.status_code == 502 and problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 502 and "session" in problem.json()["detail"]
    form = visitor.navigate("/pay", method="POST", data="a=1")
    assert form.status_code == 502 and "form was not sent" in form.text and "tries again" not in form.text
    assert a.origin.seen() == [], "the origin is left alone"
    newcomer = Visitor(gate)
    assert newcomer.navigate().status_code == 502 and newcomer.cookie("s"), "let in, and told the truth"
    assert visitor.call("GET", "session").status_code == 200

    a.hold.set()
    assert trial.read_answer().status == 200
    trial.close()
    wait_until(lambda: visitor.navigate("/basket").status_code == 200, 5)
    assert newcomer.navigate().status_code == 200
    assert gate.facts()["status"] == "active" and visitor.cookie("s")
    assert [one.path for one in a.origin.seen()].count("/pay") == 0


def hanging_trial(servers, origin):
    """A gate whose only origin came back hanging, a visitor of it, and the connection with the request that finds out."""
    gate = serving(servers, origin, gate={"timeouts": {"first_byte": "20s"}}, health={"max_failures": 2})
    visitor = through(gate)
    origin.kill()
    assert [ask(gate, visitor).status for _ in range(3)] == [502] * 3
    origin.hold = threading.Event()
    origin.revive()
    trial = Connection(gate.port, timeout=30)
    wait_until(lambda: is_trial(gate, visitor, origin, trial), 10)
    return gate, visitor, trial


def test_the_breaker_lets_one_request_through_at_a_time(servers, three):
    """While the origin hangs one request finds out, the others are answered at once."""
    (a, *_) = three
    gate, visitor, hanging = hanging_trial(servers, a)
    with hanging as trial:
        answers = [ask(gate, visitor, path="/other").status for _ in range(10)]
        time.sleep(1.2)
        answers += [ask(gate, visitor, path="/other").status for _ in range(10)]
        assert answers == [502] * 20 and a.origin.seen("/other") == []
        a.hold.set()
        assert trial.read_answer().status == 200
    assert ask(gate, visitor, path="/other").status == 200


def is_trial(gate, visitor, origin, trial):
    """Sends /hold again until it is the trial: answered at once otherwise."""
    trial.send(request("GET", "/hold", fields(visitor)))
    time.sleep(0.2)
    if origin.origin.seen("/hold"):
        return True
    assert trial.read_answer().status == 502
    return False


def test_a_trial_whose_visitor_leaves_is_made_by_the_next(servers, three):
    """The breaker does not wait for a visitor who is gone."""
    (a, *_) = three
    gate, visitor, hanging = hanging_trial(servers, a)
    with hanging as trial:
        trial.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
    wait_until(lambda: ask(gate, visitor).status == 200, 3)
    a.hold.set()


def test_a_single_origin_that_restarts_is_back_at_once(servers, three):
    """The breaker never makes an outage much longer than it is."""
    (a, *_) = three
    gate = serving(servers, a, health={"eject_time": "1h", "max_eject_time": "2h"})
    visitor = through(gate)
    a.kill()
    for _ in range(20):
        assert ask(gate, visitor).status == 502
    a.revive()
    wait_until(lambda: ask(gate, visitor).status == 200, 5, every=0.1)
    assert gate.metric("anteroom_upstream_up", upstream=a.upstream) == 1


def test_a_session_outlives_an_outage(servers, three):
    """An answer of 502 is use of the session, too: whoever goes on trying does not run out of time."""
    (a, *_) = three
    gate = serving(servers, a, session_timeout="3s")
    visitor = through(gate)
    ask(gate, visitor)
    a.kill()
    end = time.monotonic() + 9
    while time.monotonic() < end:
        assert visitor.navigate().status_code == 502
        time.sleep(0.5)
    a.revive()
    session = visitor.call("GET", "session").json()["session_id"]
    wait_until(lambda: visitor.navigate().status_code == 200, 5)
    assert visitor.call("GET", "session").json()["session_id"] == session
    assert gate.metric("waiting_room_admitted_total") == 1, "the same visit, not another one"


# Active checks


def test_checks_take_an_origin_out_and_back_in(servers, three):
    """An origin that says 503 at its health path gets nothing until it says otherwise; nobody notices."""
    a, b, _ = three
    check = {"path": "/healthz", "interval": "100ms", "timeout": "500ms"}
    gate = serving(servers, a, b, health=check)
    visitor = through(gate)
    with Load(gate, visitor, clients=2) as load:
        wait_until(lambda: a.count() > 5 and b.count() > 5)
        a.health = "503 Leaving"
        wait_until(lambda: gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0)
        load.until(10)
        before = a.count()
        load.until(50)
        assert a.count() == before
        a.health = "204 Here"
        wait_until(lambda: a.count() > before + 5)
    assert load.failures == []
    seen = a.origin.seen("/healthz")[0]
    assert (seen.method, seen.get("host"), seen.get("user-agent")) == ("GET", a.upstream, "anteroom-health-check")
    assert "An origin is down: its checks fail" in gate.process.log and "status 503" in gate.process.log
    assert "An origin is up" in gate.process.log


def test_an_origin_without_connections_fails_its_checks(servers, three):
    """Before any visitor runs into it; where all are down, the breaker's page says so."""
    a, b, _ = three
    check = {"path": "/healthz", "interval": "100ms", "timeout": "500ms", "expected_status": [200]}
    gate = serving(servers, a, b, health=check)
    visitor = through(gate)
    a.kill()
    wait_until(lambda: gate.metric("anteroom_upstream_up", upstream=a.upstream) == 0)
    assert gate.metric("anteroom_upstream_failures_total", upstream=a.upstream) == 0
    b.health = "204 Not what was asked for"
    wait_until(lambda: gate.metric("anteroom_upstream_up", upstream=b.upstream) == 0)
    b.origin.forget()
    time.sleep(1.1)
    answer = visitor.navigate("/x")
    assert answer.status_code == 502 and answer.headers["Retry-After"] and b.count() == 0
    b.health = "200 OK"
    wait_until(lambda: visitor.navigate("/x").status_code == 200)


def test_rooms_share_checks(servers, three):
    """Two rooms and a passthrough with the same origin: one check, one sample."""
    (a, *_) = three
    check = {"path": "/healthz", "interval": "300ms"}
    rooms = [
        gates.room(a.url, id=name, match={"paths": [f"/{name}"]}, health=check) for name in ("one", "two")
    ]
    passthrough = [{"hosts": ["www.test"], "target_url": a.url, "health": check}]
    gate = servers.gate(rooms, gate={"workers": 2}, passthrough=passthrough)
    a.origin.forget()
    time.sleep(1)
    assert 1 <= len(a.origin.seen("/healthz")) <= 5
    lines = [line for line in gate.metrics().splitlines() if line.startswith("anteroom_upstream_up")]
    assert lines == [f'anteroom_upstream_up{{upstream="{a.upstream}"}} 1']


# Reload


def test_origins_come_and_go_under_load(servers, three):
    """Twelve edits while clients ask: no request fails, a removed origin gets nothing, a new one gets its share."""
    a, b, c = three
    gate = serving(servers, a, b)
    visitor = through(gate)
    with Load(gate, visitor) as load:
        for urls, new in [([a, c], c), ([b], b), ([b, c], c), ([a], a)] * 3:
            new.origin.forget()
            gate.edit(target_urls=[origin.url for origin in urls])
            wait_until(lambda: new.count() > 20, 10, what=f"requests to {new.name}")
        b.origin.forget(), c.origin.forget()
        load.until(100)
        assert b.count() == c.count() == 0
    assert load.failures == []
    samples = collections.Counter(
        line.split("{")[1] for line in gate.metrics().splitlines() if line.startswith("anteroom_upstream_up")
    )
    assert list(samples) == [f'upstream="{a.upstream}"}} 1']
    wait_until(lambda: len(b.origin.links) == 0 and len(c.origin.links) == 0, what="idle connections closed")


def test_a_running_request_outlives_its_origins_removal(servers, three):
    """What runs at an origin that a reload removes ends there."""
    a, b, _ = three
    a.hold = threading.Event()
    gate = serving(servers, a)
    visitor = through(gate)
    with Connection(gate.port, timeout=30) as connection:
        connection.send(request("GET", "/hold", fields(visitor)))
        wait_until(lambda: a.origin.seen("/hold"))
        gate.edit(target_urls=[b.url])
        wait_until(lambda: ask(gate, visitor).get("X-Origin") == "b")
        a.hold.set()
        assert connection.read_answer().get("X-Origin") == "a"
        connection.send(request("GET", "/", fields(visitor)))
        assert connection.read_answer().get("X-Origin") == "b"
    wait_until(lambda: len(a.origin.links) == 0, what="the connection is not kept")
