"""What the browsers of a run saw."""

import collections
import dataclasses
import time

from chaos.stage import HEARTBEAT_TIMEOUT

#: A gate's view of the line is at most a second old; a second more for the way and for steps under load.
STALE = 2.5
#: A sign of life is in the store after this time.
CARRIED = 2.0


@dataclasses.dataclass
class Place:
    """A position that a browser was told of."""

    id: str
    acknowledged: float
    browser: int
    gate: str
    #: When it was last heard, and by which gates, the latest last.
    contacts: list = dataclasses.field(default_factory=list)
    #: (when told, rank); one that is older than STALE is kept only if it is the lowest.
    ranks: list = dataclasses.field(default_factory=list)
    #: How it ended for the browser: "", "through", "left", "silent", "lost".
    end: str = ""

    def __post_init__(self):
        self.contacts.append((self.acknowledged, self.gate))

    def lowest_rank_before(self, moment):
        """The lowest rank told before it; later ones stay for later questions."""
        old = [rank for told, rank in self.ranks if told <= moment]
        if not old:
            return None
        lowest = min(old)
        self.ranks = [(0.0, lowest)] + [(told, rank) for told, rank in self.ranks if told > moment]
        return lowest


@dataclasses.dataclass(frozen=True)
class Fall:
    position: str
    places: int
    browser: int
    time: float


class Record:
    def __init__(self, log, started):
        self.log, self.started = log, started
        self.counts = collections.Counter()
        #: What must not happen, one sentence each.
        self.complaints = []
        self.places = {}
        #: What is for the history to excuse: how far somebody fell back after a crash of the store, and who was thrown
        #: back into the line.
        self.fallen, self.thrown = [], []
        #: The last exchanges of browsers that complained.
        self.traces = {}
        self.unfinished = set()
        #: What `anteroom history` said.
        self.checker = ""

    def complain(self, browser, gate, text):
        moment = time.time() - self.started
        self.traces[browser.number] = list(browser.trace)
        self.complaints.append(f"browser {browser.number} at {moment:.2f} s, {gate}: {text}")

    def write(self, folder):
        """For whoever looks into a red run: the browsers that complained, and all places."""
        for number, lines in self.traces.items():
            (folder / f"browser-{number}.txt").write_text("\n".join(lines) + "\n")
        with (folder / "places.txt").open("w") as out:
            for place in self.places.values():
                heard = ", ".join(f"{moment - self.started:.2f} {gate}" for moment, gate in place.contacts)
                print(f"{place.id} browser {place.browser} {place.end or 'waiting'}: {heard}", file=out)

    def joined(self, browser, position, answer) -> Place:
        place = self.places.get(position)
        if place is None:
            place = self.places[position] = Place(position, answer.answered, browser.number, answer.gate)
            self.counts["joins"] += 1
        elif place.browser != browser.number:
            self.complain(browser, answer.gate, f"was given the position {position} of browser {place.browser}")
        return place

    def last_surely_heard(self, place) -> float:
        """The latest contact that has reached the store: the gate noted it, lived on, and the store was there.

        One that comes at the last moment may reach the store too late: gates carry signs of life once a second.
        """
        heard = place.contacts[0][0]
        for moment, gate in place.contacts:
            if moment - heard < HEARTBEAT_TIMEOUT - CARRIED and not self.log.touched(
                moment - 0.5, moment + CARRIED, gate, "store"
            ):
                heard = moment
        return heard

    def may_have_expired(self, place, now) -> bool:
        return now - self.last_surely_heard(place) >= HEARTBEAT_TIMEOUT - 1.0

    def ranked(self, browser, place, rank, answer):
        """Takes a rank that was told; places do not go back, but a gate's view may be older than another's."""
        before = place.lowest_rank_before(answer.asked - STALE)
        if before is not None and rank > before:
            if self.log.crashed("store", place.acknowledged, answer.answered):
                self.fallen.append(Fall(place.id, rank - before, browser.number, answer.answered))
                place.ranks = []
            elif self.log.touched(answer.asked - STALE, answer.answered, answer.gate, "store"):
                self.counts["ranks from a disturbed view"] += 1
            else:
                self.complain(browser, answer.gate, f"went back from place {before} to {rank} ({place.id})")
        place.ranks.append((answer.answered, rank))
