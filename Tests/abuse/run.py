"""A bot beside honest visitors: does it fill the room, or slow the others?

    python3 Tests/abuse/run.py --gate .build/release/anteroom --seconds 60 --visitors 500 --bot 1000 --seed 7

The same room and the same visitors, by the same seed, three times: alone; beside a bot that never returns a cookie, from
200 addresses, with a browser's headers; and beside one that keeps its cookies and polls by the clock. Honest visitors
send a browser's fields, solve what they are asked to, wait in line, look at two pages and leave. Exit code 1 and a plain
message where the room fell short of docs/ABUSE.md.
"""

import argparse
import asyncio
import os
import pathlib
import random
import resource
import statistics
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "blackbox")]

from abuse.bot import Ghosts, Pollers  # noqa: E402
from abuse.visitors import Crowd  # noqa: E402
from rig import gate as gates  # noqa: E402
from rig.origin import Origin  # noqa: E402
from rig.site import site  # noqa: E402

#: The most by which a bot may slow the honest, and the places that it may get, as a part of the slots.
SLOWER, PLACES = 0.10, 0.10


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--gate", help="the program; default $ANTEROOM_BIN or .build/debug/anteroom")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long visitors arrive and the bot asks")
    parser.add_argument("--visitors", type=int, default=500)
    parser.add_argument("--bot", type=int, default=1000, help="its requests per second")
    parser.add_argument("--addresses", type=int, default=200)
    parser.add_argument("--slots", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20, help="admissions per second")
    parser.add_argument("--challenge", choices=("off", "suspicious", "always"), default="suspicious")
    parser.add_argument("--seed", type=int, default=None, help="default: drawn, and printed")
    given = parser.parse_args()
    if given.gate:
        os.environ["ANTEROOM_BIN"] = str(pathlib.Path(given.gate).resolve())
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(100_000)
    return given


async def run(given, origin, bot):
    """One room from its beginning to the last honest visitor's end."""
    with tempfile.TemporaryDirectory() as folder:
        room = gates.room(
            origin.url,
            max_active_users=given.slots,
            queue_rate=given.rate,
            admission_interval="500ms",
            session_timeout="30s",
            challenge=given.challenge,
        )
        gate = gates.Gate(folder, [room], gate={"trusted_proxies": ["127.0.0.1/32"], "access_log": "off"}).start()
        try:
            crowd = Crowd(gate, given)
            if bot:
                bot.begin(gate.port, given.seconds)
            await crowd.run()
            if bot:
                await asyncio.to_thread(bot.end)
            return crowd, gate.metrics()
        finally:
            gate.stop()


def count(metrics, start, **labels):
    total = 0.0
    for line in metrics.splitlines():
        if line.startswith(start) and all(f'{name}="{value}"' in line for name, value in labels.items()):
            total += float(line.rpartition(" ")[2])
    return int(total)


def report(name, crowd, bot, metrics):
    waits = sorted(crowd.waits)
    mean, late = statistics.fmean(waits), waits[int(len(waits) * 0.95) - 1]
    issued, solved = (count(metrics, "anteroom_challenges_total", outcome=kind) for kind in ("issued", "solved"))
    entered = count(metrics, "waiting_room_enqueued_total")
    sent = f"{bot.sent} ({bot.sent / bot.seconds:.0f}/s)" if bot else "–"
    print(
        f"| {name} | {len(waits)} | {mean:.2f} | {late:.2f} | {max(crowd.finished):.1f} | {sent} "
        f"| {entered - len(waits)} | {issued} | {solved} |",
        flush=True,
    )
    return mean, max(crowd.finished), entered - len(waits)


def main():
    given = options()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    origin = Origin(site)
    print(f"seed {given.seed}, challenge {given.challenge}, {given.slots} slots, {given.rate}/s\n")
    print("| | let in | mean wait, s | 95 % | last one in, s | bot's requests | bot's places | asked | solved |")
    print("|---|---|---|---|---|---|---|---|---|")
    flaws = []
    try:
        alone, metrics = asyncio.run(run(given, origin, None))
        mean_alone, last_alone, _ = report("alone", alone, None, metrics)
        for name, bot in (("no cookies", Ghosts(given)), ("cookies, polls by the clock", Pollers(given))):
            crowd, metrics = asyncio.run(run(given, origin, bot))
            mean, last, held = report(name, crowd, bot, metrics)
            if len(crowd.waits) < given.visitors:
                flaws.append(f"{name}: {given.visitors - len(crowd.waits)} honest visitors were not let in")
            if isinstance(bot, Ghosts):
                # A tick of the room is no slowing.
                if mean > mean_alone * (1 + SLOWER) + 0.5:
                    flaws.append(f"{name}: honest visitors waited {mean:.2f} s in place of {mean_alone:.2f} s")
                if last > last_alone * (1 + SLOWER):
                    flaws.append(f"{name}: the last one was in after {last:.1f} s in place of {last_alone:.1f} s")
                if held > given.slots * PLACES:
                    flaws.append(f"{name}: the bot got {held} places")
            if isinstance(bot, Pollers):
                polled = sum(count(metrics, "anteroom_challenges_total", reason=r) for r in ("poll_rate", "poll_rhythm"))
                if not polled or not bot.challenged:
                    flaws.append(f"{name}: the bot was not asked to prove itself")
            if bot.sent < given.bot * given.seconds * (1 - bot.delay) * 0.8:
                flaws.append(f"{name}: the bot sent only {bot.sent} requests: this machine is too slow to tell")
    finally:
        origin.stop()
    for flaw in flaws:
        print(f"FLAW: {flaw}", file=sys.stderr)
    print("\n" + (f"{len(flaws)} flaws" if flaws else "as promised"))
    sys.exit(1 if flaws else 0)


if __name__ == "__main__":
    main()
