"""Real clients find the gate transparent: curl, requests, websockets, and the demo shop."""

import asyncio
import subprocess
import threading

import pytest
import requests
import websockets
import websockets.sync.server

from conftest import STAND_IN
from rig import gate as gates
from rig.pair import HOP_BY_HOP, assert_same
from rig.process import Process, free_port, wait_until
from rig.site import ETAG
from rig.stand_in import stand_in
from rig.visitor import AGENT, Visitor, through
from rig.wire import exchange, request

# Real clients

CURL = {
    "a page": ["/"],
    "HEAD": ["-I", "/promised"],
    "a form": ["-d", "a=b&c=d", "/echo"],
    "a multipart form": [
        "-F",
        "file=@requirements.txt",
        "-H",
        "Content-Type: multipart/form-data; boundary=x",
        "/status/200",
    ],
    "a chunked upload": ["-H", "Transfer-Encoding: chunked", "-d", "@requirements.txt", "/status/200"],
    "PUT": ["-T", "requirements.txt", "/status/201"],
    "DELETE": ["-X", "DELETE", "/status/204"],
    "redirects followed": ["-L", "/redirect"],
    "compressed": ["--compressed", "/gzip"],
    "HTTP/1.0": ["-0", "/chunks"],
    "a range": ["-r", "0-9", "/"],
    "a stream": ["-N", "/stream?chunks=3&interval_ms=50"],
    "an error": ["/status/503"],
    "304": ["-H", f"If-None-Match: {ETAG}", "/cached"],
    "100-continue": ["-H", "Expect: 100-continue", "-d", "x", "/expecting"],
}


@pytest.mark.parametrize("arguments", CURL.values(), ids=CURL.keys())
def test_curl_sees_no_difference(pair, arguments):
    """curl's status, fields in order and body are the same."""

    def run(url, cookie):
        *options, target = arguments
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "-D",
                "-",
                "--max-time",
                "20",
                "-A",
                AGENT,
                "-H",
                "Host: shop.test",
                *(["-H", f"Cookie: {cookie}"] if cookie else []),
                *options,
                url + target,
            ],
            capture_output=True,
            cwd=gates.REPOSITORY / "Tests/blackbox",
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return [
            line
            for line in done.stdout.split(b"\r\n")
            if line.split(b":")[0].decode("latin-1").lower() not in HOP_BY_HOP | {"content-length"}
            and not line.startswith(b"Set-Cookie: anteroom_")
        ]

    direct = run(pair.origin.url, None)
    proxied = run(pair.proxy.url, pair.visitor and pair.visitor.session_field)
    # The echo's body names the fields that it received, the gate's among them.
    assert [line for line in proxied if b'"fields"' not in line] == [line for line in direct if b'"fields"' not in line]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("target", ["/status/200", "/gzip", "/cookies", "/redirect", "/chunked?n=5000"])
def test_requests_sees_no_difference(pair, method, target):
    """Python's requests: status, reason, headers, cookies, history and content are the same."""

    def run(url, cookie):
        session = requests.Session()
        session.trust_env = False
        session.headers.update({"User-Agent": AGENT, "Host": "shop.test"})
        if cookie:
            session.headers["Cookie"] = cookie
        answer = session.request(
            method,
            url + target,
            data=b"x" * 3000 if method in ("POST", "PUT", "PATCH") else None,
            allow_redirects=False,
            timeout=20,
        )
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
        return answer.status_code, answer.reason, headers, answer.content, dict(answer.cookies)

    assert run(pair.proxy.url, pair.visitor and pair.visitor.session_field) == run(pair.origin.url, None)


@pytest.fixture(scope="module")
def sockets(module_servers):
    def echo(connection):
        if connection.request.path.startswith("/ws/hello"):
            connection.send("hello")
        for message in connection:
            if message == "close please":
                connection.close(4001, "as you like")
                return
            connection.send(message)

    server = websockets.sync.server.serve(
        echo,
        "127.0.0.1",
        0,
        subprotocols=["chat", "other"],
        max_size=None,
        ping_interval=None,
        select_subprotocol=lambda _, offered: "other" if "other" in offered else None,
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.socket.getsockname()[1]
    if STAND_IN:
        proxy = module_servers.add(stand_in(STAND_IN, module_servers.folder / "stand-in-ws", port))
        yield port, proxy.port, None, proxy
    else:
        # The room's first answer must come from the site that speaks plain HTTP too, so the line is joined by API.
        gate = module_servers.gate([gates.room(f"http://127.0.0.1:{port}", admission_interval="200ms")], name="ws")
        visitor = Visitor(gate)
        visitor.call("POST", "enqueue", json={})
        wait_until(lambda: visitor.call("POST", "session/claim").status_code == 200, 5, 0.1, "admission")
        yield port, gate.port, visitor, gate
    server.shutdown()


class TestWebSocket:
    """Python's websockets, directly and through the gate."""

    def both(self, sockets, path, script, **options):
        direct, proxied, visitor, _ = sockets
        headers = {"Cookie": visitor.session_field} if visitor else {}

        async def run(port, extra):
            async with websockets.connect(
                f"ws://127.0.0.1:{port}{path}",
                additional_headers=extra,
                max_size=None,
                user_agent_header=AGENT,
                proxy=None,
                **options,
            ) as connection:
                return await script(connection)

        return asyncio.run(run(direct, {})), asyncio.run(run(proxied, headers))

    @pytest.mark.parametrize(
        "message",
        ["text", "", "\u20ac" * 1000, b"\x00\xff", b"x" * (3 << 20)],
        ids=["text", "empty", "utf-8", "binary", "3 MiB"],
    )
    def test_messages_come_back(self, sockets, message):
        """Text, binary, empty and large messages are the same."""

        async def script(connection):
            await connection.send(message)
            return await connection.recv()

        direct, proxied = self.both(sockets, "/ws", script)
        assert proxied == direct == message

    def test_the_handshake_is_kept(self, sockets):
        """Sub-protocol and extensions are negotiated with the origin."""

        async def script(connection):
            return connection.subprotocol, connection.response.headers.get("Sec-WebSocket-Extensions")

        direct, proxied = self.both(sockets, "/ws", script, subprotocols=["other"])
        assert proxied == direct

    def test_a_first_message_of_the_server_arrives(self, sockets):
        """Bytes that come in one packet with the 101 are not lost."""

        async def script(connection):
            return await connection.recv()

        assert self.both(sockets, "/ws/hello", script) == ("hello", "hello")

    def test_close_codes_pass(self, sockets):
        """The server's close code and reason reach the visitor."""

        async def script(connection):
            await connection.send("close please")
            try:
                await connection.recv()
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code, closed.rcvd.reason
            return None

        assert self.both(sockets, "/ws", script) == ((4001, "as you like"), (4001, "as you like"))

    def test_pings_pass(self, sockets):
        """Control frames travel the whole way."""

        async def script(connection):
            return await asyncio.wait_for(await connection.ping(b"x"), 5) >= 0

        assert self.both(sockets, "/ws", script) == (True, True)

    @pytest.mark.skipif(bool(STAND_IN), reason="a stand-in has no sessions")
    def test_nobody_without_a_session_gets_a_tunnel(self, sockets):
        """Invariant 5 holds for upgrades: without a cookie there is no 101."""
        _, _, _, gate = sockets
        gate.edit(status="paused")
        gate.until_status("paused")

        async def run():
            async with websockets.connect(f"ws://127.0.0.1:{gate.port}/ws", proxy=None):
                pass

        with pytest.raises(websockets.InvalidStatus) as refused:
            asyncio.run(run())
        gate.edit(status="active")
        assert refused.value.response.status_code == 503


@pytest.fixture(scope="module")
def shop(module_servers):
    port = free_port()
    module_servers.add(
        Process("demo-shop", [gates.demo_shop(), "--host", "127.0.0.1", "--port", port], module_servers.folder).start(
            port
        )
    )
    gate = module_servers.gate([gates.room(f"http://127.0.0.1:{port}")], name="shop-gate")
    return port, gate.port, through(gate)


@pytest.mark.skipif(bool(STAND_IN), reason="needs the demo shop and the gate")
class TestDemoShop:
    """The shop of `make run`, which knows nothing of waiting rooms."""

    @pytest.mark.parametrize(
        "method, target, fields, body",
        [
            ("GET", "/", [], b""),
            ("GET", "/concerts/nina-solberg", [], b""),
            ("GET", "/cart", [], b""),
            ("GET", "/account", [], b""),
            ("GET", "/static/shop.css", [], b""),
            ("HEAD", "/static/shop.css", [], b""),
            ("GET", "/slow?ms=50", [], b""),
            ("GET", "/download?bytes=100000", [], b""),
            ("GET", "/stream?chunks=3&interval_ms=20", [], b""),
            ("GET", "/status/204", [], b""),
            ("GET", "/status/404", [], b""),
            ("GET", "/redirect", [], b""),
            ("GET", "/gzip", [], b""),
            ("GET", "/early-hints", [], b""),
            ("GET", "/cookies", [], b""),
            ("GET", "/close", [], b""),
            ("POST", "/upload", [], b"x" * 5000),
            ("GET", "/nowhere", [], b""),
            ("POST", "/checkout", [("Content-Type", "application/x-www-form-urlencoded")], b"name=Ada"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_the_shop_answers_the_same(self, shop, method, target, fields, body):
        """Every page of the shop is the same through the gate."""
        port, gate_port, visitor = shop
        agent = ("User-Agent", AGENT)
        direct = exchange(port, request(method, target, [agent, *fields], body), method)
        proxied = exchange(
            gate_port, request(method, target, [agent, ("Cookie", visitor.session_field), *fields], body), method
        )
        for answer in (direct, proxied):
            answer.fields = [(name, value) for name, value in answer.fields if name.lower() not in (b"date",)]
        assert_same(direct, proxied)
