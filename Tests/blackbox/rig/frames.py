"""A visitor who speaks HTTP/2 frame by frame (RFC 9113): sends any frame and reads frames without repairing them."""

import contextlib
import dataclasses
import socket
import struct
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST, ENABLE_CONNECT = (
    1,
    2,
    3,
    4,
    5,
    6,
    8,
)
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED = range(6)
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(6, 12)


class Closed(Exception):
    """The peer has closed the connection."""


@dataclasses.dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self) -> int:
        """Of an RST_STREAM or a GOAWAY."""
        return struct.unpack(">I", self.payload[-4:] if self.kind == RST_STREAM else self.payload[4:8])[0]

    @property
    def last_stream(self) -> int:
        return struct.unpack(">I", self.payload[:4])[0] & 0x7FFF_FFFF


@dataclasses.dataclass
class Answer:
    fields: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    interim: list = dataclasses.field(default_factory=list)
    is_whole: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.get(":status"))

    def all(self, name) -> list:
        return [value for key, value in self.fields if key == name]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


class Connection:
    def __init__(
        self, port, settings=(), preface=PREFACE, timeout=10.0, wrap=None, host="127.0.0.1", receive_buffer=None
    ):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wrap:
            self.socket = wrap(self.socket)
        self.buffer = bytearray()
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.answers = {}
        self.settings = {}
        self.send_windows = {0: 65535}
        self.next_stream = 1
        self.held = None
        if preface:
            self.socket.sendall(preface)
            self.send_settings(settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Sending

    def frame(self, kind, flags=0, stream=0, payload=b"", length=None):
        size = len(payload) if length is None else length
        self.raw(struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    @contextlib.contextmanager
    def together(self):
        """What is sent within leaves in one write."""
        self.held = bytearray()
        try:
            yield
        finally:
            held, self.held = self.held, None
            self.raw(held)

    def raw(self, data):
        if self.held is not None:
            self.held += data
            return
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what the peer said before it closed is still to be read

    def send_settings(self, settings=()):
        self.frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in settings))

    def block(self, fields) -> bytes:
        return self.encoder.encode(list(fields), huffman=True)

    def headers(self, fields, stream=None, end=True, flags=None):
        """Opens a stream, or goes on with one."""
        if stream is None:
            stream, self.next_stream = self.next_stream, self.next_stream + 2
        else:
            self.next_stream = max(self.next_stream, stream + 2)
        if flags is None:
            flags = END_HEADERS | (END_STREAM if end else 0)
        block = self.block(fields)
        pieces = [block[start : start + 16384] for start in range(0, len(block), 16384)] or [b""]
        if len(pieces) > 1:
            self.frame(HEADERS, flags & ~END_HEADERS, stream, pieces[0])
            for piece in pieces[1:-1]:
                self.frame(CONTINUATION, 0, stream, piece)
            self.frame(CONTINUATION, flags & END_HEADERS, stream, pieces[-1])
        else:
            self.frame(HEADERS, flags, stream, block)
        return stream

    def data(self, stream, data=b"", end=True, flags=0):
        self.frame(DATA, flags | (END_STREAM if end else 0), stream, data)

    def upload(self, stream, body, end=True) -> int:
        """Sends a body as far as the peer's windows let it, waiting for them; how much it was until a time-out."""
        self.send_windows.setdefault(stream, self.settings.get(INITIAL_WINDOW, 65535))
        sent = 0
        while sent < len(body):
            room = min(self.send_windows[0], self.send_windows[stream], 16384, len(body) - sent)
            if room <= 0:
                try:
                    self.next()
                except TimeoutError:
                    break
                continue
            self.data(stream, body[sent : sent + room], end=end and sent + room == len(body))
            sent += room
            self.send_windows[0] -= room
            self.send_windows[stream] -= room
        return sent

    def window(self, stream, increment):
        self.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))

    def reset(self, stream, code=CANCEL):
        self.frame(RST_STREAM, 0, stream, struct.pack(">I", code))

    # Receiving

    def _take(self, count) -> bytes:
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed(bytes(self.buffer))
            self.buffer += data
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def next(self) -> Frame:
        head = self._take(9)
        length = int.from_bytes(head[:3], "big")
        frame = Frame(head[3], head[4], int.from_bytes(head[5:], "big"), b"")
        frame.payload = self._take(length)
        self._note(frame)
        return frame

    def _note(self, frame):
        if frame.kind == SETTINGS and not frame.flags & ACK:
            before = self.settings.get(INITIAL_WINDOW, 65535)
            self.settings.update(struct.iter_unpack(">HI", frame.payload))
            for stream in self.send_windows.keys() - {0}:
                self.send_windows[stream] += self.settings.get(INITIAL_WINDOW, 65535) - before
            self.frame(SETTINGS, ACK)
        elif frame.kind == HEADERS:
            assert frame.flags & END_HEADERS, "this reader knows no CONTINUATION"
            payload = frame.payload
            if frame.flags & HAS_PRIORITY:
                payload = payload[5:]
            fields = [
                (str(name, "latin-1"), str(value, "latin-1"))
                for name, value in self.decoder.decode(payload, raw=True)
            ]
            answer = self.answers.setdefault(frame.stream, Answer())
            if fields[0][1].startswith("1"):
                answer.interim.append(fields)
            else:
                assert not answer.fields, "trailers, or a second head"
                answer.fields = fields
            answer.is_whole = bool(frame.flags & END_STREAM)
        elif frame.kind == DATA:
            answer = self.answers[frame.stream]
            assert answer.fields, "a body without a head"
            answer.body += frame.payload
            answer.is_whole = bool(frame.flags & END_STREAM)
        elif frame.kind == WINDOW_UPDATE:
            self.send_windows.setdefault(frame.stream, self.settings.get(INITIAL_WINDOW, 65535))
            self.send_windows[frame.stream] += struct.unpack(">I", frame.payload)[0]
        elif frame.kind == RST_STREAM:
            self.answers.setdefault(frame.stream, Answer()).reset = frame.code

    def until(self, test, seconds=10.0) -> Frame:
        """The next frame that passes."""
        self.socket.settimeout(seconds)
        while True:
            frame = self.next()
            if test(frame):
                return frame

    def handshake(self):
        """Both sides have the other's settings."""
        self.until(lambda frame: frame.kind == SETTINGS and frame.flags & ACK)
        return self

    def answer(self, stream, seconds=10.0, window=True) -> Answer:
        """The whole answer on a stream; `window` gives back what was taken, on the connection for all streams."""
        end = time.monotonic() + seconds
        self.answers.setdefault(stream, Answer())
        while not self.answers[stream].is_whole and self.answers[stream].reset is None:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            frame = self.next()
            if window and frame.kind == DATA and frame.payload:
                self.window(0, len(frame.payload))
                if not frame.flags & END_STREAM and frame.stream == stream:
                    self.window(frame.stream, len(frame.payload))
        return self.answers[stream]

    def exchange(self, fields, body=None, seconds=10.0) -> Answer:
        stream = self.headers(fields, end=body is None)
        if body is not None:
            for start in range(0, len(body) or 1, 16384):
                self.data(stream, body[start : start + 16384], end=start + 16384 >= len(body))
        return self.answer(stream, seconds)

    def ping(self, payload=b"anything"):
        """Proof that the connection is alive and has taken in all that was sent before."""
        self.frame(PING, payload=payload)
        return self.until(lambda frame: frame.kind == PING and frame.flags & ACK and frame.payload == payload)


def request(path="/", method="GET", authority="shop.test", scheme="http", fields=(), **pseudo) -> list:
    """The fields of a well-formed request; `pseudo` replaces or, with None, removes a pseudo-header field."""
    values = {"method": method, "scheme": scheme, "authority": authority, "path": path, **pseudo}
    return [(f":{name}", value) for name, value in values.items() if value is not None] + list(fields)
