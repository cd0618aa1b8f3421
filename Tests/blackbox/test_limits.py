"""Limits per address and per token (docs/ABUSE.md)."""

import concurrent.futures
import json
import re

import pytest
import requests

from rig import gate as gates
from rig.line import assert_problem
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import AGENT, NAVIGATION, Visitor, through
from rig.wire import exchange, request

PER_MINUTE = {"enabled": True, "enqueue": "10/min", "status": "60/min", "heartbeat": "30/min", "session": "100/min"}
SCRIPT = {"Accept": "application/json", "Sec-Fetch-Dest": "empty"}
BEHIND_PROXY = {"trusted_proxies": ["127.0.0.0/8"]}


def limited_gate(servers, origin, gate=BEHIND_PROXY, rate_limits=PER_MINUTE, slots=1, **changes):
    room = gates.busy_room(origin.url, slots=slots, **{"status": "paused", "rate_limits": rate_limits, **changes})
    return servers.gate([room], gate=gate)


def enqueue(gate, address, **options):
    return Visitor(gate).call("POST", "enqueue", X_Forwarded_For=address, **options)


def arrive(gate, address, manners=NAVIGATION):
    """A request for the site that brings no cookie."""
    headers = {**manners, "User-Agent": AGENT, "X-Forwarded-For": address}
    return requests.get(gate.url, headers=headers, timeout=20)


class TestCalls:
    def test_enqueue_by_address(self, servers, origin):
        """Ten a minute from one address pass and are told how many are left; the next is 429 and makes no position."""
        gate = limited_gate(servers, origin)
        answers = [enqueue(gate, "203.0.113.7") for _ in range(12)]
        assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 2
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == [str(max(0, 9 - n)) for n in range(12)]
        for answer in answers:
            assert answer.headers["RateLimit-Limit"] == "10"
            assert answer.headers["RateLimit-Policy"] == "10;w=60"
            assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60
        refused = answers[-1]
        assert_problem(refused, 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert re.search(r"at most 10 calls in 60 s from one address; call again in \d+ s", refused.json()["detail"])
        assert gate.waiting() == 10
        assert gate.metric("anteroom_rate_limited_total", queue_id="shop", limit="enqueue") == 2
        assert gate.metric("anteroom_requests_total", outcome="limited", code="429") == 2
        # Others are not concerned.
        assert enqueue(gate, "203.0.113.8").status_code == 201

    def test_a_network_of_ipv6_is_its_64(self, servers, origin):
        gate = limited_gate(servers, origin, rate_limits={"enabled": True, "enqueue": "2/min"})
        codes = [enqueue(gate, f"2001:db8:0:1::{number:x}").status_code for number in range(3)]
        assert codes == [201, 201, 429]
        assert enqueue(gate, "2001:db8:0:2::1").status_code == 201
        assert enqueue(gate, "::ffff:203.0.113.7").status_code == 201

    def test_a_window_slides(self, servers, origin):
        """Whoever waits as long as told is let through again."""
        gate = limited_gate(servers, origin, rate_limits={"enabled": True, "enqueue": "3/s"})
        wait_until(lambda: enqueue(gate, "203.0.113.7").status_code == 429, 10, 0, "a refusal")
        wait_until(lambda: enqueue(gate, "203.0.113.7").status_code == 201, 5, 0.05, "a call that passes")

    def test_calls_of_a_token(self, servers, origin):
        """Status and heartbeat are counted by position, whichever of its tokens is used, and apart from each other."""
        gate = limited_gate(
            servers, origin, rate_limits={"enabled": True, "enqueue": "off", "status": "4/min", "heartbeat": "3/min"}
        )
        first, second = Visitor(gate), Visitor(gate)
        for visitor in (first, second):
            assert visitor.call("POST", "enqueue").status_code == 201
        codes = [first.call("GET", "status").status_code for _ in range(6)]
        assert codes == [200] * 4 + [429] * 2
        codes = [first.call("POST", "heartbeat", json={"timestamp": 1}).status_code for _ in range(4)]
        assert codes == [200] * 3 + [429]
        refused = first.call("GET", "status")
        assert_problem(refused, 429)
        assert "4 calls in 60 s from one token" in refused.json()["detail"]
        assert second.call("GET", "status").status_code == 200
        # A token that is none is told so, and counts for nobody.
        for _ in range(6):
            assert second.call("GET", "status", bearer="a.b.c").status_code == 401
        assert second.call("GET", "status").status_code == 200

    def test_calls_of_a_session(self, servers, origin):
        """All calls of session are counted together; what goes to the site is not."""
        gate = limited_gate(
            servers, origin, status="active", rate_limits={"enabled": True, "session": "3/min"}
        )
        visitor = through(gate)
        codes = [
            visitor.call("GET", "session").status_code,
            visitor.call("POST", "session/heartbeat").status_code,
            visitor.call("GET", "session").status_code,
            visitor.call("POST", "session/complete").status_code,
        ]
        assert codes == [200, 200, 200, 429]
        for _ in range(10):
            assert visitor.navigate("/page").status_code == 200

    def test_asking_too_often_costs_no_place(self, servers, origin):
        """A poll that is refused is still a sign of life."""
        gate = limited_gate(
            servers,
            origin,
            rate_limits={"enabled": True, "status": "1/h"},
            heartbeat_interval="500ms",
            heartbeat_timeout="3s",
        )
        polling, silent = Visitor(gate), Visitor(gate)
        for visitor in (polling, silent):
            assert visitor.call("POST", "enqueue").status_code == 201
        wait_until(
            lambda: polling.call("GET", "status").content and gate.metric("waiting_room_positions_expired_total") == 1,
            20,
            0.3,
            "the silent one's end",
        )
        assert polling.call("POST", "heartbeat").json()["status"] == "waiting"

    @pytest.mark.parametrize("how", ["off", "exempt", "bypass"])
    def test_whom_limits_do_not_concern(self, servers, origin, how):
        changes = {
            "off": {"rate_limits": {"enabled": False}, "max_positions_per_address": 0},
            "exempt": {
                "rate_limits": {"enabled": True, "enqueue": "1/min", "exempt": ["203.0.113.0/24"]},
                "max_positions_per_address": 1,
            },
            "bypass": {
                "rate_limits": {"enabled": True, "enqueue": "1/min"},
                "max_positions_per_address": 1,
                "bypass": {"addresses": ["203.0.113.0/24"]},
            },
        }[how]
        gate = limited_gate(servers, origin, **changes)
        answers = [enqueue(gate, "203.0.113.7") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201] * 4
        assert "RateLimit-Limit" not in answers[-1].headers

    def test_a_reload_changes_limits(self, servers, origin):
        gate = limited_gate(servers, origin, rate_limits={"enabled": True, "enqueue": "1/min"})
        assert [enqueue(gate, "203.0.113.7").status_code for _ in range(2)] == [201, 429]
        gate.edit(rate_limits={"enabled": True, "enqueue": "5/min"})
        wait_until(lambda: enqueue(gate, "203.0.113.7").status_code == 201, 5, 0.1, "the new limit")


class TestPositions:
    def test_places_of_an_address(self, servers, origin):
        """An address gets so many places, by navigation and by the API; others get theirs."""
        gate = limited_gate(servers, origin, max_positions_per_address=3)
        held = Visitor(gate)
        held.http.headers["X-Forwarded-For"] = "203.0.113.7"
        assert held.navigate().status_code == 503
        assert arrive(gate, "203.0.113.7").status_code == 503
        assert enqueue(gate, "203.0.113.7").status_code == 201
        page = arrive(gate, "203.0.113.7")
        assert page.status_code == 429 and int(page.headers["Retry-After"]) > 0
        assert "no-store" in page.headers["Cache-Control"] and "Set-Cookie" not in page.headers
        assert "Too many are waiting from your network" in page.text and "tries again by itself" in page.text
        for answer in (arrive(gate, "203.0.113.7", SCRIPT), enqueue(gate, "203.0.113.7")):
            assert_problem(answer, 429)
            assert "At most 3 visitors of one address" in answer.json()["detail"]
            assert int(answer.headers["Retry-After"]) > 0
        assert gate.waiting() == 3
        assert gate.metric("anteroom_rate_limited_total", limit="positions") == 3
        # Who has a place keeps it, and another address gets one.
        assert held.navigate().status_code == 503 and held.status()["position"] == 1
        assert arrive(gate, "203.0.113.8").status_code == 503
        # One leaves, and after a moment there is room again.
        assert held.call("POST", "leave").status_code == 204
        wait_until(lambda: arrive(gate, "203.0.113.7").status_code == 503, 5, 0.2, "a place for the address")
        assert arrive(gate, "203.0.113.7").status_code == 429

    def test_a_restart_keeps_the_counts(self, servers, origin):
        gate = limited_gate(servers, origin, max_positions_per_address=2)
        for _ in range(2):
            assert arrive(gate, "203.0.113.7").status_code == 503
        gate.kill()
        gate.start()
        assert arrive(gate, "203.0.113.7").status_code == 429
        journal = "".join(file.read_text() for file in (gate.directory / "var").glob("*.log"))
        assert "203.0.113.7" not in journal and '"address_digest"' in journal

    def test_visitors_who_are_let_in_at_once_do_not_count(self, servers, origin):
        gate = limited_gate(servers, origin, status="active", slots=5, max_positions_per_address=1)
        for _ in range(5):
            assert arrive(gate, "203.0.113.7").status_code == 200
        assert [arrive(gate, "203.0.113.7").status_code for _ in range(2)] == [503, 429]


class TestBodies:
    def test_a_refusal_says_where_and_what_would_be_right(self, line):
        member = "write a name and a string of at most 256 bytes each"
        for call, body, pointer, remedy in [
            ("enqueue", '{"metadata": {"a": 1}}', "#/metadata/a", member),
            ("enqueue", json.dumps({"metadata": {str(n): "" for n in range(17)}}), "#/metadata", "at most 16 strings"),
            ("enqueue", json.dumps({"metadata": {"a": "x" * 257}}), "#/metadata/a", "at most 256 bytes"),
            ("enqueue", json.dumps({"user_id": "x" * 257}), "#/user_id", "write a string of at most 256 bytes"),
            ("enqueue", '{"priority": "1"}', "#/priority", "write a whole number from 0 to 1000"),
            ("enqueue", "{", "#", "send a JSON object"),
            ("heartbeat", '{"timestamp": "now"}', "#/timestamp", "write a number of milliseconds since 1970"),
            ("session/heartbeat", "[]", "#", "send a JSON object"),
        ]:
            answer = requests.post(f"{line.url}/api/v1/queues/shop/{call}", data=body, timeout=10)
            assert_problem(answer, 400)
            (error,) = answer.json()["errors"]
            assert error["pointer"] == pointer and remedy in error["detail"]
            assert answer.json()["detail"] == error["detail"]
        assert line.waiting() == 0

    def test_the_largest_body(self, line):
        """8192 bytes are read, one more is 413."""
        for size, status in ((8192, 201), (8193, 413)):
            body = b'{"x": "' + b"x" * (size - 9) + b'"}'
            answer = exchange(line.port, request("POST", "/api/v1/queues/shop/enqueue", [], body))
            assert answer.status == status
            if status == 413:
                assert "send at most 8192 bytes" in json.loads(answer.body)["detail"]


class TestSharedStore:
    @pytest.fixture
    def redis(self, servers):
        return servers.add(RedisServer(servers.folder, cluster=True).start())

    def gates(self, servers, origin, redis, count=3, **changes):
        room = gates.busy_room(origin.url, status="paused", **changes)
        return [
            servers.gate(
                [room],
                name=f"gate-{number}",
                gate=BEHIND_PROXY,
                store={"kind": "dragonfly", "url": redis.url},
                tokens={"key_file": str(servers.folder / "keys/signing.pem")},
            )
            for number in range(count)
        ]

    def test_limits_per_address_are_those_of_all_gates(self, servers, origin, redis):
        three = self.gates(servers, origin, redis, rate_limits=PER_MINUTE, max_positions_per_address=12)
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            codes = list(pool.map(lambda n: enqueue(three[n % 3], "203.0.113.7").status_code, range(60)))
        assert codes.count(201) == 10 and codes.count(429) == 50
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            codes = list(pool.map(lambda n: arrive(three[n % 3], "203.0.113.7").status_code, range(60)))
        assert codes.count(503) == 2 and codes.count(429) == 58
        keys = redis.ask("--scan", "--pattern", "ar:{shop}:calls:*").split()
        assert len(keys) == 1 and 0 < int(redis.ask("pttl", keys[0])) <= 60_000

    def test_a_flood_from_one_address_costs_the_store_nothing(self, servers, origin, redis):
        """What the store is asked while thousands come from an address that is over its limits is the gates' own work."""
        (gate,) = self.gates(servers, origin, redis, count=1, rate_limits=PER_MINUTE, max_positions_per_address=5)

        def scripts():
            return sum(int(count) for count in re.findall(r"cmdstat_evalsha:calls=(\d+)", redis.ask("info", "commandstats")))

        def flood(send):
            """Script calls while the flood lasts, and seconds that the store counted."""
            start, before = redis_seconds(redis), scripts()
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                codes = list(pool.map(lambda _: send().status_code, range(1000)))
            return codes, scripts() - before, redis_seconds(redis) - start

        for _ in range(10):
            enqueue(gate, "203.0.113.7")
        assert arrive(gate, "203.0.113.7").status_code == 429
        for send in (lambda: arrive(gate, "203.0.113.7"), lambda: enqueue(gate, "203.0.113.7")):
            codes, calls, seconds = flood(send)
            assert codes == [429] * 1000
            # The gate's own steps are about 20 a second; of the address it asks once a second, at most 16 at a time.
            assert calls <= 100 + 40 * seconds
            assert calls < 500


def redis_seconds(redis) -> float:
    seconds, microseconds = redis.ask("time").split()
    return int(seconds) + int(microseconds) / 1e6
