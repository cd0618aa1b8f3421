"""Bodies of any size stream through: the gate's memory stays within 64 MiB of idle (docs/HTTP.md)."""

import os
import threading
import time
import zlib

import pytest

from rig import gate as gates
from rig.site import BLOCK, pattern, site
from rig.visitor import AGENT, through
from rig.wire import Connection, request

ALLOWANCE = 64 << 20
#: 4 GiB each way is what the project promises; slower machines may send less.
SIZE = int(os.environ.get("ANTEROOM_STREAM_GIB", "4")) << 30


class Watch:
    """The highest resident size seen while a block runs, above what it was before."""

    def __init__(self, process):
        self.process, self.grown, self.running = process, 0, True

    def __enter__(self):
        self.before = self.process.resident_bytes()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self):
        while self.running:
            self.grown = max(self.grown, self.process.resident_bytes() - self.before)
            time.sleep(0.02)

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


def expected_crc(count):
    crc = 0
    for block in pattern(count):
        crc = zlib.crc32(block, crc)
    return crc


@pytest.fixture(scope="module")
def streams(module_servers):
    def handler(exchange):
        if exchange.received.path == "/swallow":
            crc = 0
            for block in exchange.blocks():
                crc = zlib.crc32(block, crc)
            exchange.answer(body=str(crc).encode())
        else:
            site(exchange)

    origin = module_servers.origin(handler)
    gate = module_servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    return gate, [("User-Agent", AGENT), ("Cookie", visitor.session_field)]


def receive(connection, count):
    """The checksum of exactly `count` bytes, read in place."""
    crc = zlib.crc32(bytes(connection.buffer))
    left = count - len(connection.buffer)
    view = memoryview(bytearray(1 << 20))
    while left:
        got = connection.socket.recv_into(view[: min(left, len(view))])
        assert got, f"closed {left} bytes before the end"
        crc = zlib.crc32(view[:got], crc)
        left -= got
    return crc


@pytest.mark.timeout(600)
def test_a_large_download(streams):
    """All bytes, none of them kept."""
    gate, fields = streams
    with Connection(gate.port, timeout=60) as connection, Watch(gate.process) as watch:
        connection.send(request("GET", f"/bytes?n={SIZE}", fields))
        assert connection.read_head().get("content-length") == str(SIZE)
        crc = receive(connection, SIZE)
    assert crc == expected_crc(SIZE)
    assert watch.grown < ALLOWANCE, f"grew by {watch.grown >> 20} MiB"


@pytest.mark.timeout(600)
def test_a_large_upload(streams):
    """The same the other way."""
    gate, fields = streams
    with Connection(gate.port, timeout=60) as connection, Watch(gate.process) as watch:
        connection.send(request("POST", "/swallow", [*fields, ("Content-Length", SIZE)]))
        for _ in range(SIZE // len(BLOCK)):
            connection.send(BLOCK)
        answer = connection.read_answer()
    assert int(answer.body) == expected_crc(SIZE)
    assert watch.grown < ALLOWANCE, f"grew by {watch.grown >> 20} MiB"


@pytest.mark.timeout(300)
def test_many_downloads_at_once(streams):
    """Sixteen at a time, read at different speeds."""
    gate, fields = streams
    results = []

    def download(number):
        count = 32 << 20
        with Connection(gate.port, timeout=120, receive_buffer=(4096 << (number % 8))) as connection:
            connection.send(request("GET", f"/bytes?n={count}", fields))
            connection.read_head()
            results.append(receive(connection, count) == expected_crc(count))

    with Watch(gate.process) as watch:
        threads = [threading.Thread(target=download, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [True] * 16
    assert watch.grown < ALLOWANCE, f"grew by {watch.grown >> 20} MiB"
