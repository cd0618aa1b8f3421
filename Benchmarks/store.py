"""The store that gates share: a redis-server, and the scripts of Sources/DragonflyStore without a gate."""

import hashlib
import os
import pathlib
import re
import subprocess

import resp
from servers import Server

LUA = pathlib.Path(__file__).parent.parent / "Sources/DragonflyStore/Scripts/Lua"

#: What one script takes of each, as the gate asks it (DragonflyStore+Steps.swift, JoinQueue.swift).
JOINS, SIGNS, ADMISSIONS, CHUNKS, TRIMMED = 128, 250, 1000, 16, 1000
#: Positions in a chunk and in a block (prelude.lua).
CHUNK, SPAN = 64, 32768
DAY = 86_400_000


class Store(Server):
    """redis-server without snapshots and append-only file: it speaks DragonflyDB's protocol."""

    def command(self):
        return [
            *("redis-server", "--bind", "127.0.0.1", "--port", self.port, "--dir", self.folder),
            *("--save", "", "--appendonly", "no", "--slowlog-max-len", "100000"),
        ]

    def take_precedence(self):
        """Keeps neighbours from its core while it has work, where the kernel allows it (root): their time is none of
        its own, but the slow log goes by the clock on the wall."""
        try:
            os.sched_setscheduler(self.child.pid, os.SCHED_FIFO, os.sched_param(10))
        except PermissionError:
            pass

    def delay(self) -> float:
        """Seconds that its thread was ready to run and others had the core (proc(5), /proc/PID/schedstat)."""
        return int(pathlib.Path(f"/proc/{self.child.pid}/schedstat").read_text().split()[1]) / 1e9

    def connect(self) -> resp.Connection:
        return resp.Connection(self.port)


class Scripts:
    """The scripts, loaded as the gate loads them, and what the store says of their time."""

    def __init__(self, connection):
        self.connection = connection
        prelude, passes, limits = ((LUA / f"{name}.lua").read_text() for name in ("prelude", "passes", "limits"))
        self.digests = {}
        for name in ("configure", "join", "look", "record", "admit", "clean", "trim"):
            before = {"trim": "", "join": prelude + passes, "configure": prelude + limits}.get(name, prelude)
            self.digests[name] = connection.call("SCRIPT", "LOAD", before + (LUA / f"{name}.lua").read_text())

    def microseconds(self) -> int:
        """In scripts since `CONFIG RESETSTAT`, by the store's own account."""
        for line in self.connection.call("INFO", "commandstats").decode().splitlines():
            if line.startswith("cmdstat_evalsha:"):
                return int(dict(pair.split("=") for pair in line.partition(":")[2].split(","))["usec"])
        return 0

    def slow(self) -> list:
        """Microseconds and name of each script or command in the slow log, which it empties."""
        names = {digest: f"{name}.lua" for name, digest in self.digests.items()}
        found = [
            (entry[2], names.get(entry[3][1], "a script") if entry[3][0] == b"EVALSHA" else entry[3][0].decode())
            for entry in self.connection.call("SLOWLOG", "GET", "-1")
            if entry[3][0] != b"SLOWLOG"
        ]
        self.connection.call("SLOWLOG", "RESET")
        return found

    def used_memory(self) -> int:
        for line in self.connection.call("INFO", "memory").decode().splitlines():
            if line.startswith("used_memory:"):
                return int(line.partition(":")[2])
        raise SystemExit("the store does not tell its memory")


class Room:
    """A room in which nobody is admitted unless `admit` is called. Its visitors are numbered from 0 in join order."""

    def __init__(self, scripts, name, addresses=50):
        self.scripts, self.name, self.root = scripts, name, f"ar:{{{name}}}:"
        self.epoch = f"e{name}"
        #: How many have joined, and how many of the first of them stand in line no more.
        self.joined = self.gone = 0
        self.limits = dict(status="active", max=10_000_000, qmax=0, hb=DAY, claim=DAY, st=DAY, renew=1)
        #: 0 leaves addresses alone; else each visitor has one of their own, which costs most.
        self.limits.update(pmax=addresses)
        self.limits.update(rcount=100_000, rper=1000, rcap=10**12, share=500, shuf=0)
        self.configure()

    def configure(self, **limits):
        self.limits.update(limits)
        pairs = [word for pair in self.limits.items() for word in pair]
        text = repr(sorted(self.limits.items()))
        self.run("configure", [f"g{self.name}", self.epoch, text, "", "", *pairs], always=[])

    def id(self, number) -> str:
        """A visitor's id: random to the store, the same at every run."""
        text = hashlib.blake2b(b"%s %d" % (self.name.encode(), number), digest_size=16).hexdigest()
        return f"{text[:12]}4{text[13:16]}8{text[17:]}"

    def address(self, id) -> str:
        """The digest of a visitor's address."""
        return id[-10:] if self.limits["pmax"] else "-"

    def key(self, name) -> str:
        return f"{self.root}{self.epoch}:{name}"

    @property
    def always(self) -> list:
        """The keys that a gate declares with every script (RoomKeys.swift)."""
        return [self.key(name) for name in ("lanes", "n", "w", "a", "s0", "s1", "l", "e", "ended", "m", "moved")]

    def shards(self, ids) -> list:
        return [self.key(f"p:{int(id[-4:], 16) & 0x3FFF:x}") for id in ids]

    def run(self, script, arguments, keys=(), always=None):
        """A script as the gate runs it: repeated with the keys that it asks for."""
        keys = [self.root + "meta", self.root + "events", *(self.always if always is None else always), *keys]
        for _ in range(16):
            answer = self.scripts.connection.call(
                "EVALSHA", self.scripts.digests[script], len(keys), *keys, "", *arguments
            )
            if not (isinstance(answer, list) and answer and answer[0] == b"NEED"):
                return answer
            keys += [key.decode() for key in answer[1:]]
        raise SystemExit(f"{script}.lua asked for more and more keys")

    # Joins

    def prepared_joins(self, count, each) -> list:
        """Commands with `each` joins that declare just what they touch, as a gate does that knows the line's end."""
        commands = []
        while count > 0:
            size = min(each, count, SPAN - self.joined % SPAN)
            ids = [self.id(number) for number in range(self.joined, self.joined + size)]
            block, offset = self.joined // SPAN + 1, self.joined % SPAN
            names = [f"c:{block}:{chunk}" for chunk in range(offset // CHUNK, (offset + size - 1) // CHUNK + 1)]
            names += [f"l:{block}", *([f"l:{block - 1}"] if offset == 0 and block > 1 else [])]
            if self.limits["pmax"]:
                names += [name.replace("c", "d", 1) for name in names if name[0] == "c"]
                names += sorted({f"q:{int(id[-4:], 16) & 0x3FFF:x}" for id in ids})
            keys = [self.root + "meta", self.root + "events", *self.always, *self.shards(ids), *map(self.key, names)]
            arguments = [word for id in ids for word in ("e", id, "0", id[:16], "-", "0", self.address(id))]
            commands.append(resp.encoded("EVALSHA", self.scripts.digests["join"], len(keys), *keys, "", "", *arguments))
            self.joined += size
            count -= size
        return commands

    def benchmark(self, port, core, count) -> float:
        """Joins a second of redis-benchmark itself, one a call: 8 connections with 16 calls under way on each.

        It puts random digits where told but works nothing out, so all ids end alike (one shard) and all chunks that
        the whole run may touch are declared with each call. The room must be new.
        """
        names = ["p:b1c", "l:1", *(f"{kind}:1:{chunk}" for chunk in range(count // CHUNK + 1) for kind in "cd")]
        keys = [self.root + "meta", self.root + "events", *self.always, *map(self.key, names)]
        arguments = ["", "", "e", "__rand_int__4abc8000000000000b1c", "0", "0" * 16, "-", "0", "-"]
        command = ["taskset", "-c", core, "redis-benchmark", "-q", "-p", port, "-n", count, "-P", 16, "-c", 8]
        command += ["-r", 2 * 10**9, "EVALSHA", self.scripts.digests["join"].decode(), len(keys), *keys, *arguments]
        output = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, timeout=120).stdout
        if self.waiting() < count * 0.99:  # two ids may be the same
            raise SystemExit(f"{self.waiting()} of {count} joined: {output[-200:]}")
        self.trim()
        return float(re.findall(r"([\d.]+) requests per second", output)[-1])

    def fill(self, count):
        """Joins, the outbox being trimmed as it grows."""
        expected = self.waiting() + count
        while count > 0:
            size = min(count, 100 * JOINS)
            self.scripts.connection.flood(self.prepared_joins(size, JOINS))
            self.trim()
            count -= size
        if self.waiting() != expected:
            raise SystemExit(f"{self.waiting()} wait where {expected} should")

    def trim(self):
        """Drops the events, as a gate does that has published them."""
        call = self.scripts.connection.call
        digest, events = self.scripts.digests["trim"], self.root + "events"
        while call("EVALSHA", digest, 1, events, "", 2**53) == TRIMMED:
            pass

    def waiting(self) -> int:
        return int(self.scripts.connection.call("HGET", self.root + "meta", "waiting") or 0)

    # Steps

    def look(self, ids):
        return self.run("look", ids, self.shards(ids))

    def heartbeat(self, numbers):
        """Signs of life of those of whom the gate remembers where they joined, as of most who poll it."""
        places = [(number // SPAN + 1, number % SPAN, self.id(number)) for number in numbers]
        chunks = {self.key(f"c:{block}:{offset // CHUNK}") for block, offset, _ in places}
        self.run("record", [len(places), 0, *(word for place in places for word in place)], sorted(chunks))

    def stranger_heartbeat(self, ids):
        """The same of those whom the gate has not seen yet."""
        self.run("record", [0, len(ids), *ids], self.shards(ids))

    def admit(self):
        """Admits the first `ADMISSIONS`."""
        admitted = len(self.run("admit", [ADMISSIONS])) - 1
        if admitted != ADMISSIONS:
            raise SystemExit(f"{admitted} were admitted where {ADMISSIONS} should")
        self.gone += admitted

    def clean(self):
        """Expires at most `CHUNKS` chunks; answers how many positions."""
        expired = self.run("clean", [CHUNKS, 0])[0]
        self.gone += expired
        return expired
