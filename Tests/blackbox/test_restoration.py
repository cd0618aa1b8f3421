"""A store that comes back empty or older is brought up to date from the events in NATS (docs/FAILURE_MODES.md)."""

import signal
import time

import pytest
import requests

from rig import gate as gates
from rig.gate import run_once
from rig.nats import NATSServer
from rig.process import wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through


@pytest.fixture
def nats(servers):
    return servers.add(NATSServer(servers.folder).start())


@pytest.fixture
def redis(servers):
    return servers.add(RedisServer(servers.folder).start())


@pytest.fixture
def pair(servers, redis, nats, origin):
    """Two gates in front of one line. Newcomers may join two seconds after a restoration."""
    return pair_of(servers, redis, nats, origin)


def pair_of(servers, redis, nats, origin, **changes):
    keys = servers.folder / "keys"
    changes = {"slots": 2, "heartbeat_interval": "2s", "claim_timeout": "30s", **changes}
    return [
        servers.gate(
            [gates.busy_room(origin.url, **changes)],
            name=f"gate-{number}",
            start=False,
            store={"kind": "dragonfly", "url": redis.url},
            tokens={"key_file": str(keys / "signing.pem")},
            events={"nats_url": nats.url},
        ).start()
        for number in range(2)
    ]


def line_up(pair, count) -> list:
    """That many who wait, joined at one gate and the other in turn."""
    visitors = []
    for number in range(count):
        visitor = Visitor(pair[number % 2])
        assert visitor.navigate().status_code == 503 and visitor.cookie("p")
        visitors.append(visitor)
    return visitors


def places(visitors) -> list:
    return [visitor.status()["position"] for visitor in visitors]


def ids(visitors) -> list:
    return [visitor.status()["position_id"] for visitor in visitors]


def until_carried(redis, room="shop"):
    """All events of the store are in NATS."""
    wait_until(lambda: redis.ask("llen", f"ar:{{{room}}}:events").strip() == "0", 10, 0.05, "an empty outbox")


def until_open(pair, seconds=20):
    def ready(gate):
        return requests.get(f"{gate.admin_url}/readyz", timeout=5).status_code == 200

    wait_until(lambda: all(ready(gate) for gate in pair), seconds, 0.1, "all gates to be ready")


def restored(pair) -> int:
    return sum(gate.process.log.count("Room restored") for gate in pair)


def judge(gate, *more):
    """`anteroom history`: exit code and output."""
    done = run_once("history", "--config", gate.file, *more)
    return done.returncode, done.stdout + done.stderr


def sound(gate) -> bool:
    code, said = judge(gate)
    assert code == 0, said
    return "no violation" in said


def test_a_store_that_comes_back_empty(redis, pair):
    first, second = through(pair[0]), through(pair[1])
    waiting = line_up(pair, 6)
    before = ids(waiting)
    until_carried(redis)
    redis.kill()
    wait_until(lambda: pair[0].metric("anteroom_store_up") == 0, 10, what="the loss to be noticed")
    assert first.navigate("/page").status_code == 200
    redis.start()
    until_open(pair)
    assert restored(pair) == 1
    assert ids(waiting) == before and places(waiting) == [1, 2, 3, 4, 5, 6]
    for visitor in (first, second):
        assert visitor.navigate("/page").status_code == 200
    assert first.call("POST", "session/complete").status_code == 204
    wait_until(lambda: waiting[0].status()["status"] == "admitted", 5, 0.1, "admission of the first")
    assert waiting[0].navigate("/page").status_code == 200
    wait_until(lambda: Visitor(pair[1]).navigate().cookies.get("anteroom_p_shop"), 10, 0.3, "newcomers")
    until_carried(redis)
    assert sound(pair[0])


def test_a_store_that_comes_back_older(redis, pair):
    """A real snapshot, then more joins and admissions, then kill -9: those who were let in do not stand in line again."""
    first, second = through(pair[0]), through(pair[1])
    early = line_up(pair, 4)
    assert "OK" in redis.ask("config", "set", "save", "3600 1000000") and "OK" in redis.ask("save")
    assert first.call("POST", "session/complete").status_code == 204
    wait_until(lambda: early[0].status()["status"] == "admitted", 5, 0.1, "admission")
    assert early[0].navigate("/page").status_code == 200
    token = early[1].cookie("p")
    assert early[1].call("POST", "leave").status_code == 204
    late = line_up(pair, 4)
    until_carried(redis)
    redis.kill()
    redis.start()
    until_open(pair)
    assert restored(pair) == 1
    assert places(early[2:] + late) == [1, 2, 3, 4, 5, 6]
    assert early[0].navigate("/page").status_code == 200 and second.navigate("/page").status_code == 200
    assert early[1].call("GET", "status", bearer=token).json().get("status") == "left"
    assert first.navigate("/page").status_code == 503
    assert pair[0].facts()["waiting"] >= 6
    until_carried(redis)
    assert sound(pair[0])


def test_a_store_that_is_wiped_while_it_runs(redis, pair):
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 3)
    until_carried(redis)
    redis.ask("flushall")
    wait_until(lambda: restored(pair) == 1, 10, 0.1, "the restoration")
    until_open(pair)
    assert places(waiting) == [1, 2, 3]


def test_joins_stay_closed_while_the_events_cannot_be_read(redis, nats, pair):
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 3)
    until_carried(redis)
    nats.kill()
    redis.kill()
    redis.start()
    wait_until(lambda: "A room stays closed" in pair[0].process.log, 10, 0.1, "the gate to say so")
    newcomer = Visitor(pair[0])
    assert newcomer.navigate().status_code == 503 and not newcomer.cookie("p")
    ready = requests.get(f"{pair[0].admin_url}/readyz", timeout=5)
    assert ready.status_code == 503 and "see to NATS" in ready.text
    nats.start()
    until_open(pair)
    assert restored(pair) == 1 and places(waiting) == [1, 2, 3]


def test_the_last_moment_comes_back_by_token(redis, nats, pair):
    """What had not reached NATS is nowhere but in the visitors' tokens: they come back before any newcomer."""
    through(pair[0]), through(pair[1])
    early = line_up(pair, 2)
    until_carried(redis)
    nats.process.signal(signal.SIGSTOP)
    late = line_up(pair, 2)
    before = [visitor.call("GET", "status").json()["position_id"] for visitor in late]
    redis.kill()
    nats.process.signal(signal.SIGCONT)
    redis.start()
    until_open(pair)
    newcomer = Visitor(pair[0])
    assert newcomer.navigate().status_code == 503 and not newcomer.cookie("p")
    assert late[0].navigate().status_code == 503 and late[1].status()["position"] == 4
    assert ids(late) == before and places(early + late) == [1, 2, 3, 4]
    wait_until(lambda: newcomer.navigate().status_code and newcomer.cookie("p"), 10, 0.3, "the newcomer's place")
    assert newcomer.status()["position"] == 5
    until_carried(redis)
    assert sound(pair[1])


def test_rebuilding_by_hand(redis, pair):
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 3)
    until_carried(redis)
    done = run_once("rebuild", "--config", pair[0].file)
    assert done.returncode == 0 and "nothing done" in done.stdout, done.stdout + done.stderr
    done = run_once("rebuild", "--config", pair[0].file, "--force")
    assert done.returncode == 0 and "3 waiting, 2 admitted" in done.stdout, done.stdout + done.stderr
    until_open(pair)
    assert places(waiting) == [1, 2, 3]
    assert Visitor(pair[0]).navigate().status_code == 503
    done = run_once("rebuild", "--config", pair[0].file, "--room", "shoe")
    assert done.returncode == 1 and "there is no room shoe; the rooms are shop" in done.stderr


def test_the_history_is_judged(servers, redis, pair):
    through(pair[0]), through(pair[1])
    [waiting] = line_up(pair, 1)
    until_carried(redis)
    known = servers.folder / "known"
    known.write_text(f"shop {waiting.status()['position_id']}\n")
    code, said = judge(pair[0], "--acknowledged", known)
    assert code == 0 and "room shop: " in said and "no violation" in said, said
    known.write_text("shop 5095de3e-0000-4000-8000-000000000001\n")
    code, said = judge(pair[0], "--acknowledged", known)
    assert code == 1 and "acknowledged position 5095de3e-0000-4000-8000-000000000001 was lost" in said, said
    known.write_text("shop x\n")
    code, said = judge(pair[0], "--acknowledged", known)
    assert code == 1 and "line 1: must be a room and a position's id: shop x" in said, said


def test_a_gate_that_slept_through_a_restoration_changes_nothing(redis, pair):
    """Its connection is to the old store; what it says after it wakes up is refused."""
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 3)
    until_carried(redis)
    pair[1].process.signal(signal.SIGSTOP)
    redis.kill()
    redis.start()
    until_open(pair[:1])
    for visitor in waiting:
        visitor.gate = pair[0]
    assert places(waiting) == [1, 2, 3]
    assert waiting[0].call("POST", "leave").status_code == 204
    pair[1].process.signal(signal.SIGCONT)
    until_open(pair)
    time.sleep(1)
    for visitor in waiting:
        visitor.gate = pair[1]
    assert places(waiting[1:]) == [1, 2]
    assert restored(pair) == 1
    until_carried(redis)
    assert sound(pair[1])


def test_a_store_that_is_older_than_nats_knows(redis, nats, pair):
    """NATS hangs, the store is killed with a snapshot that is ahead of the stream but behind its visitors: they come
    back by their tokens all the same."""
    through(pair[0]), through(pair[1])
    early = line_up(pair, 2)
    until_carried(redis)
    nats.process.signal(signal.SIGSTOP)
    middle = line_up(pair, 1)
    assert "OK" in redis.ask("config", "set", "save", "3600 1000000") and "OK" in redis.ask("save")
    late = line_up(pair, 2)
    before = [visitor.call("GET", "status").json()["position_id"] for visitor in late]
    redis.kill()
    nats.process.signal(signal.SIGCONT)
    redis.start()
    until_open(pair)
    newcomer = Visitor(pair[0])
    assert newcomer.navigate().status_code == 503 and not newcomer.cookie("p")
    assert ids(late) == before and places(early + middle + late) == [1, 2, 3, 4, 5]
    assert restored(pair) == 0
    until_carried(redis)
    assert sound(pair[1])


def test_a_gate_that_starts_while_nats_hangs(servers, redis, nats, pair):
    """It connects when NATS goes on: the library itself gives up."""
    pair[1].stop()
    nats.process.signal(signal.SIGSTOP)
    pair[1].start()
    pair[0].kill()
    time.sleep(3)
    nats.process.signal(signal.SIGCONT)
    wait_until(lambda: pair[1].metric("anteroom_nats_up") == 1, 15, 0.2, "NATS")
    through(pair[1])
    until_carried(redis)


def test_a_gate_without_nats_leaves_the_events_to_another(servers, redis, nats, pair):
    pair[0].stop()
    pair[0].configuration["events"]["nats_url"] = "nats://127.0.0.1:1"
    pair[0].write()
    pair[0].start()
    pair[1].kill()
    through(pair[0])
    pair[1].start()
    until_carried(redis)


def test_a_session_can_be_completed_after_the_store_was_away(redis, pair):
    """A step that the store could not take is not half done: the same call works later."""
    first = through(pair[0])
    assert first.navigate("/page").status_code == 200
    until_carried(redis)
    redis.process.signal(signal.SIGSTOP)
    assert first.call("POST", "session/complete").status_code == 503
    redis.process.signal(signal.SIGCONT)
    until_open(pair)
    wait_until(lambda: first.call("POST", "session/complete").status_code == 204, 10, 0.3, "completion")


@pytest.mark.parametrize("away", ["store", "gates"])
def test_the_time_away_is_nobodys_silence(servers, redis, nats, origin, away):
    """Nobody could give a sign of life, so nobody loses a place for it."""
    pair = pair_of(servers, redis, nats, origin, heartbeat_timeout="5s")
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 2)
    if away == "store":
        redis.process.signal(signal.SIGSTOP)
        time.sleep(7)
        redis.process.signal(signal.SIGCONT)
    else:
        for gate in pair:
            gate.stop()
        time.sleep(6)
        for gate in pair:
            gate.start()
    until_open(pair)
    time.sleep(1)
    assert places(waiting) == [1, 2]


def test_a_store_that_went_on_needs_no_nats(redis, nats, pair):
    """A gate that starts while NATS is away goes on with the very server process that was compared before, and not with
    one that was started since."""
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 2)
    until_carried(redis)
    nats.kill()
    pair[0].restart()
    until_open(pair)
    assert places(waiting) == [1, 2]
    assert "OK" in redis.ask("config", "set", "save", "3600 1000000")
    redis.stop()
    redis.start()
    wait_until(lambda: "A room stays closed" in pair[0].process.log, 10, 0.1, "the gate to say so")
    nats.start()
    until_open(pair)
    assert places(waiting) == [1, 2] and restored(pair) == 0


def test_no_room_is_opened_anew_that_the_store_has_lost(servers, redis, nats, origin):
    """Two rooms are lost at once: the first that is missed must not have the other made empty."""
    rooms = [
        gates.busy_room(origin.url, heartbeat_interval="2s"),
        gates.busy_room(origin.url, heartbeat_interval="2s", id="shoe", match={"paths": ["/shoe"]}),
    ]
    store = {"kind": "dragonfly", "url": redis.url}
    gate = servers.gate(rooms, start=False, store=store, events={"nats_url": nats.url}).start()
    waiting = []
    for room, path in [("shop", "/"), ("shoe", "/shoe")]:
        through(gate, room, path)
        waiting.append(Visitor(gate, room))
        assert waiting[-1].navigate(path).status_code == 503
        until_carried(redis, room)
    for round in range(1, 4):
        redis.ask("flushall")
        wait_until(lambda: gate.process.log.count("Room restored") == 2 * round, 10, 0.05, "both rooms")
        until_open([gate])
        assert places(waiting) == [1, 1]
        for room in ("shop", "shoe"):
            until_carried(redis, room)


def test_a_room_that_cannot_be_replayed_stays_closed_and_no_other(servers, redis, nats, origin):
    """With a message that says what to remove."""
    rooms = [gates.busy_room(origin.url), gates.busy_room(origin.url, id="shoe", match={"paths": ["/shoe"]})]
    store = {"kind": "dragonfly", "url": redis.url}
    gate = servers.gate(rooms, start=False, store=store, events={"nats_url": nats.url}).start()
    through(gate)
    through(gate, "shoe", "/shoe")
    until_carried(redis), until_carried(redis, "shoe")
    nats.publish("waiting_room.shop.position.left", b"{}")
    gate.stop()
    redis.ask("flushall")
    gate.process.start(gate.port)
    wait_until(lambda: "nats stream rmm WAITING_ROOM" in gate.process.log, 10, 0.1, "the remedy")
    wait_until(lambda: Visitor(gate, "shoe").navigate("/shoe").cookies.get("anteroom_p_shoe"), 20, 0.5, "the other")
    newcomer = Visitor(gate)
    assert newcomer.navigate().status_code == 503 and not newcomer.cookie("p")
    assert gate.process.log.count("which is restored from its events") <= 4


def test_what_others_publish_under_a_room_is_passed_over(redis, nats, pair):
    through(pair[0]), through(pair[1])
    waiting = line_up(pair, 2)
    until_carried(redis)
    for subject in ("waiting_room.shop.x", "waiting_room.shop.position.seen"):
        nats.publish(subject, b"no JSON")
    waiting += line_up(pair, 1)
    until_carried(redis)
    nats.publish("waiting_room.shop.x", b"{}")
    redis.ask("flushall")
    wait_until(lambda: restored(pair) == 1, 10, 0.1, "the restoration")
    until_open(pair)
    assert places(waiting) == [1, 2, 3]
    assert sound(pair[0])


def test_a_stream_that_is_deleted_is_made_again(redis, nats, pair):
    through(pair[0])
    until_carried(redis)

    async def delete(_, jetstream):
        await jetstream.delete_stream("WAITING_ROOM")

    nats.run(delete)
    through(pair[1])
    until_carried(redis)
    assert nats.events()
