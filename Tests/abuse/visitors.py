"""Honest visitors: they keep cookies, solve what they are asked to, wait, look at two pages, and leave."""

import asyncio
import concurrent.futures
import json
import random
import time

from abuse.wire import BROWSER, NAVIGATION, Connection
from rig.proof import answer

API = "/api/v1/queues/shop"


class Crowd:
    """Everybody's arrival, pace and stay follow from the seed. `waits` and `finished` are seconds."""

    def __init__(self, gate, given):
        self.gate, self.given = gate, given
        self.waits, self.finished, self.challenges = [], [], 0

    async def run(self):
        source = random.Random(self.given.seed)
        # As long as it takes for the room to be full until all have been in: slots that a bot holds are missed at once.
        stay = self.given.seconds * self.given.slots / self.given.visitors
        plans = [
            (source.uniform(0, self.given.seconds / 2), source.uniform(0.8, 1.2) * stay, random.Random(source.random()))
            for _ in range(self.given.visitors)
        ]
        limit = self.given.seconds * 3 + 60
        with concurrent.futures.ProcessPoolExecutor(2) as self.workers:
            self.workers.submit(int).result()
            self.start = time.monotonic()
            await asyncio.gather(*(self._visit(number, *plan, limit) for number, plan in enumerate(plans)))

    async def _visit(self, number, arrival, stay, source, limit):
        try:
            async with asyncio.timeout(limit):
                await asyncio.sleep(arrival)
                await Visitor(self, number, stay, source).go()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            print(f"visitor {number}: {error!r}", flush=True)


class Visitor:
    def __init__(self, crowd, number, stay, source):
        self.crowd, self.stay, self.source = crowd, stay, source
        self.connection, self.cookies = Connection(crowd.gate.port), {}
        self.identity = (
            f"User-Agent: {BROWSER} V{number % 7}\r\nX-Forwarded-For: 10.{number // 250}.{number % 250}.1\r\n"
        )

    async def ask(self, method, path, fields, body=b""):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        fields = self.identity + fields + (f"Cookie: {cookie}\r\n" if cookie else "")
        status, found, body = await self.connection.ask(method, path, fields, body)
        for line in found["set-cookie"]:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return status, found, body

    async def go(self):
        began = time.monotonic()
        status, found, _ = await self.ask("GET", "/echo", NAVIGATION)
        if status == 403 and "x-anteroom-challenge" in found:
            await self.prove()
            status, found, _ = await self.ask("GET", "/echo", NAVIGATION)
        while status != 200:
            await self.wait()
            status, found, _ = await self.ask("GET", "/echo", NAVIGATION)
        self.crowd.waits.append(time.monotonic() - began)
        self.crowd.finished.append(time.monotonic() - self.crowd.start)
        # A page loads its parts at once.
        await self.ask("GET", "/echo?style", "Accept: text/css,*/*;q=0.1\r\nSec-Fetch-Dest: style\r\n")
        for _ in range(2):
            await asyncio.sleep(self.stay / 2)
            await self.ask("GET", "/echo", NAVIGATION)
        await self.ask("POST", f"{API}/session/complete", "Accept: application/json\r\n")
        self.connection.close()

    async def prove(self):
        """As the page does: what is asked of a script that wants JSON is the same."""
        self.crowd.challenges += 1
        fields = "Accept: application/json\r\nAccept-Language: en\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\n"
        status, _, body = await self.ask("GET", "/echo", fields)
        if status != 403:
            return
        solved = await asyncio.get_running_loop().run_in_executor(
            self.crowd.workers, answer, json.loads(body)["challenge"]
        )
        status, _, body = await self.ask("POST", f"{API}/challenge", fields, json.dumps(solved).encode())
        assert status == 201, (status, body)

    async def wait(self):
        """Until the line lets this one in, by polls as the page would make them."""
        while True:
            status, _, body = await self.ask("GET", f"{API}/status", "Accept: application/json\r\n")
            if status != 200:
                raise ConnectionError(f"{status} {body[:200]}")
            position = json.loads(body)
            if position["status"] != "waiting":
                return
            await asyncio.sleep(min(1.0, position["poll_after_seconds"]) * self.source.uniform(0.75, 1.25))
