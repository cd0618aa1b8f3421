"""As much of the Redis protocol (RESP2) as it takes to drive a store."""

import socket

Reply = bytes | int | list | None


def encoded(*words) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        text = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(text), text))
    return b"".join(parts)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def call(self, *words) -> Reply:
        self.socket.sendall(encoded(*words))
        return self.read()

    def read(self) -> Reply:
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        raise SystemExit(f"the store answered {line.decode(errors='replace').strip() or 'nothing'}")

    def flood(self, commands, in_flight=128, slice_size=16):
        """Sends prepared commands, that many of them unanswered at a time, as redis-benchmark does.

        Replies are counted, not read, so that the store is what is measured: each must be an array that holds neither
        an error nor `*`, `-` or NEED in its words.
        """
        unanswered = 0
        for start in range(0, len(commands), slice_size):
            piece = commands[start : start + slice_size]
            while unanswered + len(piece) > in_flight:
                unanswered -= self._answered()
            self.socket.sendall(b"".join(piece))
            unanswered += len(piece)
        while unanswered:
            unanswered -= self._answered()

    def _answered(self) -> int:
        data = self.socket.recv(1 << 20)
        if not data or b"-" in data or b"NEED" in data:
            raise SystemExit(f"the store answered {data[:200]!r}")
        return data.count(b"*")
