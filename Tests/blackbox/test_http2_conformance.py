"""RFC 9113 and RFC 7541, case by case: the list of h2spec, whose names the cases keep, and floods (docs/HTTP.md).

Each case speaks to the gate frame by frame. What is wrong with the connection must end it, with a GOAWAY of the right
code or at once; what is wrong with one stream must reset that stream and leave the connection alive.
"""

import struct

import pytest

from rig import gate as gates
from rig.frames import (
    ACK,
    CANCEL,
    COMPRESSION_ERROR,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENABLE_PUSH,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HAS_PRIORITY,
    HEADERS,
    INITIAL_WINDOW,
    MAX_FRAME,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    STREAM_CLOSED,
    WINDOW_UPDATE,
    Closed,
    Connection,
    request,
)
from rig.site import site
from rig.visitor import AGENT, through


class Field:
    def __init__(self, origin, gate, visitor):
        self.origin, self.gate, self.visitor = origin, gate, visitor
        self.session = [("user-agent", AGENT), ("cookie", visitor.session_field)]

    def get(self, path="/echo", **changes):
        return request(path, fields=self.session, **changes)

    def post(self, path="/echo", fields=(), **changes):
        return request(path, "POST", fields=[*self.session, *fields], **changes)


@pytest.fixture(scope="module")
def field(module_servers):
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)])
    return Field(origin, gate, through(gate))


@pytest.fixture
def connection(field):
    with Connection(field.gate.port) as connection:
        yield connection.handshake()
    assert field.gate.process.running(), "the gate died"


def connection_ends(connection, *codes):
    """A GOAWAY with one of the codes, or the end without one."""
    connection.socket.settimeout(10)
    try:
        while True:
            frame = connection.next()
            if frame.kind == GOAWAY:
                assert frame.code in codes, f"GOAWAY with {frame.code}"
    except Closed:
        return


def stream_ends(connection, stream, *codes):
    """A reset with one of the codes; the whole connection may end with it instead (RFC 9113 §5.4.2)."""
    connection.socket.settimeout(10)
    try:
        while True:
            frame = connection.next()
            if frame.kind == RST_STREAM and frame.stream == stream:
                assert frame.code in codes, f"RST_STREAM with {frame.code}"
                return connection.ping()
            if frame.kind == GOAWAY:
                assert frame.code in codes, f"GOAWAY with {frame.code}"
                return None
            assert not (frame.kind == HEADERS and frame.stream == stream), "the request was answered"
    except Closed:
        return None


def answers(connection, field, stream=None):
    """The stream, or a new one, is served."""
    if stream is None:
        stream = connection.headers(field.get())
    answer = connection.answer(stream)
    assert answer.reset is None and answer.status == 200, (answer.reset, answer.fields)
    return answer


# What is allowed


def priority(dependency=0, weight=255, exclusive=False):
    return struct.pack(">IB", dependency | (0x8000_0000 if exclusive else 0), weight)


def get_block(connection, field, **changes):
    return connection.block(field.get(**changes))


def ask_in(connection, block):
    """A whole request in one frame with this header block."""
    connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, block)


def literal(first, *strings):
    """A literal field representation with plain strings below 127 bytes (RFC 7541 §6.2)."""
    return bytes([first]) + b"".join(bytes([len(text)]) + text for text in strings)


def allowed_continuation(connection, field):
    block = get_block(connection, field)
    connection.frame(HEADERS, END_STREAM, 1, block[:5])
    connection.frame(CONTINUATION, 0, 1, block[5:9])
    connection.frame(CONTINUATION, END_HEADERS, 1, block[9:])
    answers(connection, field, 1)


def allowed_padding(connection, field):
    block = get_block(connection, field)
    connection.frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\x08" + block + bytes(8))
    answers(connection, field, 1)


def allowed_priority_in_headers(connection, field):
    block = get_block(connection, field)
    connection.frame(HEADERS, END_STREAM | END_HEADERS | HAS_PRIORITY, 1, priority(0, 255) + block)
    answers(connection, field, 1)


def allowed_padding_and_priority(connection, field):
    block = get_block(connection, field)
    connection.frame(
        HEADERS, END_STREAM | END_HEADERS | HAS_PRIORITY | PADDED, 1, b"\x03" + priority(0, 1) + block + bytes(3)
    )
    answers(connection, field, 1)


def allowed_data(connection, field):
    stream = connection.headers(field.post(), end=False)
    connection.data(stream, b"one", end=False)
    connection.data(stream, b"two", end=False)
    connection.data(stream, b"\x05three" + bytes(5), flags=PADDED)
    assert answers(connection, field, stream).body.count(b'"length": 11')


def allowed_maximal_data(connection, field):
    stream = connection.headers(field.post(), end=False)
    connection.data(stream, bytes(16384))
    assert b'"length": 16384' in answers(connection, field, stream).body


def allowed_trailers(connection, field):
    stream = connection.headers(field.post(), end=False)
    connection.data(stream, b"body", end=False)
    connection.headers([("x-checksum", "1")], stream=stream)
    assert b"x-checksum" not in answers(connection, field, stream).body


def allowed_priority_frames(connection, field):
    connection.frame(PRIORITY, 0, 3, priority(0, 0))
    connection.frame(PRIORITY, 0, 5, priority(3, 255, True))
    answers(connection, field)
    connection.frame(PRIORITY, 0, 1, priority(0, 10))
    connection.ping()


def allowed_window_update(connection, field):
    connection.window(0, 1)
    stream = connection.headers(field.post(), end=False)
    connection.window(stream, 1)
    connection.data(stream, b"x")
    answers(connection, field, stream)
    # A closed stream's may still be on its way (RFC 9113 §5.1).
    connection.window(stream, 1)
    connection.ping()


def allowed_reset(connection, field):
    stream = connection.headers(field.post(), end=False)
    connection.reset(stream)
    connection.ping()
    connection.reset(stream)
    connection.ping()
    answers(connection, field)


def allowed_reset_with_unknown_code(connection, field):
    stream = connection.headers(field.post(), end=False)
    connection.reset(stream, 0xFF)
    connection.ping()


def allowed_settings(connection, field):
    connection.send_settings([(INITIAL_WINDOW, 100), (INITIAL_WINDOW, 65535), (0xFF, 1), (MAX_FRAME, 16384)])
    connection.until(lambda frame: frame.kind == SETTINGS and frame.flags & ACK)
    answers(connection, field)


def allowed_ping(connection, field):
    connection.ping(b"12345678")
    connection.frame(PING, ACK, 0, b"unasked!")
    connection.ping()


def allowed_unknown_frame(connection, field):
    connection.frame(0x16, 0xFF, 0, b"unknown")
    connection.frame(PING, 0x16, 0, bytes(8))
    connection.until(lambda frame: frame.kind == PING and frame.flags & ACK)
    connection.frame(PING, 0, 0x8000_0000, bytes(8))
    connection.until(lambda frame: frame.kind == PING and frame.flags & ACK)
    answers(connection, field)


def allowed_head_request(connection, field):
    stream = connection.headers(field.get(method="HEAD"))
    answer = answers(connection, field, stream)
    assert answer.body == b""


def allowed_window_of_one(connection, field):
    connection.send_settings([(INITIAL_WINDOW, 1)])
    stream = connection.headers(field.get())
    frame = connection.until(lambda frame: frame.kind == DATA and frame.payload)
    assert len(frame.payload) == 1
    connection.window(stream, 1 << 20)
    answers(connection, field, stream)


def allowed_window_change(connection, field):
    connection.send_settings([(INITIAL_WINDOW, 0)])
    stream = connection.headers(field.get())
    connection.until(lambda frame: frame.kind == HEADERS)
    connection.send_settings([(INITIAL_WINDOW, 1)])
    frame = connection.until(lambda frame: frame.kind == DATA and frame.payload)
    assert len(frame.payload) == 1
    connection.window(stream, 1 << 20)
    answers(connection, field, stream)


def allowed_negative_window(connection, field):
    connection.send_settings([(INITIAL_WINDOW, 3)])
    stream = connection.headers(field.get())
    assert len(connection.until(lambda frame: frame.kind == DATA and frame.payload).payload) == 3
    connection.send_settings([(INITIAL_WINDOW, 2)])
    connection.ping()
    connection.window(stream, 1)
    connection.ping()
    connection.window(stream, 1)
    assert len(connection.until(lambda frame: frame.kind == DATA and frame.payload).payload) == 1


def allowed_zero_window_and_data(connection, field):
    connection.send_settings([(INITIAL_WINDOW, 0)])
    stream = connection.headers(field.get())
    connection.window(stream, 1)
    assert len(connection.until(lambda frame: frame.kind == DATA and frame.payload).payload) == 1


def allowed_goaway(connection, field):
    stream = connection.headers(field.get())
    connection.frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0xFF))
    answers(connection, field, stream)
    connection_ends(connection, 0)


def allowed_field_representations(connection, field):
    block = b"\x82\x86\x84"  # :method GET, :scheme http, :path /
    block += literal(0x41, b"shop.test")  # incremental indexing, indexed name
    block += literal(0x40, b"x-new", b"1")  # incremental indexing, new name
    block += literal(0x0F, b"")[:1] + b"\x2b" + bytes([len(AGENT)]) + AGENT.encode()  # without, indexed (58)
    block += literal(0x00, b"x-plain", b"2")
    block += literal(0x10, b"x-secret", b"3")  # never indexed, new name
    block += literal(0x1F, b"")[:1] + b"\x04" + b"\x01*"  # never indexed, indexed name (19 is accept)
    cookie = field.visitor.session_field.encode()
    block += b"\x00\x06cookie\x7f" + varint(len(cookie) - 127) + cookie
    connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, block)
    answers(connection, field, 1)
    # The dynamic table has two entries now: 62 is x-new.
    block = b"\x82\x86\x84\xbf\xbe\x00\x06cookie\x7f" + varint(len(cookie) - 127) + cookie
    block += b"\x0f\x2b" + bytes([len(AGENT)]) + AGENT.encode()
    connection.frame(HEADERS, END_STREAM | END_HEADERS, 3, block)
    answers(connection, field, 3)


def varint(value) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def allowed_table_size_updates(connection, field):
    connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x20\x3f\xe1\x1f" + get_block(connection, field))
    answers(connection, field, 1)


ALLOWED = {name.removeprefix("allowed_"): case for name, case in list(globals().items()) if name.startswith("allowed_")}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_the_protocol_allows_is_served(connection, field, case):
    ALLOWED[case](connection, field)


# What ends the connection


def open_post(connection, field):
    return connection.headers(field.post(), end=False)


def block_and(connection, field, *frames):
    """The beginning of a header block, and frames that may not stand there."""
    connection.frame(HEADERS, END_STREAM, 1, get_block(connection, field))
    for frame in frames:
        connection.frame(*frame)


def answered(connection, field):
    stream = connection.headers(field.get())
    answers(connection, field, stream)
    return stream


CONNECTION_ERRORS = {
    "4.2 a HEADERS frame above SETTINGS_MAX_FRAME_SIZE": (
        lambda c, f: ask_in(c, bytes(16385)),
        [FRAME_SIZE_ERROR],
    ),
    "4.3 an invalid header block fragment": (
        lambda c, f: ask_in(c, b"\x40\x8a\xff"),
        [COMPRESSION_ERROR],
    ),
    "4.3 a PRIORITY frame within a header block": (
        lambda c, f: block_and(c, f, (PRIORITY, 0, 1, priority())),
        [PROTOCOL_ERROR],
    ),
    "4.3 HEADERS of another stream within a header block": (
        lambda c, f: block_and(c, f, (HEADERS, END_STREAM | END_HEADERS, 3, b"\x82")),
        [PROTOCOL_ERROR],
    ),
    "5.1 idle: a DATA frame": (lambda c, f: c.data(1, b"x"), [PROTOCOL_ERROR, STREAM_CLOSED]),
    "5.1 idle: a RST_STREAM frame": (lambda c, f: c.reset(1), [PROTOCOL_ERROR]),
    "5.1 idle: a WINDOW_UPDATE frame": (lambda c, f: c.window(1, 1), [PROTOCOL_ERROR]),
    "5.1 idle: a CONTINUATION frame": (
        lambda c, f: c.frame(CONTINUATION, END_HEADERS, 1, b"\x82"),
        [PROTOCOL_ERROR],
    ),
    "5.1 half-closed: a CONTINUATION frame": (
        lambda c, f: c.frame(CONTINUATION, END_HEADERS, answered(c, f), b"\x82"),
        [PROTOCOL_ERROR, STREAM_CLOSED],
    ),
    "5.1.1 an even stream identifier": (lambda c, f: c.headers(f.get(), stream=2), [PROTOCOL_ERROR]),
    "5.1.1 a stream identifier below the last": (
        lambda c, f: (c.headers(f.get(), stream=5), c.headers(f.get(), stream=3)),
        [PROTOCOL_ERROR, STREAM_CLOSED],
    ),
    "5.4.1 an invalid PING frame": (lambda c, f: c.frame(PING, 0, 3, bytes(8)), [PROTOCOL_ERROR]),
    "5.5 an unknown frame within a header block": (
        lambda c, f: block_and(c, f, (0x16, 0, 0, b"unknown")),
        [PROTOCOL_ERROR],
    ),
    "6.1 DATA on stream 0": (lambda c, f: c.data(0, b"x"), [PROTOCOL_ERROR]),
    "6.1 DATA with too much padding": (
        lambda c, f: c.frame(DATA, END_STREAM | PADDED, open_post(c, f), b"\x08abc"),
        [PROTOCOL_ERROR],
    ),
    "6.2 HEADERS on stream 0": (
        lambda c, f: c.frame(HEADERS, END_STREAM | END_HEADERS, 0, get_block(c, f)),
        [PROTOCOL_ERROR],
    ),
    "6.2 HEADERS with too much padding": (
        lambda c, f: c.frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\x09\x82\x86\x84"),
        [PROTOCOL_ERROR],
    ),
    "6.3 PRIORITY on stream 0": (lambda c, f: c.frame(PRIORITY, 0, 0, priority()), [PROTOCOL_ERROR]),
    "6.3 PRIORITY of 4 octets on an idle stream": (lambda c, f: c.frame(PRIORITY, 0, 99, bytes(4)), [FRAME_SIZE_ERROR]),
    "6.4 RST_STREAM on stream 0": (lambda c, f: c.reset(0), [PROTOCOL_ERROR]),
    "6.4 RST_STREAM of 3 octets": (
        lambda c, f: c.frame(RST_STREAM, 0, open_post(c, f), bytes(3)),
        [FRAME_SIZE_ERROR],
    ),
    "6.5 SETTINGS ACK with a payload": (lambda c, f: c.frame(SETTINGS, ACK, 0, bytes(6)), [FRAME_SIZE_ERROR]),
    "6.5 SETTINGS on a stream": (lambda c, f: c.frame(SETTINGS, 0, 1, bytes(6)), [PROTOCOL_ERROR]),
    "6.5 SETTINGS of 3 octets": (lambda c, f: c.frame(SETTINGS, 0, 0, bytes(3)), [FRAME_SIZE_ERROR]),
    "6.5.2 ENABLE_PUSH of 2": (lambda c, f: c.send_settings([(ENABLE_PUSH, 2)]), [PROTOCOL_ERROR]),
    "6.5.2 INITIAL_WINDOW_SIZE of 2^31": (
        lambda c, f: c.send_settings([(INITIAL_WINDOW, 1 << 31)]),
        [FLOW_CONTROL_ERROR],
    ),
    "6.5.2 MAX_FRAME_SIZE of 16383": (lambda c, f: c.send_settings([(MAX_FRAME, 16383)]), [PROTOCOL_ERROR]),
    "6.5.2 MAX_FRAME_SIZE of 2^24": (lambda c, f: c.send_settings([(MAX_FRAME, 1 << 24)]), [PROTOCOL_ERROR]),
    "6.6 PUSH_PROMISE": (
        lambda c, f: c.frame(PUSH_PROMISE, END_HEADERS, open_post(c, f), struct.pack(">I", 2) + get_block(c, f)),
        [PROTOCOL_ERROR],
    ),
    "6.7 PING on a stream": (lambda c, f: c.frame(PING, 0, 1, bytes(8)), [PROTOCOL_ERROR]),
    "6.7 PING of 6 octets": (lambda c, f: c.frame(PING, 0, 0, bytes(6)), [FRAME_SIZE_ERROR]),
    "6.8 GOAWAY on a stream": (lambda c, f: c.frame(GOAWAY, 0, 1, bytes(8)), [PROTOCOL_ERROR]),
    "6.9 WINDOW_UPDATE of 0": (lambda c, f: c.window(0, 0), [PROTOCOL_ERROR]),
    "6.9 WINDOW_UPDATE of 3 octets": (lambda c, f: c.frame(WINDOW_UPDATE, 0, 0, bytes(3)), [FRAME_SIZE_ERROR]),
    "6.9.1 a connection window above 2^31-1": (
        lambda c, f: (c.window(0, 0x7FFF_FFFF), c.window(0, 0x7FFF_FFFF)),
        [FLOW_CONTROL_ERROR],
    ),
    "6.10 CONTINUATION on stream 0": (
        lambda c, f: block_and(c, f, (CONTINUATION, END_HEADERS, 0, b"")),
        [PROTOCOL_ERROR],
    ),
    "6.10 CONTINUATION after END_HEADERS": (
        lambda c, f: (c.headers(f.get()), c.frame(CONTINUATION, END_HEADERS, 1, b"\x82")),
        [PROTOCOL_ERROR, STREAM_CLOSED],
    ),
    "6.10 CONTINUATION after another with END_HEADERS": (
        lambda c, f: block_and(
            c, f, (CONTINUATION, END_HEADERS, 1, b""), (CONTINUATION, END_HEADERS, 1, b"\x82")
        ),
        [PROTOCOL_ERROR, STREAM_CLOSED],
    ),
    "6.10 CONTINUATION after DATA": (
        lambda c, f: (c.data(open_post(c, f), b"x"), c.frame(CONTINUATION, END_HEADERS, 1, b"\x82")),
        [PROTOCOL_ERROR, STREAM_CLOSED],
    ),
    "6.10 DATA within a header block": (
        lambda c, f: block_and(c, f, (CONTINUATION, 0, 1, b""), (DATA, 0, 1, b"x")),
        [PROTOCOL_ERROR],
    ),
    "HPACK 2.3.3 an indexed field beyond the tables": (
        lambda c, f: ask_in(c, b"\xc6"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 2.3.3 a literal with a name beyond the tables": (
        lambda c, f: ask_in(c, b"\x7f\x07\x01x"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 4.2 a table size update at the end of a block": (
        lambda c, f: ask_in(c, get_block(c, f) + b"\x20"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 5.2 Huffman padding of more than 7 bits": (
        lambda c, f: ask_in(c, b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 5.2 Huffman padding of zeros": (
        lambda c, f: ask_in(c, b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 5.2 the Huffman code EOS": (
        lambda c, f: c.frame(
            HEADERS, END_STREAM | END_HEADERS, 1, b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x51\xff\xff\xff\xfa\x7f\xff"
        ),
        [COMPRESSION_ERROR],
    ),
    "HPACK 6.1 index 0": (
        lambda c, f: ask_in(c, b"\x80"),
        [COMPRESSION_ERROR],
    ),
    "HPACK 6.3 a table size above SETTINGS_HEADER_TABLE_SIZE": (
        lambda c, f: ask_in(c, b"\x3f\xe2\x1f" + get_block(c, f)),
        [COMPRESSION_ERROR],
    ),
    "HPACK 5.1 an integer without end": (
        lambda c, f: ask_in(c, b"\x7f" + b"\xff" * 20),
        [COMPRESSION_ERROR],
    ),
}


@pytest.mark.parametrize("case", CONNECTION_ERRORS)
def test_an_error_of_the_connection_ends_it(connection, field, case):
    provoke, codes = CONNECTION_ERRORS[case]
    provoke(connection, field)
    connection_ends(connection, *codes)


def test_a_wrong_preface_is_no_http2(field):
    # The first line is that of HTTP/2, the second is not.
    with Connection(field.gate.port, preface=None) as connection:
        connection.raw(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + bytes(9))
        connection_ends(connection, PROTOCOL_ERROR)


def test_the_preface_may_come_byte_by_byte(field):
    with Connection(field.gate.port, preface=None) as connection:
        for byte in PREFACE:
            connection.raw(bytes([byte]))
        connection.send_settings()
        connection.handshake()
        answers(connection, field)


# What ends a stream


def then(connection, *calls):
    for call in calls:
        result = call()
    return result


def get_with(connection, field, *extra, **pseudo):
    return connection.headers([*field.get(**pseudo), *extra])


def raw_get(connection, fields):
    return connection.headers(fields)


def reordered(field):
    return [field.session[0], *field.get()]


def doubled(field, name):
    return [pair for pair in field.get() for _ in range(2 if pair[0] == name else 1)]


def wrong_length(connection, field, *pieces):
    stream = connection.headers(field.post(fields=[("content-length", "1")]), end=False)
    for index, piece in enumerate(pieces):
        connection.data(stream, piece, end=index == len(pieces) - 1)
    return stream


def second_head(connection, field):
    stream = open_post(connection, field)
    connection.headers([("x-trailer", "1")], stream=stream, flags=END_HEADERS)
    return stream


def pseudo_trailer(connection, field):
    stream = open_post(connection, field)
    connection.headers([(":method", "GET")], stream=stream)
    return stream


def too_large_data(connection, field):
    stream = open_post(connection, field)
    connection.frame(DATA, END_STREAM, stream, bytes(16385))
    return stream


def stream_window(connection, field, *increments):
    stream = open_post(connection, field)
    for increment in increments:
        connection.window(stream, increment)
    return stream


def priority_of_four(connection, field):
    stream = open_post(connection, field)
    connection.frame(PRIORITY, 0, stream, bytes(4))
    return stream


STREAM_ERRORS = {
    "4.2 DATA above SETTINGS_MAX_FRAME_SIZE": (too_large_data, [FRAME_SIZE_ERROR]),
    "6.3 PRIORITY of 4 octets": (priority_of_four, [FRAME_SIZE_ERROR]),
    "6.9 WINDOW_UPDATE of 0 on a stream": (lambda c, f: stream_window(c, f, 0), [PROTOCOL_ERROR]),
    "6.9.1 a stream's window above 2^31-1": (
        lambda c, f: stream_window(c, f, 0x7FFF_FFFF, 0x7FFF_FFFF),
        [FLOW_CONTROL_ERROR],
    ),
    "8.1 a second HEADERS frame without END_STREAM": (second_head, [PROTOCOL_ERROR]),
    "8.1.1 a body longer than its Content-Length": (lambda c, f: wrong_length(c, f, b"four"), [PROTOCOL_ERROR]),
    "8.1.1 pieces longer than their Content-Length": (
        lambda c, f: wrong_length(c, f, b"f", b"our"),
        [PROTOCOL_ERROR],
    ),
    "8.1.1 a body shorter than its Content-Length": (lambda c, f: wrong_length(c, f, b""), [PROTOCOL_ERROR]),
    "8.2.1 a name in capitals": (lambda c, f: get_with(c, f, ("X-Test", "1")), [PROTOCOL_ERROR]),
    "8.2.1 a line feed in a value": (lambda c, f: get_with(c, f, ("x-test", "a\nb: c")), [PROTOCOL_ERROR]),
    "8.2.1 a carriage return in a value": (lambda c, f: get_with(c, f, ("x-test", "a\rb")), [PROTOCOL_ERROR]),
    "8.2.1 NUL in a value": (lambda c, f: get_with(c, f, ("x-test", "a\0b")), [PROTOCOL_ERROR]),
    "8.2.1 a space before a value": (lambda c, f: get_with(c, f, ("x-test", " a")), [PROTOCOL_ERROR]),
    "8.2.1 a space in a name": (lambda c, f: get_with(c, f, ("x test", "a")), [PROTOCOL_ERROR]),
    "8.2.1 an empty name": (lambda c, f: get_with(c, f, ("", "a")), [PROTOCOL_ERROR]),
    "8.2.2 connection": (lambda c, f: get_with(c, f, ("connection", "close")), [PROTOCOL_ERROR]),
    "8.2.2 keep-alive": (lambda c, f: get_with(c, f, ("keep-alive", "1")), [PROTOCOL_ERROR]),
    "8.2.2 transfer-encoding": (
        lambda c, f: get_with(c, f, ("transfer-encoding", "chunked")),
        [PROTOCOL_ERROR],
    ),
    "8.2.2 upgrade": (lambda c, f: get_with(c, f, ("upgrade", "websocket")), [PROTOCOL_ERROR]),
    "8.2.2 TE other than trailers": (
        lambda c, f: get_with(c, f, ("trailers", "test"), ("te", "trailers, deflate")),
        [PROTOCOL_ERROR],
    ),
    "8.3 an unknown pseudo-header field": (lambda c, f: raw_get(c, [(":test", "ok"), *f.get()]), [PROTOCOL_ERROR]),
    "8.3 a pseudo-header field of answers": (
        lambda c, f: raw_get(c, [(":status", "200"), *f.get()]),
        [PROTOCOL_ERROR],
    ),
    "8.3 a pseudo-header field in trailers": (pseudo_trailer, [PROTOCOL_ERROR]),
    "8.3 a pseudo-header field after another": (lambda c, f: raw_get(c, reordered(f)), [PROTOCOL_ERROR]),
    "8.3.1 an empty :path": (lambda c, f: get_with(c, f, path=""), [PROTOCOL_ERROR]),
    "8.3.1 no :method": (lambda c, f: raw_get(c, f.get()[1:]), [PROTOCOL_ERROR]),
    "8.3.1 no :scheme": (lambda c, f: raw_get(c, f.get(scheme=None)), [PROTOCOL_ERROR]),
    "8.3.1 no :path": (lambda c, f: raw_get(c, f.get(path=None)), [PROTOCOL_ERROR]),
    "8.3.1 two of :method": (lambda c, f: raw_get(c, doubled(f, ":method")), [PROTOCOL_ERROR]),
    "8.3.1 two of :scheme": (lambda c, f: raw_get(c, doubled(f, ":scheme")), [PROTOCOL_ERROR]),
    "8.3.1 two of :path": (lambda c, f: raw_get(c, doubled(f, ":path")), [PROTOCOL_ERROR]),
    "8.3.1 two of :authority": (lambda c, f: raw_get(c, doubled(f, ":authority")), [PROTOCOL_ERROR]),
    "8.3.1 a line feed in :path": (
        lambda c, f: get_with(c, f, path="/ HTTP/1.1\r\nHost: x\r\n\r\nGET /smuggled"),
        [PROTOCOL_ERROR],
    ),
    "8.3.1 a space in :path": (lambda c, f: get_with(c, f, path="/a b"), [PROTOCOL_ERROR]),
    "8.3.1 a URL as :path": (lambda c, f: get_with(c, f, path="http://shop.test/"), [PROTOCOL_ERROR]),
    "8.3.1 a space in :method": (lambda c, f: get_with(c, f, method="GET /x"), [PROTOCOL_ERROR]),
    "8.3.1 a line feed in :authority": (
        lambda c, f: get_with(c, f, authority="shop.test\r\nx: y"),
        [PROTOCOL_ERROR],
    ),
    "8.3.1 another scheme": (lambda c, f: get_with(c, f, scheme="ftp"), [PROTOCOL_ERROR]),
    "8.5 CONNECT with a path": (lambda c, f: get_with(c, f, method="CONNECT"), [PROTOCOL_ERROR]),
    "RFC 8441 a tunnel by GET": (lambda c, f: raw_get(c, f.get(protocol="websocket")), [PROTOCOL_ERROR]),
}


@pytest.mark.parametrize("case", STREAM_ERRORS)
def test_an_error_of_a_stream_ends_it_and_no_more(connection, field, case):
    field.origin.forget()
    provoke, codes = STREAM_ERRORS[case]
    stream = provoke(connection, field)
    stream_ends(connection, stream, *codes)
    assert not field.origin.seen("/smuggled")


def test_frames_for_a_finished_stream_are_refused(connection, field):
    with connection.together():  # else the answer may be quicker than the second frame
        stream = connection.headers(field.get("/slow"))
        connection.data(stream, b"x")
    stream_ends(connection, stream, STREAM_CLOSED)


@pytest.mark.parametrize("frame", [(DATA, END_STREAM, b"x"), (HEADERS, END_STREAM | END_HEADERS, b"\x82\x86\x84")])
def test_frames_after_a_reset_do_no_harm(connection, field, frame):
    # Those on their way when the visitor's own reset left may be ignored or refused (RFC 9113 §5.1).
    stream = open_post(connection, field)
    connection.reset(stream)
    kind, flags, payload = frame
    connection.frame(kind, flags, stream, payload)
    stream_ends_or_lives(connection, stream)


def stream_ends_or_lives(connection, stream):
    connection.frame(PING, payload=b"end/live")
    try:
        while True:
            frame = connection.next()
            if frame.kind == PING and frame.flags & ACK:
                return
            if frame.kind in (GOAWAY, RST_STREAM):
                assert frame.code in (STREAM_CLOSED, PROTOCOL_ERROR)
    except Closed:
        return


def test_a_stream_above_the_limit_is_refused(connection, field):
    limit = connection.settings[3]
    assert limit == 100
    streams = [connection.headers(field.post(), end=False) for _ in range(limit + 1)]
    stream_ends(connection, streams[-1], REFUSED_STREAM, PROTOCOL_ERROR)
    for stream in streams[:-1]:
        connection.reset(stream, CANCEL)


# Floods


def flood_ends(field, send, count=20_000, codes=()):
    """The gate ends the connection long before so many frames, and serves others meanwhile."""
    with Connection(field.gate.port, timeout=20) as connection:
        connection.handshake()
        connection.socket.setblocking(True)
        connection.socket.settimeout(20)
        sent = 0
        batch = bytearray()
        connection.raw = batch.extend
        closed = False
        while sent < count and not closed:
            for _ in range(100):
                send(connection, sent)
                sent += 1
            try:
                connection.socket.sendall(batch)
            except (BrokenPipeError, ConnectionResetError):
                closed = True
            batch.clear()
        connection_ends(connection, *(codes or range(14)))
    with Connection(field.gate.port) as other:
        answers(other.handshake(), field)


FLOODS = {
    "rapid reset (CVE-2023-44487)": lambda c, n, f: c.reset(c.headers(f.get("/slow"))),
    "empty DATA (CVE-2019-9518)": lambda c, n, f: c.frame(DATA, 0, 1, b"") if n else c.headers(f.post(), end=False),
    "CONTINUATION (CVE-2024-27316)": lambda c, n, f: (
        c.frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b") if n else c.frame(HEADERS, END_STREAM, 1, b"\x82\x86\x84")
    ),
    "empty CONTINUATION": lambda c, n, f: (
        c.frame(CONTINUATION, 0, 1, b"") if n else c.frame(HEADERS, END_STREAM, 1, b"\x82\x86\x84")
    ),
    "SETTINGS (CVE-2019-9515)": lambda c, n, f: c.send_settings(),
    "PING (CVE-2019-9512)": lambda c, n, f: c.frame(PING, 0, 0, bytes(8)),
    "PRIORITY (CVE-2019-9513)": lambda c, n, f: c.frame(PRIORITY, 0, 2 * n + 1, priority()),
    "malformed requests, reset by the gate (CVE-2025-8671)": lambda c, n, f: c.headers([(":method", "GET")]),
    "window updates of 0 on streams": lambda c, n, f: c.window(c.headers(f.post(), end=False), 0),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_its_connection(field, flood):
    flood_ends(field, lambda connection, number: FLOODS[flood](connection, number, field))
    assert field.gate.process.running()


def test_a_table_bomb_is_not_unpacked(field):
    # One entry of 4 KiB in the table, named again and again: a frame of 16 KiB would be 64 MiB of fields.
    with Connection(field.gate.port) as connection:
        connection.handshake()
        big = b"x" * 3900
        block = b"\x82\x86\x84\x41\x09shop.test\x40\x01a\x7f" + varint(len(big) - 127) + big
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, block + b"\xbe" * 12_000)
        try:
            answer = connection.answer(1)
            assert answer.reset is not None or answer.status == 431
        except Closed:
            pass
    with Connection(field.gate.port) as other:
        answers(other.handshake(), field)
