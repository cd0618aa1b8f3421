"""A room in shadow decides and records, and keeps nobody out (docs/QUEUE_MANAGEMENT.md)."""

import json
import os
import signal

from rig import gate as gates
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through


def shadowed(servers, origin, slots=1, **changes):
    return servers.gate([gates.busy_room(origin.url, slots=slots, shadow=True, **changes)])


def passes(answer):
    """The origin's page, and not one of the gate's."""
    assert answer.status_code == 200 and "A concert." in answer.text, (answer.status_code, answer.text[:200])
    return answer


def decisions(gate, decision) -> float:
    return gate.metric("anteroom_shadow_total", queue_id="shop", decision=decision)


def log(gate):
    return [json.loads(line) for line in gate.access_log.read_text().splitlines()]


def test_everybody_passes_and_the_line_is_kept(servers, origin):
    """One slot: the second visitor waits by the books, at one place, while all requests reach the site."""
    gate = shadowed(servers, origin)
    first, second, third = Visitor(gate), Visitor(gate), Visitor(gate)
    passes(first.navigate())
    assert first.cookie("s") and not second.cookie("s")
    passes(second.navigate("/page"))
    waits = second.status()
    assert waits["status"] == "waiting" and waits["position"] == 1
    passes(third.navigate())
    for _ in range(3):
        passes(second.navigate("/again"))
        passes(second.load("/picture"))
    assert second.status()["position_id"] == waits["position_id"] and gate.waiting() == 2
    body = second.navigate("/echo/form", method="POST", data=b"name=value").json()
    assert body["length"] == 10 and body["method"] == "POST"
    fields = dict(body["fields"])
    assert "anteroom_p_shop" not in fields.get("Cookie", "")
    assert decisions(gate, "queued") == 9
    assert gate.metric("waiting_room_shadow", queue_id="shop") == 1
    assert gate.admin("GET", "/rooms/shop").json()["shadow"] is True
    wait_until(lambda: len(log(gate)) >= 10, 5, 0.05, "the log")
    lines = [line for line in log(gate) if line["target"] == "/again"]
    assert [(line["verdict"], line["note"]) for line in lines] == [("forwarded", "shadow:queued")] * 3
    assert ["note" in line for line in log(gate) if line["verdict"] == "forwarded"].count(False) == 1

    # The slot gets free: the next request is that of a session.
    assert first.call("POST", "session/complete").status_code == 204
    wait_until(lambda: second.status()["status"] == "admitted", 5, 0.05, "the turn")
    passes(second.navigate())
    assert second.cookie("s") and second.call("GET", "session").json()["status"] == "active"
    queued = decisions(gate, "queued")
    passes(second.navigate("/within"))
    assert decisions(gate, "queued") == queued


def test_nobody_is_refused_for_any_reason_of_the_line(servers, origin):
    """A full line, too many of one address, a challenge, no pass, not open yet, a part of a page: all pass."""
    gate = shadowed(servers, origin, max_queue_size=1)
    through(gate)
    passes(Visitor(gate).navigate())
    newcomer = Visitor(gate)
    passes(newcomer.navigate())
    assert decisions(gate, "full") == 1 and newcomer.cookie("p") is None and gate.waiting() == 1
    passes(Visitor(gate).ask())
    assert decisions(gate, "full") == 2
    passes(Visitor(gate).load("/picture"))
    assert gate.waiting() == 1

    def changed(decision, **changes):
        gate.edit(**{"max_queue_size": 0, "max_positions_per_address": 0, "challenge": "off", "invite_only": False,
                     "opens_at": None, **changes})

        def met():
            passes(Visitor(gate).navigate())
            return f'decision="{decision}"' in gate.metrics()

        wait_until(met, 5, 0.1, decision)

    changed("limited", max_positions_per_address=1)
    changed("challenged", challenge="always")
    changed("refused", invite_only=True)
    changed("closed", opens_at="2100-01-01T00:00:00Z")


def test_a_bad_pass_in_a_link_reaches_nobody(servers, origin):
    """The way to the same address without it, and then the site."""
    gate = shadowed(servers, origin)
    visitor = Visitor(gate)
    answer = visitor.navigate("/page?anteroom_pass=bogus&x=1")
    assert answer.status_code == 303 and answer.headers["Location"] == "/page?x=1"
    passes(visitor.navigate("/page?x=1"))
    assert not any("bogus" in request.target for request in origin.requests)


def test_maintenance_and_the_end_of_shadow_are_the_operators_word(servers, origin):
    """Maintenance stays, and with the file's next version the line holds, places kept."""
    gate = shadowed(servers, origin)
    holder = through(gate)
    waits = Visitor(gate)
    passes(waits.navigate())
    place = waits.status()["position_id"]
    gate.edit(status="maintenance")
    gate.until_status("maintenance")
    wait_until(lambda: waits.navigate().status_code == 503, 5, 0.05, "maintenance")
    gate.edit(status="paused")
    gate.until_status("paused")
    passes(Visitor(gate).navigate())
    gate.edit(status="active", shadow=False)
    wait_until(lambda: waits.navigate().status_code == 503, 5, 0.05, "the line")
    assert waits.status()["position_id"] == place
    passes(holder.navigate())
    assert gate.metric("waiting_room_shadow", queue_id="shop") == 0
    assert "in shadow no more" in gate.process.log


def test_without_the_store_everybody_passes(servers, origin):
    """Also while it is there and says nothing."""
    redis = servers.add(RedisServer(servers.folder).start())
    gate = servers.gate(
        [gates.busy_room(origin.url, shadow=True)], store={"kind": "dragonfly", "url": redis.url}
    )
    through(gate)
    waits = Visitor(gate)
    passes(waits.navigate())
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        passes(Visitor(gate).navigate())
        passes(waits.navigate())
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    redis.kill()
    passes(Visitor(gate).navigate())
    passes(waits.navigate("/page"))
    assert decisions(gate, "unavailable") >= 4
