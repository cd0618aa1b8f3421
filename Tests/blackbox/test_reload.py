"""Saving the file applies it within two seconds and loses nobody (docs/CONFIGURATION.md)."""

import threading
import time

import pytest

from rig import gate as gates
from rig.process import wait_until
from rig.visitor import AGENT, Visitor, through
from rig.wire import Connection, request


@pytest.mark.parametrize("status", ["paused", "maintenance"])
def test_a_status_comes_and_goes_without_losing_anybody(servers, origin, status):
    """Within two seconds each way; places, sessions, open connections and running downloads survive."""
    gate = servers.gate([gates.busy_room(origin.url)])
    holder = through(gate)
    visitors = [Visitor(gate) for _ in range(5)]
    for visitor in visitors:
        visitor.navigate()
    ids = [visitor.status()["position_id"] for visitor in visitors]
    fields = [("User-Agent", AGENT), ("Cookie", holder.session_field)]
    idle, running = Connection(gate.port, timeout=20), Connection(gate.port, timeout=20)
    idle.send(request("GET", "/", fields))
    assert idle.read_answer().status == 200
    running.send(request("GET", "/stream?chunks=12&interval_ms=400", fields))
    assert running.read_head().status == 200

    gate.edit(status=status)
    gate.until_status(status)
    assert holder.navigate().status_code == (200 if status == "paused" else 503)
    holder.call("POST", "session/complete") if status == "paused" else None
    if status == "paused":
        time.sleep(1.2)
        assert [visitor.status()["status"] for visitor in visitors] == ["waiting"] * 5, "nobody is admitted"
    gate.edit(status="active")
    gate.until_status("active")

    if status == "maintenance":
        idle.send(request("GET", "/", fields))
        assert idle.read_answer().status == 200, "the connection of before"
        holder.call("POST", "session/complete")
    assert b"".join(running.chunks()).endswith(b"piece 11\n")
    assert [visitor.status()["position_id"] for visitor in visitors] == ids
    wait_until(lambda: visitors[0].status()["status"] == "admitted", 5)
    assert visitors[0].navigate().status_code == 200
    assert [visitor.status()["position"] for visitor in visitors[1:]] == [1, 2, 3, 4]


def test_editing_under_load_fails_no_request(servers, origin):
    """Twenty saves while eight clients ask: not one failure."""
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    failures, done = [], threading.Event()

    def client():
        with Connection(gate.port) as connection:
            while not done.is_set():
                try:
                    connection.send(request("GET", "/echo", fields))
                    answer = connection.read_answer()
                    if answer.status != 200:
                        failures.append(answer.status)
                except Exception as error:
                    failures.append(repr(error))
                    return

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        gate.edit(max_active_users=1000 + turn, name=f"Shop {turn}")
        time.sleep(0.15)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_limits_change_while_people_wait(servers, origin):
    """More slots let more in; fewer slots throw nobody out."""
    gate = servers.gate([gates.busy_room(origin.url)])
    holder = through(gate)
    visitors = [Visitor(gate) for _ in range(4)]
    for visitor in visitors:
        visitor.navigate()
    gate.edit(max_active_users=3)
    wait_until(lambda: [visitor.status()["status"] for visitor in visitors[:2]] == ["admitted"] * 2, 5)
    assert [visitor.status()["status"] for visitor in visitors[2:]] == ["waiting"] * 2
    gate.edit(max_active_users=1)
    time.sleep(2)
    assert holder.navigate().status_code == 200
    assert [visitor.navigate().status_code for visitor in visitors] == [200, 200, 503, 503]
    holder.call("POST", "session/complete")
    time.sleep(1)
    assert visitors[2].status()["status"] == "waiting", "two are still above the limit of one"


BROKEN = {
    "not YAML": ("rooms: [", None),
    "an unknown key": ("max_active_user: 5", "max_active_user"),
    "a wrong type": ("max_active_users: many", "max_active_users"),
    "a bad rate": ("queue_rate: 10 per s", "queue_rate"),
    "a bad status": ("status: opened", "status"),
    "a bad duration": ("session_timeout: 10", "session_timeout"),
}


@pytest.mark.parametrize("line, key", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_changes_nothing(servers, origin, line, key):
    """The last good one stays in force; log and metric say so, with file, line and key; a good file ends it."""
    gate = servers.gate([gates.busy_room(origin.url)])
    holder = through(gate)
    good = gate.file.read_text()
    if key is None:
        broken = good + "\n" + line
        number = None
    else:
        lines = good.splitlines()
        existing = next((at for at, text in enumerate(lines) if text.strip().startswith(key + ":")), None)
        indent = next(text[: len(text) - len(text.lstrip())] for text in lines if "max_active_users" in text)
        at = (
            existing
            if existing is not None
            else next(at for at, text in enumerate(lines) if "max_active_users" in text)
        )
        lines[at] = indent + line
        broken, number = "\n".join(lines) + "\n", at + 1
    checked = gates.Gate(gate.directory / "check", []).file
    checked.write_text(broken)
    done = gates.run_once("check", "--config", checked)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert checked.name in said and (key is None or (f":{number}:" in said and key in said)), said

    gate.write(broken)
    wait_until(lambda: gate.metric("anteroom_config_last_reload_successful") == 0, 3, 0.1, "the metric")
    assert "anteroom.yml" in gate.process.log and (
        key is None or (key in gate.process.log and f":{number}" in gate.process.log)
    )
    assert holder.navigate().status_code == 200
    assert Visitor(gate).navigate().status_code == 503, "the limits of before"
    gate.write(good)
    wait_until(lambda: gate.metric("anteroom_config_last_reload_successful") == 1, 3, 0.1, "the metric")


def test_a_file_that_vanishes_changes_nothing(servers, origin):
    """Deleted, then back."""
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    good = gate.file.read_text()
    gate.file.unlink()
    time.sleep(1.5)
    assert visitor.navigate().status_code == 200
    gate.write(good.replace("name: Shop", "name: Shop again"))
    wait_until(lambda: gate.metric("anteroom_config_last_reload_successful") == 1, 3, 0.1, "the metric")
    assert visitor.navigate().status_code == 200


@pytest.mark.parametrize("how", ["in place", "by rename"])
def test_both_ways_of_saving_are_noticed(servers, origin, how):
    """Editors truncate and write, or rename over."""
    gate = servers.gate([gates.room(origin.url)])
    text = gate.file.read_text().replace("status: active", "status: paused")
    if how == "in place":
        gate.file.write_text(text)
    else:
        gate.write(text)
    gate.until_status("paused")


def test_sighup_applies_the_file(servers, origin):
    """SIGHUP reads it too, and does not end the gate."""
    gate = servers.gate([gates.room(origin.url)])
    gate.hang_up()
    gate.edit(status="paused")
    gate.hang_up()
    gate.until_status("paused")
    assert gate.process.running()


def test_a_room_may_be_added_and_removed(servers, origin):
    """A new room answers; one that is gone is the origin's again."""
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    gate.configuration["rooms"].append(gates.room(origin.url, id="late", match={"paths": ["/late"]}, status="paused"))
    gate.write()
    gate.until_status("paused", "late")
    assert visitor.navigate("/late").status_code == 503
    gate.configuration["rooms"].pop()
    gate.write()
    wait_until(lambda: visitor.navigate("/late").status_code == 200, 3, 0.1, "the room to be gone")
