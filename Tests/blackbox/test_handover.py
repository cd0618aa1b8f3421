"""A place that moves to another device (docs/QUEUE_MANAGEMENT.md): by the API, by the pages, and between two gates."""

import concurrent.futures
import json
import re
import subprocess

import pytest

from rig import gate as gates
from rig.line import assert_problem, until_admitted, waiting
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through
from test_browser import browsers, keep, text  # noqa: F401

PHONE = "Mozilla/5.0 (Linux; Android 14) Blackbox/1.0"
PAGES = "/__anteroom/rooms/shop"


@pytest.fixture
def gate(servers, origin):
    return servers.gate([gates.busy_room(origin.url)])


def offer(visitor) -> dict:
    answer = visitor.call("POST", "handover")
    assert answer.status_code == 201, answer.text
    return answer.json()


def claim(visitor, code, **more):
    return visitor.call("POST", "handover/claim", json={"code": code, **more})


def assert_moved_away(visitor, gate):
    """At this gate nothing of the old position is worth anything."""
    visitor.gate = gate
    assert visitor.status()["status"] == "moved"
    page = visitor.navigate()
    assert page.status_code == 409 and "moved to another device" in page.text and "refresh" not in page.text.lower()
    assert visitor.ask().status_code == 409 and visitor.load("/x.png").status_code == 409
    assert visitor.call("POST", "session/claim").status_code == 410
    assert visitor.call("POST", "handover").status_code == 409
    return page


def test_a_place_moves_by_the_api(gate):
    holder = through(gate)
    first, second, third = waiting(gate, 3)
    before, phone = second.status(), Visitor(gate, agent=PHONE)
    made = offer(second)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", made["code"])
    assert made["url"] == f"{gate.url}{PAGES}/move?code={made['code'].replace('-', '')}"
    assert made["position_id"] == before["position_id"]

    assert_problem(claim(phone, "0000-0000"), 404)
    assert_problem(claim(phone, "no code"), 400)
    answer = claim(phone, made["code"].lower(), attempt="1")
    assert answer.status_code == 200 and answer.json()["position"] == 2 and answer.json()["total_waiting"] == 3
    taken = answer.json()["position_id"]
    assert taken != before["position_id"] and phone.cookie("p") == answer.json()["token"]
    # The answer was lost: the same again. Nobody else gets the place by it, this device's own token is bound to it.
    assert claim(phone, made["code"], attempt="1").json()["position_id"] == taken
    assert_problem(claim(Visitor(gate, agent=PHONE), made["code"], attempt="2"), 404)
    assert_problem(claim(Visitor(gate, agent=PHONE), made["code"]), 404)
    assert Visitor(gate).call("GET", "status", bearer=phone.cookie("p")).status_code == 401

    assert_moved_away(second, gate)
    assert gate.waiting() == 3 and [v.status()["position"] for v in (first, phone, third)] == [1, 2, 3]
    gate.kill()
    gate.start()
    assert second.status()["status"] == "moved" and phone.status()["position"] == 2
    holder.call("POST", "session/complete")
    first.call("POST", "leave")
    until_admitted(phone)
    assert phone.navigate().status_code == 200 and phone.cookie("s")
    assert second.navigate().status_code == 409 and second.cookie("s") is None
    assert gate.metric("anteroom_handovers_total", queue_id="shop", outcome="wrong") == 0


def test_what_became_of_codes_is_counted(servers, origin):
    gate = servers.gate([gates.busy_room(origin.url)], rate_limits={"enabled": True})
    through(gate)
    first, phone = waiting(gate)[0], Visitor(gate, agent=PHONE)
    code = offer(first)["code"]
    for wrong in ("0000-0000", "0000-0001"):
        claim(phone, wrong)
    claim(phone, code)

    def counted(outcome):
        return gate.metric("anteroom_handovers_total", queue_id="shop", outcome=outcome)

    assert [counted(name) for name in ("offered", "wrong", "moved", "refused")] == [1, 2, 1, 0]
    # Guesses count against the address, as joins by the API do.
    answers = [claim(phone, "0000-0000").status_code for _ in range(9)]
    assert answers.count(404) == 7 and answers[-1] == 429
    assert phone.navigate(f"{PAGES}/move", method="POST", data={"code": "0000-0000"}).status_code == 429


def test_a_slot_that_is_not_used_yet_moves_and_the_old_session_token_is_refused(gate):
    holder = through(gate)
    desk, phone = waiting(gate)[0], Visitor(gate, agent=PHONE)
    code = offer(desk)["code"]
    holder.call("POST", "session/complete")
    old = until_admitted(desk)["session_token"]
    answer = claim(phone, code).json()
    assert answer["status"] == "admitted" and answer["session_token"] != old
    assert desk.navigate(headers={"X-Anteroom-Token": old}).status_code == 409
    assert phone.navigate("/page").status_code == 200
    # Who is through has no place that could move.
    phone.navigate("/page")
    wait_until(lambda: phone.status()["status"] == "active", 5, 0.1, "the session")
    assert_problem(phone.call("POST", "handover"), 409)
    assert gate.facts()["waiting"] == 0


def test_the_pages_ask_before_anything_moves(gate):
    through(gate)
    desk, phone = waiting(gate)[0], Visitor(gate, agent=PHONE)
    assert f'action="{PAGES}/handover"' in desk.navigate().text
    page = desk.navigate(f"{PAGES}/handover", method="POST")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    code = re.search(r'id="ar-code" dir="ltr">([^<]+)<', page.text)[1]
    assert f">{gate.url}{PAGES}/move<" in page.text

    # A preview of the link, however often, and a form of another site move nothing.
    link = f"{PAGES}/move?code={code.replace('-', '')}"
    for _ in range(2):
        form = phone.navigate(link)
        assert form.status_code == 200 and f'value="{code}"' in form.text and phone.cookie("p") is None
    attempt = re.search(r'name="attempt" value="([^"]+)"', form.text)[1]
    fields = {"code": code, "attempt": attempt}
    foreign = {"Origin": "https://evil.example"}
    assert phone.navigate(f"{PAGES}/move", method="POST", data=fields, headers=foreign).status_code == 403
    assert desk.status()["status"] == "waiting"

    # A place that the phone has itself it gives up.
    phone.navigate()
    own = phone.status()["position_id"]
    assert gate.waiting() == 2
    wrong = phone.navigate(f"{PAGES}/move", method="POST", data={**fields, "code": "00000000"})
    assert wrong.status_code == 404 and "not valid" in wrong.text
    for _ in range(2):  # And once more, as a reload does.
        moved = phone.navigate(f"{PAGES}/move", method="POST", data=fields, headers={"Origin": gate.url})
        assert moved.status_code == 303 and moved.headers["Location"] == "/"
        assert phone.status()["position"] == 1 and phone.status()["position_id"] != own
    assert gate.waiting() == 1

    page = assert_moved_away(desk, gate)
    again = re.search(r'<form method="post" action="([^"]+)">', page.text)[1]
    left = desk.navigate(again, method="POST")
    assert left.status_code == 303 and desk.cookie("p") is None
    assert desk.navigate().status_code == 503 and desk.status()["position"] == 2
    # The code is in no log.
    log = wait_until(lambda: '/again"' in gate.access_log.read_text() and gate.access_log.read_text(), 5, what="the log")
    assert f'"{PAGES}/move"' in log and code.replace("-", "") not in log
    # Without a place there is no code to have; the queue page says what to do.
    assert Visitor(gate).navigate(f"{PAGES}/handover", method="POST").status_code == 303
    assert desk.navigate(f"{PAGES}/handover").status_code == 303


@pytest.mark.parametrize("host", ["a.test", "tickets.example.com", "-".join(["x" * 30] * 2) + ".example", 3 * f"{'y' * 40}."])
def test_the_picture_is_read_by_another_reader(gate, servers, host):
    """zbarimg, on pages of several versions of the code; past the tenth there is none."""
    through(gate)
    desk = Visitor(gate, host=host.rstrip("."))
    desk.navigate()
    page = desk.navigate(f"{PAGES}/handover", method="POST").text
    size = int(re.search(r'viewBox="0 0 (\d+)', page)[1])
    rows = [bytearray(b"\xff" * size) for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", page):
        rows[int(y)][int(x) : int(x) + int(width)] = bytes(int(width))
    scale = 4
    pixels = b"".join(bytes(value for value in row for _ in range(scale)) * scale for row in rows)
    picture = servers.folder / "code.pgm"
    picture.write_bytes(b"P5 %d %d 255\n" % (size * scale, size * scale) + pixels)
    read = subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True, timeout=30).stdout
    code = re.search(r'id="ar-code" dir="ltr">([^<]+)<', page)[1].replace("-", "")
    assert read.strip() == f"http://{host.rstrip('.')}{PAGES}/move?code={code}"


def test_two_gates_on_one_store(servers, origin):
    """The code is made at one gate and claimed at the other; both know within a second or so, polls and live pages."""
    redis = servers.add(RedisServer(servers.folder).start())
    one, two = [
        servers.gate(
            [gates.busy_room(origin.url)],
            name=name,
            store={"kind": "dragonfly", "url": redis.url},
            tokens={"key_file": str(servers.folder / "keys" / "signing.pem")},
        )
        for name in ("one", "two")
    ]
    through(one)
    desk, behind = waiting(one, 2)
    phone = Visitor(two, agent=PHONE)
    for gate in (one, two):  # Both remember where it stands.
        desk.gate = gate
        assert desk.status()["position"] == 1
    desk.gate = one
    token = desk.cookie("p")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        poll = pool.submit(Visitor(one).call, "GET", "status?wait=20s", bearer=token)
        code = offer(desk)["code"]
        assert claim(phone, code).json()["position"] == 1
        assert poll.result(10).json()["status"] == "moved"
    for gate in (one, two):
        desk.gate = gate
        wait_until(lambda: desk.status()["status"] == "moved", 3, 0.1, "the other gate's word")
        assert_moved_away(desk, gate)
        phone.gate = behind.gate = gate
        assert phone.status()["position"] == 1 and behind.status()["position"] == 2
    # Two devices with one code: one of them has it.
    code = offer(phone)["code"]
    rivals = [Visitor(gate, agent=PHONE) for gate in (one, two) for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda rival: claim(rival, code).status_code, rivals))
    assert sorted(answers) == [200, 404, 404, 404]
    assert one.waiting() == 2


def test_explain_tells_of_it(servers, origin):
    gate = servers.gate([gates.busy_room(origin.url)])
    through(gate)
    desk, phone = waiting(gate)[0], Visitor(gate, agent=PHONE)
    old = desk.status()["position_id"]
    new = claim(phone, offer(desk)["code"]).json()["position_id"]
    receipt = phone.call("GET", "receipt").json()
    assert receipt["position_id"] == new and receipt["join_sequence"] == 2

    def told(position):
        run = gates.run_once("explain", position, "--config", gate.file, "--json", directory=gate.directory)
        assert run.returncode == 0, run.stdout + run.stderr
        return json.loads(run.stdout)

    assert told(old)["handed_over_to"] == new
    assert [entry["kind"] for entry in told(old)["entries"]] == ["position.enqueued", "position.handed_over"]
    assert old in told(new)["entries"][0]["text"]


def test_two_browsers(servers, origin, browsers):  # noqa: F811
    """From the queue page of one to that of the other, by what people see."""
    gate = servers.gate([gates.busy_room(origin.url, heartbeat_interval="1s")])
    through(gate)
    behind = Visitor(gate)
    desk, phone = browsers.open(), browsers.open(width=390, height=844)
    desk.get(gate.url + "/concert?id=7")
    wait_until(lambda: text(desk, "ar-place") == "1", 5, what="a place")
    behind.navigate()
    queue_tab = desk.current_window_handle
    desk.find_element("css selector", "#ar-move button").click()
    wait_until(lambda: len(desk.window_handles) == 2, 5, what="the page with the code")
    desk.switch_to.window(next(handle for handle in desk.window_handles if handle != queue_tab))
    wait_until(lambda: text(desk, "ar-code"), 5, what="the code")
    code = text(desk, "ar-code")
    assert desk.find_element("css selector", "svg.qr").size["width"] > 100
    keep(desk, "handover-code")

    phone.get(gate.url + PAGES + "/move")
    phone.find_element("id", "ar-code").send_keys(code.lower())
    keep(phone, "handover-confirm")
    phone.find_element("css selector", "form button").click()
    wait_until(lambda: text(phone, "ar-place") == "1", 5, what="the place on the phone")

    # Both tabs of the desk say so by themselves, and stay so.
    for handle in desk.window_handles:
        desk.switch_to.window(handle)
        wait_until(lambda: "moved to another device" in desk.page_source, 15, 0.2, "the word that it has moved")
    keep(desk, "handover-moved")
    desk.refresh()
    assert "moved to another device" in desk.page_source and gate.waiting() == 2
    desk.find_element("css selector", "form button").click()
    wait_until(lambda: text(desk, "ar-place") == "3", 5, what="a new place, at the end")
