"""Those who did not come when it was their turn (docs/QUEUE_MANAGEMENT.md)."""

from rig import gate as gates
from rig.line import until_admitted, waiting
from rig.process import wait_until
from rig.visitor import Visitor, through


def until_expired(visitor):
    """The worker that finds unclaimed slots runs every five seconds."""
    return wait_until(lambda: visitor.status()["status"] == "expired" and visitor.status(), 9, 0.1, "the missed turn")


def test_whoever_missed_the_turn_comes_back_to_the_front_once(servers, origin):
    gate = servers.gate([gates.busy_room(origin.url, claim_timeout="1s")])
    holder = through(gate)
    holder.navigate()
    late, behind = waiting(gate, 2)
    holder.call("POST", "session/complete")
    until_admitted(late)
    missed = until_expired(late)
    assert missed["may_return_until"] > missed["expires_at"] and missed["position"] == 0
    until_admitted(behind)
    assert behind.navigate().status_code == 200 and behind.navigate().status_code == 200
    others = waiting(gate, 2)

    # A picture brings nobody back; a visit does, and says what has happened.
    assert late.load("/picture.png").status_code == 503 and late.status()["status"] == "expired"
    page = late.navigate()
    assert page.status_code == 503 and "first in line again" in page.text
    back = late.status()
    assert back["position"] == 1 and back["total_waiting"] == 3 and back["returned"]
    assert back["position_id"] != missed["position_id"]
    assert [other.status()["position"] for other in others] == [2, 3]
    gate.kill()
    gate.start()
    assert late.status()["position"] == 1 and gate.metric("waiting_room_returned_total", queue_id="shop") == 1

    behind.call("POST", "session/complete")
    until_admitted(late)
    again = until_expired(late)
    assert "may_return_until" not in again
    assert "first in line again" not in late.navigate().text
    # At the end, as anybody: behind the one of the others who was let in meanwhile, or waits yet.
    assert not late.status().get("returned")


def test_an_app_comes_back_by_enqueue(servers, origin):
    gate = servers.gate([gates.busy_room(origin.url, claim_timeout="1s")])
    holder = through(gate)
    holder.navigate()
    app = Visitor(gate)
    token = app.call("POST", "enqueue", json={"user_id": "7"}, cookies=False).json()["token"]
    holder.call("POST", "session/complete")
    wait_until(
        lambda: app.call("GET", "status", bearer=token, cookies=False).json()["status"] == "expired", 12, 0.2, "its end"
    )
    through(gate).navigate()
    waiting(gate, 1)
    answer = app.call("POST", "enqueue", json={}, bearer=token, cookies=False)
    assert answer.status_code == 201 and answer.json()["position"] == 1 and answer.json()["returned"]
    repeated = app.call("POST", "enqueue", json={}, bearer=token, cookies=False)
    assert repeated.json()["position_id"] == answer.json()["position_id"]
