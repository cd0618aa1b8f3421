"""HTTP/2 under pressure: windows and sockets that are full at the wrong moment, late frames, memory that a visitor pins."""

import signal
import struct
import threading
import time

from rig import gate as gates
from rig.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    Connection,
    request,
)
from rig.process import wait_until
from rig.site import site
from rig.visitor import AGENT, NAVIGATION, through

MEBIBYTE = 1 << 20


def session(gate):
    return [("user-agent", AGENT), ("cookie", through(gate).session_field)]


def navigation(*fields):
    return [(name.lower(), value) for name, value in NAVIGATION.items()] + [("user-agent", AGENT), *fields]


# Answers that wait for a window or a socket


def test_an_answer_that_waits_for_a_window_survives_the_end_of_the_request(line):
    with Connection(line.port, settings=[(4, 1000)]) as connection:
        connection.handshake()
        stream = connection.headers(request("/buy", "POST", fields=navigation()), end=False)
        connection.until(lambda frame: frame.kind == DATA)
        connection.data(stream, b"seats=2", end=True)
        connection.ping()
        connection.window(stream, MEBIBYTE)
        answer = connection.answer(stream)
        assert answer.status == 503 and answer.is_whole and b"</html>" in answer.body


# Memory


def test_fields_without_bytes_do_not_fill_the_table(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    with Connection(gate.port) as connection:
        connection.handshake()
        before = gate.process.resident_bytes()
        for stream in range(1, 301, 2):
            connection.frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\x40\x00\x00" * 5400)
        connection.ping()
        assert gate.process.resident_bytes() - before < 12 * MEBIBYTE
