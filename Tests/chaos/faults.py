"""What goes wrong, when, and for how long: a list made from a seed, carried out, and written down."""

import asyncio
import dataclasses
import random
import signal
import time

KINDS = ("gate-kill", "gate-stop", "store-kill", "store-stop", "nats-kill", "nats-stop")
#: One round of faults; rounds are shuffled, so that each kind has its turn whatever the seed.
ROUND = ("gate-kill",) * 3 + ("gate-stop",) * 2 + ("store-kill", "store-stop", "nats-kill", "nats-stop")
#: So long after a fault its effects may last: signs of life that were not carried, views not yet renewed, a lease that
#: nobody else has yet.
AFTERMATH = 4.0


@dataclasses.dataclass(frozen=True)
class Fault:
    """SIGKILL and a new start after `seconds`, or SIGSTOP for `seconds`."""

    at: float
    target: str
    kind: str
    seconds: float

    def __str__(self):
        return f"{self.at:5.1f} s  {self.kind} {self.target} for {self.seconds:.1f} s"


def random_faults(seed, seconds, gates, kinds=KINDS) -> list:
    """Faults that begin within `seconds`, each target one at a time; different ones may overlap."""
    chance = random.Random(f"faults {seed}")
    faults, deck, now = [], [], 1.5
    free_from = {}
    while now < seconds and kinds:
        if not deck:
            deck = [kind for kind in ROUND if kind in kinds]
            chance.shuffle(deck)
        what, _, kind = deck.pop().partition("-")
        target = chance.choice(gates) if what == "gate" else what
        length = round(chance.uniform(0.5, 4.0) if kind == "stop" else chance.uniform(0.3, 3.0), 1)
        begin = max(now, free_from.get(target, 0.0))
        if begin < seconds:
            faults.append(Fault(round(begin, 1), target, kind, length))
            free_from[target] = begin + length + 1.0
        now += chance.uniform(0.8, 2.2)
    return sorted(faults, key=lambda fault: fault.at)


def one_of_each(gates, kinds=KINDS) -> list:
    """A short run's faults, in an order that never changes."""
    faults = [
        Fault(2.0, gates[0], "kill", 1.0),
        Fault(3.5, "nats", "kill", 1.0),
        Fault(5.5, gates[1], "stop", 1.5),
        Fault(7.0, "store", "stop", 1.0),
        Fault(9.0, "nats", "stop", 1.0),
        Fault(11.5, "store", "kill", 0.7),
    ]
    return [fault for fault in faults if f"{fault.target.partition('-')[0]}-{fault.kind}" in kinds]


class FaultLog:
    """The faults that were carried out."""

    def __init__(self):
        #: (target, kind, begin, end); the end of one that lasts is infinite.
        self.spans = []

    def begin(self, target, kind):
        self.spans.append([target, kind, time.time(), float("inf")])
        return self.spans[-1]

    def touched(self, since, until, *targets) -> bool:
        """Whether one of the targets was in trouble, or in the aftermath, at some moment of this span."""
        return any(
            target in targets and begin <= until and end + AFTERMATH >= since for target, _, begin, end in self.spans
        )

    def crashed(self, target, since, until) -> bool:
        """Whether it was killed in this span, or came back from it."""
        return any(
            name == target and how == "kill" and begin <= until and end + AFTERMATH >= since
            for name, how, begin, end in self.spans
        )

    def count(self) -> dict:
        found = {}
        for target, kind, _, _ in self.spans:
            name = f"{target.partition('-')[0]}-{kind}"
            found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))


async def inflict(faults, stage, log, complaints):
    """Carries the faults out, each at its time. A server that has ended without one is complained of and started."""
    started = time.time()

    async def one(fault):
        await asyncio.sleep(max(0.0, started + fault.at - time.time()))
        server = stage.servers[fault.target]
        if not server.process.running():
            complaints.append(f"{fault.target} ended by itself with {server.process.child.returncode}")
            server.process.start()
            return
        if fault.target == "store" and fault.kind == "kill":
            await stage.note_crash()
        span = log.begin(fault.target, fault.kind)
        if fault.kind == "stop":
            server.process.signal(signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            server.process.signal(signal.SIGCONT)
        else:
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(fault.seconds)
            server.process.start()
        span[3] = time.time()

    await asyncio.gather(*(one(fault) for fault in faults))
