"""More connections than there is room for: new ones are kept out, open ones go on (docs/HTTP.md, OPERATIONS.md)."""

import shutil
import socket
import subprocess
import threading
import time

import pytest
import requests

from rig import frames
from rig import gate as gates
from rig.crowd import Crowd, allow
from rig.load import Load
from rig.process import wait_until
from rig.site import site
from rig.visitor import AGENT, session, through
from rig.wire import Connection, request


def readiness(gate):
    answer = requests.get(f"{gate.admin_url}/readyz", timeout=5)
    return answer.status_code, answer.text


def connect(port, address="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), 5, source_address=(address, 0))


def is_refused(connection) -> bool:
    """Closed at once, without an answer."""
    try:
        connection.settimeout(5)
        connection.sendall(request("GET", "/__anteroom/healthz"))
        return connection.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def is_served(connection) -> bool:
    connection.settimeout(5)
    connection.sendall(request("GET", "/__anteroom/healthz"))
    return connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_listener_has_a_cap(servers):
    """Beyond it new connections are refused, open ones go on, and there is room again when one ends."""
    gate = servers.gate(
        [gates.room(servers.origin(site).url)], gate={"limits": {"connections": 5, "connections_per_address": 0}}
    )
    wait_until(lambda: gate.metric("anteroom_connections") == 0, what="the start's own connections to end")
    open_ones = [connect(gate.port, f"127.0.0.{number}") for number in range(2, 7)]
    wait_until(lambda: gate.metric("anteroom_connections") == 5, what="five connections")
    assert is_refused(connect(gate.port))
    assert gate.metric("anteroom_connections_refused_total", reason="connections") == 1
    assert all(is_served(connection) for connection in open_ones)
    open_ones.pop().close()
    wait_until(lambda: gate.metric("anteroom_connections") == 4, what="a free place")
    assert is_served(connect(gate.port))


def test_an_address_has_a_cap(servers):
    """Of its own: others are not concerned. The cap changes with the file, a trusted proxy has none."""
    gate = servers.gate([gates.room(servers.origin(site).url)], gate={"limits": {"connections_per_address": 3}})
    open_ones = [connect(gate.port, "127.0.0.2") for _ in range(3)]
    assert all(is_served(connection) for connection in open_ones)
    assert is_refused(connect(gate.port, "127.0.0.2"))
    assert is_served(connect(gate.port, "127.0.0.3"))
    assert gate.metric("anteroom_connections_refused_total", reason="connections_per_address") == 1
    wait_until(lambda: "reason=connections_per_address" in gate.process.log, 5, what="the log entry")
    gate.configuration["gate"]["trusted_proxies"] = ["127.0.0.2"]
    gate.write()

    def exempt():
        with connect(gate.port, "127.0.0.2") as connection:
            return not is_refused(connection)

    wait_until(exempt, 5, 0.2, what="the new configuration")


def test_idle_connections_of_http_2_make_room_and_busy_ones_stay(servers):
    gate = servers.gate([gates.room(servers.origin(site).url)], start=False)
    gate.process.argv[:0] = [shutil.which("prlimit"), "--nofile=160:160"]
    gate.start()
    fields = session(gate)
    with frames.Connection(gate.port, timeout=20) as busy:
        busy.handshake()
        running = busy.headers(frames.request("/stream?chunks=12&interval_ms=500", fields=fields))
        busy.until(lambda frame: frame.kind == frames.DATA)
        idle = [frames.Connection(gate.port) for _ in range(30)]
        for connection in idle:
            assert connection.exchange(frames.request("/", fields=fields)).status == 200
        with Crowd(gate.port, 150):
            wait_until(lambda: gate.metric("anteroom_connections_shed_total") > 0, 20, what="connections to be shed")
            for connection in idle:
                with pytest.raises(frames.Closed):
                    connection.until(lambda frame: False)
            answer = busy.answer(running, 20)
            assert answer.is_whole and answer.body.endswith(b"piece 11\n")


def test_descriptors_never_run_out(servers):
    """160 descriptors and 200 idle connections: accepting pauses, nobody gets a 502, and idle connections make room."""
    gate = servers.gate([gates.room(servers.origin(site).url)], start=False)
    gate.process.argv[:0] = [shutil.which("prlimit"), "--nofile=160:160"]
    gate.start()
    visitor = through(gate)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    early = Connection(gate.port)
    answers, refused, stop = [], [], threading.Event()

    def ask():
        while not stop.is_set():
            early.send(request("GET", "/", fields))
            answers.append(early.read_answer().status)
            time.sleep(0.01)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    with Crowd(gate.port, 200):
        wait_until(lambda: readiness(gate)[0] == 503, what="/readyz to say so")
        assert "accepting is paused" in readiness(gate)[1] and gate.metric("anteroom_accepting") == 0
        # A visitor who comes now waits until connections that do nothing have been closed.
        for _ in range(10):
            with Connection(gate.port, timeout=15) as late:
                late.send(request("GET", "/", fields))
                answers.append(late.read_answer().status)
        assert gate.process.open_descriptors() < 160
        # More requests at once than descriptors are kept for: connections without one give way.
        with Load(gate.port, visitor.session_field, 40, path="/stream?chunks=3&interval_ms=100") as load:
            wait_until(lambda: load.answers > 200, 30, what="200 answers")
        assert load.failures == []
    stop.set()
    thread.join(10)
    assert set(answers) == {200} and len(answers) > 20
    assert gate.metric("anteroom_connections_shed_total") > 0
    wait_until(lambda: readiness(gate)[0] == 200, what="readiness")
    assert "Accepting is paused" in gate.process.log
    wait_until(lambda: "Visitors are accepted again" in gate.process.log, what="the end of the pause in the log")


def test_scarce_memory_keeps_newcomers_out(servers):
    """Large heads that do not end fill the memory: accepting pauses, who is there is served, and it goes on."""
    gate = servers.gate(
        [gates.room(servers.origin(site).url)],
        gate={"limits": {"head": "1MiB", "memory": "off"}, "timeouts": {"head": "4s"}},
    )
    visitor = through(gate)
    resident = gate.process.resident_bytes() >> 20
    gate.configuration["gate"]["limits"]["memory"] = f"{max(64, resident + 60)}MiB"
    gate.write()
    wait_until(lambda: "anteroom_memory_limit_bytes" in gate.metrics(), 5, what="the new configuration")
    early = Connection(gate.port)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    early.send(request("GET", "/", fields))
    assert early.read_answer().status == 200
    with Crowd(gate.port, 150, b"GET / HTTP/1.1\r\nHost: shop.test\r\nX: " + b"x" * 900_000):
        wait_until(lambda: readiness(gate)[0] == 503, what="/readyz to say so")
        assert "MiB of memory" in readiness(gate)[1]
        assert gate.metric("anteroom_accepting") == 0
        early.send(request("GET", "/", fields))
        assert early.read_answer().status == 200
    wait_until(lambda: readiness(gate)[0] == 200, 20, what="readiness")
    assert through(gate)


def test_two_thousand_idle_connections_hold_nobody_up(servers):
    """The short form of `make soak`: they cost little, sessions are served beside them, and all is given back."""
    allow(8192)
    gate = servers.gate([gates.room(servers.origin(site).url)], start=False)
    gate.process.argv[:0] = [shutil.which("prlimit"), "--nofile=8192:8192"]
    gate.start()
    visitor = through(gate)
    with Load(gate.port, visitor.session_field, 20) as load:
        wait_until(lambda: load.answers > 500, what="500 answers")
    wait_until(lambda: gate.metric("anteroom_connections") <= 1, what="the load to end")
    descriptors, resident = gate.process.open_descriptors(), gate.process.resident_bytes()
    with Crowd(gate.port, 2000) as crowd:
        wait_until(lambda: gate.metric("anteroom_connections") >= 2000, what="2,000 connections")
        assert gate.process.resident_bytes() - resident < 2000 * 16 * 1024
        with Load(gate.port, visitor.session_field, 20) as load:
            wait_until(lambda: load.answers > 1000, what="1,000 answers")
        assert load.failures == [] and crowd.still_open() == 2000
    wait_until(lambda: gate.metric("anteroom_connections") <= 1, what="the crowd to go")
    wait_until(lambda: gate.process.open_descriptors() <= descriptors + 5, what="the descriptors to return")
    assert readiness(gate)[0] == 200


@pytest.mark.parametrize("mode", ["-H", "-B", "-X"], ids=["slow head", "slow body", "slow read"])
def test_slow_clients_stop_nobody(servers, mode, tmp_path):
    """slowhttptest with 400 connections and a session, its three modes: a normal visitor is served all the time."""
    if not shutil.which("slowhttptest"):
        pytest.fail("no slowhttptest; make test-tools installs it", pytrace=False)
    gate = servers.gate([gates.room(servers.origin(site).url, token_binding="none")])
    visitor = through(gate)
    url = f"http://127.0.0.1:{gate.port}"
    options = {
        "-H": ["-i", "2", "-x", "20", "-u", url],
        "-B": ["-i", "2", "-x", "20", "-s", "8192", "-u", f"{url}/echo"],
        "-X": ["-w", "64", "-y", "128", "-n", "3", "-z", "8", "-k", "2", "-u", f"{url}/sized?n=1000000"],
    }
    attack = subprocess.Popen(
        ["slowhttptest", mode, "-c", "400", "-r", "200", "-l", "8", "-p", "3", "-j", visitor.session_field]
        + options[mode],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: gate.metric("anteroom_connections") > 200, what="the attack")
        with Load(gate.port, visitor.session_field, 4, pause=0.01) as load:
            attack.wait(30)
        assert load.failures == [] and load.answers > 100
    finally:
        attack.kill()
        attack.wait()
