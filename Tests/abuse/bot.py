"""Bots that look like browsers, from many addresses."""

import asyncio
import multiprocessing
import time

from abuse.wire import BROWSER, NAVIGATION, Connection


class Bot:
    """`given.bot` requests a second over some kept connections, each request from the next of its addresses."""

    connections = 40
    #: When it begins, as a part of the run.
    delay = 0.0

    def __init__(self, given):
        self.given, self.seconds = given, given.seconds
        self.sent, self.admitted, self.challenged = 0, 0, 0
        self.turn = iter(range(1 << 62))

    def identity(self, number):
        address = f"203.0.{number % self.given.addresses // 100}.{number % 100 + 1}"
        return f"User-Agent: {BROWSER}\r\nX-Forwarded-For: {address}\r\n"

    def begin(self, port, seconds):
        """Runs in a process of its own, so that it takes no time from the visitors' one; `end` waits for it."""
        self.pipe, theirs = multiprocessing.Pipe(False)
        self.process = multiprocessing.Process(target=self._serve, args=(port, seconds, theirs), daemon=True)
        self.process.start()

    def end(self):
        self.sent, self.admitted, self.challenged, self.seconds = self.pipe.recv()
        self.process.join()

    def _serve(self, port, seconds, pipe):
        asyncio.run(self._run(port, seconds))
        pipe.send((self.sent, self.admitted, self.challenged, self.seconds))

    async def _run(self, port, seconds):
        await asyncio.sleep(self.delay * seconds)
        seconds -= self.delay * seconds
        self.start = time.monotonic()
        await asyncio.gather(*(self._ask(Connection(port), seconds) for _ in range(self.connections)))
        self.seconds = time.monotonic() - self.start

    async def _ask(self, connection, seconds):
        while True:
            number = next(self.turn)
            due = self.start + number / self.given.bot
            if due > self.start + seconds:
                return connection.close()
            await asyncio.sleep(max(0, due - time.monotonic()))
            try:
                await self.step(connection, number)
            except (ConnectionError, asyncio.IncompleteReadError):
                continue

    def note(self, status, fields):
        self.sent += 1
        self.admitted += status == 200
        self.challenged += status == 403 and "x-anteroom-challenge" in fields


class Ghosts(Bot):
    """Never returns a cookie."""

    async def step(self, connection, number):
        status, fields, _ = await connection.ask("GET", "/echo", self.identity(number) + NAVIGATION)
        self.note(status, fields)


class Pollers(Bot):
    """Joins the line, keeps the cookies of its places, and polls each at even intervals, far more often than told."""

    places = 20
    delay = 0.3

    def __init__(self, given):
        super().__init__(given)
        self.cookies = [None] * self.places

    async def step(self, connection, number):
        place = number % self.places
        identity = self.identity(place)
        cookie = self.cookies[place]
        if cookie is None:
            status, fields, _ = await connection.ask("GET", "/echo", identity + NAVIGATION)
            for line in fields["set-cookie"]:
                self.cookies[place] = line.partition(";")[0]
        else:
            call = "/api/v1/queues/shop/status" if "anteroom_p_" in cookie else "/echo"
            status, fields, _ = await connection.ask("GET", call, f"{identity}{NAVIGATION}Cookie: {cookie}\r\n")
        self.note(status, fields)
