"""A simulated visitor: arrives, waits as the queue page's script does, enters, looks around, and ends somehow."""

import asyncio
import collections
import json
import random
import time

from chaos.client import Broken
from chaos.habits import Habits
from chaos.record import CARRIED
from chaos.stage import ROOM, SESSION_TIMEOUT
from chaos.tokens import claims

API = f"/api/v1/queues/{ROOM}"
POSITION, SESSION = f"anteroom_p_{ROOM}", f"anteroom_s_{ROOM}"
FIELDS = "Host: shop.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chaos/1.0\r\nAccept-Language: en\r\n"
NAVIGATION = (
    f"{FIELDS}Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\n"
)
SCRIPT = f"{FIELDS}Accept: application/json\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\n"
PICTURE = f"{FIELDS}Accept: image/avif,*/*;q=0.8\r\nSec-Fetch-Dest: image\r\nSec-Fetch-Mode: no-cors\r\n"
LONG_POLL = 5
#: Two seconds are promised; the rest is for the way.
REVOKED_WITHIN = 2.5


class Browser:
    def __init__(self, number, seed, seconds, balancer, record):
        self.number, self.balancer, self.record = number, balancer, record
        self.random = random.Random(f"browser {seed} {number}")
        self.habits = Habits.drawn(self.random, seconds)
        self.cookies = {}
        self.place = None
        self.trace = collections.deque(maxlen=40)

    def __str__(self):
        return f"browser {self.number}"

    # What it does

    async def live(self):
        await asyncio.sleep(self.habits.arrival)
        if self.habits.end in ("leave", "give up"):
            try:
                async with asyncio.timeout(self.habits.patience):
                    await self.come_in()
            except TimeoutError:
                return await self.turn_away()
        else:
            await self.come_in()
        await self.look_around()

    async def come_in(self):
        """Returns once the origin has answered."""
        self.record.counts["wanted in"] += 1
        while True:
            answer = await self.navigate("/")
            if self.is_origins(answer):
                return self.entered(answer)
            if b"position_id" in answer.body:
                if answer.status != 503:
                    self.record.complain(self, answer.gate, f"the queue page is a {answer.status}")
                if self.place is None:
                    self.named(claims(self.cookies[POSITION])["position_id"], answer)
                await self.wait(answer)
                if self.habits.claims and self.place:
                    await self.call("POST", "session/claim")
            else:
                self.record.counts["closed doors"] += 1
                await self.pause(answer.retry_after)

    async def wait(self, answer):
        """Returns when it is time for a navigation: it is our turn, or the place is gone."""
        pause, heard = answer.retry_after, False
        while True:
            await self.pause(pause)
            long = self.habits.polls_long and heard
            answer = await self.call("GET", f"status?wait={LONG_POLL}s" if long else "status", LONG_POLL if long else 0)
            if answer.status == 200:
                position, heard = json.loads(answer.body), True
                if position["status"] == "waiting":
                    self.waiting(position, answer)
                    pause = 0.3 if long else position["poll_after_seconds"]
                elif position["status"] in ("admitted", "active"):
                    self.told(position, answer)
                    return
                else:
                    return self.lost(answer, f"is told that the place is {position['status']}")
            elif answer.status in (401, 404, 410):
                return self.lost(answer, f"is told {answer.status}: {answer.body[:150]}")
            elif answer.status == 503:
                self.record.counts["polls refused"] += 1
                heard, pause = False, answer.retry_after
            else:
                self.record.complain(self, answer.gate, f"a poll is a {answer.status}: {answer.body[:150]}")
                pause = 2.0

    async def look_around(self):
        for number in range(self.habits.pages):
            await asyncio.sleep(self.random.uniform(0.3, 1.2))
            await self.view(f"/page/{number}")
        if self.habits.end == "complete":
            await self.complete()
        else:
            self.record.counts["went silent inside"] += 1

    async def complete(self):
        old = dict(self.cookies)
        answer = await self.call("POST", "session/complete")
        while answer.status == 503:
            self.record.counts["completions refused"] += 1
            await self.pause(answer.retry_after)
            answer = await self.call("POST", "session/complete")
        self.record.counts["completed"] += 1
        if answer.status == 204:
            if self.habits.looks_back:
                await self.look_back(old, answer.answered)
        # After a break the first attempt may have been carried out.
        elif not (answer.status == 401 and self.failed_before):
            self.thrown_back(answer)

    async def look_back(self, cookies, completed):
        """All gates refuse a session that has ended within two seconds. A picture makes no new position."""
        await asyncio.sleep(REVOKED_WITHIN)
        self.cookies = cookies
        answer = await self._ask("GET", "/picture", PICTURE)
        if "x-origin" in answer.fields:
            if self.record.log.touched(completed - 0.5, answer.answered, answer.gate, "store"):
                self.record.counts["late revocations at a disturbed gate"] += 1
            else:
                since = answer.asked - completed
                self.record.complain(self, answer.gate, f"is let in {since:.1f} s after its session was completed")
        else:
            self.record.counts["refused after completion"] += 1

    async def view(self, path):
        """A page of the origin; who is thrown back gets in again first."""
        answer = await self.navigate(path)
        if self.is_origins(answer):
            self.seen = answer.answered
            return
        self.thrown_back(answer)
        await self.pause(answer.retry_after)
        await self.come_in()

    async def turn_away(self):
        if self.habits.end == "leave" and self.place:
            answer = await self.call("POST", "leave")
            while answer.status == 503:
                await self.pause(answer.retry_after)
                answer = await self.call("POST", "leave")
            if answer.status not in (204, 404):
                self.record.complain(self, answer.gate, f"leaving is a {answer.status}: {answer.body[:150]}")
            self.place.end = "left"
            self.record.counts["left"] += 1
        else:
            if self.place:
                self.place.end = "silent"
            self.record.counts["gave up"] += 1
        self.record.counts["wanted in"] -= 1

    # What it learns

    def is_origins(self, answer) -> bool:
        if "x-origin" not in answer.fields:
            if answer.status in (502, 504):
                self.record.complain(self, answer.gate, f"the origin lives, and the gate answers {answer.status}")
            return False
        if SESSION not in self.cookies:
            self.record.complain(self, answer.gate, "got a page of the origin without a session")
        return True

    def entered(self, answer):
        self.seen = answer.answered
        self.record.counts["entered"] += 1
        if SESSION not in self.cookies:
            return
        position = claims(self.cookies[SESSION])["position_id"]
        if self.place and self.place.id != position:
            self.record.complain(self, answer.gate, f"waited as {self.place.id} and entered as {position}")
        self.place = self.record.joined(self, position, answer)
        self.place.contacts.append((answer.answered, answer.gate))
        self.place.end = "through"

    def told(self, position, answer):
        """A position JSON: it must be ours."""
        if self.place and position["position_id"] != self.place.id:
            self.record.complain(self, answer.gate, f"{self.place.id} has become {position['position_id']}")
        self.place.contacts.append((answer.answered, answer.gate))
        del self.place.contacts[:-12]

    def waiting(self, position, answer):
        self.told(position, answer)
        self.record.ranked(self, self.place, position["position"], answer)

    def lost(self, answer, text):
        """The place is gone: the browser comes again without it, as the page's button does."""
        place, self.place = self.place, None
        place.end = "lost"
        silence = answer.answered - self.record.last_surely_heard(place)
        if self.record.may_have_expired(place, answer.answered):
            self.record.counts["places lost by silence"] += 1
        else:
            self.record.complain(self, answer.gate, f"{text} after {silence:.1f} s ({place.id})")

    def thrown_back(self, answer):
        """Who is through is refused; after a crash of the store the history may excuse it."""
        silence = answer.asked - self.seen
        text = f"was through, heard {silence:.1f} s ago, and gets a {answer.status}: {answer.body[-150:]}"
        if silence >= SESSION_TIMEOUT - CARRIED:
            self.record.counts["sessions that timed out"] += 1
        elif self.record.log.crashed("store", self.place.acknowledged, answer.answered):
            self.record.counts["thrown back after a crash of the store"] += 1
            self.record.thrown.append((self.place.id, answer.asked, f"{self}: {text}"))
            self.record.traces[self.number] = list(self.trace)
        else:
            self.record.complain(self, answer.gate, text)

    def took_cookies(self, answer):
        for name, value in answer.cookies:
            if name not in (POSITION, SESSION):
                continue
            if not value:
                self.cookies.pop(name, None)
                continue
            self.cookies[name] = value
            if name == POSITION:
                self.named(claims(value)["position_id"], answer)

    def named(self, position, answer):
        """The position of a cookie. It changes only where the one before was lost."""
        before, self.place = self.place, self.record.joined(self, position, answer)
        self.place.contacts.append((answer.answered, answer.gate))
        if before is None or before is self.place:
            return
        if before.end == "through":
            self.record.counts["came back to the line"] += 1
        elif self.record.may_have_expired(before, answer.answered):
            self.record.counts["places lost by silence"] += 1
        else:
            silence = answer.answered - self.record.last_surely_heard(before)
            self.record.complain(
                self, answer.gate, f"has position {position} in place of {before.id}, heard {silence:.1f} s before"
            )
        before.end = "lost"

    # How it speaks

    async def pause(self, seconds):
        """Not all at the same moment."""
        await asyncio.sleep(seconds * self.random.uniform(1.0, 1.15))

    async def navigate(self, path):
        return await self._ask("GET", path, NAVIGATION)

    async def call(self, method, call, extra=0):
        return await self._ask(method, f"{API}/{call}", SCRIPT, extra)

    async def _ask(self, method, target, fields, extra=0):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = f"{method} {target} HTTP/1.1\r\n{fields}"
        if cookies:
            lines += f"Cookie: {cookies}\r\n"
        if method == "POST":
            lines += "Content-Length: 0\r\n"
        try:
            answer, self.failed_before = await self.balancer.ask(f"{lines}\r\n".encode(), 4.0 + extra)
        except Broken as trouble:
            self.record.complain(self, "all gates", str(trouble))
            raise
        self.record.counts["requests"] += 1
        self.trace.append(
            f"{answer.asked - self.record.started:7.2f} to {answer.answered - self.record.started:7.2f} {answer.gate} "
            f"{method} {target}: {answer.status}, {len(answer.body)} bytes, after {self.failed_before} failures"
        )
        self.took_cookies(answer)
        return answer


async def crowd(count, seed, seconds, balancer, record, deadline):
    """All browsers to their end; those that are not done by then are `record.unfinished`."""
    browsers = [Browser(number, seed, seconds, balancer, record) for number in range(count)]
    tasks = {asyncio.create_task(browser.live()): browser for browser in browsers}
    done, pending = await asyncio.wait(tasks, timeout=deadline)
    for task in pending:
        task.cancel()
        record.unfinished.add(tasks[task].number)
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if task.exception() and not isinstance(task.exception(), Broken):
            raise task.exception()
    record.over = time.time()
