"""SIGTERM drains (README.md): no new connections, running requests finish, state is flushed, exit code 0."""

import signal
import threading
import time

import websockets.sync.client

from rig import gate as gates
from rig.process import accepts, wait_until
from rig.site import site
from rig.visitor import AGENT, Visitor, through
from rig.wire import Connection, request


def test_a_gate_at_rest_ends_at_once(servers):
    """Nothing runs: exit 0 within a few seconds, idle connections and sockets closed."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    idle = Connection(gate.port)
    idle.send(request("GET", "/", [("User-Agent", AGENT), ("Cookie", visitor.session_field)]))
    idle.read_answer()
    start = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - start < 5 and idle.is_closed_within(1)


def test_running_requests_finish(servers):
    """A download and an upload that run are completed; new connections are refused meanwhile; exit 0."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    fields = [("User-Agent", AGENT), ("Cookie", visitor.session_field)]
    download, upload = Connection(gate.port), Connection(gate.port)
    download.send(request("GET", "/stream?chunks=6&interval_ms=400", fields))
    assert download.read_head().status == 200
    upload.send(request("POST", "/echo", [*fields, ("Content-Length", 10)]) + b"hello")
    time.sleep(0.3)
    gate.process.signal(signal.SIGTERM)
    wait_until(lambda: not accepts(gate.port), 2, what="the listener to close")
    upload.send(b"world")
    answer = upload.read_answer()
    assert answer.status == 200 and b'"length": 10' in answer.body
    assert b"".join(download.chunks()).endswith(b"piece 5\n")
    assert gate.process.child.wait(10) == 0


def test_the_drain_has_an_end(servers):
    """A request that never ends is cut at `timeouts.drain`; still exit 0."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url)], gate={"timeouts": {"drain": "1s"}})
    visitor = through(gate)
    connection = Connection(gate.port)
    connection.send(
        request("GET", "/stream?chunks=100&interval_ms=300", [("User-Agent", AGENT), ("Cookie", visitor.session_field)])
    )
    connection.read_head()
    gate.process.signal(signal.SIGTERM)
    assert gate.process.child.wait(8) == 0
    connection.close()


def test_long_polls_do_not_hold_the_gate(servers):
    """Who waits for news is sent home, not waited for."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url, status="paused")])
    visitor = Visitor(gate)
    visitor.navigate()
    poll = threading.Thread(target=lambda: visitor.call("GET", "status?wait=25s"), daemon=True)
    poll.start()
    time.sleep(0.5)
    start = time.monotonic()
    gate.stop()
    assert time.monotonic() - start < 8


def test_live_sockets_do_not_hold_the_gate(servers):
    """Neither the gate's own sockets nor tunnels to the origin that say nothing."""
    origin = servers.origin(site)
    gate = servers.gate([gates.room(origin.url, status="paused")])
    visitor = Visitor(gate)
    visitor.navigate()
    with websockets.sync.client.connect(
        f"ws://127.0.0.1:{gate.port}/api/v1/queues/shop/live",
        user_agent_header=AGENT,
        proxy=None,
        additional_headers={"Cookie": f"anteroom_p_shop={visitor.cookie('p')}"},
    ) as live:
        live.recv(5)
        start = time.monotonic()
        gate.stop()
        assert time.monotonic() - start < 8


def test_a_second_signal_does_not_hurt(servers):
    """SIGTERM twice, SIGINT too: the state of the line is whole afterwards."""
    origin = servers.origin(site)
    gate = servers.gate([gates.busy_room(origin.url)])
    through(gate)
    visitor = Visitor(gate)
    visitor.navigate()
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        if gate.process.running():
            gate.process.signal(number)
    gate.process.child.wait(15)
    gate.start()
    assert visitor.status()["position"] == 1
