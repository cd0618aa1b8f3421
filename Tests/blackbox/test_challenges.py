"""Who has to solve a challenge, and what solving it leads to (docs/ABUSE.md)."""

import argparse
import asyncio
import json
import pathlib
import sys

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from abuse.bot import Ghosts, Pollers  # noqa: E402
from abuse.visitors import Crowd  # noqa: E402
from rig import gate as gates  # noqa: E402
from rig.process import wait_until  # noqa: E402
from rig.proof import answer, field  # noqa: E402
from rig.siteverify import SiteVerify  # noqa: E402
from rig.visitor import AGENT, Visitor, through  # noqa: E402

SCRIPT = "python-requests/2.32"


def gate_with(servers, origin, slots=1, **room):
    """A gate that believes who visitors say they are."""
    room.setdefault("challenge", "suspicious")
    return servers.gate(
        [gates.busy_room(origin.url, slots=slots, **room)], gate={"trusted_proxies": ["127.0.0.1/32"]}
    )


def problem(response) -> dict:
    assert response.status_code == 403, (response.status_code, response.text[:300])
    assert response.headers["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["type"] == "urn:anteroom:challenge" and found["status"] == 403
    assert response.headers["X-Anteroom-Challenge"] == found["challenge"]["provider"]
    return found


class Newcomer(Visitor):
    """At an address of its own, as a trusted proxy tells."""

    def __init__(self, gate, address="198.51.100.1", agent=AGENT):
        super().__init__(gate, agent=agent)
        self.http.headers["X-Forwarded-For"] = address

    def move(self, address):
        self.http.headers["X-Forwarded-For"] = address

    def prove(self, challenge, **body):
        return self.call("POST", "challenge", json={**answer(challenge), **body})


def test_a_room_without_challenges_asks_nobody(servers, origin):
    """What a script sent yesterday is answered as yesterday, and there is nothing to answer."""
    gate = gate_with(servers, origin, challenge="off")
    script = Newcomer(gate, agent=SCRIPT)
    assert script.navigate().status_code == 200
    answered = script.call("POST", "challenge", json={"challenge": "x", "solution": "y"})
    assert answered.status_code == 404
    assert "anteroom_challenges_total" not in gate.metrics()


def test_a_browser_is_not_asked_and_a_script_is(servers, origin):
    """The script gets no place, and hears why and what to do; solving it makes the place, once."""
    gate = gate_with(servers, origin)
    assert Newcomer(gate).navigate().status_code == 200
    script = Newcomer(gate, agent=SCRIPT)
    page = script.navigate()
    assert page.status_code == 403 and page.headers["X-Anteroom-Challenge"] == "proof_of_work"
    assert "worker-src blob:" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store" and not page.cookies
    asked = problem(script.ask())
    assert asked["reasons"] == ["automation_agent"]
    assert gate.facts()["waiting"] == 0
    made = script.prove(asked["challenge"])
    assert made.status_code == 201 and script.cookie("p")
    assert script.navigate().status_code == 503, "the queue page, not another challenge"
    again = Newcomer(gate, agent=SCRIPT).prove(asked["challenge"])
    assert again.status_code == 201 and again.json()["position_id"] == made.json()["position_id"]
    assert gate.waiting() == 1
    assert gate.metric("anteroom_challenges_total", outcome="solved", reason="automation_agent") == 2
    assert gate.metric("anteroom_challenges_total", outcome="issued", queue_id="shop") == 2
    assert gate.metric("anteroom_abuse_signals_total", signal="automation_agent") == 2
    lines = [json.loads(line) for line in gate.access_log.read_text().splitlines()]
    assert {line["note"] for line in lines if line["verdict"] == "challenged"} == {"automation_agent"}


def test_an_app_answers_with_a_field(servers, origin):
    """In a room that asks everybody, `enqueue` with the field makes the position of its body."""
    gate = gate_with(servers, origin, challenge="always")
    app = Newcomer(gate, agent="Shop/5 CFNetwork/1498")
    asked = problem(app.call("POST", "enqueue", json={"user_id": "42"}))
    assert asked["reasons"] == ["always"]
    made = app.call("POST", "enqueue", json={"user_id": "42"}, X_Anteroom_Challenge=field(asked["challenge"]))
    assert made.status_code == 201
    wait_until(lambda: app.status()["status"] == "admitted", 5)
    assert app.call("POST", "session/claim").status_code == 200
    assert app.call("GET", "session").json()["user_id"] == "42"


def test_only_the_visitor_who_was_asked_can_answer(servers, origin):
    """Not from another address, not with another agent, not with other numbers, and not without a body."""
    gate = gate_with(servers, origin, challenge="always")
    asked = problem(Newcomer(gate).ask())["challenge"]
    solution = answer(asked)
    for other in (Newcomer(gate, "198.51.100.2"), Newcomer(gate, agent=AGENT + "x")):
        assert other.call("POST", "challenge", json=solution).status_code == 403
    right = Newcomer(gate)
    wrong = {**solution, "solution": ".".join(["0"] * asked["pieces"])}
    assert right.call("POST", "challenge", json=wrong).status_code == 403
    assert right.call("POST", "challenge", json={}).status_code == 400
    assert right.call("GET", "challenge").status_code == 405
    assert right.call("POST", "challenge", json=solution).status_code == 201
    assert gate.metric("anteroom_challenges_total", outcome="failed") == 1


def test_who_never_brings_a_cookie_back_is_asked(servers, origin):
    """Five times by address and agent; a neighbour with another agent is none of it."""
    gate = gate_with(servers, origin, slots=1000)
    for number in range(5):
        assert Newcomer(gate).navigate().status_code == 200, number
    assert "no_cookies" in problem(Newcomer(gate).ask())["reasons"]
    neighbour = Newcomer(gate, agent=AGENT + " other")
    assert neighbour.navigate().status_code == 200
    assert neighbour.navigate("/again").status_code == 200


def test_ghosts_from_everywhere_do_not_fill_the_room(servers, origin):
    """However many addresses they come from; who has a place goes on, and who is new can prove themselves."""
    gate = gate_with(servers, origin, slots=100)
    visitor = Newcomer(gate, "198.51.100.1")
    visitor.navigate()
    statuses = [Newcomer(gate, f"203.0.113.{number}").navigate().status_code for number in range(30)]
    assert statuses[-20:] == [403] * 20 and statuses.count(200) < 10
    assert visitor.navigate("/more").status_code == 200
    newcomer = Newcomer(gate, "198.51.100.2")
    asked = problem(newcomer.ask())
    assert asked["reasons"] == ["ghosts"]
    assert newcomer.prove(asked["challenge"]).json()["status"] == "admitted"
    assert newcomer.navigate().status_code == 200


def test_a_page_that_says_it_is_run_by_a_program_is_remembered(servers, origin):
    """Its answer counts, but the next time it is asked at once."""
    gate = gate_with(servers, origin, slots=100, challenge="always")
    newcomer = Newcomer(gate)
    assert newcomer.prove(problem(newcomer.ask())["challenge"], automated=True).status_code == 201
    gate.edit(challenge="suspicious")
    wait_until(lambda: Newcomer(gate, "198.51.100.9").navigate().status_code == 200, 5)
    assert "webdriver" in problem(Newcomer(gate).ask())["reasons"]


def test_scripted_polling_is_asked_and_keeps_its_place(servers, origin):
    """No way in and no sign of life until it is solved; a patient neighbour hears nothing of it."""
    gate = gate_with(servers, origin)
    through(gate)
    script, neighbour = Newcomer(gate), Newcomer(gate, "198.51.100.2")
    script.navigate()
    position = script.status()["position_id"]
    neighbour.navigate()
    answers = [script.call("GET", "status") for _ in range(40)]
    assert answers[10].status_code == 200
    asked = problem(answers[-1])
    assert asked["reasons"] in (["poll_rate"], ["poll_rhythm"])
    for call in ("heartbeat", "session/claim"):
        problem(script.call("POST", call))
    assert script.navigate().status_code == 403
    assert neighbour.status()["position"] == 2, "the place is kept"
    assert script.prove(asked["challenge"]).json()["position_id"] == position
    assert script.status()["position_id"] == position


# A visitor whose network has changed


@pytest.fixture
def bound(servers, origin):
    return gate_with(servers, origin, token_binding="ip_and_user_agent")


def test_who_waits_and_changes_network_keeps_the_place(bound):
    """The challenge stands where a new place at the end stood; then the token is bound anew and the old one is void."""
    through_gate = through(bound)
    visitor, later = Newcomer(bound), Newcomer(bound, "198.51.100.2")
    visitor.navigate()
    position = visitor.status()["position_id"]
    later.navigate()
    old = visitor.cookie("p")
    visitor.move("203.0.113.7")
    assert visitor.navigate().status_code == 403
    asked = problem(visitor.ask())
    assert asked["reasons"] == ["network"]
    assert problem(visitor.call("GET", "status"))["reasons"] == ["network"]
    proved = visitor.prove(asked["challenge"])
    assert proved.status_code == 200 and proved.json()["position_id"] == position
    assert visitor.cookie("p") != old
    assert visitor.status()["position"] == 1
    left = requests.get(
        f"{bound.url}/api/v1/queues/shop/status",
        headers={"Authorization": f"Bearer {old}", "User-Agent": AGENT, "X-Forwarded-For": "198.51.100.1"},
        timeout=5,
    )
    assert problem(left)["reasons"] == ["network"], "at the old address it is a stranger's now"
    through_gate.call("POST", "session/complete")
    wait_until(lambda: visitor.navigate().status_code == 200, 5)


def test_who_is_in_and_changes_network_stays_in(bound):
    """The same session, one slot."""
    visitor = Newcomer(bound)
    assert visitor.navigate().status_code == 200
    session = visitor.call("GET", "session").json()["session_id"]
    visitor.move("203.0.113.7")
    asked = problem(visitor.ask())
    assert visitor.prove(asked["challenge"]).status_code == 200
    assert visitor.navigate().status_code == 200
    assert visitor.call("GET", "session").json()["session_id"] == session


def test_a_stolen_cookie_is_one_person_s_at_a_time(bound):
    """Another browser is refused; a lookalike elsewhere has to prove itself, and then the first one is out."""
    owner = Newcomer(bound)
    owner.navigate()
    thief = Newcomer(bound, "203.0.113.66", agent=AGENT + " Other")
    thief.http.cookies.update(owner.http.cookies)
    assert thief.navigate().status_code == 503, "a stranger in line"
    lookalike = Newcomer(bound, "203.0.113.67")
    lookalike.http.cookies.update(owner.http.cookies)
    assert lookalike.navigate().status_code == 403
    assert owner.navigate().status_code == 200, "nothing has changed for the owner"
    asked = problem(lookalike.ask())
    assert lookalike.prove(asked["challenge"]).status_code == 200
    assert lookalike.navigate().status_code == 200
    assert owner.navigate().status_code == 403, "one at a time"
    wait_until(lambda: bound.metric("waiting_room_active_sessions", queue_id="shop") == 1, 5)


def test_lookalikes_with_one_cookie_share_one_slot(servers, origin):
    """Where tokens are bound to the browser alone, a second one that looks alike passes; the room counts one."""
    gate = gate_with(servers, origin, slots=2, token_binding="user_agent")
    owner = Newcomer(gate)
    owner.navigate()
    copy, other = Newcomer(gate, "203.0.113.67"), Newcomer(gate, "203.0.113.68", agent=AGENT + " Other")
    copy.http.cookies.update(owner.http.cookies)
    other.http.cookies.update(owner.http.cookies)
    session = owner.call("GET", "session").json()["session_id"]
    assert copy.navigate().status_code == 200
    assert copy.call("GET", "session").json()["session_id"] == session
    assert other.call("GET", "session").status_code == 401
    wait_until(lambda: gate.metric("waiting_room_active_sessions", queue_id="shop") == 1, 5)
    owner.call("POST", "session/complete")
    wait_until(lambda: copy.navigate().cookies.get("anteroom_s_shop") is not None, 5)


# A third party's captcha


@pytest.fixture
def captcha(servers, origin):
    """A gate that asks everybody to satisfy a provider, which is this test's own; `start(…)` begins it."""
    provider = servers.add(SiteVerify("the-secret"))
    file = servers.folder / "secret"
    file.write_text("the-secret\n")
    file.chmod(0o600)

    def start(kind="turnstile", failure="wait", run=True, **changes):
        room = gates.busy_room(
            origin.url,
            slots=100,
            **{
                "challenge": "always",
                "challenge_provider": kind,
                "challenge_site_key": "1x00000000000000000000AA",
                "challenge_secret_file": str(file),
                "challenge_verify_url": provider.url,
                "challenge_failure": failure,
                **changes,
            },
        )
        room = {key: value for key, value in room.items() if value is not None}
        return servers.gate([room], start=run)

    start.provider, start.file = provider, file
    return start


def give(visitor, response):
    challenge = problem(visitor.ask())["challenge"]
    return visitor.call("POST", "challenge", json={"challenge": challenge["challenge"], "solution": response})


@pytest.mark.parametrize(
    "kind, host", [("turnstile", "challenges.cloudflare.com"), ("hcaptcha", "hcaptcha.com"), ("recaptcha", "google.com")]
)
def test_the_word_of_the_provider_counts(captcha, kind, host):
    """The page opens for this provider only; a good answer makes a place, once, and others do not."""
    gate = captcha(kind)
    page = Visitor(gate).navigate()
    assert page.status_code == 403 and host in page.headers["Content-Security-Policy"]
    assert "1x00000000000000000000AA" in page.text and host in page.text
    captcha.provider.good = {"a+b&c=d/é"}
    visitor = Visitor(gate)
    assert give(visitor, "made up").status_code == 403
    assert give(visitor, "a+b&c=d/é").status_code == 201
    assert visitor.navigate().status_code == 200
    assert give(Visitor(gate), "a+b&c=d/é").status_code == 403
    assert captcha.provider.asked[0] == (
        "application/x-www-form-urlencoded",
        {"secret": "the-secret", "response": "made up"},
    ), "nothing of the visitor goes along"


@pytest.mark.parametrize("mode", ["broken", "gone", "wrong secret"])
@pytest.mark.parametrize("failure", ["admit", "wait"])
def test_while_the_provider_cannot_judge_the_room_has_chosen(captcha, failure, mode):
    """`admit`: the answer counts. `wait`: 503 with Retry-After, and the same answer counts later."""
    gate = captcha(failure=failure)
    visitor, provider = Visitor(gate), captcha.provider
    provider.good = {"good"}
    if mode == "gone":
        provider.stop()
    elif mode == "wrong secret":
        provider.secret = "another"
    else:
        provider.mode = "broken"
    answered = give(visitor, "good")
    outcome = "admitted" if failure == "admit" else "deferred"
    if failure == "admit":
        assert answered.status_code == 201
    else:
        assert answered.status_code == 503 and answered.headers["Retry-After"] and not visitor.cookie("p")
        if mode != "gone":
            provider.mode, provider.secret = "up", "the-secret"
            assert give(visitor, "good").status_code == 201
    assert gate.metric("anteroom_challenges_total", outcome=outcome) == 1
    assert "Answers to challenges cannot be judged" in gate.process.log


def test_what_a_captcha_needs_is_asked_for(captcha):
    """One message each, with what would be right; the secret is not for others to read."""
    code, said = captcha(
        run=False, challenge_failure=None, challenge_site_key=None, challenge_secret_file=None
    ).refusal()
    text = "\n".join(said)
    assert code == 1 and "admit or wait" in text and "challenge_site_key" in text and "challenge_secret_file" in text
    captcha.file.chmod(0o644)
    code, said = captcha(run=False).refusal()
    assert code == 1 and "chmod 0600" in "\n".join(said) and "the-secret" not in "\n".join(said)


# A short run of Tests/abuse (`make abuse` is the long one, with times)


@pytest.mark.parametrize("bot", [Ghosts, Pollers])
def test_a_bot_beside_honest_visitors(servers, origin, bot):
    """All of them get in; the ghosts get next to no places, and those who poll by the clock have to prove themselves."""
    given = argparse.Namespace(seconds=5.0, visitors=30, bot=200, addresses=100, slots=10, seed=7)
    room = {"slots": 100}
    if bot is Pollers:
        # A line that hardly moves, so that there is something to poll.
        room = {"slots": 1000, "status": "paused"}
    gate = gate_with(servers, origin, **room)
    robot = bot(given)
    robot.begin(gate.port, given.seconds)
    if bot is Pollers:
        robot.end()
        assert robot.challenged > 100
        assert 'reason="poll_r' in gate.metrics()
        return
    crowd = Crowd(gate, given)
    asyncio.run(crowd.run())
    robot.end()
    assert len(crowd.waits) == given.visitors
    assert robot.sent > 300 and robot.admitted <= 10 and robot.challenged > 0.9 * robot.sent
