"""A visitor's journey (docs/HTTP.md) on the running gate."""

import concurrent.futures
import gzip
import re
import time

import pytest
import requests

from rig import gate as gates
from rig.line import assert_position, until_admitted, waiting
from rig.process import wait_until
from rig.site import PAGE
from rig.visitor import AGENT, NAVIGATION, Visitor, through
from rig.wire import exchange, request

# Arrival


def test_the_first_request_is_forwarded_at_once(servers, origin):
    """While nobody waits and a slot is free, the request itself is forwarded and the cookie rides on its answer."""
    gate = servers.gate([gates.busy_room(origin.url)])
    visitor = Visitor(gate)
    answer = visitor.navigate("/concerts/1?a=b")
    assert answer.status_code == 200 and answer.content == PAGE
    assert visitor.cookie("s")
    assert [received.target for received in origin.seen()] == ["/concerts/1?a=b"]


def test_the_next_one_waits(line, origin):
    """No slot: the queue page, 503, nothing at the origin."""
    visitor = Visitor(line)
    answer = visitor.navigate()
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "no-store" in answer.headers["Cache-Control"]
    assert "accept" in answer.headers["Vary"].lower()
    assert visitor.cookie("p") and not visitor.cookie("s")
    assert origin.seen() == []
    assert visitor.status()["position"] == 1


def test_the_queue_page_is_one_file(line):
    """Everything inlined under a strict CSP with a fresh nonce, under 14 KiB gzipped, usable without JavaScript."""
    first, second = Visitor(line).navigate(), Visitor(line).navigate()
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert nonce not in second.headers["Content-Security-Policy"], "a nonce is used once"
    assert "unsafe-inline" not in policy and "default-src 'none'" in policy
    assert f'nonce="{nonce}"' in first.text
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", first.text):
        assert f'nonce="{nonce}"' in tag
    assert not re.findall(r"(?:src|href)=\"?(?:https?:)?//", first.text), "no request to anywhere else"
    assert not re.findall(r"<[a-z]+[^>]* (?:style|on[a-z]+)=", first.text), "what the CSP would block"
    assert len(gzip.compress(first.content)) < 14 * 1024
    assert re.search(r"<noscript>.*http-equiv=.?refresh", first.text, re.S | re.I)
    assert 'aria-live="polite"' in first.text
    assert first.headers.get("X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize(
    "accepts, starts",
    [
        ("en-GB", "en"),
        ("de", "de"),
        ("fr-CH, de;q=0.5", "fr"),
        ("xx", "en"),
        ("xx, es;q=0.8, en;q=0.1", "es"),
        ("en;q=0, de", "de"),
        ("*", "en"),
        (";;;q=,,", "en"),
    ],
)
def test_the_page_speaks_the_visitors_language(line, accepts, starts):
    """The page's `lang` follows Accept-Language; nonsense in it does no harm."""
    page = Visitor(line).navigate(headers={"Accept-Language": accepts})
    assert re.search(r"<html[^>]* lang=\"([^\"]*)", page.text)[1].startswith(starts)
    assert "accept-language" in page.headers["Vary"].lower()


def test_nothing_of_the_request_is_reflected_unescaped(line):
    """The target, the agent and the language do not become markup."""
    visitor = Visitor(line, agent="</script><b>agent")
    page = visitor.navigate("/?q=</script><script>alert(1)</script>\"'", headers={"Accept-Language": "<b>"})
    assert "<script>alert" not in page.text and "<b>agent" not in page.text and "alert(1)</script>" not in page.text


@pytest.mark.parametrize("code", [200, 202, 429])
def test_the_queueing_status_code_is_configurable(servers, origin, code):
    """`queueing_status_code` is what the queue page carries."""
    gate = servers.gate([gates.busy_room(origin.url, queueing_status_code=code)])
    through(gate)
    answer = Visitor(gate).navigate()
    assert answer.status_code == code and int(answer.headers["Retry-After"]) >= 1


def test_a_rate_holds_arrivals_back(servers, origin):
    """Free slots do not help while the rate is spent: invariant 2."""
    gate = servers.gate([gates.room(origin.url, queue_rate=1)])
    start = time.monotonic()
    outcomes = [Visitor(gate).navigate().status_code for _ in range(10)]
    elapsed = time.monotonic() - start
    assert outcomes[0] == 200
    assert outcomes.count(200) <= elapsed * 1 + 2
    assert outcomes[-1] == 503


def test_no_more_than_the_slots_are_in(servers, origin):
    """Invariant 1 under many simultaneous first requests."""
    gate = servers.gate([gates.busy_room(origin.url, slots=7)])
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(lambda _: Visitor(gate).navigate().status_code, range(100)))
    assert outcomes.count(200) <= 7 and set(outcomes) == {200, 503}
    assert gate.waiting() + outcomes.count(200) == 100


# Waiting


def test_places_are_in_join_order(line):
    """Position 1 is the front; total_waiting counts everybody."""
    visitors = waiting(line, 5)
    for number, visitor in enumerate(visitors, 1):
        position = visitor.status()
        assert_position(position)
        assert (position["position"], position["total_waiting"]) == (number, 5)


def test_a_place_survives_refreshes(line):
    """The same cookie is the same place, on any path, in JSON and in HTML."""
    first, second = waiting(line, 2)
    place = second.status()
    for path in ("/", "/concerts/2", "/cart?x=1"):
        assert second.navigate(path).status_code == 503
    answer = second.ask("/")
    assert answer.status_code == 503 and answer.headers["Content-Type"].startswith("application/json")
    assert_position(answer.json())
    assert second.status()["position_id"] == place["position_id"]
    assert second.status()["position"] == 2
    assert line.waiting() == 2


def test_json_is_given_to_those_who_ask_for_it(line):
    """`Accept: application/json` gets the position; q-values decide."""
    visitor = Visitor(line)
    answer = visitor.ask("/api/data")
    assert answer.status_code == 503 and answer.headers["Content-Type"].startswith("application/json")
    assert_position(answer.json())
    assert visitor.cookie("p")
    for accept, expected in [
        ("application/json, text/html;q=0.5", "application/json"),
        ("text/html;q=0.4, application/json;q=0.9", "application/json"),
        ("application/json;q=0.1, text/html", "text/html"),
        ("text/html, application/json;q=0", "text/html"),
    ]:
        answer = exchange(line.port, request("GET", "/", [("User-Agent", AGENT), ("Accept", accept)]))
        assert answer.get("content-type").startswith(expected), accept


@pytest.mark.parametrize(
    "destination, accept",
    [
        ("image", "image/avif,*/*;q=0.8"),
        ("script", "*/*"),
        ("style", "text/css,*/*;q=0.1"),
        ("font", "*/*"),
        ("empty", "*/*"),
        ("video", "*/*"),
    ],
)
def test_parts_of_a_page_make_no_position(line, origin, destination, accept):
    """Any other subresource gets a short 503 without a body to speak of, and creates no position."""
    visitor = Visitor(line)
    answer = visitor.load("/static/shop.css", destination, accept)
    assert answer.status_code == 503 and len(answer.content) < 1024
    assert int(answer.headers["Retry-After"]) >= 1 and "no-store" in answer.headers["Cache-Control"]
    assert not answer.headers.get("Set-Cookie")
    assert line.waiting() == 0 and origin.seen() == []


def test_a_refused_form_says_so(line, origin):
    """The page after a POST says that the form was not sent; its GET sibling does not."""
    visitor = Visitor(line)
    page = visitor.navigate("/checkout", method="POST", data={"name": "Ada"})
    assert page.status_code == 503 and visitor.cookie("p") and origin.seen() == []
    plain = visitor.navigate("/checkout")
    said = set(re.findall(r">([^<>]{15,})<", page.text)) - set(re.findall(r">([^<>]{15,})<", plain.text))
    assert any("form" in text.lower() or "sent" in text.lower() for text in said), said


def test_the_line_moves_and_lets_in(line, origin):
    """When a slot frees, the front is admitted, everybody moves up, and the cookie opens the door."""
    first, second = waiting(line, 2)
    assert line.holder.call("POST", "session/complete").status_code == 204
    position = until_admitted(first)
    assert_position(position, "admitted")
    assert position["redirect_url"] and position["session_token"].count(".") == 2
    assert wait_until(lambda: second.status()["position"] == 1, 3)
    answer = first.navigate("/concerts/3")
    assert answer.status_code == 200 and answer.content == PAGE and first.cookie("s")
    assert [received.target for received in origin.seen()] == ["/concerts/3"]
    assert second.navigate().status_code == 503


def test_a_completed_session_is_not_let_in_again(line):
    """The slot is freed and the cookie of before is worth nothing."""
    [other] = waiting(line)
    line.holder.call("POST", "session/complete")
    until_admitted(other)
    assert line.holder.navigate().status_code == 503


def test_leaving_gives_the_place_up(line):
    """Leave is 204; those behind move up; the old position is gone."""
    first, second = waiting(line, 2)
    assert first.call("POST", "leave").status_code == 204
    wait_until(lambda: second.status()["position"] == 1, 3)
    assert line.waiting() == 1
    answer = first.call("GET", "status")
    assert answer.status_code in (401, 404, 410) or answer.json()["status"] == "left"


def test_leaving_after_admission_frees_the_slot(line):
    """An admitted visitor who leaves makes way for the next."""
    first, second = waiting(line, 2)
    line.holder.call("POST", "session/complete")
    until_admitted(first)
    assert first.call("POST", "leave").status_code == 204
    until_admitted(second)


def test_a_new_visit_after_leaving_is_a_new_place(line):
    """Who left joins again at the end."""
    first, second = waiting(line, 2)
    old = first.status()["position_id"]
    first.call("POST", "leave")
    assert first.navigate().status_code == 503
    position = first.status()
    assert position["position_id"] != old and position["position"] == 2 and second.status()["position"] == 1


# Time-outs


def test_an_unclaimed_admission_expires(servers, origin):
    """claim_timeout: a client that never returns frees its slot for the next."""
    gate = servers.gate([gates.busy_room(origin.url, claim_timeout="1s")])
    holder = through(gate)
    first, second = waiting(gate, 2)
    holder.call("POST", "session/complete")
    until_admitted(first)
    until_admitted(second, 12)
    assert first.navigate().status_code == 503


def test_a_client_without_cookies_holds_a_slot_no_longer_than_claim_timeout(servers, origin):
    """A crawler that keeps no cookie does not keep the room."""
    gate = servers.gate([gates.busy_room(origin.url, claim_timeout="1s")])
    assert requests.get(gate.url, headers=NAVIGATION, timeout=5).status_code == 200
    [visitor] = waiting(gate)
    until_admitted(visitor, 12)


def test_an_idle_session_expires(servers, origin):
    """session_timeout since the last request: the slot is freed and the cookie refused."""
    gate = servers.gate([gates.busy_room(origin.url, session_timeout="2s")])
    holder = through(gate)
    [visitor] = waiting(gate)
    for _ in range(5):
        time.sleep(0.7)
        assert holder.navigate().status_code == 200, "use keeps it alive"
    until_admitted(visitor, 14)
    assert holder.navigate().status_code == 503


def test_without_renewal_a_session_ends_on_time(servers, origin):
    """session_renewal: false ends it that long after its start, used or not."""
    gate = servers.gate([gates.busy_room(origin.url, session_timeout="2s", session_renewal=False)])
    holder = through(gate)
    holder.navigate()
    [visitor] = waiting(gate)
    end = time.monotonic() + 14
    while visitor.status()["status"] == "waiting":
        holder.navigate()
        assert time.monotonic() < end, "an endless session"
        time.sleep(0.2)
    assert holder.navigate().status_code == 503


def test_silence_loses_the_place(servers, origin):
    """No heartbeat for heartbeat_timeout: out of the line, and those behind move up. A poll is a sign of life."""
    gate = servers.gate([gates.busy_room(origin.url, heartbeat_interval="1s", heartbeat_timeout="3s")])
    through(gate)
    silent, alive = waiting(gate, 2)

    def moved_up():
        assert alive.call("POST", "heartbeat", json={"timestamp": int(time.time() * 1000)}).status_code == 200
        return alive.status()["position"] == 1

    wait_until(moved_up, 15, 0.5, "the silent one to be removed")
    answer = silent.call("GET", "status")
    assert answer.status_code in (404, 410) or answer.json()["status"] == "expired"
    assert silent.navigate().status_code == 503
    assert silent.status()["position"] == 2, "back at the end"


# Tabs


def test_tabs_share_one_place_and_one_session(line, origin):
    """Ten tabs opened at once with one cookie jar are one position; once in, each of them is in."""
    (visitor,) = waiting(line)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(lambda n: visitor.navigate(f"/tab/{n}").status_code, range(10)))
    assert set(codes) == {503} and line.waiting() == 1
    line.holder.call("POST", "session/complete")
    until_admitted(visitor)
    jar = {"Cookie": f"anteroom_p_shop={visitor.cookie('p')}", "User-Agent": AGENT, **NAVIGATION}
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        codes = list(
            pool.map(lambda n: requests.get(f"{line.url}/tab/{n}", headers=jar, timeout=10).status_code, range(10))
        )
    assert set(codes) == {200}


def test_an_old_position_cookie_beside_a_session_does_no_harm(line):
    """A browser that still sends the position cookie after it is in stays in, and takes no second slot."""
    [visitor] = waiting(line)
    position = visitor.cookie("p")
    line.holder.call("POST", "session/complete")
    until_admitted(visitor)
    visitor.navigate()
    cookie = f"anteroom_p_shop={position}; {visitor.session_field}"
    for _ in range(3):
        answer = exchange(line.port, request("GET", "/", [("User-Agent", AGENT), ("Cookie", cookie)]))
        assert answer.status == 200
    assert line.waiting() == 0
