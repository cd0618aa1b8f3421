"""A visitor who speaks HTTP/1.1 by hand: sends any bytes and reads answers without repairing them."""

import dataclasses
import socket
import time


class Truncated(Exception):
    """The peer closed before the message was complete."""


@dataclasses.dataclass
class Answer:
    status: int
    reason: bytes
    version: bytes
    fields: list  # of (name, value), bytes, in the order received
    body: bytes = b""
    informational: list = dataclasses.field(default_factory=list)
    framing: str = ""  # none | length | chunked | close

    def all(self, name) -> list:
        wanted = name.lower().encode()
        return [value for key, value in self.fields if key.lower() == wanted]

    def get(self, name):
        values = self.all(name)
        return values[0].decode("latin-1") if values else None

    @property
    def says_close(self) -> bool:
        return b"close" in b",".join(self.all("connection")).lower()


class Connection:
    """One TCP connection to a server on the loopback interface."""

    def __init__(self, port, timeout=10.0, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def send_in_pieces(self, data: bytes, size=1, pause=0.0):
        """Sends what the peer will still take; a peer that has answered and closed is not an error here."""
        try:
            for start in range(0, len(data), size):
                self.socket.sendall(data[start : start + size])
                if pause:
                    time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Truncated(bytes(self.buffer[:200]))
        self.buffer += data

    def _take(self, count) -> bytes:
        while len(self.buffer) < count:
            self._more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def _line(self) -> bytes:
        while True:
            end = self.buffer.find(b"\r\n")
            if end >= 0:
                return self._take(end + 2)[:-2]
            self._more()

    def read_head(self) -> Answer:
        version, _, rest = self._line().partition(b" ")
        status, _, reason = rest.partition(b" ")
        answer = Answer(int(status), reason, version, [])
        while line := self._line():
            name, colon, value = line.partition(b":")
            assert colon, f"a field line without a colon: {line!r}"
            answer.fields.append((name, value.strip(b" \t")))
        return answer

    def read_answer(self, method="GET") -> Answer:
        """The next final answer and its body, by RFC 9112 §6.3; 1xx answers before it are kept beside it."""
        informational = []
        while True:
            answer = self.read_head()
            if answer.status >= 200 or answer.status == 101:
                break
            informational.append(answer)
        answer.informational = informational
        codings = b",".join(answer.all("transfer-encoding")).lower()
        lengths = answer.all("content-length")
        if method == "HEAD" or answer.status in (101, 204, 304):
            answer.framing = "none"
        elif codings:
            assert codings.strip() == b"chunked" and not lengths, answer.fields
            answer.framing = "chunked"
            answer.body = b"".join(self.chunks())
        elif lengths:
            assert len(set(lengths)) == 1 and lengths[0].isdigit(), lengths
            answer.framing = "length"
            answer.body = self._take(int(lengths[0]))
        else:
            answer.framing = "close"
            answer.body = self.read_to_end()
        return answer

    def chunks(self):
        """The chunks of a chunked body as they arrive, up to and with its end."""
        while True:
            size = int(self._line().split(b";")[0], 16)
            if size == 0:
                while self._line():
                    pass
                return
            data = self._take(size)
            assert self._take(2) == b"\r\n"
            yield data

    def read_to_end(self) -> bytes:
        """Everything up to the peer's close; a reset counts as one only where nothing is read."""
        while True:
            try:
                self._more()
            except Truncated:
                data = bytes(self.buffer)
                self.buffer.clear()
                return data

    def is_closed_within(self, seconds) -> bool:
        """Whether the peer closes, whatever it sends before."""
        self.socket.settimeout(seconds)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                if not self.socket.recv(65536):
                    return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return False


def request(method, target, fields=(), body=b"", host="shop.test", version="HTTP/1.1") -> bytes:
    """The bytes of a well-formed request."""
    lines = [f"{method} {target} {version}".encode("latin-1"), b"Host: " + host.encode()]
    for name, value in fields:
        lines.append(
            (name if isinstance(name, bytes) else name.encode("latin-1"))
            + b": "
            + (value if isinstance(value, bytes) else str(value).encode("latin-1"))
        )
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchange(port, data: bytes, method="GET", timeout=10.0) -> Answer:
    """One request on a connection of its own."""
    with Connection(port, timeout) as connection:
        connection.send(data)
        return connection.read_answer(method)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
