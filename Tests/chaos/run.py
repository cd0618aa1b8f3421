"""Chaos: gates in front of one line, a crowd of browsers, kills of gates, store and NATS; then the history is judged.

    python3 Tests/chaos/run.py --gate .build/debug/anteroom --seconds 60 --browsers 2000 --seed 7

Exit code 1 and a plain message for each thing that was not as docs/ARCHITECTURE.md promises; the logs are kept then. The
faults, and what each browser is going to do, follow from the seed; how they fall together does not.
"""

import argparse
import asyncio
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "blackbox")]

import nats  # noqa: E402
import requests  # noqa: E402

from chaos import faults as trouble  # noqa: E402
from chaos.browsers import crowd  # noqa: E402
from chaos.client import Balancer  # noqa: E402
from chaos.history import read_history  # noqa: E402
from chaos.origin import Origin  # noqa: E402
from chaos.record import Record  # noqa: E402
from chaos.report import table, violations  # noqa: E402
from chaos.sabotage import MISTAKES, Sabotage  # noqa: E402
from chaos.stage import Stage  # noqa: E402
from chaos.verdict import judge  # noqa: E402
from rig import gate as gates  # noqa: E402


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--gate", help="the program; default $ANTEROOM_BIN or .build/debug/anteroom")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long there are faults and arrivals")
    parser.add_argument("--browsers", type=int, default=2000)
    parser.add_argument("--gates", type=int, default=3)
    parser.add_argument("--slots", type=int, default=150)
    parser.add_argument("--rate", type=int, default=60, help="admissions per second")
    parser.add_argument("--seed", type=int, default=None, help="default: drawn, and printed")
    parser.add_argument("--snapshots", type=float, default=3.0, help="seconds between two snapshots of the store")
    parser.add_argument("--one-of-each", action="store_true", help="one fault of each kind in a fixed order")
    parser.add_argument(
        "--faults", default=",".join(trouble.KINDS), help="which kinds, separated by commas; none: an undisturbed run"
    )
    parser.add_argument("--hurry", action="store_true", help="do not wait for those who went silent to time out")
    parser.add_argument("--sabotage", choices=MISTAKES, help="breaks a script, to see that the run turns red")
    parser.add_argument("--keep", help="where logs go if the run is red; default artefacts/chaos")
    given = parser.parse_args()
    if given.gate:
        os.environ["ANTEROOM_BIN"] = str(pathlib.Path(given.gate).resolve())
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(100_000)
    given.faults = [kind for kind in given.faults.split(",") if kind]
    if unknown := set(given.faults) - set(trouble.KINDS):
        parser.error(f"--faults: {', '.join(unknown)}; there are {', '.join(trouble.KINDS)}")
    return given


def say(text):
    print(text, flush=True)


class Run:
    def __init__(self, given, folder):
        self.given, self.folder = given, folder
        self.log = trouble.FaultLog()
        self.record = Record(self.log, time.time())

    async def play(self) -> list:
        given = self.given
        self.origin = await Origin().start()
        sabotage = await Sabotage(given.sabotage).start() if given.sabotage else None
        self.stage = Stage(
            self.folder, given.gates, given.slots, given.rate, self.origin, given.snapshots, sabotage=sabotage
        )
        try:
            await asyncio.to_thread(self.stage.start)
            found = await self._play()
            if sabotage and not sabotage.changed:
                found.append("the script to break was not seen: its text has changed")
            return found
        finally:
            await asyncio.to_thread(self.stage.stop)
            self.origin.stop()
            if sabotage:
                sabotage.stop()

    async def _play(self) -> list:
        given, stage = self.given, self.stage
        names = list(stage.gates)
        if given.one_of_each:
            faults = trouble.one_of_each(names, given.faults)
        else:
            faults = trouble.random_faults(given.seed, given.seconds, names, given.faults)
        for fault in faults:
            say(f"  {fault}")
        self.record.started = time.time()
        balancer = Balancer(
            {name: gate.port for name, gate in stage.gates.items()}, random.Random(f"balancer {given.seed}")
        )
        snapshots = asyncio.create_task(stage.save_snapshots())
        await asyncio.gather(
            crowd(given.browsers, given.seed, given.seconds, balancer, self.record, given.seconds + 150),
            trouble.inflict(faults, stage, self.log, self.record.complaints),
        )
        self.failures = balancer.failures
        balancer.close()
        await asyncio.to_thread(stage.bring_up, self.record.complaints)
        await self._quiet()
        snapshots.cancel()
        connection = await nats.connect(stage.nats.url, connect_timeout=5)
        self.history = await read_history(connection.jetstream())
        await connection.close()
        return await asyncio.to_thread(judge, stage, self.record, self.origin, self.history, not self.given.hurry)

    async def _quiet(self, seconds=60):
        """Until every event is in the stream and, unless in a hurry, the last silent browser has timed out."""
        end = time.time() + seconds
        while time.time() < end:
            waiting, used = await asyncio.to_thread(self.stage.in_line_and_through)
            backlog = await asyncio.to_thread(self.stage.backlog)
            is_empty = self.given.hurry or not waiting and not used
            if is_empty and not backlog and await self.stage.outbox() == 0:
                return
            await asyncio.sleep(0.5)
        self.record.complaints.append(
            f"not quiet after {seconds} s: {waiting} wait, {used} slots in use, {await self.stage.outbox()} events in "
            f"the outbox, {backlog:.0f} in the gates"
        )


def main() -> int:
    given = options()
    if not gates.anteroom().exists():
        say(f"no gate at {gates.anteroom()}: swift build, or --gate")
        return 2
    say(f"chaos: seed {given.seed}, {given.gates} gates, {given.browsers} browsers, {given.seconds:.0f} s of faults")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="anteroom-chaos-"))
    started = time.time()
    run = Run(given, folder)
    try:
        found = asyncio.run(run.play())
        for line in table(run, found, time.time() - started) + violations(found):
            say(line)
        green = not found
    except requests.RequestException as error:
        say(f"VIOLATION a gate that should run does not answer: {error}")
        green = False
    except BaseException:
        green = False
        raise
    finally:
        if not green:
            run.record.write(folder)
            kept = pathlib.Path(given.keep or gates.REPOSITORY / "artefacts/chaos")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns("keys", "salt"))
            say(f"logs are in {kept}; again with --seed {given.seed}")
        shutil.rmtree(folder, ignore_errors=True)
    say("chaos: green" if green else "chaos: RED")
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main())
