"""An origin written by hand on sockets: it records every request it is sent and answers with exact bytes.

It parses strictly and keeps what it read byte for byte, so that a test can say what reached it, in which order and on
which connection.
"""

import dataclasses
import hashlib
import socket
import threading


@dataclasses.dataclass
class Received:
    """One request as it arrived."""

    connection: int
    method: str
    target: str
    version: str
    fields: list  # of (name, value), str in Latin-1
    head: bytes
    body_length: int = 0
    body_digest: str = ""
    body: bytes = b""  # the first 64 KiB
    complete: bool = False

    def all(self, name) -> list:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def path(self):
        return self.target.partition("?")[0]


class Gone(Exception):
    """The peer closed or sent what is not HTTP."""


class Exchange:
    """One request on one connection, and the means to answer it."""

    def __init__(self, link, received):
        self.link, self.received = link, received
        self.closing = False
        self.body_read = False

    def blocks(self):
        """The request body as it arrives, framing removed."""
        if self.body_read:
            return
        self.body_read = True
        received = self.received
        digest = hashlib.sha256()
        if received.all("transfer-encoding"):
            source = self.link.chunked_blocks()
        else:
            source = self.link.counted_blocks(int(received.get("content-length") or 0))
        for block in source:
            digest.update(block)
            received.body_length += len(block)
            if len(received.body) < 65536:
                received.body += block[: 65536 - len(received.body)]
            yield block
        received.body_digest = digest.hexdigest()
        received.complete = True

    def read_body(self):
        for _ in self.blocks():
            pass
        return self.received.body

    def send(self, data: bytes):
        self.link.socket.sendall(data)

    def answer(self, status="200 OK", fields=(), body=b""):
        """An answer framed by Content-Length, with no field but those given and that."""
        lines = [b"HTTP/1.1 " + status.encode("latin-1")]
        lines += [name.encode("latin-1") + b": " + value.encode("latin-1") for name, value in fields]
        if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields):
            lines.append(b"Content-Length: %d" % len(body))
        head_only = self.received.method == "HEAD"
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if head_only else body))

    def close(self):
        self.closing = True


class Link:
    def __init__(self, connection, number):
        self.socket, self.number = connection, number
        self.buffer = bytearray()

    def more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Gone
        self.buffer += data

    def line(self, limit=1 << 20) -> bytes:
        while True:
            end = self.buffer.find(b"\n")
            if end >= 0:
                line = bytes(self.buffer[: end + 1])
                del self.buffer[: end + 1]
                return line
            if len(self.buffer) > limit:
                raise Gone
            self.more()

    def head(self) -> Received:
        raw = self.line()
        while raw in (b"\r\n", b"\n"):
            raw = self.line()
        start = raw.rstrip(b"\r\n").decode("latin-1").split(" ")
        fields = []
        while (line := self.line()) not in (b"\r\n", b"\n"):
            raw += line
            name, _, value = line.rstrip(b"\r\n").decode("latin-1").partition(":")
            fields.append((name, value.strip(" \t")))
        while len(start) < 3:
            start.append("")
        return Received(self.number, start[0], " ".join(start[1:-1]), start[-1], fields, raw)

    def counted_blocks(self, count):
        while count:
            if not self.buffer:
                self.more()
            block = bytes(self.buffer[:count])
            del self.buffer[: len(block)]
            count -= len(block)
            yield block

    def chunked_blocks(self):
        while True:
            size = int(self.line().strip(), 16)  # an extension or a bad size is a ValueError: the gate re-frames
            if size == 0:
                while self.line() != b"\r\n":
                    pass
                return
            yield from self.counted_blocks(size)
            if self.line() != b"\r\n":
                raise Gone


class Origin:
    """Answers each request with `handler(exchange)`; ends the connection when the handler says `close`."""

    def __init__(self, handler, backlog=256, port=0):
        self.handler = handler
        self.requests = []
        self.connections = 0
        self.failures = []
        self.lock = threading.Lock()
        self.links = set()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(backlog)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while self.open:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self.links.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        link = Link(connection, number)
        try:
            while True:
                received = link.head()
                with self.lock:
                    self.requests.append(received)
                exchange = Exchange(link, received)
                self.handler(exchange)
                if exchange.closing:
                    return
                exchange.read_body()
        except (Gone, OSError):
            pass
        except Exception as error:  # what the gate sent is not what a strict origin reads
            with self.lock:
                self.failures.append(f"{type(error).__name__}: {error}")
        finally:
            with self.lock:
                self.links.discard(connection)
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def forget(self):
        with self.lock:
            self.requests.clear()
            self.failures.clear()

    def seen(self, path=None) -> list:
        with self.lock:
            return [request for request in self.requests if path is None or request.path == path]

    def drop_connections(self):
        """Closes every open connection, as a restarted origin does."""
        with self.lock:
            links = list(self.links)
        for connection in links:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.open = False
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_connections()
