"""Restarts that nobody notices: SIGUSR2, sockets that somebody else holds, SIGTERM (docs/OPERATIONS.md)."""

import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import requests
import websockets.sync.client
import websockets.sync.server

from rig import frames
from rig import gate as gates
from rig.load import Load
from rig.nats import NATSServer
from rig.process import wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import AGENT, Visitor, session, through
from rig.wire import Connection, request

import pytest


class Adopted:
    """The new process, which is not this one's child."""

    def __init__(self, pid):
        self.pid = pid

    def running(self) -> bool:
        try:
            os.kill(self.pid, 0)
            with open(f"/proc/{self.pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] != "Z"
        except (ProcessLookupError, FileNotFoundError):
            return False

    def stop(self):
        if self.running():
            os.kill(self.pid, signal.SIGTERM)
            wait_until(lambda: not self.running(), 15, what="the new process to end")


def successors(gate):
    """Their process ids, in order."""
    return [int(pid) for pid in re.findall(r"pid=(\d+).*a new process is to take over", gate.process.log)]


@pytest.fixture
def hand_over(servers):
    """Sends SIGUSR2 and returns the new process, once it serves."""

    def act(gate, signalled=None):
        before = gate.process.log.count("The new process serves visitors")
        os.kill(signalled or gate.process.pid, signal.SIGUSR2)
        wait_until(
            lambda: gate.process.log.count("The new process serves visitors") > before, 20, what="the handover"
        )
        process = Adopted(successors(gate)[-1])
        servers.append(process)
        return process

    return act


@pytest.fixture
def gate(servers):
    return servers.gate([gates.room(servers.origin(site).url)])


def within(repeated, results, count, act):
    """Acts in the middle of something that is done again and again: `count` results come before, and as many after."""
    stop = threading.Event()

    def repeat():
        while not stop.is_set():
            repeated()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    wait_until(lambda: len(results) > count, what=f"{count} results")
    act()
    before = len(results)
    wait_until(lambda: len(results) > before + count, what=f"{count} more results")
    stop.set()
    thread.join(10)


def test_no_request_fails_during_a_handover(servers, gate, hand_over):
    """10,000 requests over 100 connections, with a handover in their middle."""
    visitor = through(gate)
    with Load(gate.port, visitor.session_field, 100) as load:
        wait_until(lambda: load.answers > 3000, 60, what="3,000 answers")
        new = hand_over(gate)
        wait_until(lambda: load.answers > 10_000, 60, what="10,000 answers")
    assert load.failures == [] and load.closes >= 100
    assert gate.process.child.wait(35) == 0 and new.running()
    assert requests.get(f"{gate.admin_url}/readyz", timeout=5).status_code == 200
    assert gate.metric("anteroom_handovers_total", outcome="succeeded") == 1


def test_places_keep_their_order_across_a_handover(servers, hand_over):
    """Those who join before, during and after it stand in the order in which they came."""
    gate = servers.gate([gates.busy_room(servers.origin(site).url, status="paused")])
    joined, failures = [], []

    def join():
        visitor = Visitor(gate)
        try:
            # Who connected just before is sent to the same address again, where the new process answers.
            answer = visitor.ask(allow_redirects=True)
        except requests.RequestException as error:
            failures.append(repr(error))
            return
        if answer.status_code != 503 or "position" not in answer.json():
            failures.append((answer.status_code, answer.text[:100]))
        else:
            joined.append((answer.json()["position"], visitor))

    within(join, joined, 30, lambda: hand_over(gate))
    assert failures == []
    assert [place for place, _ in joined] == list(range(1, len(joined) + 1))
    for place, visitor in joined[:: max(1, len(joined) // 10)]:
        # On its own connection it may still be sent on to the new process.
        assert visitor.http.get(f"{gate.url}/api/v1/queues/shop/status", timeout=10).json()["position"] == place


@pytest.mark.parametrize("takes_over", [True, False], ids=["handover", "taken back"])
def test_events_are_told_once_and_in_order(servers, hand_over, takes_over, tmp_path):
    """The buffer on disk has one owner: joins around a handover, made or not, are in the stream once each."""
    nats = servers.add(NATSServer(servers.folder).start())
    program = tmp_path / "anteroom"
    program.symlink_to(gates.anteroom())
    gate = servers.gate(
        [gates.busy_room(servers.origin(site).url, status="paused")], events={"nats_url": nats.url}, start=False
    )
    gate.process.argv[0] = str(program)
    gate.start()
    for _ in range(20):
        assert Visitor(gate).ask().status_code == 503
    if takes_over:
        hand_over(gate)
    else:
        program.unlink()
        program.write_text("#!/bin/sh\necho ready >&3\nread word <&3\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        gate.process.signal(signal.SIGUSR2)
        wait_until(lambda: "did not take over" in gate.process.log, 20, what="the refusal")
    for _ in range(20):
        assert Visitor(gate).ask().status_code == 503

    def joins():
        return [event for event in nats.events() if event["type"] == "position.enqueued"]

    wait_until(lambda: len(joins()) >= 40, 15, 0.2, what="40 joins in the stream")
    sequences = [int(event["sequence"]) for event in nats.events()]
    assert len(joins()) == 40 and sequences == list(range(1, len(sequences) + 1))


def test_with_a_shared_store_nothing_waits(servers, hand_over):
    """Both processes have the line at once, and old connections are served from it to their end."""
    redis = servers.add(RedisServer(servers.folder).start())
    gate = servers.gate(
        [gates.busy_room(servers.origin(site).url, status="paused")], store={"kind": "dragonfly", "url": redis.url}
    )
    visitor = Visitor(gate)
    assert visitor.ask().json()["position"] == 1
    hand_over(gate)
    assert visitor.status()["position"] == 1
    assert Visitor(gate).ask().json()["position"] == 2


def test_waiting_visitors_polls_on_open_connections_are_sent_to_the_new_process(servers, hand_over):
    """A poll that needs the line, on a connection to the old process, is answered with the way to the new one."""
    gate = servers.gate([gates.busy_room(servers.origin(site).url, status="paused")])
    visitor = Visitor(gate)
    visitor.navigate()
    polls = []

    def poll():
        polls.append(visitor.http.get(f"{gate.url}/api/v1/queues/shop/status", timeout=10).status_code)

    within(poll, polls, 50, lambda: hand_over(gate))
    assert set(polls) == {200}


@pytest.fixture
def sockets(servers):
    """A gate before an origin whose /ws echoes messages."""

    def echo(connection):
        for text in connection:
            connection.send(text)

    server = websockets.sync.server.serve(echo, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.socket.getsockname()[1]
    rooms = [
        gates.room(servers.origin(site).url),
        gates.room(
            f"http://127.0.0.1:{port}",
            id="sockets",
            match={"hosts": [], "paths": ["/ws"]},
            bypass={"paths": ["/ws"]},
        ),
    ]
    yield servers.gate(rooms)
    server.shutdown()


def test_what_runs_goes_on_through_a_handover(servers, sockets, hand_over):
    """A tunnel and a download that began in the old process end as if nothing had been."""
    gate = sockets
    visitor = through(gate)
    download = Connection(gate.port)
    download.send(
        request("GET", "/stream?chunks=8&interval_ms=400", [("User-Agent", AGENT), ("Cookie", visitor.session_field)])
    )
    assert download.read_head().status == 200
    with websockets.sync.client.connect(
        f"ws://127.0.0.1:{gate.port}/ws", user_agent_header=AGENT, proxy=None
    ) as tunnel:
        tunnel.send("before")
        assert tunnel.recv(5) == "before"
        hand_over(gate)
        tunnel.send("after")
        assert tunnel.recv(5) == "after"
        assert b"".join(download.chunks()).endswith(b"piece 7\n")
        assert gate.process.running()
    assert gate.process.child.wait(10) == 0


def test_streams_of_http_2_go_on_through_a_handover(gate, hand_over):
    """The old process says twice that it leaves, and loses neither what runs nor what was on its way."""
    fields = session(gate)
    with frames.Connection(gate.port, timeout=20) as connection:
        connection.handshake()
        running = connection.headers(frames.request("/stream?chunks=8&interval_ms=400", fields=fields))
        connection.until(lambda frame: frame.kind == frames.DATA)
        new = hand_over(gate)
        first = connection.until(lambda frame: frame.kind == frames.GOAWAY)
        assert first.code == frames.NO_ERROR and first.last_stream == 0x7FFF_FFFF
        late = connection.headers(frames.request("/echo", fields=fields))
        ping = connection.until(lambda frame: frame.kind == frames.PING)
        connection.frame(frames.PING, frames.ACK, 0, ping.payload)
        assert connection.until(lambda frame: frame.kind == frames.GOAWAY).last_stream == late
        with frames.Connection(gate.port) as another:
            assert another.exchange(frames.request("/echo", fields=fields)).status == 200
        assert connection.answer(late).status == 200
        assert connection.answer(running).is_whole and connection.answers[running].body.endswith(b"piece 7\n")
    assert gate.process.child.wait(10) == 0 and new.running()


def test_what_the_old_process_hears_reaches_the_new_one(servers, hand_over):
    """A purchase that is completed on a connection of the old process frees the slot in the new one."""
    room = gates.room(servers.origin(site).url, completion=[{"path": "/checkout/done"}])
    gate = servers.gate([room])
    visitor = through(gate)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    with Connection(gate.port) as connection:
        connection.send(request("GET", "/", fields))
        assert connection.read_answer().status == 200
        wait_until(lambda: gate.metric("waiting_room_active_sessions") == 1, 5, what="the session")
        hand_over(gate)
        connection.send(request("GET", "/checkout/done", fields))
        answer = connection.read_answer()
        assert answer.status == 200 and answer.says_close

    def sessions():
        try:
            return gate.metric("waiting_room_active_sessions")
        except requests.RequestException:
            return None

    wait_until(lambda: sessions() == 0, 10, what="the end of the session in the new process")


def test_handovers_follow_each_other(gate, hand_over):
    """Three upgrades in a row, and the session of the first process is good in the last."""
    visitor = through(gate)
    process = None
    for _ in range(3):
        process = hand_over(gate, process.pid if process else None)
    assert visitor.navigate().status_code == 200


def test_a_broken_configuration_leaves_the_old_process_running(servers, gate):
    """The new process refuses the file and ends; the old one serves, joins included, and can be handed over later."""
    good = gate.file.read_text()
    visitor = through(gate)
    gate.write("rooms: nonsense\n")
    gate.process.signal(signal.SIGUSR2)
    wait_until(lambda: "did not take over; this one goes on" in gate.process.log, 20, what="the refusal")
    assert visitor.navigate().status_code == 200 and through(gate)
    assert gate.metric("anteroom_handovers_total", outcome="failed") == 1
    gate.write(good)


@pytest.mark.parametrize("word", ["silent", "ready", "dies"])
def test_a_new_process_that_does_not_get_there_changes_nothing(servers, word, tmp_path):
    """The program on disk was replaced by one that says nothing, or takes the store and hangs, or dies with it: the old
    process has the line again, the places in it, and accepts."""
    program = tmp_path / "anteroom"
    program.symlink_to(gates.anteroom())
    gate = servers.gate(
        [gates.busy_room(servers.origin(site).url, status="paused")], gate={"timeouts": {"handover": "1s"}}, start=False
    )
    gate.process.argv[0] = str(program)
    gate.start()
    first, second = Visitor(gate), Visitor(gate)
    assert first.ask().json()["position"] == 1
    program.unlink()
    program.write_text(
        {
            "silent": "#!/bin/sh\nexec sleep 60\n",
            "ready": "#!/bin/sh\necho ready >&3\nexec sleep 60\n",
            "dies": "#!/bin/sh\necho ready >&3\nread word <&3\n",
        }[word]
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    # An open connection that needs the store while it is away waits for it.
    answers = []
    gate.process.signal(signal.SIGUSR2)
    while "did not take over" not in gate.process.log:
        answers.append(first.ask())
        time.sleep(0.02)
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["position"] for answer in answers} == {1}
    assert second.ask().json()["position"] == 2
    gate.process.signal(signal.SIGKILL)
    gate.process.child.wait()
    program.unlink()
    program.symlink_to(gates.anteroom())
    gate.start()
    assert [visitor.status()["position"] for visitor in (first, second)] == [1, 2]


def test_sigterm_ends_a_handover(servers, tmp_path):
    """The gate was told to stop: the new process is ended, this one drains as ever, and no place is lost."""
    program = tmp_path / "anteroom"
    program.symlink_to(gates.anteroom())
    gate = servers.gate([gates.busy_room(servers.origin(site).url, status="paused")], start=False)
    gate.process.argv[0] = str(program)
    gate.start()
    visitor = Visitor(gate)
    visitor.ask()
    program.unlink()
    program.write_text("#!/bin/sh\necho ready >&3\nread word <&3\nexec sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    gate.process.signal(signal.SIGUSR2)
    wait_until(lambda: successors(gate), what="the new process")
    time.sleep(0.3)
    gate.process.signal(signal.SIGUSR2)
    wait_until(lambda: "another process is on its way already" in gate.process.log, what="the second signal's answer")
    gate.process.signal(signal.SIGTERM)
    assert gate.process.child.wait(15) == 0
    assert not Adopted(successors(gate)[0]).running()
    program.unlink()
    program.symlink_to(gates.anteroom())
    gate.start()
    assert visitor.status()["position"] == 1


# Sockets that somebody else opened (sd_listen_fds(3)).


def activated(gate, *sockets, environment=None):
    """Has the gate find these as descriptors 3 and up."""
    command = 'export LISTEN_PID=$$ LISTEN_FDS=%d; exec "$0" "$@"' % len(sockets)
    above = [os.dup2(entry.fileno(), 200 + index) for index, entry in enumerate(sockets)]
    moves = " ".join(f"{3 + index}<&{number} {number}<&-" for index, number in enumerate(above))
    with gate.process.log_file.open("ab") as out:
        gate.process.child = subprocess.Popen(
            ["bash", "-c", f"exec {moves}; {command}", *gate.process.argv],
            cwd=gate.directory,
            env={**gate.process.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=above,
        )
    for number in above:
        os.close(number)
    wait_until(gate._ready, 15, what="/readyz")
    return gate


def listening(port) -> socket.socket:
    entry = socket.create_server(("127.0.0.1", port), backlog=512)
    return entry


def test_one_of_two_gates_on_the_same_socket_can_be_stopped(servers):
    """Both were given one socket: a gate that drains loses no request, whatever waits or is on its way."""
    origin = servers.origin(site)
    # Each has a line of its own, so these requests are ones that need no session.
    room = gates.room(origin.url, bypass={"paths": ["/*"]})
    first = servers.gate([room], start=False)
    second = servers.gate([room], name="second", gate={"listen": [f"127.0.0.1:{first.port}"]}, start=False)
    with listening(first.port) as shared:
        activated(first, shared)
        activated(second, shared)
        # Few enough threads that none is without the processor for the second after which a draining gate closes a
        # connection at rest: its next request could then meet the close (RFC 9112 §9.3.1).
        with Load(first.port, "a=b", 20) as load:
            wait_until(lambda: load.answers > 3000, 60, what="3,000 answers")
            first.process.signal(signal.SIGTERM)
            wait_until(lambda: load.answers > 10_000, 60, what="10,000 answers")
        assert load.failures == []
        assert first.process.child.wait(35) == 0
        assert min(first.access_log.read_text().count("\n"), second.access_log.read_text().count("\n")) > 1000


def test_visitors_wait_for_a_gate_whose_socket_is_kept(servers):
    """systemd holds the socket while the gate restarts: who connects in between is answered by the next one."""
    gate = servers.gate([gates.room(servers.origin(site).url)], start=False)
    with listening(gate.port) as kept:
        activated(gate, kept)
        visitor = through(gate)
        assert gate.stop() == 0
        with Connection(gate.port) as early:
            early.send(request("GET", "/", [("User-Agent", AGENT), ("Cookie", visitor.session_field)]))
            activated(gate, kept)
            assert early.read_answer().status == 200


def test_sockets_for_another_process_are_left_alone(servers):
    """LISTEN_PID of somebody else: the gate opens its own."""
    others = {"LISTEN_PID": "1", "LISTEN_FDS": "1"}
    gate = servers.gate([gates.room(servers.origin(site).url)], start=False, environment=others)
    gate.start()
    assert through(gate)


def test_systemd_is_told_how_the_gate_fares(servers, tmp_path, hand_over):
    """sd_notify(3): READY, RELOADING, the new main process after a handover, STOPPING, and signs of life."""
    heard = []
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))

    def listen():
        while True:
            heard.append(notify.recv(4096).decode())

    threading.Thread(target=listen, daemon=True).start()
    gate = servers.gate(
        [gates.room(servers.origin(site).url)],
        environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"},
    )
    ready = f"READY=1\nMAINPID={gate.process.pid}\n"
    wait_until(lambda: any(text.startswith(ready) for text in heard), what="READY=1")
    wait_until(lambda: heard.count("WATCHDOG=1") > 2, what="WATCHDOG=1")
    gate.hang_up()
    wait_until(lambda: any(text.startswith("RELOADING=1\nMONOTONIC_USEC=") for text in heard), what="RELOADING=1")
    new = hand_over(gate)
    wait_until(lambda: f"MAINPID={new.pid}" in heard, what="MAINPID")
    assert gate.process.child.wait(15) == 0
    assert not any("STOPPING=1" in text for text in heard)
    new.stop()
    wait_until(lambda: any("STOPPING=1" in text for text in heard), what="STOPPING=1")


# SIGTERM.


def test_an_idle_connection_is_answered_once_more(servers, gate):
    """A request that is on its way when the gate is told to stop gets its answer, and is told to go elsewhere."""
    visitor = through(gate)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    with Connection(gate.port) as idle:
        idle.send(request("GET", "/", fields))
        assert not idle.read_answer().says_close
        gate.process.signal(signal.SIGTERM)
        wait_until(lambda: "Draining" in gate.process.log, what="the drain")
        idle.send(request("GET", "/", fields))
        answer = idle.read_answer()
        assert answer.status == 200 and answer.says_close
        assert idle.is_closed_within(2)


def test_a_load_balancer_has_time_to_turn_away(servers):
    """With `drain_delay`: /readyz says draining at once, and visitors are served as before until then."""
    gate = servers.gate([gates.room(servers.origin(site).url)], gate={"timeouts": {"drain_delay": "2s"}})
    gate.process.signal(signal.SIGTERM)

    def reason():
        answer = requests.get(f"{gate.admin_url}/readyz", timeout=2)
        return answer.status_code == 503 and "draining" in answer.text

    wait_until(reason, 1.5, what="/readyz to say draining")
    assert through(gate)
    assert gate.process.child.wait(15) == 0
