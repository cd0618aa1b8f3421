"""The origin: it answers every page at once and keeps a record of whose session token came with each request."""

import asyncio
import time

from chaos.tokens import claims

PAGE = b"<!doctype html><title>Concert</title><p>" + b"Seats are left. " * 32


class Origin:
    def __init__(self):
        self.requests, self.without_token = 0, 0
        #: When a session's first and last request came.
        self.sessions = {}
        #: The session of each token: a browser sends the same one many times.
        self.known = {}
        self.server = None

    async def start(self):
        self.server = await asyncio.get_running_loop().create_server(
            lambda: Visit(self), "127.0.0.1", 0, backlog=1024, reuse_address=True
        )
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def stop(self):
        self.server.close()

    def note(self, token):
        self.requests += 1
        if not token:
            self.without_token += 1
            return
        session = self.known.get(token)
        if session is None:
            session = self.known[token] = claims(token)["session_id"]
        now = time.time()
        first, _ = self.sessions.get(session, (now, now))
        self.sessions[session] = (first, now)

    def most_at_once(self) -> int:
        """How many sessions were between their first and their last request at one moment.

        Each of them held a slot all that time, for a session that has ended does not begin again. So it is a lower
        bound of the slots in use, from outside of the gates.
        """
        changes = sorted((moment, step) for span in self.sessions.values() for moment, step in zip(span, (1, -1)))
        most = now = 0
        for _, step in changes:
            now += step
            most = max(most, now)
        return most


class Visit(asyncio.Protocol):
    """A connection of a gate. Its requests are GETs, one at a time and without a body."""

    def __init__(self, origin):
        self.origin, self.buffer = origin, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head, self.buffer = self.buffer[:end], self.buffer[end + 4 :]
            token = ""
            for line in head.split(b"\r\n"):
                if line[:17].lower() == b"x-anteroom-token:":
                    token = line[17:].strip().decode()
            self.origin.note(token)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Origin: yes\r\nContent-Length: %d\r\n\r\n%b"
                % (len(PAGE), PAGE)
            )
