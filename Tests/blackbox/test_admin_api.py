"""The admin API (docs/ADMIN_API.md) of a running gate: keys and roles, every call, several gates, and nothing else."""

import json
import re
import socket
import threading

import hypothesis
import openapi_spec_validator
import pytest
import requests
import schemathesis
from schemathesis.specs.openapi import checks as by_document

from rig import gate as gates
from rig.process import wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import Visitor, through

SOURCE = gates.REPOSITORY / "Sources/AdminAPI/OpenAPI/openapi.json"
DOCUMENT = json.loads(SOURCE.read_text())
PROSE = (gates.REPOSITORY / "docs/ADMIN_API.md").read_text()
VIEWER = "v" * 40


def with_viewer(servers, origin):
    """A gate of one slot, taken, with an operator's key and a viewer's."""
    gate = servers.gate([gates.busy_room(origin.url)], start=False)
    gate.keys_file.parent.mkdir(parents=True)
    gate.keys_file.touch(0o600)
    gate.keys_file.write_text(f"local operator {'o' * 40}\nwall viewer {VIEWER}\n")
    gate.start()
    gate.holder = through(gate)
    return gate


@pytest.fixture(scope="module")
def gate(module_servers):
    """With somebody waiting and somebody through."""
    origin = module_servers.origin(site)
    gate = with_viewer(module_servers, origin)
    gate.waiting = Visitor(gate)
    gate.waiting.navigate()
    return gate


class Tail(threading.Thread):
    """Follows the events until it is stopped."""

    def __init__(self, gate, query=""):
        super().__init__(daemon=True)
        headers = {"Authorization": f"Bearer {gate.key()}"}
        self.answer = requests.get(f"{gate.admin_url}/admin/v1/events{query}", headers=headers, stream=True, timeout=30)
        self.lines = []
        self.start()

    def run(self):
        try:
            for line in self.answer.iter_lines(chunk_size=1):
                self.lines.append(line.decode())
        except (requests.RequestException, AttributeError, ValueError):
            pass

    def stop(self):
        """Hangs up, which the gate notices with the next thing that it has to say."""
        self.answer.raw._connection.sock.shutdown(socket.SHUT_RDWR)

    @property
    def events(self):
        return [json.loads(line[6:]) for line in list(self.lines) if line.startswith("data: ")]

    def until(self, kind, **data):
        def found():
            for event in self.events:
                if event["type"] == kind and data.items() <= event["data"].items():
                    return event

        return wait_until(found, 5, 0.05, f"event {kind} {data}")


class TestKeys:
    def test_a_gate_makes_the_first_key(self, line):
        """Mode 0600, an operator's; the log says where it is, and never what."""
        assert line.keys_file.stat().st_mode & 0o777 == 0o600
        answer = line.admin("GET")
        assert answer.status_code == 200
        assert answer.json()["name"] == "local" and answer.json()["role"] == "operator"
        assert "admin.keys" in line.process.log and line.key() not in line.process.log
        before = line.key()
        line.restart()
        assert line.key() == before and line.admin("GET").status_code == 200

    def test_saving_the_file_applies_it(self, line):
        """A new key counts, one that is gone does not, and a mistake changes nothing but is told with its place."""
        old = line.key()
        line.keys_file.write_text(f"ann operator {'a' * 32}\n")
        wait_until(lambda: line.admin("GET", key=old).status_code == 401, 4, 0.1, "the old key to end")
        assert line.admin("GET", key="a" * 32).json()["name"] == "ann"
        line.keys_file.write_text(f"ann operator {'a' * 32}\nbob owner {'b' * 32}\n")
        health = lambda: line.admin("GET", "/health", key="a" * 32).json()["configuration"]["problems"]
        [problem] = wait_until(health, 4, 0.1, "the mistake")
        assert "admin.keys:2:1: admin.keys_file: the second word is not a role" in problem
        assert "bbbb" not in problem and "bbbb" not in line.process.log
        line.keys_file.write_text(f"ann operator {'a' * 32}\n")
        line.keys_file.chmod(0o644)
        wait_until(lambda: any("chmod 0600" in problem for problem in health()), 4, 0.1, "the mode as a mistake")

    def test_a_file_that_others_may_read_stops_a_start(self, line):
        line.stop()
        line.keys_file.chmod(0o640)
        code, [said] = line.refusal()
        assert code == 1 and "chmod 0600" in said

    def test_roles(self, servers, origin):
        """None: 401. A viewer reads and changes nothing."""
        line = with_viewer(servers, origin)
        for path, method, operation in operations():
            path = path.removeprefix("/admin/v1").replace("{id}", "shop")
            url = f"{line.admin_url}/admin/v1{path}"
            if operation.get("security") == []:
                assert requests.get(url, timeout=5).status_code == 200
                continue
            assert requests.request(method, url, timeout=5).status_code == 401, (method, path)
            if method != "GET":
                assert line.admin(method, path, key=VIEWER).status_code == 403, (method, path)
        assert line.admin("GET", "/rooms", key=VIEWER).status_code == 200

    def test_too_many_wrong_keys(self, gate):
        """They are refused with Retry-After; good ones go on."""
        codes = [gate.admin("GET", key=f"{number:040}").status_code for number in range(22)]
        assert codes == [401] * 20 + [429] * 2
        assert int(gate.admin("GET", key="x" * 40).headers["Retry-After"]) in range(1, 61)
        assert gate.admin("GET").status_code == 200

    def test_no_other_site_can_use_it(self, gate):
        """No CORS: no preflight is answered, nothing is allowed to be read."""
        headers = {"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}
        answer = requests.options(f"{gate.admin_url}/admin/v1/rooms", headers=headers, timeout=5)
        assert answer.status_code == 405
        answer = requests.get(f"{gate.admin_url}/admin/v1/openapi.json", headers=headers, timeout=5)
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


class TestRoom:
    def test_a_room_and_its_numbers(self, line):
        for _ in range(3):
            Visitor(line).navigate()
        room = wait_until(lambda: (r := line.admin("GET", "/rooms/shop").json())["waiting"] == 3 and r, 3)
        assert room["free_slots"] == 0 and room["admitted"] + room["active_sessions"] == 1
        assert room["status"] == room["configured"]["status"] == "active" and room["phase"] == "open"
        assert room["queue_rate"] == "100/s" and room["max_active_users"] == 1
        assert room["overrides"] is None and room["adaptive"] is None and room["shadow"] is False
        [listed] = line.admin("GET", "/rooms").json()["rooms"]
        assert listed["queue_id"] == "shop" and listed.keys() == room.keys()
        assert line.admin("GET", "/rooms/attic").status_code == 404

    def test_a_room_in_shadow_says_so(self, servers, origin):
        gate = servers.gate([gates.busy_room(origin.url, shadow=True)])
        assert gate.admin("GET", "/rooms/shop").json()["shadow"] is True

    def test_a_visitor_is_found(self, line):
        visitor = Visitor(line)
        joined = visitor.call("POST", "enqueue", json={"user_id": "u1", "metadata": {"a": "é"}}).json()
        found = line.admin("GET", f"/rooms/shop/positions/{joined['position_id']}").json()
        assert found["status"] == "waiting" and found["position"] == 1 and found["session"] is None
        assert found["user_id"] == "u1" and found["user_id_verified"] is False
        assert found["metadata"] == {"a": "é"} and found["sequence"] == 2
        nobody = "/rooms/shop/positions/00000000-0000-4000-8000-000000000000"
        assert line.admin("GET", nobody).status_code == 404

    def test_a_session_is_ended(self, line):
        """The slot is free, the cookie refused, the next one comes in; a second time it is a 404."""
        holder = line.holder.call("GET", "session").json()
        position = line.admin("GET", f"/rooms/shop/positions/{holder['position_id']}").json()
        assert position["session"]["session_id"] == holder["session_id"]
        next_one = Visitor(line)
        next_one.navigate()
        call = f"/rooms/shop/sessions/{holder['session_id']}"
        assert line.admin("DELETE", call).status_code == 204
        assert line.admin("DELETE", call).status_code == 404
        wait_until(lambda: line.holder.navigate("/cart").status_code == 503, 3, 0.1, "the cookie to be refused")
        wait_until(lambda: next_one.status()["status"] == "admitted", 5, 0.1, "the slot to be given on")
        assert "actor=local" in line.process.log and "action=session.terminated" in line.process.log


def goes_by_what_was_set(gate):
    """Visitors who come right after a call of an operator at the same gate."""
    for number in range(30):
        gate.admin("PATCH", "/rooms/shop/overrides", json={"status": "maintenance"}).raise_for_status()
        assert Visitor(gate).call("POST", "enqueue", json={}).status_code == 503, number
        assert "maintenance" in Visitor(gate).navigate().text, number
        if number % 2:
            gate.admin("DELETE", "/rooms/shop/overrides").raise_for_status()
        else:
            gate.admin("PATCH", "/rooms/shop/overrides", json={"status": "paused"}).raise_for_status()
        assert Visitor(gate).call("POST", "enqueue", json={}).status_code == 201, number


class TestActing:
    def test_an_override_is_over_the_file_until_it_is_cleared(self, line):
        """A changed file counts beneath it; it survives a restart; the audit says who did it."""
        room = line.admin("PATCH", "/rooms/shop/overrides", json={"status": "paused", "max_active_users": 5}).json()
        assert room["status"] == "paused" and room["configured"]["status"] == "active"
        assert room["overrides"].items() >= {"status": "paused", "max_active_users": 5, "set_by": "local"}.items()
        line.until_status("paused")
        line.edit(max_active_users=3)
        wait_until(lambda: line.admin("GET", "/rooms/shop").json()["configured"]["max_active_users"] == 3, 4, 0.1)
        line.restart()
        room = line.admin("GET", "/rooms/shop").json()
        assert room["status"] == "paused" and room["max_active_users"] == 5
        visitor = Visitor(line)
        assert visitor.navigate().status_code == 503
        room = line.admin("DELETE", "/rooms/shop/overrides").json()
        assert room["overrides"] is None and room["status"] == "active" and room["max_active_users"] == 3
        wait_until(lambda: visitor.status()["status"] == "admitted", 5, 0.1, "the room to go on")
        entries = line.admin("GET", "/audit").json()["entries"]
        done = [(entry["actor"], entry["action"], entry["detail"]) for entry in entries]
        assert ("local", "room.overridden", "status: paused, max_active_users: 5") in done
        assert ("local", "room.overridden", "none: the file holds") in done
        assert "action=room.overridden" in line.process.log and "actor=local" in line.process.log

    def test_the_gate_that_was_called_goes_by_it_from_then_on(self, line):
        goes_by_what_was_set(line)

    def test_mistakes_change_nothing(self, line):
        for name, value in [("status", "open"), ("state", "paused"), ("queue_rate", "x")]:
            answer = line.admin("PATCH", "/rooms/shop/overrides", json={name: value})
            assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == f"#/{name}"
        assert line.admin("PATCH", "/rooms/shop/overrides", data=b"x" * 9000).status_code == 413
        assert line.admin("GET", "/rooms/shop").json()["overrides"] is None

    def test_a_room_is_emptied_and_let_in_by_hand(self, servers, origin):
        """Paused: nobody comes in by itself, some by hand; then the rest of the line is ended, and joining goes on."""
        gate = servers.gate([gates.busy_room(origin.url, slots=3, status="paused")])
        visitors = [Visitor(gate) for _ in range(6)]
        for visitor in visitors:
            visitor.navigate()
        assert gate.admin("POST", "/rooms/shop/admit", json={"count": 2}).json() == {"admitted": 2, "waiting": 4}
        assert [visitor.status()["status"] for visitor in visitors] == ["admitted"] * 2 + ["waiting"] * 4
        moved = visitors[5].status()["position_id"]
        front = gate.admin("POST", f"/rooms/shop/positions/{moved}/move", json={"to": "front"}).json()
        assert front["position"] == 1 and visitors[5].status()["position"] == 1
        removed = visitors[2].status()["position_id"]
        assert gate.admin("DELETE", f"/rooms/shop/positions/{removed}").status_code == 204
        assert visitors[2].status()["status"] == "terminated"
        done = gate.admin("POST", "/rooms/shop/drain", json={"scope": "line"}).json()
        assert done["ended"] == 3 and done["remaining"] == 0
        assert visitors[5].status()["status"] == "terminated"
        late = Visitor(gate)
        assert late.navigate().status_code == 503 and late.status()["position"] == 1
        again = gate.admin("POST", "/rooms/shop/drain", json={"scope": "line", "until": done["until"]}).json()
        assert again["ended"] == 0
        done = gate.admin("POST", "/rooms/shop/drain", json={"scope": "all"}).json()
        assert done["ended"] == 3 and gate.admin("GET", "/rooms/shop").json()["free_slots"] == 3
        entries = gate.admin("GET", "/audit").json()["entries"]
        assert {"admission.granted", "position.moved", "position.terminated", "session.terminated"} <= {
            entry["action"] for entry in entries if entry["actor"] == "local"
        }


class TestSeveralGates:
    @pytest.fixture
    def two(self, servers, origin):
        redis = servers.add(RedisServer(servers.folder).start())
        keys = {"key_file": str(servers.folder / "keys/signing.pem")}
        return [
            servers.gate(
                [gates.busy_room(origin.url)], name=name, store={"kind": "dragonfly", "url": redis.url}, tokens=keys
            )
            for name in ("a", "b")
        ]

    def test_what_is_done_at_one_holds_at_the_other(self, two):
        """Within two seconds for visitors; the audit is one."""
        first, second = two
        first.admin("PATCH", "/rooms/shop/overrides", json={"status": "maintenance"})
        second.until_status("maintenance", seconds=2.0)
        assert second.admin("GET", "/rooms/shop").json()["overrides"]["set_by"] == "local"
        wait_until(lambda: Visitor(second).navigate().status_code == 503, 2, 0.05, "the maintenance page")
        second.admin("DELETE", "/rooms/shop/overrides")
        first.until_status("active", seconds=2.0)
        for gate in two:
            done = lambda: [e["detail"] for e in gate.admin("GET", "/audit").json()["entries"] if e["actor"] == "local"]
            wait_until(lambda: done() == ["none: the file holds", "status: maintenance"], 5, 0.1, "the audit")

    def test_the_one_that_was_called_goes_by_it_from_then_on(self, two):
        goes_by_what_was_set(two[0])

    def test_a_session_ended_at_one_is_over_at_the_other(self, two):
        holder = through(two[0])
        session = holder.call("GET", "session").json()["session_id"]
        assert two[1].admin("DELETE", f"/rooms/shop/sessions/{session}").status_code == 204
        is_refused = lambda: holder.call("GET", "session").status_code == 401
        wait_until(is_refused, 3, 0.1, "the session's token to be refused")

    def test_whoever_follows_sees_the_events_wherever_they_are(self, two):
        """One gate carries the events: the one with the tail, and after it the other."""
        for gate, other in (two, two[::-1]):
            tail = Tail(gate, "?kind=position.enqueued")

            def seen():
                Visitor(other).navigate()
                return tail.events

            wait_until(seen, 10, 0.2, f"events at {gate.url}")
            tail.stop()

    def test_a_store_that_is_away_is_a_503(self, two, servers):
        next(server for server in servers if isinstance(server, RedisServer)).kill()
        wait_until(lambda: two[0].admin("GET", "/rooms").status_code == 503, 5, 0.1, "the store's end")
        answer = two[0].admin("GET", "/rooms")
        assert int(answer.headers["Retry-After"]) > 0 and answer.json()["status"] == 503
        assert two[0].admin("GET", "/health").json()["ready"] is False


class TestTheSitesOwnServer:
    """enqueue with an operator's key (docs/API.md)."""

    def enqueue(self, gate, key=None, **body):
        headers = {"Authorization": f"Bearer {key or gate.key()}", "User-Agent": "app/1"}
        return requests.post(f"{gate.url}/api/v1/queues/shop/enqueue", json=body, headers=headers, timeout=5)

    def test_it_says_who_is_who(self, servers, origin):
        """Any priority; the user's place again with a token for it; others are told nothing."""
        line = with_viewer(servers, origin)
        Visitor(line).navigate()
        made = self.enqueue(line, priority=7, user_id="u1")
        assert made.status_code == 201 and made.json()["position"] == 1 and made.json()["priority"] == 7
        again = self.enqueue(line, user_id="u1")
        assert again.status_code == 200 and again.json()["position_id"] == made.json()["position_id"]
        assert again.json()["token"]
        for key in (VIEWER, "w" * 40):
            assert self.enqueue(line, key, priority=1).status_code == 403

    def test_nobody_without_a_key_takes_a_users_place(self, servers, origin):
        """The name as anybody may give it is another user's: neither before nor after does it lead to the place."""
        line = with_viewer(servers, origin)
        stranger = self.enqueue(line, "w" * 40, user_id="u1")
        made = self.enqueue(line, user_id="u1")
        assert stranger.status_code == made.status_code == 201
        assert stranger.json()["position_id"] != made.json()["position_id"]
        for key in (VIEWER, "w" * 40):
            assert self.enqueue(line, key, user_id="u1").status_code == 409
        again = self.enqueue(line, user_id="u1")
        assert again.status_code == 200 and again.json()["position_id"] == made.json()["position_id"]
        for answer, is_verified in ((stranger, False), (made, True)):
            found = line.admin("GET", f"/rooms/shop/positions/{answer.json()['position_id']}").json()
            assert found["user_id"] == "u1" and found["user_id_verified"] is is_verified

    def test_no_limit_of_addresses_and_no_invitation_concerns_it(self, servers, origin):
        room = gates.busy_room(origin.url, invite_only=True, max_positions_per_address=1, status="paused")
        gate = servers.gate([room], rate_limits={"enabled": True, "enqueue": "2/min"})
        assert [self.enqueue(gate).status_code for _ in range(4)] == [201] * 4
        assert self.enqueue(gate, "w" * 40).status_code == 403


class TestEvents:
    def test_a_tail_shows_what_happens(self, line):
        """From now on, of the wanted kind; it ends as the gate stops, which does not wait for it."""
        everything, joins = Tail(line), Tail(line, "?queue_id=shop&kind=position.enqueued")
        assert everything.answer.headers["Content-Type"].startswith("text/event-stream")
        visitor = Visitor(line)
        position = visitor.call("POST", "enqueue", json={}).json()["position_id"]
        visitor.call("POST", "leave")
        event = everything.until("position.left", position_id=position)
        assert event["specversion"] == "1.0" and event["source"] == "/anteroom/rooms/shop"
        assert f"id: {event['id']}" in everything.lines
        assert joins.until("position.enqueued", position_id=position)
        assert {event["type"] for event in joins.events} == {"position.enqueued"}
        line.stop()
        everything.join(5)
        assert not everything.is_alive()

    def test_there_are_sixteen_tails_at_most(self, line):
        tails = [Tail(line) for _ in range(16)]
        assert all(tail.answer.status_code == 200 for tail in tails)
        assert line.admin("GET", "/events").status_code == 503
        tails[0].stop()
        for _ in range(2):
            Visitor(line).call("POST", "enqueue", json={})
        wait_until(lambda: Tail(line).answer.status_code == 200, 10, 0.1, "room for another")

    def test_the_audit_names_the_file(self, line):
        line.edit(max_active_users=7)
        wait_until(lambda: line.admin("GET", "/rooms/shop").json()["max_active_users"] == 7, 4, 0.1)
        entry = wait_until(lambda: line.admin("GET", "/audit?limit=1").json()["entries"], 3)[0]
        assert entry["actor"] == "file" and entry["queue_id"] == "shop" and entry["action"] == "room.updated"
        assert entry["detail"] == "max_active_users: 1 -> 7"
        line.restart()
        assert entry in line.admin("GET", "/audit").json()["entries"]


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method.upper(), operation


class TestDocument:
    def test_it_is_openapi_and_served(self, gate):
        openapi_spec_validator.validate(DOCUMENT)
        assert DOCUMENT["openapi"].startswith("3.1.")
        names = [operation["operationId"] for _, _, operation in operations()]
        assert len(set(names)) == len(names)
        answer = requests.get(f"{gate.admin_url}/admin/v1/openapi.json", timeout=5)
        assert answer.json() == DOCUMENT and answer.headers["Content-Type"] == "application/json"

    def test_the_prose_says_the_same(self):
        """Every call with its statuses, and every member of a schema, in docs/ADMIN_API.md."""
        rows = {}
        for method, path, answers in re.findall(r"^\| `([A-Z]+) ([^`]+)` \|[^|]*\| ([^|]*) \|$", PROSE, re.M):
            rows[method, path] = set(re.findall(r"\b[1-5][0-9]{2}\b", answers))
        common = {"401", "405", "429", "503"}
        documented = {(method, path): set(op["responses"]) - common for path, method, op in operations()}
        assert rows == documented
        words = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`[^`]+`|```.*?```", PROSE, re.S))))

        def members(schema):
            for name, inner in schema.get("properties", {}).items():
                yield name
                yield from members(inner)
            if "items" in schema:
                yield from members(schema["items"])

        for name, schema in DOCUMENT["components"]["schemas"].items():
            if name != "Problem":
                assert set(members(schema)) <= words, (name, set(members(schema)) - words)


def no_server_error(context, response, case):
    assert response.status_code < 500, response.status_code


schema = schemathesis.openapi.from_dict(DOCUMENT)
reading = schema.include(method="GET").exclude(operation_id="followEvents")
CHECKS = [
    no_server_error,
    by_document.status_code_conformance,
    by_document.content_type_conformance,
    by_document.response_headers_conformance,
    by_document.response_schema_conformance,
    by_document.unsupported_method,
]
SETTINGS = hypothesis.settings(
    max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)


def call(gate, case, key):
    if "id" in case.path_parameters:
        case.path_parameters = {**case.path_parameters, "id": "shop"}
    if "position_id" in case.path_parameters:
        case.path_parameters = {**case.path_parameters, "position_id": gate.waiting.status()["position_id"]}
    case.call_and_validate(
        base_url=gate.admin_url, headers={"Authorization": f"Bearer {key}"}, checks=CHECKS, timeout=20
    )


@reading.parametrize()
@SETTINGS
def test_an_operator_reads_what_the_document_says(gate, case):
    call(gate, case, gate.key())


@schema.exclude(operation_id="followEvents").parametrize()
@SETTINGS
def test_a_viewer_gets_what_the_document_says(gate, case):
    call(gate, case, VIEWER)
