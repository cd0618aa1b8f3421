"""The PROXY protocol (HAProxy's doc/proxy-protocol.txt), and who a visitor is (docs/HTTP.md)."""

import json
import socket
import struct
import time

import pytest

from rig import gate as gates
from rig.process import free_port, wait_until
from rig.site import site
from rig.visitor import AGENT
from rig.wire import Connection, request

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def line(source, family="TCP4", destination="192.0.2.1"):
    return f"PROXY {family} {source} {destination} 56324 443\r\n".encode()


def binary(source, command=0x21, tlvs=b""):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    addresses = socket.inet_pton(family, source) * 2 + struct.pack(">HH", 56324, 443) + tlvs
    kind = 0x21 if ":" in source else 0x11
    return SIGNATURE + struct.pack(">BBH", command, kind, len(addresses)) + addresses


@pytest.fixture(scope="module")
def gate(module_servers):
    """A plain listener, and one behind a trusted proxy; all requests pass by the line."""
    room = gates.room(module_servers.origin(site).url, bypass={"paths": ["/*"]})
    behind = free_port()
    gate = module_servers.gate(
        [room],
        gate={
            "trusted_proxies": ["127.0.0.1", "::1", "203.0.113.0/24"],
            "timeouts": {"head": "1s"},
        },
        start=False,
    )
    gate.behind = behind
    gate.configuration["gate"]["listen"] = [
        {"address": f"127.0.0.1:{gate.port}"},
        {"address": f"127.0.0.1:{behind}", "proxy_protocol": True},
        {"address": f"[::]:{behind}", "proxy_protocol": True},
    ]
    gate.write()
    return gate.start()


def ask(port, header, fields=(), pieces=None):
    """The fields that the origin saw."""
    data = header + request("GET", "/echo", [("User-Agent", AGENT), *fields])
    with Connection(port) as connection:
        if pieces:
            connection.send_in_pieces(data, pieces, 0.001)
        else:
            connection.send(data)
        answer = connection.read_answer()
        assert answer.status == 200, answer
        seen = {}
        for name, value in json.loads(answer.body)["fields"]:
            seen[name.lower()] = value
        return seen


@pytest.mark.parametrize(
    "header, visitor",
    [
        (line("198.51.100.7"), "198.51.100.7"),
        (line("2001:db8::7", "TCP6", "2001:db8::1"), "2001:db8::7"),
        (line("::ffff:198.51.100.7", "TCP6", "2001:db8::1"), "198.51.100.7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (binary("198.51.100.7"), "198.51.100.7"),
        (binary("2001:db8::7", tlvs=b"\x04\x00\x10" + b"x" * 16), "2001:db8::7"),
        (binary("198.51.100.7", command=0x20), "127.0.0.1"),
    ],
    ids=["v1", "v1 IPv6", "v1 mapped", "v1 unknown", "v2", "v2 IPv6 with TLVs", "v2 local"],
)
@pytest.mark.parametrize("pieces", [None, 1, 7])
def test_the_header_says_who_the_visitor_is(gate, header, visitor, pieces):
    """Whatever packets it comes in; the rest of the packet is the request."""
    seen = ask(gate.behind, header, pieces=pieces)
    assert seen["x-forwarded-for"] == visitor


def test_the_visitor_is_in_the_access_log(gate):
    ask(gate.behind, line("198.51.100.99"))
    wait_until(lambda: '"client":"198.51.100.99"' in gate.access_log.read_text(), what="the log line")


def test_what_the_visitor_says_is_not_believed(gate):
    """The proxy is trusted at the connection; the fields are the visitor's own."""
    seen = ask(gate.behind, line("198.51.100.7"), [("X-Forwarded-For", "10.9.9.9"), ("X-Forwarded-Proto", "https")])
    assert seen["x-forwarded-for"] == "198.51.100.7" and seen["x-forwarded-proto"] == "http"


def test_a_trusted_source_may_name_others(gate):
    """A proxy behind the proxy: 203.0.113.5 is trusted, so what it says of 198.51.100.8 counts."""
    seen = ask(gate.behind, binary("203.0.113.5"), [("X-Forwarded-For", "198.51.100.8")])
    assert seen["x-forwarded-for"] == "198.51.100.8, 203.0.113.5"


@pytest.mark.parametrize("hop", ["198.51.100.8:4711", "[2001:db8::8]:443", "[2001:db8::8]", "2001:db8::8"])
def test_hops_with_ports_and_brackets_are_addresses(gate, hop):
    """As some proxies write them: the visitor is the address in it."""
    ask(gate.port, b"", [("X-Forwarded-For", hop)])
    address = hop.split("]")[0].strip("[") if "[" in hop or hop.count(":") > 1 else hop.split(":")[0]
    wait_until(lambda: f'"client":"{address}"' in gate.access_log.read_text(), what=f"{address} in the log")


@pytest.mark.parametrize(
    "data",
    [
        request("GET", "/echo"),
        b"PROXY TCP4 198.51.100.7\r\n" + request("GET", "/echo"),
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 1\r\n" + request("GET", "/echo"),
        b"PROXY " + b"x" * 200,
        SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12 + request("GET", "/echo"),
        SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 100,
    ],
    ids=["none", "v1 cut", "v1 wrong family", "v1 endless", "v2 version", "v2 huge"],
)
def test_a_connection_without_a_sound_header_is_closed(gate, data):
    """No answer: whoever is there speaks another language."""
    before = gate.metric("anteroom_connections_refused_total", reason="proxy_header")
    with Connection(gate.behind) as connection:
        connection.send(data)
        assert connection.read_to_end() == b""
    assert gate.metric("anteroom_connections_refused_total", reason="proxy_header") == before + 1


def test_a_header_that_does_not_come_is_not_waited_for(gate):
    with Connection(gate.behind) as connection:
        connection.send(b"PROXY TCP4 198")
        assert connection.is_closed_within(5)
    assert gate.metric("anteroom_connections_refused_total", reason="proxy_timeout") == 1


def test_nobody_else_may_send_one(gate):
    """127.0.0.2 is no trusted proxy: closed, counted, and told of."""
    with socket.create_connection(("127.0.0.1", gate.behind), 5, source_address=("127.0.0.2", 0)) as other:
        try:
            other.sendall(line("198.51.100.7") + request("GET", "/echo"))
            assert other.recv(100) == b""
        except ConnectionResetError:
            pass
    assert gate.metric("anteroom_connections_refused_total", reason="untrusted_proxy") == 1
    wait_until(lambda: "reason=untrusted_proxy" in gate.process.log, 5, what="the log entry")


def test_a_plain_listener_takes_no_header(gate):
    with Connection(gate.port) as connection:
        connection.send(line("198.51.100.7") + request("GET", "/echo"))
        assert connection.read_answer().status == 400


def test_ipv6_visitors_have_a_listener_beside_that_for_ipv4(gate):
    """`::` and 127.0.0.1 on the same port."""
    with socket.create_connection(("::1", gate.behind), 5) as other:
        other.sendall(line("198.51.100.55") + request("GET", "/echo"))
        assert other.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("listen", [["[::]:{port}"], ["0.0.0.0:{port}", "[::]:{port}"]], ids=["both", "each"])
def test_both_families_are_served(servers, listen):
    """`::` alone serves IPv4 too, whose visitors are IPv4 addresses; beside 0.0.0.0 it leaves them to that."""
    room = gates.room(servers.origin(site).url, bypass={"addresses": ["127.0.0.1/32"]}, status="paused")
    gate = servers.gate([room], start=False)
    gate.configuration["gate"]["listen"] = [entry.format(port=gate.port) for entry in listen]
    gate.write()
    gate.start()
    seen = ask(gate.port, b"")
    assert seen["x-forwarded-for"] == "127.0.0.1"
    with socket.create_connection(("::1", gate.port), 5) as other:
        other.sendall(request("GET", "/echo"))
        # Not bypassed: ::1 is another address.
        assert other.recv(65536).startswith(b"HTTP/1.1 503")
    time.sleep(0.2)
    assert '"client":"::1"' in gate.access_log.read_text() and "::ffff" not in gate.access_log.read_text()
