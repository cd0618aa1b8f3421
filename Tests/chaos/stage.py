"""The servers of a run: gates of one room, their store with snapshots only, and a JetStream on disk."""

import asyncio
import contextlib
import dataclasses
import pathlib
import re
import time

import requests

from rig import gate as gates
from rig.nats import NATSServer
from rig.redis import RedisServer

ROOM = "shop"
META, OUTBOX = f"ar:{{{ROOM}}}:meta", f"ar:{{{ROOM}}}:events"

#: Time-outs are such that an outage of some seconds, and a Retry-After of 15 s, cost nobody a place.
LIMITS = {
    "max_queue_size": 0,
    # Never reached: so that what addresses hold is recorded and restored too.
    "max_positions_per_address": 100_000_000,
    "admission_interval": "500ms",
    "session_timeout": "20s",
    "heartbeat_interval": "5s",
    "heartbeat_timeout": "30s",
    "claim_timeout": "30s",
    "forward_token": True,
}
#: The shortest silence that may cost a place or a turn, and the one that may cost a session.
HEARTBEAT_TIMEOUT, SESSION_TIMEOUT = 30.0, 20.0


#: All gates are ready so many seconds after everything runs again.
READY_WITHIN = 30


def readiness(gate) -> str:
    """What /readyz complains of; nothing if the gate is ready."""
    try:
        answer = requests.get(f"{gate.admin_url}/readyz", timeout=5)
        return "" if answer.status_code == 200 else answer.text.strip()
    except requests.RequestException as trouble:
        return str(trouble)


@dataclasses.dataclass
class Crash:
    """What the store held when it was killed."""

    time: float
    #: The sequence of the room's last event.
    last_event: int
    #: Changes since the last snapshot.
    unsaved: int


class Stage:
    def __init__(self, folder, gate_count, slots, rate, origin, snapshot_every, sabotage=None):
        self.folder = pathlib.Path(folder)
        self.slots, self.snapshot_every, self.sabotage = slots, snapshot_every, sabotage
        self.redis, self.nats = RedisServer(self.folder, "store"), NATSServer(self.folder)
        room = gates.room(origin.url, id=ROOM, max_active_users=slots, queue_rate=rate, **LIMITS)
        store = f"127.0.0.1:{sabotage.port}" if sabotage else self.redis.url
        self.gates = {
            name: gates.Gate(
                self.folder / name,
                [room],
                name=name,
                gate={"access_log": "off", "limits": {"connections_per_address": 0}},
                store={"kind": "dragonfly", "url": store},
                events={"nats_url": self.nats.url},
                tokens={"key_file": str(self.folder / "keys/signing.pem"), "lifetime": "45s"},
            )
            for name in (f"gate-{number}" for number in range(gate_count))
        }
        self.servers = {"store": self.redis, "nats": self.nats, **self.gates}
        self.crashes = []

    def start(self):
        """One after the other: the first makes the keys."""
        self.redis.start()
        self.nats.start()
        if self.sabotage:
            self.sabotage.upstream = self.redis.port
        for gate in self.gates.values():
            gate.start()

    def stop(self):
        for server in reversed(self.servers.values()):
            if server.process.child is not None:
                server.stop()

    def bring_up(self, complaints):
        """Everything runs and every gate is ready; who had ended by itself is a complaint."""
        for name, server in self.servers.items():
            if not server.process.running():
                complaints.append(f"{name} ended by itself with {server.process.child.returncode}")
                server.process.start()
        end = time.time() + READY_WITHIN
        for name, gate in self.gates.items():
            while (said := readiness(gate)) and time.time() < end:
                time.sleep(0.2)
            if said:
                complaints.append(f"{name} is not ready after {READY_WITHIN} s: {said}")

    async def store(self, *words):
        """A command of the driver's own; None while the store is away."""
        try:
            async with asyncio.timeout(1.0):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.redis.port)
                with contextlib.closing(writer):
                    parts = [word.encode() for word in words]
                    writer.write(
                        b"*%d\r\n%b" % (len(parts), b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
                    )
                    line = (await reader.readline()).decode().strip()
                    if line.startswith("$"):
                        return (await reader.readexactly(int(line[1:]))).decode() if line != "$-1" else None
                    return line[1:]
        except (OSError, asyncio.IncompleteReadError):
            return None

    async def save_snapshots(self):
        """As DragonflyDB's --snapshot_cron does, which has no append-only file."""
        while True:
            await asyncio.sleep(self.snapshot_every)
            await self.store("BGSAVE")

    async def note_crash(self):
        """To be called just before the store is killed."""
        facts = await self.store("INFO", "persistence") or ""
        unsaved = re.search(r"rdb_changes_since_last_save:(\d+)", facts)
        last = await self.store("HGET", META, "eseq")
        self.crashes.append(Crash(time.time(), int(last or 0), int(unsaved[1]) if unsaved else 0))

    async def outbox(self):
        """How many events the store still holds."""
        length = await self.store("LLEN", OUTBOX)
        return None if length is None else int(length)

    def backlog(self) -> float:
        return sum(gate.metric("anteroom_events_backlog") for gate in self.gates.values())

    def without_nats(self) -> list:
        return [name for name, gate in self.gates.items() if not gate.metric("anteroom_nats_up")]

    def in_line_and_through(self) -> tuple:
        """How many wait, and how many slots are in use, as the first gate knows it."""
        gate = next(iter(self.gates.values()))
        used = gate.metric("waiting_room_active_sessions") + gate.metric("waiting_room_admitted_positions")
        return int(gate.metric("waiting_room_queue_length")), int(used)
