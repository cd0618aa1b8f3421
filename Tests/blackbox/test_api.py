"""The API that pages and apps follow the line by (docs/API.md), call by call."""

import concurrent.futures
import json
import time

import pytest
import requests
import websockets.sync.client

from rig import gate as gates
from rig.line import assert_position, assert_problem, until_admitted, waiting
from rig.process import wait_until
from rig.site import PAGE
from rig.visitor import AGENT, Visitor, through
from rig.wire import exchange, request


class TestAPI:
    """docs/API.md, call by call."""

    def test_enqueue(self, line):
        """201 and a position; asked again with its token, 200 and the same one."""
        visitor = Visitor(line)
        answer = visitor.call("POST", "enqueue", json={"priority": 0, "user_id": "ada", "metadata": {"a": "b"}})
        assert answer.status_code == 201, answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        position = answer.json()
        assert_position(position)
        again = visitor.call("POST", "enqueue", json={}, bearer=position["token"], cookies=False)
        assert again.status_code == 200 and again.json()["position_id"] == position["position_id"]
        assert line.waiting() == 1

    def test_enqueue_without_a_body(self, line):
        """Everything in the body is optional."""
        assert Visitor(line).call("POST", "enqueue").status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "[]",
            "null",
            '"x"',
            '{"priority":"1"}',
            '{"priority":1.5}',
            '{"priority":-1}',
            '{"metadata":[]}',
            '{"metadata":{"a":1}}',
            '{"user_id":5}',
            '{"priority":1e400}',
            '{"metadata":' + '{"a":' * 2000 + "1" + "}" * 2001,
            "\xff\xfe",
        ],
        ids=lambda body: repr(body[:24]),
    )
    def test_enqueue_with_a_bad_body(self, line, body):
        """A problem of 4xx that says what is wrong; no position."""
        answer = requests.post(
            f"{line.url}/api/v1/queues/shop/enqueue",
            data=body.encode("latin-1"),
            timeout=10,
            headers={"Content-Type": "application/json"},
        )
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        assert_problem(answer, answer.status_code)
        assert line.waiting() == 0

    def test_enqueue_with_a_huge_body(self, line):
        """A body nobody needs is 413 or 400, not read into memory."""
        answer = exchange(
            line.port,
            request(
                "POST",
                "/api/v1/queues/shop/enqueue",
                [("Content-Type", "application/json"), ("Content-Length", 10 << 30)],
            )
            + b"{" * 1000,
        )
        assert answer.status in (400, 413) and answer.says_close

    def test_priority_needs_a_pass(self, line):
        """A public caller's priority above 0 is 403."""
        assert_problem(Visitor(line).call("POST", "enqueue", json={"priority": 1}), 403)
        assert line.waiting() == 0

    def test_status_needs_a_position(self, line):
        """Without a token 401; with one that is nonsense 401."""
        for answer in (
            Visitor(line).call("GET", "status"),
            Visitor(line).call("GET", "status", bearer="x.y.z"),
            Visitor(line).call("GET", "status", bearer=""),
        ):
            assert_problem(answer, 401)

    def test_status_by_bearer(self, line):
        """`Authorization: Bearer` is accepted in place of the cookie."""
        visitor = Visitor(line)
        token = visitor.call("POST", "enqueue", json={}).json()["token"]
        answer = visitor.call("GET", "status", bearer=token, cookies=False)
        assert answer.status_code == 200
        assert_position(answer.json())

    @pytest.mark.parametrize("authorization", ["bearer {}", "BEARER {}", "Bearer  {}"])
    def test_the_scheme_is_case_insensitive(self, line, authorization):
        """RFC 9110 §11.1."""
        token = Visitor(line).call("POST", "enqueue", json={}).json()["token"]
        answer = exchange(
            line.port,
            request(
                "GET",
                "/api/v1/queues/shop/status",
                [("User-Agent", AGENT), ("Authorization", authorization.format(token))],
            ),
        )
        assert answer.status == 200 or (authorization.endswith("  {}") and answer.status == 401)

    def test_a_long_poll_ends_when_something_changes(self, line):
        """`?wait=` answers as soon as the place moves, not before."""
        first, second = waiting(line, 2)
        before = second.status()["position"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            start = time.monotonic()
            answer = pool.submit(second.call, "GET", "status?wait=20s")
            time.sleep(0.7)
            assert not answer.done()
            first.call("POST", "leave")
            position = answer.result(10).json()
        assert position["position"] == before - 1 and time.monotonic() - start < 8

    def test_a_long_poll_ends_on_time(self, line):
        """With nothing to say it answers after its wait."""
        [visitor] = waiting(line)
        start = time.monotonic()
        answer = visitor.call("GET", "status?wait=2s")
        assert answer.status_code == 200 and 1.5 < time.monotonic() - start < 6

    @pytest.mark.parametrize("wait", ["x", "-1s", "5", "", "1h1", "999999999999999999999s"])
    def test_a_bad_wait_is_a_problem(self, line, wait):
        """A duration that cannot be read is 400; one that is too long is cut or 400. Neither hangs."""
        [visitor] = waiting(line)
        if wait.startswith("9"):
            answer = visitor.call("GET", f"status?wait={wait}", timeout=40)
            assert answer.status_code in (200, 400)
        else:
            assert visitor.call("GET", f"status?wait={wait}", timeout=10).status_code in (200, 400)

    def test_heartbeat(self, line):
        """200 and the position; a token only gets better."""
        [visitor] = waiting(line)
        answer = visitor.call("POST", "heartbeat", json={"timestamp": int(time.time() * 1000)})
        assert answer.status_code == 200
        assert_position(answer.json())

    def test_leaving_may_be_repeated(self, line):
        """204 also where the place has ended, or is a session by now, which goes on."""
        visitor = Visitor(line)
        token = visitor.call("POST", "enqueue", json={}).json()["token"]
        for _ in range(2):
            assert visitor.call("POST", "leave", bearer=token, cookies=False).status_code == 204
        assert visitor.call("GET", "status", bearer=token, cookies=False).json()["status"] == "left"
        line.holder.call("POST", "session/complete")
        visitor = Visitor(line)
        token = visitor.call("POST", "enqueue", json={}).json()["token"]
        until_admitted(visitor)
        assert visitor.call("POST", "session/claim").status_code == 200 and visitor.navigate().status_code == 200
        assert visitor.call("POST", "leave", bearer=token, cookies=False).status_code == 204
        assert visitor.navigate().status_code == 200

    def test_claim_while_waiting(self, line):
        """409."""
        [visitor] = waiting(line)
        assert_problem(visitor.call("POST", "session/claim"), 409)

    def test_claim(self, line, origin):
        """200, a session token and cookie; a second claim gives the same session."""
        visitor = Visitor(line)
        token = visitor.call("POST", "enqueue", json={}).json()["token"]
        line.holder.call("POST", "session/complete")
        answer = wait_until(
            lambda: (answer := visitor.call("POST", "session/claim", bearer=token)).status_code == 200 and answer, 5
        )
        session = answer.json()["session_token"]
        assert session.count(".") == 2 and visitor.cookie("s")
        assert visitor.call("POST", "session/claim", bearer=token).status_code == 200
        # An app that keeps no cookies: X-Anteroom-Token opens the door, and is not forwarded.
        origin.forget()
        answer = exchange(
            line.port,
            request(
                "GET",
                "/",
                [("User-Agent", AGENT), ("X-Anteroom-Token", session), ("Authorization", "Bearer origins-own")],
            ),
        )
        assert answer.status == 200
        [received] = origin.seen()
        assert not received.all("x-anteroom-token") and received.get("authorization") == "Bearer origins-own"

    def test_session_calls(self, line):
        """GET session, session/heartbeat, session/complete: 200, 200, 204; then it is over."""
        holder = line.holder
        answer = holder.call("GET", "session")
        assert answer.status_code == 200 and answer.json()["status"] == "active"
        assert answer.json()["queue_id"] == "shop"
        assert holder.call("POST", "session/heartbeat").status_code == 200
        assert holder.call("POST", "session/complete").status_code == 204
        after = holder.call("GET", "session")
        assert after.status_code in (401, 404, 410) or after.json()["status"] == "completed"

    def test_a_session_call_needs_a_session_token(self, line):
        """A position token is not accepted where a session token is due."""
        [visitor] = waiting(line)
        token = visitor.status()["token"]
        assert_problem(visitor.call("GET", "session", bearer=token, cookies=False), 401)
        assert_problem(visitor.call("POST", "session/complete", bearer=token, cookies=False), 401)

    def test_the_room_itself(self, line):
        """Public facts, cacheable for one second."""
        waiting(line, 3)
        time.sleep(1.1)  # the facts may be a second old
        answer = requests.get(f"{line.url}/api/v1/queues/shop", timeout=5)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
        facts = answer.json()
        assert facts["status"] == "active" and facts["waiting"] == 3
        assert "max-age=1" in answer.headers["Cache-Control"]
        assert not answer.headers.get("Set-Cookie")
        assert any("wait" in name and name != "waiting" for name in facts)

    @pytest.mark.parametrize(
        "method, call",
        [
            ("GET", "enqueue"),
            ("GET", "heartbeat"),
            ("POST", "status"),
            ("DELETE", "session"),
            ("GET", "leave"),
            ("GET", "session/claim"),
            ("PUT", "enqueue"),
            ("POST", ""),
        ],
    )
    def test_the_wrong_method_is_405(self, line, method, call):
        """405 with Allow."""
        answer = Visitor(line).call(method, call)
        assert_problem(answer, 405)
        assert answer.headers["Allow"]

    @pytest.mark.parametrize("call", ["nothing", "session/nothing", "enqueue/x"])
    def test_unknown_calls_of_a_room_are_404(self, line, origin, call):
        """What is under a configured room's id is the gate's."""
        assert_problem(Visitor(line).call("GET", call), 404)
        assert origin.seen() == []

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/queues/elsewhere/status",
            "/api/v1/queues/elsewhere",
            "/api/v1/queues",
            "/api/v1/queues/",
            "/api/v1/queues/shopping/enqueue",
            "/api/v1/other",
            "/api/v2/queues/shop/status",
        ],
    )
    def test_paths_of_unknown_rooms_belong_to_the_origin(self, line, origin, path):
        """Only configured ids are taken."""
        assert line.holder.navigate(path).content == PAGE
        assert [received.target for received in origin.seen()] == [path]

    def test_jwks(self, line):
        """The public keys are where the origin looks for them, without private parts."""
        answer = requests.get(f"{line.url}/__anteroom/jwks.json", timeout=5)
        assert answer.status_code == 200
        for key in answer.json()["keys"]:
            assert key["kid"] and key["alg"] == "RS256" and not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()

    def test_the_reserved_path_is_never_forwarded(self, line, origin):
        """What is not there is 404 from the gate."""
        assert line.holder.navigate("/__anteroom/nothing").status_code == 404
        assert line.holder.navigate("/__anteroom").status_code == 404
        assert origin.seen() == []


class TestLive:
    """`GET live`: the position as JSON text at each change."""

    def connect(self, gate, visitor, **headers):
        return websockets.sync.client.connect(
            f"ws://127.0.0.1:{gate.port}/api/v1/queues/shop/live",
            user_agent_header=AGENT,
            proxy=None,
            additional_headers={"Cookie": f"anteroom_p_shop={visitor.cookie('p')}", **headers},
        )

    def test_it_says_the_place_and_each_change(self, line):
        """First the place as it is, then as it moves, then the admission with what opens the door."""
        first, second = waiting(line, 2)
        with self.connect(line, second) as live:
            position = json.loads(live.recv(5))
            assert_position(position)
            assert position["position"] == 2
            first.call("POST", "leave")
            while position["position"] != 1:
                position = json.loads(live.recv(5))
            line.holder.call("POST", "session/complete")
            while position["status"] == "waiting":
                position = json.loads(live.recv(5))
            assert position["status"] == "admitted" and position["redirect_url"] and position["session_token"]

    def test_an_open_socket_is_a_sign_of_life(self, servers, origin):
        """Who watches does not fall out of the line."""
        gate = servers.gate([gates.busy_room(origin.url, heartbeat_interval="1s", heartbeat_timeout="2s")])
        through(gate)
        [visitor] = waiting(gate)
        with self.connect(gate, visitor):
            time.sleep(9)
            assert visitor.status()["status"] == "waiting"

    def test_without_a_position_there_is_no_socket(self, line):
        """401, not 101."""
        with pytest.raises(websockets.InvalidStatus) as refused:
            websockets.sync.client.connect(f"ws://127.0.0.1:{line.port}/api/v1/queues/shop/live", proxy=None)
        assert refused.value.response.status_code == 401

    def test_a_plain_get_is_told_to_upgrade(self, line):
        """426 (or 400) where no upgrade is asked for."""
        [visitor] = waiting(line)
        assert visitor.call("GET", "live").status_code in (400, 426)

    def test_what_the_visitor_sends_does_no_harm(self, line):
        """Text, binary and pings from the visitor are read past; too much of it ends the socket, never the gate."""
        [visitor] = waiting(line)
        with self.connect(line, visitor) as live:
            live.recv(5)
            live.send("hello")
            live.ping().wait(5)
            try:
                live.send(b"x" * (4 << 20))
                live.recv(3)
            except (websockets.ConnectionClosed, TimeoutError):
                pass
        assert visitor.status()["status"] == "waiting"
