"""What the gate's own pages hold: each visitor's own values and nobody else's, and the configuration in force."""

import re

import pytest

from rig import gate as gates
from rig.line import waiting
from rig.process import wait_until
from rig.visitor import AGENT, NAVIGATION, Visitor
from rig.wire import Connection, request


def fields(visitor, language):
    accept = [(name, value) for name, value in NAVIGATION.items() if name != "Accept-Language"]
    cookie = [("Cookie", f"anteroom_p_shop={visitor.cookie('p')}")] if visitor else []
    return [("User-Agent", AGENT), ("Accept-Language", language), *accept, *cookie]


def values(answer):
    """The per-visitor values of a page: language, nonce, request id, and of a queue page the place."""
    page = answer.body.decode()
    nonces = set(re.findall(r'nonce="([^"]*)"', page))
    assert len(nonces) == 1 and f"'nonce-{(nonce := nonces.pop())}'" in answer.get("Content-Security-Policy")
    assert answer.get("X-Request-Id") in page
    position = re.search(r'"position_id":"([^"]*)"', page)
    return {
        "language": re.search(r'<html lang="([^"]*)', page)[1],
        "nonce": nonce,
        "request": answer.get("X-Request-Id"),
        "position": position and position[1],
        "target": set(re.findall(r"/of/[a-z0-9]+", page)),
    }


def test_visitors_behind_each_other_never_see_one_anothers_values(line):
    """Requests of several visitors, in several languages, one behind the other on one connection and in one packet: each
    answer has the values of its own request."""
    visitors = waiting(line, 3)
    ids = [visitor.status()["position_id"] for visitor in visitors]
    expected, sent = [], b""
    for turn in range(12):
        number, language = turn % 3, ["de", "fr", "en", "ar"][turn % 4]
        target = f"/of/{turn}x{ids[number][:4]}"
        sent += request("GET", target, fields(visitors[number], language))
        expected.append((ids[number], language, {target}))
    with Connection(line.port) as connection:
        connection.send(sent)
        answers = [connection.read_answer() for _ in expected]
    found = [values(answer) for answer in answers]
    assert [(entry["position"], entry["language"], entry["target"]) for entry in found] == expected
    assert len({entry["nonce"] for entry in found}) == len({entry["request"] for entry in found}) == 12
    for answer, (position, _, _) in zip(answers, expected):
        others = [id for id in ids if id != position]
        assert answer.status == 503 and not any(id.encode() in answer.body for id in others)
        assert answer.all("set-cookie") == [], "the token that came is good still"


def test_the_page_of_a_full_line_is_each_visitors_own(servers, origin):
    """The same for those without a place; and no position is made for them."""
    gate = servers.gate([gates.busy_room(origin.url, max_queue_size=1, status="paused")])
    waiting(gate)
    with Connection(gate.port) as connection:
        connection.send(b"".join(request("GET", f"/of/{n}", fields(None, ["de", "en"][n % 2])) for n in range(10)))
        answers = [connection.read_answer() for _ in range(10)]
    found = [values(answer) for answer in answers]
    assert [(entry["language"], entry["target"]) for entry in found] == [
        (["de", "en"][n % 2], {f"/of/{n}"}) for n in range(10)
    ]
    assert len({entry["nonce"] for entry in found}) == len({entry["request"] for entry in found}) == 10
    assert all(answer.status == 503 and answer.all("set-cookie") == [] for answer in answers)
    assert gate.waiting() == 1


def test_somebody_who_leaves_a_full_line_makes_room_at_once(servers, origin):
    """That a line is full is never remembered."""
    gate = servers.gate([gates.busy_room(origin.url, max_queue_size=1, status="paused")])
    (first,) = waiting(gate)
    second = Visitor(gate)
    assert not second.navigate() or second.cookie("p") is None
    assert first.call("POST", "leave").status_code == 204
    second.navigate()
    assert second.status()["position"] == 1


@pytest.mark.parametrize("status, marks", [("paused", "ar-place"), ("maintenance", "class=\"button\"")])
def test_a_new_name_is_on_the_next_page(servers, origin, status, marks):
    """What a reload brings is on every page from then on, escaped for its place."""
    gate = servers.gate([gates.busy_room(origin.url, status=status)])
    visitor = Visitor(gate)
    assert "Shop</p>" in visitor.navigate().text
    gate.edit(name="</script>&Sons")
    wait_until(lambda: "&lt;/script&gt;&amp;Sons</p>" in visitor.navigate().text, 3, 0.05, "the new name")
    for _ in range(5):
        page = visitor.navigate().text
        assert marks in page and "Shop</p>" not in page and "</script>&Sons" not in page


def test_a_changed_template_is_the_next_page(servers, origin, tmp_path):
    """Saving the template is enough; without one the built-in page is back."""
    template = tmp_path / "queue.mustache"
    template.write_text("<p>First, {{position}}</p>")
    gate = servers.gate([gates.busy_room(origin.url, status="paused", template=str(template))])
    visitor = Visitor(gate)
    assert visitor.navigate().text == "<p>First, 1</p>"
    template.write_text("<p>Second, {{position}}</p>")
    wait_until(lambda: visitor.navigate().text == "<p>Second, 1</p>", 3, 0.05, "the new template")
    del gate.configuration["rooms"][0]["template"]
    gate.write()
    wait_until(lambda: "ar-place" in visitor.navigate().text, 3, 0.05, "the built-in page")
