"""Events on NATS JetStream (docs/NATS_EVENTS.md), with a real nats-server that is killed, stopped and wiped."""

import asyncio
import json
import re
import signal
import time

import pytest

from rig import gate as gates
from rig.nats import NATSServer
from rig.process import free_port, wait_until
from rig.visitor import Visitor, through

#: The id of a session that there is not.
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def nats(servers):
    return servers.add(NATSServer(servers.folder).start())


def with_nats(servers, origin, nats, **changes):
    return servers.gate([gates.busy_room(origin.url, **changes)], events={"nats_url": nats.url})


def until_stored(nats, condition, seconds=10):
    return wait_until(lambda: condition(nats.events()) and nats.events(), seconds, 0.2, "events in the stream")


def kinds(events) -> list:
    return [event["type"] for event in events]


def assert_whole(events, first=1):
    """In order, without gap or repetition."""
    assert [int(event["sequence"]) for event in events] == list(range(first, first + len(events)))


def test_a_visit_is_told_in_order(servers, origin, nats):
    gate = with_nats(servers, origin, nats)
    first = through(gate)
    first.navigate("/page")
    second = Visitor(gate)
    assert second.navigate().status_code == 503
    wait_until(lambda: gate.metric("waiting_room_active_sessions", queue_id="shop") == 1, 5, what="the session")
    assert first.call("POST", "session/complete").status_code == 204
    events = until_stored(nats, lambda events: kinds(events).count("position.admitted") == 2)
    assert_whole(events)
    assert kinds(events)[0] == "room.updated"
    told = [kind for kind in kinds(events) if kind != "room.updated"]
    assert told == [
        "position.enqueued",
        "position.admitted",
        *sorted(told[2:4]),
        "session.completed",
        "position.admitted",
    ] or sorted(told) == sorted(
        ["position.enqueued"] * 2 + ["position.admitted"] * 2 + ["session.started", "session.completed"]
    )
    assert gate.metric("anteroom_events_backlog") == 0 and gate.metric("anteroom_nats_up") == 1


def test_an_event_is_a_cloud_event(servers, origin, nats):
    """CloudEvents 1.0, JSON format, with what is needed to rebuild the line."""
    gate = with_nats(servers, origin, nats)
    through(gate)
    visitor = Visitor(gate)
    answer = visitor.call("POST", "enqueue", json={"user_id": 'ü"\\\n', "metadata": {"b": "2", "a": "1"}})
    position = answer.json()
    until_stored(nats, lambda events: kinds(events).count("position.enqueued") == 2)
    found = [
        (subject, headers, event)
        for subject, headers, event in nats.messages()
        if event.get("subject") == position["position_id"] and event["type"] == "position.enqueued"
    ]
    [(subject, headers, event)] = found
    assert subject == "waiting_room.shop.position.enqueued"
    assert headers["Nats-Msg-Id"] == event["id"]
    assert event["specversion"] == "1.0" and event["source"] == "/anteroom/rooms/shop"
    assert event["datacontenttype"] == "application/json"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"])
    assert re.fullmatch(r"[a-z0-9]{1,20}", "sequence") and int(event["sequence"]) > 1
    data = event["data"]
    assert data["position_id"] == position["position_id"] and data["queue_id"] == "shop"
    assert data["enqueued_at"] == position["enqueued_at"] and data["priority"] == 0
    assert data["user_id"] == 'ü"\\\n' and "user_id_verified" not in data and data["metadata"] == {"a": "1", "b": "2"}


def test_nothing_waits_for_nats_and_nothing_is_lost(servers, origin, nats):
    """Killed in the middle: the site goes on, the events follow in order and once."""
    gate = with_nats(servers, origin, nats)
    visitors = [through(gate)]
    until_stored(nats, lambda events: len(events) >= 3)
    nats.kill()
    for _ in range(40):
        visitor = Visitor(gate)
        begin = time.monotonic()
        assert visitor.navigate().status_code == 503
        assert time.monotonic() - begin < 2
        visitors.append(visitor)
    assert gate.metric("anteroom_events_backlog") >= 40
    wait_until(lambda: gate.metric("anteroom_nats_up") == 0, 10, what="the loss to be noticed")
    nats.start()
    events = until_stored(nats, lambda events: kinds(events).count("position.enqueued") == 41, 20)
    assert_whole(events)
    wait_until(lambda: gate.metric("anteroom_events_backlog") == 0, 5, what="an empty buffer")


def test_a_server_that_hangs_holds_nobody_up(servers, origin, nats):
    gate = with_nats(servers, origin, nats)
    through(gate)
    until_stored(nats, lambda events: len(events) >= 3)
    nats.process.signal(signal.SIGSTOP)
    try:
        for _ in range(20):
            begin = time.monotonic()
            assert Visitor(gate).navigate().status_code == 503
            assert time.monotonic() - begin < 2
        time.sleep(4)
    finally:
        nats.process.signal(signal.SIGCONT)
    events = until_stored(nats, lambda events: kinds(events).count("position.enqueued") == 21, 20)
    assert_whole(events)


@pytest.mark.parametrize("ends", ["stop", "kill"])
def test_what_waits_survives_the_gate(servers, origin, ends):
    """NATS is away all the time; the gate ends and starts again before it comes."""
    nats = NATSServer(servers.folder)
    servers.add(nats)
    gate = with_nats(servers, origin, nats)
    through(gate)
    for _ in range(10):
        Visitor(gate).navigate()
    getattr(gate, ends)()
    gate.start()
    for _ in range(5):
        Visitor(gate).navigate()
    nats.start()
    events = until_stored(nats, lambda events: kinds(events).count("position.enqueued") == 16, 20)
    assert_whole(events)


def test_a_gate_killed_at_any_moment_tells_everything(servers, origin, nats):
    gate = with_nats(servers, origin, nats)
    through(gate)
    joined = 0
    for _ in range(4):
        for _ in range(7):
            Visitor(gate).navigate()
            joined += 1
        gate.kill()
        gate.start()
    events = until_stored(nats, lambda events: kinds(events).count("position.enqueued") == joined + 1, 20)
    assert_whole(events)


def test_a_torn_buffer_is_cut_and_told(servers, origin):
    nats = NATSServer(servers.folder)
    servers.add(nats)
    gate = with_nats(servers, origin, nats)
    through(gate)
    Visitor(gate).navigate()
    wait_until(lambda: gate.metric("anteroom_events_backlog") >= 4, 5, what="events in the buffer")
    gate.kill()
    folder = gate.directory / "var/events"
    newest = max(folder.glob("events-*.log"), key=lambda path: int(path.stem.split("-")[1]))
    newest.write_bytes(newest.read_bytes()[:-7])
    gate.start()
    nats.start()
    events = until_stored(nats, lambda events: kinds(events).count("position.enqueued") == 2, 20)
    assert_whole(events)
    assert "Torn record cut off the end of buffered events" in gate.process.log


def test_a_wrong_stream_keeps_the_gate_from_starting(servers, origin, nats):
    async def make(_, jetstream):
        await jetstream.add_stream(name="WAITING_ROOM", subjects=["other.>"])

    nats.run(make)
    gate = servers.gate([gates.busy_room(origin.url)], start=False, events={"nats_url": nats.url})
    code, said = gate.refusal()
    assert code == 1
    [line] = said
    assert "stream WAITING_ROOM takes other.>, not waiting_room.>" in line and "remove the stream" in line


def test_an_address_that_is_none(servers, origin):
    gate = servers.gate([gates.busy_room(origin.url)], start=False, events={"nats_url": "user:secret@here"})
    code, said = gate.refusal()
    assert code == 1
    assert "events.nats_url: this is not an address of NATS; write nats://host:4222" in said[0]
    assert "secret" not in "".join(said)


class TestCheckout:
    """`checkout.completed`, `.failed` and `.expired` free the slot."""

    @pytest.mark.parametrize("kind, event", [("completed", "session.completed"), ("failed", "session.terminated")])
    def test_frees_the_slot(self, servers, origin, nats, kind, event):
        gate = with_nats(servers, origin, nats)
        first = through(gate)
        session = first.call("GET", "session").json()
        second = Visitor(gate)
        assert second.navigate().status_code == 503
        nats.publish(
            f"checkout.{kind}", json.dumps({"session_id": session["session_id"], "queue_id": "shop"}).encode()
        )
        wait_until(lambda: second.status()["status"] == "admitted", 10, 0.1, "admission")
        assert first.navigate("/page").status_code == 503, "the session is over"
        until_stored(nats, lambda events: event in kinds(events))

    @pytest.mark.parametrize(
        "body, reason",
        [
            (b"no json", "not a JSON object"),
            (b'{"queue_id":"shop"}', "session_id is missing"),
            (b'{"session_id":"x","queue_id":"shop"}', "session_id is not a UUID"),
            (json.dumps({"session_id": NOBODY, "queue_id": "shop"}).encode(), "there is no session"),
            (json.dumps({"session_id": NOBODY, "queue_id": "other"}).encode(), "there is no room other"),
        ],
    )
    def test_what_cannot_be_applied_is_kept_with_the_reason(self, servers, origin, nats, body, reason):
        with_nats(servers, origin, nats)
        wait_until(lambda: self.has_consumer(nats), 10, what="the consumer")
        nats.publish("checkout.completed", body)

        def dead():
            return [event for subject, _, event in nats.messages() if subject == "waiting_room.dead_letter"]

        [letter] = wait_until(dead, 10, 0.2, "a dead letter")
        assert reason in letter["reason"] and letter["subject"] == "checkout.completed"
        assert letter["data"] == body.decode()

    def test_twice_is_once(self, servers, origin, nats):
        gate = with_nats(servers, origin, nats)
        first = through(gate)
        session = first.call("GET", "session").json()["session_id"]
        for _ in range(2):
            nats.publish("checkout.completed", json.dumps({"session_id": session, "queue_id": "shop"}).encode())
        until_stored(nats, lambda events: "session.completed" in kinds(events))
        time.sleep(1)
        assert not [event for subject, _, event in nats.messages() if subject == "waiting_room.dead_letter"]
        assert kinds(nats.events()).count("session.completed") == 1

    @staticmethod
    def has_consumer(nats):
        async def look(_, jetstream):
            try:
                await jetstream.consumer_info("CHECKOUT", "anteroom-checkout")
                return True
            except Exception:
                return False

        return nats.run(look)
