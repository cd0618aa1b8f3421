"""The line that gates share: joins through a gate beside the bare script, and the store's own time at a million."""

import pathlib
import random
import statistics
import time

import load
from servers import BROWSER, LOAD_CORE, PROXY_CORE, ROOM
from signing import Signer
from store import ADMISSIONS, CHUNK, CHUNKS, DAY, JOINS, SIGNS, Room, Scripts, Store
from waiting import closed_gate

HERE = pathlib.Path(__file__).parent
ALGORITHMS = ("ES256", "RS256")
#: What joins through a gate should reach of the bare script, signing counted apart.
SHARE = 0.6
#: µs that a script or command may keep everybody else waiting.
LONGEST = 20_000


def sign_microseconds(key_file, seconds) -> float:
    """Of the signature alone of a text as long as a token's, with the gate's key and the libcrypto that it uses."""
    signer, text = Signer(key_file), b"x" * 300
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(20):
            signer.signature(text)
        count += 20
    return spent / count * 1e6


def bare(store, room, each, count) -> tuple:
    """Joins a second and the store's CPU time for one, in µs: the script alone, `each` joins a call."""
    commands = room.prepared_joins(count, each)
    expected = room.waiting() + count
    cpu, start = store.cpu_seconds(), time.perf_counter()
    room.scripts.connection.flood(commands)
    seconds = time.perf_counter() - start
    cpu = store.cpu_seconds() - cpu
    if room.waiting() != expected:
        raise SystemExit(f"{room.waiting()} wait where {expected} should")
    room.trim()
    return count / seconds, cpu / count * 1e6


def joins(folder, program, origin, rounds, seconds):
    """Alternating: the bare script, one join a call and 128, and each kind of store behind each kind of key."""
    store = Store("joins store", folder, LOAD_CORE).start()
    fields = {"User-Agent": BROWSER["User-Agent"], "Accept": "application/json"}
    scripted, benchmarked = {1: [], JOINS: []}, []
    through = {(algorithm, kind): [] for algorithm in ALGORITHMS for kind in ("memory", "dragonfly")}
    try:
        connection = store.connect()
        for number in range(rounds):
            connection.call("FLUSHALL")
            scripts = Scripts(connection)
            benchmarked.append(Room(scripts, f"peer{number}").benchmark(store.port, PROXY_CORE, 4096))
            room = Room(scripts, f"bare{number}")
            for each, rate in ((1, 10_000), (JOINS, 50_000)):
                scripted[each].append(bare(store, room, each, rate * seconds // 2))
            for (algorithm, kind), runs in through.items():
                gate = closed_gate(
                    f"joins {algorithm} {kind}",
                    folder,
                    program,
                    origin,
                    algorithm,
                    store=store if kind == "dragonfly" else None,
                )
                try:
                    sign = sign_microseconds(gate.key, 0.1 * seconds)
                    cpu = store.cpu_seconds()
                    run = load.checked(
                        gate, 128, seconds, fields, script=HERE / "join.lua", path=f"/api/v1/queues/{ROOM}/enqueue"
                    )
                    runs.append((run.rate, run.microseconds, (store.cpu_seconds() - cpu) / run.requests * 1e6, sign))
                finally:
                    gate.stop()
    finally:
        store.stop()
    report_joins(benchmarked, scripted, through)


def report_joins(benchmarked, scripted, through):
    print(
        "\n## Joins with a shared store\n\nThe gate on one core with 128 connections, the store and the load on the "
        'other. "Apart": the time of one join less that of signing one token.\n\n'
        "| what | joins/s | gate, µs CPU | store, µs CPU | signing, µs | joins/s, signing apart |\n"
        "|---|---|---|---|---|---|"
    )
    print(f"| the bare script by redis-benchmark, 1 a call | {statistics.median(benchmarked):.0f} | | | | |")
    for each, runs in scripted.items():
        rate, cpu = medians(runs)
        print(f"| the bare script, {each} a call | {rate:.0f} | | {cpu:.1f} | | |")
    apart = {}
    for (algorithm, kind), runs in through.items():
        rate, gate, store, sign = medians(runs)
        apart[algorithm, kind] = [1e6 / max(1e6 / run[0] - run[3], 1) for run in runs]
        stored = f"{store:.1f}" if kind == "dragonfly" else ""
        print(
            f"| through a gate, {algorithm}, {kind} | {rate:.0f} | {gate:.1f} | {stored} | {sign:.1f} | "
            f"{statistics.median(apart[algorithm, kind]):.0f} |"
        )
    print()
    peers = {"the bare script by redis-benchmark": benchmarked}
    peers |= {f"the bare script, {each} a call": [run[0] for run in runs] for each, runs in scripted.items()}
    for algorithm in ALGORITHMS:
        for peer, rates in peers.items():
            ratios = [rate / other for rate, other in zip(apart[algorithm, "dragonfly"], rates)]
            budget = "-" if peer.endswith(f"{JOINS} a call") else f"{SHARE:.2f}"
            print(
                f"- {algorithm}, signing apart / {peer}: {statistics.median(ratios):.2f} (rounds "
                f"{' '.join(f'{ratio:.2f}' for ratio in ratios)}; budget {budget})"
            )
        _, gate, _, sign = medians(through[algorithm, "dragonfly"])
        by_cpu = [f"{medians(runs)[1] / max(gate - sign, 1):.2f} ({each} a call)" for each, runs in scripted.items()]
        print(f"- {algorithm}, the same by CPU time, which neighbours do not lengthen: {', '.join(by_cpu)}")


def medians(runs) -> list:
    return [statistics.median(column) for column in zip(*runs)]


def lines(folder, sizes, rounds):
    """Rooms of each size in one store, measured in turn."""
    store = Store("line store", folder, LOAD_CORE).start()
    try:
        store.take_precedence()
        scripts = Scripts(store.connect())
        scripts.connection.call("CONFIG", "SET", "slowlog-log-slower-than", 2000)
        rooms, bytes_each, slow, delay = {}, {}, {size: [(0, "none")] for size in sizes}, store.delay()
        for size in sizes:
            before = scripts.used_memory()
            room = rooms[size] = Room(scripts, f"line{size}")
            room.fill(size)
            for _ in range(20):
                room.heartbeat(numbers(room, min(SIGNS, size)))
            room.trim()
            slow[size] += scripts.slow()
            bytes_each[size] = (scripts.used_memory() - before) / size
        times = {size: {} for size in sizes}
        for _ in range(rounds):
            for size, room in rooms.items():
                for name, microseconds in steps(room):
                    times[size].setdefault(name, []).append(microseconds)
                room.fill(size - room.waiting())
                slow[size] += scripts.slow()
        delay = store.delay() - delay
    finally:
        store.stop()
    report_lines(times, bytes_each, slow, delay)


def numbers(room, count) -> list:
    """Some who wait, by when they joined."""
    return random.sample(range(room.gone, room.joined), count)


def someone(room, count) -> list:
    """Their ids."""
    return [room.id(number) for number in numbers(room, count)]


def steps(room):
    """Names of steps and what each took in the store, in µs, all attempts counted."""
    few = min(SIGNS, room.joined - room.gone)
    alone = [someone(room, 1) for _ in range(SIGNS)]
    together = [someone(room, few) for _ in range(8)]
    yield "look-up, alone", timed(room, lambda ids: room.look(ids), alone) / len(alone)
    yield f"look-up, of {SIGNS}", timed(room, lambda ids: room.look(ids), together) / 8 / few
    places = [numbers(room, few) for _ in range(8)]
    yield f"heartbeat, of {SIGNS}", timed(room, lambda some: room.heartbeat(some), places) / 8 / few
    yield "heartbeat of a stranger", timed(room, lambda ids: room.stranger_heartbeat(ids), together) / 8 / few
    yield f"admit {ADMISSIONS}", timed(room, lambda _: room.admit(), [0])
    yield "clean, nothing due", timed(room, lambda _: room.clean(), [0])
    room.configure(hb=1)
    time.sleep(0.01)
    yield f"expire {CHUNKS * CHUNK}", timed(room, lambda _: room.clean(), [0])
    room.configure(hb=DAY)


def timed(room, step, arguments) -> int:
    room.scripts.connection.call("CONFIG", "RESETSTAT")
    for argument in arguments:
        step(argument)
    return room.scripts.microseconds()


def report_lines(times, bytes_each, slow, delay):
    sizes = list(times)
    print(
        "\n## A long line in the shared store\n\nThe store's own account of its scripts: µs for each look-up and "
        "heartbeat, else for the whole step, all attempts counted. Run by root, it goes before others on its core.\n\n"
        f"| waiting | {' | '.join(f'{size:,}' for size in sizes)} |\n|---|{'---|' * len(sizes)}"
    )
    print(f"| bytes of memory each, heartbeat included | {' | '.join(f'{bytes_each[size]:.0f}' for size in sizes)} |")
    for name in times[sizes[0]]:
        print(f"| {name} | {' | '.join(f'{statistics.median(times[size][name]):.1f}' for size in sizes)} |")
    longest = " | ".join(f"{time} ({name})" for time, name in map(max, slow.values()))
    print(f"| longest single script or command | {longest} |")
    print()
    first, *longer = sizes
    for size in longer:
        for name in list(times[size])[:2]:
            ratios = [late / early for late, early in zip(times[size][name], times[first][name])]
            print(
                f"- {name}, {size:,} / {first:,}: {statistics.median(ratios):.2f} (rounds "
                f"{' '.join(f'{ratio:.2f}' for ratio in ratios)}; budget 2.00)"
            )
    over = sum(time > LONGEST for found in slow.values() for time, _ in found)
    print(
        f"- longest single script or command by the slow log: {max(map(max, slow.values()))[0] / 1000:.1f} ms (budget "
        f"{LONGEST / 1000:.0f}), {over} over it; the store waited {delay * 1000:.0f} ms for its core meanwhile"
    )
    print(f"- bytes each at {sizes[-1]:,}: {bytes_each[sizes[-1]]:.0f} (budget 200)")
