"""What the line itself costs: joins, polls, live sockets, and a million waiting beside a thousand."""

import json
import pathlib
import socket
import statistics
import subprocess
import time

import load
from servers import BROWSER, PROXY_CORE, ROOM, Gate

HERE = pathlib.Path(__file__).parent
API = f"/api/v1/queues/{ROOM}"


class Client:
    """One kept connection that asks one thing at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def call(self, method, call, token=None, body=b""):
        """Status, JSON and the seconds it took."""
        head = (
            f"{method} {API}/{call} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: {BROWSER['User-Agent']}\r\n"
            f"Accept: application/json\r\n"
        )
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        if method == "POST":
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        start = time.perf_counter()
        self.socket.sendall(head.encode() + b"\r\n" + body)
        status = int(self.file.readline().split()[1])
        length = 0
        while line := self.file.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        text = self.file.read(length)
        return status, json.loads(text) if text else {}, time.perf_counter() - start

    def join(self):
        status, position, seconds = self.call("POST", "enqueue", body=b"{}")
        if status != 201:
            raise SystemExit(f"enqueue answered {status}")
        return position["token"], seconds


def closed_gate(name, folder, program, origin, algorithm, store=None):
    """A gate whose room admits nobody, so that everybody waits."""
    return Gate(
        name, folder, PROXY_CORE, program, origin.port, algorithm=algorithm, store=store, status="paused"
    ).start()


def waiting_in(gate) -> int:
    return gate.call("GET")[1]["waiting"]


def joins_and_polls(folder, program, origin, seconds):
    print("\n## Joining and polling over HTTP, one worker, 64 connections\n")
    print("| tokens | call | per second | µs CPU / call |\n|---|---|---|---|")
    for algorithm in ("RS256", "ES256"):
        gate = closed_gate(f"line {algorithm}", folder, program, origin, algorithm)
        try:
            fields = {"User-Agent": BROWSER["User-Agent"], "Accept": "application/json"}
            joins = load.checked(gate, 64, seconds, fields, script=HERE / "join.lua", path=f"{API}/enqueue")
            token, _ = Client(gate.port).join()
            polls = load.checked(
                gate, 64, seconds, {**fields, "Authorization": f"Bearer {token}"}, path=f"{API}/status"
            )
            for call, run in (("enqueue", joins), ("status", polls)):
                print(f"| {algorithm} | {call} | {run.rate:.0f} | {run.microseconds:.1f} |")
        finally:
            gate.stop()


def live_sockets(folder, program, origin, count):
    """Memory per live WebSocket: resident size with them less that before them, all positions being there already."""
    gate = closed_gate("sockets", folder, program, origin, "ES256")
    sockets = []
    try:
        client = Client(gate.port)
        tokens = [client.join()[0] for _ in range(count)]
        time.sleep(2)
        before = gate.resident_bytes()
        start = time.monotonic()
        for token in tokens:
            connection = socket.create_connection(("127.0.0.1", gate.port), 30)
            connection.sendall(
                (
                    f"GET {API}/live HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: {BROWSER['User-Agent']}\r\n"
                    f"Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                ).encode()
            )
            answer = connection.recv(4096)
            if not answer.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"live answered {answer[:60]!r}")
            sockets.append(connection)
        seconds = time.monotonic() - start
        time.sleep(3)
        grown = gate.resident_bytes() - before
        idle = gate.cpu_seconds()
        time.sleep(5)
        idle = gate.cpu_seconds() - idle
        print(
            f"\n## Live WebSockets\n\n{count} sockets opened in {seconds:.1f} s: {grown / count:.0f} bytes of resident "
            f"memory each ({grown / 1048576:.1f} MiB in all), {idle / 5 * 100:.1f} % of a core while nothing changes."
        )
    finally:
        for connection in sockets:
            connection.close()
        gate.stop()


def places(program, count):
    """The memory of a place in the embedded store, measured by the LineBenchmark beside the gate."""
    print("\n## A place in line\n\n| waiting | max_positions_per_address | bytes of memory each |\n|---|---|---|")
    for limit in [0, 50]:
        # Each in a process of its own: what one has freed, the next would not take anew.
        command = [program.parent / "LineBenchmark", "memory", str(count), str(limit)]
        each = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(f"| {count} | {limit or 'no limit'} | {each} |")


def long_lines(folder, program, origin, sizes, seconds):
    """Joining and asking for a place at each length of the line: CPU per call under load, latency of one client."""
    gate = closed_gate("long line", folder, program, origin, "ES256")
    fields = {"User-Agent": BROWSER["User-Agent"], "Accept": "application/json"}
    rows = []
    try:
        client = Client(gate.port)
        tokens = [client.join()[0] for _ in range(200)]
        for size in sizes:
            while (missing := size - waiting_in(gate)) > 0:
                if missing < 5000:
                    for _ in range(missing):
                        client.join()
                else:
                    load.checked(
                        gate,
                        64,
                        min(30, max(1, missing // 20000)),
                        fields,
                        script=HERE / "join.lua",
                        path=f"{API}/enqueue",
                    )
            client = Client(gate.port)  # the old connection may have been idle for too long
            length = waiting_in(gate)
            tokens += [client.join()[0] for _ in range(200)]
            asked = [client.call("GET", "status", token)[2] for _ in range(3) for token in tokens[-400:]]
            joined = [client.join()[1] for _ in range(400)]
            polls = load.checked(
                gate, 16, seconds, {**fields, "Authorization": f"Bearer {tokens[-100]}"}, path=f"{API}/status"
            )
            joins = load.checked(gate, 16, seconds, fields, script=HERE / "join.lua", path=f"{API}/enqueue")
            rows.append((length, joins.microseconds, polls.microseconds, joined, asked))
            if size == sizes[-1]:
                start = time.monotonic()
                resident = gate.resident_bytes()
    finally:
        gate.stop()
    print(
        "\n## A long line (ES256)\n\n| waiting | join, µs CPU | status, µs CPU | join, ms (median, 99 %) | "
        "status, ms (median, 99 %) |\n|---|---|---|---|---|"
    )
    for length, join, poll, joined, asked in rows:
        print(f"| {length} | {join:.1f} | {poll:.1f} | {latency(joined)} | {latency(asked)} |")
    (_, *first), (_, *last) = rows[0], rows[-1]
    print(
        f"\n- join: {last[0] / first[0]:.2f} × in CPU, {middle(last[2]) / middle(first[2]):.2f} × in median latency "
        f"(budget 2.00)\n- status: {last[1] / first[1]:.2f} ×, {middle(last[3]) / middle(first[3]):.2f} × (budget 2.00)"
    )
    print(f"- resident memory at the end: {resident / 1048576:.0f} MiB; stopped in {time.monotonic() - start:.1f} s")
    start = time.monotonic()
    gate.start()
    end = start + 120
    while waiting_in(gate) < rows[-1][0] and time.monotonic() < end:
        time.sleep(0.1)
    print(f"- started again, all of them in line, in {time.monotonic() - start:.1f} s")
    gate.stop()


def middle(seconds) -> float:
    return statistics.median(seconds)


def latency(seconds) -> str:
    ordered = sorted(seconds)
    return f"{middle(seconds) * 1000:.2f}, {ordered[int(len(ordered) * 0.99)] * 1000:.2f}"
