"""A crowd that does nothing beside visitors who do: what an idle connection costs, whether a saturating load notices
it, and whether everything is given back."""

import os
import re
import socket
import time
import urllib.request

import load
from servers import BROWSER, PROXY_CORE, ROOM, Gate


class Crowd:
    """Idle connections, 10,000 from each address of the loopback network; each has had one answer."""

    REQUEST = b"GET /__anteroom/healthz HTTP/1.1\r\nHost: shop.example\r\n\r\n"

    def __init__(self, port, count):
        self.sockets = []
        for number in range(count):
            entry = socket.create_connection(
                ("127.0.0.1", port), 30, source_address=(f"127.0.0.{2 + number // 10_000}", 0)
            )
            entry.sendall(self.REQUEST)
            self.sockets.append(entry)
        for entry in self.sockets:
            if not entry.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("an idle connection was not answered")

    def close(self):
        """How many were still open."""
        count = 0
        for entry in self.sockets:
            entry.setblocking(False)
            try:
                count += entry.recv(1) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
            entry.close()
        return count


def metric(gate, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{gate.admin_port}/metrics", timeout=10) as answer:
        return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)[1])


def descriptors(gate):
    return len(os.listdir(f"/proc/{gate.child.pid}/fd"))


def settle(gate):
    """Until only the admin listener's connections are left."""
    end = time.monotonic() + 60
    while metric(gate, "anteroom_connections") > 0 and time.monotonic() < end:
        time.sleep(0.2)


def measure(folder, program, origin, count, seconds):
    gate = Gate("crowd", folder, PROXY_CORE, program, origin.port)
    gate.configuration["gate"]["timeouts"] = {"idle": "10m"}
    gate.start()
    try:
        fields = {**BROWSER, "Cookie": f"anteroom_s_{ROOM}={gate.session()}"}
        load.checked(gate, 64, seconds, fields)
        alone = load.checked(gate, 64, seconds, fields)
        settle(gate)
        before, resident = descriptors(gate), gate.resident_bytes()
        crowd = Crowd(gate.port, count)
        each = (gate.resident_bytes() - resident) / count
        idle = gate.cpu_seconds()
        time.sleep(3)
        idle = (gate.cpu_seconds() - idle) / 3
        beside = load.checked(gate, 64, seconds, fields)
        peak = gate.resident_bytes()
        still_open = crowd.close()
        settle(gate)
        # The gate gives memory back within a second or two.
        time.sleep(3)
        print(f"\n## {count} idle connections beside 64 busy ones\n")
        print("| | alone | beside the crowd |\n|---|---|---|")
        print(f"| forwarded requests a second | {alone.rate:.0f} | {beside.rate:.0f} |")
        print(f"| µs of CPU for each | {alone.microseconds:.1f} | {beside.microseconds:.1f} |")
        print(
            f"\nAn idle connection: {each:.0f} bytes of resident memory; all of them {idle * 100:.1f} % of a core. "
            f"Still open at the end: {still_open}. Descriptors before {before}, after {descriptors(gate)}; resident "
            f"memory {resident >> 20} MiB before, {peak >> 20} at most, {gate.resident_bytes() >> 20} after."
        )
    finally:
        gate.stop()
