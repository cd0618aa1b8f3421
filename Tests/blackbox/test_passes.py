"""Signed passes: from the command line, by link and by the API; rooms by invitation (docs/QUEUE_MANAGEMENT.md)."""

import concurrent.futures
import os
import time

import jwt
import pytest
import requests

from rig import gate as gates
from rig.line import assert_problem, waiting
from rig.process import wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import Visitor, through


def token_command(gate, *arguments):
    return gates.run_once("token", *arguments, directory=gate.directory)


def make_pass(gate, room="shop", **options):
    """A pass, as the command line prints it."""
    more = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = token_command(gate, "pass", "--config", gate.file, "--room", room, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def pass_id(text):
    return jwt.decode(text.rsplit("anteroom_pass=")[-1], options={"verify_signature": False})["jti"]


def link(gate, path="/", **options):
    """The path and query of a link with a pass."""
    return make_pass(gate, link=gate.url + path, **options).removeprefix(gate.url)


def follow(visitor, path):
    """Opens a link as a browser does: the redirect, and the page behind it."""
    answer = visitor.navigate(path)
    assert answer.status_code == 303, (answer.status_code, answer.text)
    return visitor.navigate(answer.headers["Location"])


@pytest.fixture(scope="module")
def issuer(module_servers):
    """A gate that has made its key, for tests that need no line of their own."""
    origin = module_servers.origin(site)
    gate = module_servers.gate(
        [gates.busy_room(origin.url), gates.room(origin.url, id="other", match={"paths": ["/other"]})]
    )
    gate.origin = origin
    gate.holder = through(gate)
    return gate


class TestCommandLine:
    def test_a_pass_is_a_signed_token(self, issuer):
        """Its claims, and what the command says of it; the origin's own JWT library reads it by the JWK Set."""
        done = token_command(
            issuer, "pass", "--config", issuer.file, "--room", "shop", "--priority", 5, "--uses", 3, "--expires", "2h"
        )
        assert done.returncode == 0, done.stderr
        token = done.stdout.strip()
        header = jwt.get_unverified_header(token)
        assert header["typ"] == "pass+jwt" and header["alg"] == "RS256"
        key = jwt.PyJWKClient(f"{issuer.url}/__anteroom/jwks.json").get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key.key, algorithms=["RS256"])
        assert claims["queue_id"] == "shop" and claims["priority"] == 5 and claims["uses"] == 3
        assert claims["exp"] - claims["iat"] == 7200
        assert claims["jti"] in done.stderr and "3 uses" in done.stderr
        other = make_pass(issuer, priority=5)
        assert pass_id(other) != claims["jti"]
        told = token_command(issuer, "inspect", "--config", issuer.file, token)
        assert told.returncode == 0 and "pass+jwt, good until" in told.stdout and claims["jti"] in told.stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--room", "nowhere"],
            ["--room", "shop", "--priority", "1001"],
            ["--room", "shop", "--uses", "0"],
            ["--room", "shop", "--expires", "soon"],
            ["--room", "shop", "--link", "www.example.com"],
        ],
    )
    def test_a_pass_that_cannot_be_is_refused(self, issuer, arguments):
        """Exit code 1 and one issuer."""
        done = token_command(issuer, "pass", "--config", issuer.file, *arguments)
        assert done.returncode == 1 and not done.stdout
        assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.startswith("anteroom: ")

    def test_a_token_of_others_is_refused(self, issuer):
        """`inspect` believes no signature but the gate's own."""
        forged = jwt.encode({"queue_id": "shop"}, "x" * 32, headers={"typ": "pass+jwt"})
        done = token_command(issuer, "inspect", "--config", issuer.file, forged)
        assert done.returncode == 1 and "another algorithm" in done.stderr


    def test_a_pass_outlives_a_rotation_of_keys(self, servers, origin):
        """As long as the old key is kept; the gate learns of the new one by itself."""
        gate = servers.gate([gates.busy_room(origin.url)])
        token = make_pass(gate, priority=5, uses=2, expires="30h")
        done = gates.run_once("keys", "rotate", "--config", gate.file, "--keep", "48h", directory=gate.directory)
        assert done.returncode == 0, done.stderr
        kept = [int(name.rsplit("-", 1)[1]) for name in os.listdir(gate.directory / "var/keys") if ".until-" in name]
        assert len(kept) == 1 and kept[0] > time.time() + 47 * 3600
        for text in (token, make_pass(gate, priority=5)):
            assert Visitor(gate).call("POST", "enqueue", json={"pass": text}).status_code == 201
        assert gates.run_once("keys", "rotate", "--config", gate.file, "--keep", "long").returncode == 1


class TestLinks:
    def test_a_link_gives_a_place_ahead_and_leaves_the_address(self, line, origin):
        """The pass is taken out by a redirect, is never forwarded nor logged, and puts its bearer first."""
        waiting(line, 2)
        url = link(line, "/tickets?a=1&b=%20", priority=5)
        visitor = Visitor(line)
        answer = visitor.navigate(url)
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/tickets?a=1&b=%20"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert not visitor.cookie("p"), "the redirect alone makes no place"
        page = visitor.navigate(answer.headers["Location"])
        assert page.status_code == 503
        position = visitor.status()
        assert position["position"] == 1 and position["priority"] == 5 and position["total_waiting"] == 3
        assert not visitor.cookie("k"), "a pass that was used is not kept"
        assert all("anteroom_pass" not in request.target for request in origin.seen())
        wait_until(lambda: "/tickets" in line.access_log.read_text(), 5, 0.05, "the access log")
        assert "anteroom_pass" not in line.access_log.read_text()

    def test_a_session_is_not_forwarded_with_the_pass_in_its_address(self, issuer):
        """Who is through already keeps the pass from the origin too; so does a bypassed path."""
        issuer.origin.forget()
        answer = issuer.holder.navigate(link(issuer, "/page"))
        assert answer.status_code == 303 and answer.headers["Location"] == "/page"
        assert not issuer.origin.seen()
        assert issuer.holder.navigate("/page").status_code == 200
        assert all("anteroom_k_" not in str(request.fields) for request in issuer.origin.seen())

    def test_only_fetching_a_link_uses_nothing_up(self, issuer):
        """A mail scanner that keeps no cookies leaves a single use to whom it was meant for."""
        url = link(issuer, priority=5)
        for _ in range(3):
            assert Visitor(issuer).navigate(url).status_code == 303
        visitor = Visitor(issuer)
        follow(visitor, url)
        assert visitor.status()["priority"] == 5

    def test_a_link_moves_up_who_waits_already(self, line):
        """Join order counts within the priority; the second click counts no second use."""
        first, second, third = waiting(line, 3)
        url = link(line, priority=5, uses=2)
        for _ in range(3):
            follow(third, url)
        assert third.status()["position"] == 1 and third.status()["priority"] == 5
        follow(second, url)
        assert [visitor.status()["position"] for visitor in (first, second, third)] == [3, 1, 2]
        late = Visitor(line)
        answer = follow(late, url)
        assert answer.status_code == 403 and "pass" in answer.text.lower()
        assert not late.cookie("p") and not late.cookie("k")
        wait_until(lambda: line.metric("waiting_room_passes_used_total") == 2, 5, 0.1, "the metric")

    @pytest.mark.parametrize("flaw", ["forged", "room", "kind", "rubbish"])
    def test_a_link_with_a_wrong_pass_says_so_and_lets_go_on(self, issuer, flaw):
        """403 and a page with a way on without it; nothing reaches the origin, and there is no place yet."""
        issuer.origin.forget()
        good = make_pass(issuer, priority=5)
        token = {
            "forged": good[:-6] + "AAAAAA",
            "room": make_pass(issuer, room="other"),
            "kind": Visitor(issuer).call("POST", "enqueue", json={}).json()["token"],
            "rubbish": "%00<script>",
        }[flaw]
        visitor = Visitor(issuer)
        answer = visitor.navigate(f"/a?x=1&anteroom_pass={token}")
        assert answer.status_code == 403, answer.text
        assert 'href="/a?x=1"' in answer.text.replace("&amp;", "&")
        assert "<script>" not in answer.text.replace('<script nonce', "")
        assert not visitor.cookie("p") and not visitor.cookie("k")
        assert not issuer.origin.seen()

    def test_other_clients_of_a_link(self, issuer):
        """A script that asks for JSON gets a problem; a picture no place."""
        broken = link(issuer, "/a")[:-4]
        assert_problem(Visitor(issuer).ask(broken), 403)
        assert Visitor(issuer).load(link(issuer, "/a")).status_code == 303

    def test_a_link_in_a_form_or_twice(self, issuer):
        """Whatever stands where: the pass leaves the address."""
        token = make_pass(issuer)
        cases = {
            f"/?anteroom_pass={token}": "/",
            f"/?anteroom_pass={token}&a=1": "/?a=1",
            f"/?a=1&anteroom_pass={token}&b=2": "/?a=1&b=2",
            f"/?anteroom_pass={token}&anteroom_pass={token}": "/",
            f"//evil.example/?anteroom_pass={token}": "/evil.example/",
        }
        for address, location in cases.items():
            answer = Visitor(issuer).navigate(address)
            assert (answer.status_code, answer.headers.get("Location")) == (303, location), address
        answer = Visitor(issuer).navigate(f"/form?anteroom_pass={token}", method="POST", data={"a": 1})
        assert answer.status_code == 307


class TestAPI:
    def test_a_pass_by_the_api(self, line):
        """`enqueue` with a pass: its priority, or less; repeated it counts once."""
        waiting(line, 1)
        token = make_pass(line, priority=5, uses=2)
        visitor = Visitor(line)
        answer = visitor.call("POST", "enqueue", json={"priority": 5, "pass": token})
        assert answer.status_code == 201 and answer.json()["position"] == 1
        again = visitor.call("POST", "enqueue", json={"pass": token})
        assert again.status_code == 200 and again.json()["position_id"] == answer.json()["position_id"]
        lower = Visitor(line).call("POST", "enqueue", json={"priority": 2, "pass": token})
        assert lower.status_code == 201 and lower.json()["priority"] == 2
        assert_problem(Visitor(line).call("POST", "enqueue", json={"pass": token}), 403)
        assert visitor.status()["total_waiting"] == 3

    def test_a_pass_moves_a_position_up(self, line):
        """By the call that made it."""
        first, second = waiting(line, 2)
        answer = second.call("POST", "enqueue", json={"pass": make_pass(line, priority=7)})
        assert answer.status_code == 200
        assert (answer.json()["position"], answer.json()["priority"]) == (1, 7)
        assert first.status()["position"] == 2

    @pytest.mark.parametrize(
        "body", [{"priority": 6}, {"pass": "x.y.z"}, {"pass": ""}, {"priority": 1}], ids=lambda body: str(body)
    )
    def test_what_a_pass_does_not_give(self, issuer, body):
        """403, and no position."""
        if "pass" not in body and body["priority"] == 6:
            body = {**body, "pass": make_pass(issuer, priority=5)}
        visitor = Visitor(issuer)
        assert_problem(visitor.call("POST", "enqueue", json=body), 403)
        assert not visitor.cookie("p")

    def test_a_pass_opens_no_door(self, issuer):
        """It is no position's and no session's token, and theirs are no pass (RFC 8725)."""
        token = make_pass(issuer, priority=5)
        assert_problem(Visitor(issuer).call("GET", "status", bearer=token), 401)
        assert_problem(Visitor(issuer).call("GET", "session", bearer=token), 401)
        answer = requests.get(
            f"{issuer.url}/", headers={"X-Anteroom-Token": token, "Accept": "application/json"}, timeout=10
        )
        assert answer.status_code == 503
        session = issuer.holder.cookie("s")
        assert_problem(Visitor(issuer).call("POST", "enqueue", json={"pass": session}), 403)


class TestRooms:
    def test_a_room_by_invitation(self, servers, origin):
        """Without a pass an honest refusal and no place; with one as everywhere; a pass of priority 0 does."""
        gate = servers.gate([gates.room(origin.url, invite_only=True)])
        visitor = Visitor(gate)
        page = visitor.navigate("/")
        assert page.status_code == 403 and "invitation" in page.text
        assert not visitor.cookie("p") and not visitor.cookie("s")
        assert_problem(visitor.ask("/"), 403)
        assert_problem(visitor.call("POST", "enqueue", json={}), 403)
        assert visitor.load("/a.png").status_code == 403
        assert gate.facts()["invite_only"] is True
        assert not origin.seen()
        guest = Visitor(gate)
        assert follow(guest, link(gate, "/page", priority=0)).status_code == 200
        assert guest.navigate("/page").status_code == 200
        answer = Visitor(gate).call("POST", "enqueue", json={"pass": make_pass(gate, priority=0)})
        assert answer.status_code == 201

    def test_a_pass_waits_for_its_use(self, servers, origin):
        """While the line is full it is not used, nor lost: the next visit uses it."""
        gate = servers.gate([gates.busy_room(origin.url, max_queue_size=1)])
        gate.holder = through(gate)
        (patient,) = waiting(gate, 1)
        visitor = Visitor(gate)
        answer = follow(visitor, link(gate, priority=5))
        assert answer.status_code == 503 and not visitor.cookie("p") and visitor.cookie("k")
        assert visitor.load("/a.png").status_code == 503 and visitor.cookie("k")
        assert patient.call("POST", "leave").status_code == 204
        visitor.navigate("/")
        assert visitor.status()["priority"] == 5 and not visitor.cookie("k")

    def test_a_pass_is_withdrawn(self, servers, origin):
        """Its id in the room's list refuses it within two seconds; places that it gave stay."""
        gate = servers.gate([gates.busy_room(origin.url)])
        gate.holder = through(gate)
        token = make_pass(gate, priority=5, uses=1000)
        served = Visitor(gate)
        assert served.call("POST", "enqueue", json={"pass": token}).status_code == 201
        gate.edit(revoked_passes=[pass_id(token)])

        def refused():
            return Visitor(gate).call("POST", "enqueue", json={"pass": token}).status_code == 403

        wait_until(refused, 5, 0.1, "the pass to be withdrawn")
        answer = Visitor(gate).call("POST", "enqueue", json={"pass": token})
        assert "withdrawn" in assert_problem(answer, 403)["detail"]
        assert served.status()["priority"] == 5

    def test_uses_outlive_the_gate(self, servers, origin):
        """After a kill the journal knows what was used, and who stands where."""
        gate = servers.gate([gates.busy_room(origin.url)])
        gate.holder = through(gate)
        token = make_pass(gate, priority=5, uses=2)
        first, second = waiting(gate, 2)
        assert second.call("POST", "enqueue", json={"pass": token}).status_code == 200
        assert Visitor(gate).call("POST", "enqueue", json={"pass": token}).status_code == 201
        gate.kill()
        gate.start()
        assert (second.status()["position"], first.status()["position"]) == (1, 3)
        assert_problem(first.call("POST", "enqueue", json={"pass": token}), 403)

    @pytest.mark.parametrize("cluster", [False, True], ids=["plain", "cluster"])
    def test_uses_are_counted_across_gates(self, servers, origin, cluster):
        """Two gates on one store: a pass of three uses gives three places, however many ask at once at both."""
        redis = servers.add(RedisServer(servers.folder, cluster=cluster).start())
        gates_on_it = [
            servers.gate(
                [gates.busy_room(origin.url)],
                name=f"gate-{number}",
                store={"kind": "dragonfly", "url": redis.url},
                tokens={"key_file": str(servers.folder / "keys/signing.pem")},
            )
            for number in range(2)
        ]
        first = gates_on_it[0]
        first.holder = through(first)
        (patient,) = waiting(first, 1)
        token = make_pass(first, priority=5, uses=3)

        def ask(number):
            return Visitor(gates_on_it[number % 2]).call("POST", "enqueue", json={"pass": token}).status_code

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            codes = list(pool.map(ask, range(12)))
        assert sorted(codes) == [201] * 3 + [403] * 9
        assert patient.status()["position"] == 4
        # A link raises who waits, and every gate knows.
        follow(patient, link(first, priority=9))
        assert patient.status()["position"] == 1
        patient.gate = gates_on_it[1]
        assert (patient.status()["position"], patient.status()["priority"]) == (1, 9)
