"""A small HTTP/1.1 client for thousands of browsers in one process, and the load balancer that they come through.

Connections to a gate are shared between browsers, as those of a load balancer are, and each request goes to any gate
that is not known to be away.
"""

import asyncio
import collections
import time

#: A gate that hangs for so long is given up; the request goes to another one.
PATIENCE = 4.0
#: For so long a gate that failed is left alone.
AVOIDED = 1.0
#: Gates close connections that idle for 60 s.
IDLE = 30.0
BACKLOG_TRIES = 200


class Broken(Exception):
    """The connection ended, or never came to be, before the answer did. Its argument says which."""


class Answer:
    __slots__ = ("status", "fields", "cookies", "body", "gate", "asked", "answered")

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0][9:12])
        self.fields, self.cookies, self.body = {}, [], b""
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            if name == "set-cookie":
                self.cookies.append(value.partition(";")[0].partition("=")[::2])
            else:
                self.fields[name] = value

    @property
    def retry_after(self) -> float:
        return float(self.fields.get("retry-after") or 1)


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self):
        self.buffer, self.waiter, self.answer = bytearray(), None, None
        self.transport, self.is_open, self.idle_since = None, True, 0.0

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, data: bytes) -> asyncio.Future:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return self.waiter

    def data_received(self, data):
        self.buffer += data
        if self.answer is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.answer = Answer(bytes(self.buffer[:end]))
            del self.buffer[: end + 4]
            if "transfer-encoding" in self.answer.fields:
                self._end(Broken("chunked"))
                return
        length = 0 if self.answer.status == 204 else int(self.answer.fields.get("content-length", 0))
        if len(self.buffer) >= length:
            answer, self.answer = self.answer, None
            answer.body = bytes(self.buffer[:length])
            del self.buffer[:length]
            if answer.fields.get("connection", "").lower() == "close":
                self.close()
            self._end(answer)

    def connection_lost(self, error):
        self.is_open = False
        self._end(Broken("broken"))

    def close(self):
        self.is_open = False
        self.transport.abort()

    def _end(self, outcome):
        waiter, self.waiter = self.waiter, None
        if waiter is None or waiter.done():
            return
        if isinstance(outcome, Exception):
            waiter.set_exception(outcome)
        else:
            waiter.set_result(outcome)


class Balancer:
    """Sends each request to any gate that seems to live, and to another where that one fails."""

    def __init__(self, ports: dict, random):
        self.ports, self.random = ports, random
        self.idle = {name: [] for name in ports}
        self.avoided = {name: 0.0 for name in ports}
        #: How often a gate refused, broke off or hung.
        self.failures = collections.Counter()

    def close(self):
        for connections in self.idle.values():
            for connection in connections:
                connection.close()

    async def ask(self, data: bytes, patience=PATIENCE) -> tuple:
        """The answer, and how many gates had failed before."""
        for failed in range(BACKLOG_TRIES):
            gate = self._gate()
            try:
                answer = await self._ask(gate, data, patience)
                self.avoided[gate] = 0.0
                return answer, failed
            except Broken as trouble:
                self.failures[str(trouble)] += 1
                self.avoided[gate] = time.time() + AVOIDED
                if failed % len(self.ports) == len(self.ports) - 1:
                    await asyncio.sleep(self.random.uniform(0.2, 0.5))
        raise Broken(f"no gate answered {BACKLOG_TRIES} times")

    def _gate(self) -> str:
        now = time.time()
        living = [name for name, until in self.avoided.items() if until < now]
        return self.random.choice(living or list(self.ports))

    async def _ask(self, gate, data, patience) -> Answer:
        asked = time.time()
        connection = answer = None
        try:
            async with asyncio.timeout(patience):
                connection = await self._connection(gate)
                answer = await connection.ask(data)
        except TimeoutError:
            raise Broken("hung") from None
        finally:
            # The answer to a question that nobody waits for any more must not be taken for that to the next one.
            if connection and not answer:
                connection.close()
        answer.gate, answer.asked, answer.answered = gate, asked, time.time()
        if connection.is_open:
            connection.idle_since = answer.answered
            self.idle[gate].append(connection)
        return answer

    async def _connection(self, gate) -> Connection:
        idle, now = self.idle[gate], time.time()
        while idle:
            connection = idle.pop()
            if connection.is_open and now - connection.idle_since < IDLE:
                return connection
            if connection.is_open:
                connection.close()
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(Connection, "127.0.0.1", self.ports[gate])
        except OSError:
            raise Broken("refused") from None
        return connection
