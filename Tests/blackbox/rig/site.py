"""The site that transparency is tested on: each route is one way in which an HTTP/1.1 origin may answer."""

import gzip
import hashlib
import json
import re
import time

from rig.wire import chunked

DATE = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
BLOCK = bytes(range(256)) * 4096  # 1 MiB
PAGE = b"<!doctype html><title>Tickets</title><p>" + b"A concert. " * 200
ETAG = '"a1b2"'


def pattern(count):
    """`count` bytes in blocks of at most 1 MiB."""
    while count:
        block = BLOCK[: min(count, len(BLOCK))]
        count -= len(block)
        yield block


def pattern_digest(count) -> str:
    digest = hashlib.sha256()
    for block in pattern(count):
        digest.update(block)
    return digest.hexdigest()


def argument(exchange, name, default=0) -> int:
    found = re.search(rf"[?&]{name}=(\d+)", exchange.received.target)
    return int(found[1]) if found else default


def site(exchange):
    received = exchange.received
    name = received.path.strip("/").split("/")[0]
    route = ROUTES.get(name)
    if route is None:
        exchange.read_body()
        exchange.answer("200 OK", [DATE, ("Content-Type", "text/html")], PAGE)
    else:
        route(exchange)


def echo(exchange):
    received = exchange.received
    exchange.read_body()
    body = json.dumps(
        {
            "method": received.method,
            "target": received.target,
            "fields": received.fields,
            "length": received.body_length,
            "sha256": received.body_digest,
        }
    ).encode()
    exchange.answer("200 OK", [DATE, ("Content-Type", "application/json")], body)


def sized(exchange):
    count = argument(exchange, "n")
    exchange.answer("200 OK", [DATE, ("Content-Length", str(count)), ("Content-Type", "application/octet-stream")])
    if exchange.received.method != "HEAD":
        for block in pattern(count):
            exchange.send(block)


def in_chunks(exchange):
    count = argument(exchange, "n")
    exchange.send(b"HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\nContent-Type: a/b\r\n\r\n")
    if exchange.received.method != "HEAD":
        for block in pattern(count):
            for start in range(0, len(block), 100_000):
                piece = block[start : start + 100_000]
                exchange.send(b"%X\r\n%s\r\n" % (len(piece), piece))
        exchange.send(b"0\r\n\r\n")


def trailers(exchange):
    exchange.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        b"5;name=value\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
    )


def stream(exchange):
    pieces, pause = argument(exchange, "chunks", 4), argument(exchange, "interval_ms", 300) / 1000
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n")
    for number in range(pieces):
        exchange.send(b"%x\r\npiece %d\n\r\n" % (len(b"piece %d\n" % number), number))
        time.sleep(pause)
    exchange.send(b"0\r\n\r\n")


def events(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n")
    for number in range(3):
        exchange.send(b"data: %d\n\n" % number)
        time.sleep(0.3)
    exchange.close()


def until_close(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    for block in pattern(argument(exchange, "n")):
        exchange.send(block)
    exchange.close()


def old_version(exchange):
    exchange.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold but sound")
    exchange.close()


def status(exchange):
    code = int(exchange.received.path.rsplit("/", 1)[-1])
    exchange.read_body()
    if code in (204, 304):
        exchange.send(b"HTTP/1.1 %d As It Is\r\nX-Kept: yes\r\nETag: %s\r\n\r\n" % (code, ETAG.encode()))
    else:
        exchange.answer(f"{code} As It Is", [("X-Kept", "yes")], b"body of %d" % code)


def cached(exchange):
    if exchange.received.get("if-none-match") == ETAG:
        exchange.send(
            b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\nContent-Length: %d\r\n\r\n" % (ETAG.encode(), len(PAGE))
        )
    else:
        exchange.answer("200 OK", [("ETag", ETAG), ("Cache-Control", "max-age=60")], PAGE)


def redirect(exchange):
    exchange.answer("302 Found", [("Location", "/echo?from=redirect"), ("X-Kept", "yes")], b"go")


def absolute_redirect(exchange):
    exchange.answer("308 Permanent Redirect", [("Location", "http://shop.test/echo")])


def zipped(exchange):
    exchange.answer("200 OK", [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")], gzip.compress(PAGE, mtime=0))


def early_hints(exchange):
    exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </static/shop.css>; rel=preload\r\n\r\n")
    time.sleep(0.2)
    exchange.answer("200 OK", [], PAGE)


def expecting(exchange):
    exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    echo(exchange)


def refusing(exchange):
    exchange.answer("413 Too Large For Us", [("Connection", "close")], b"no")
    exchange.close()


def cookies(exchange):
    exchange.answer(
        "200 OK",
        [
            ("Set-Cookie", "a=1; Path=/; HttpOnly"),
            ("X-Between", "1"),
            ("Set-Cookie", "b=2; Expires=Thu, 01 Jan 2099 " "00:00:00 GMT"),
            ("set-cookie", 'c="3,4"'),
        ],
        b"ok",
    )


def odd_fields(exchange):
    exchange.send(
        b"HTTP/1.1 200 \r\nx-LOWER-upper: 1\r\nX-Empty:\r\nX-Spaces:  a  b \t\r\nX-Latin: caf\xe9\r\n"
        b'X-Twice: 1\r\nX-Other: ,;="\r\nX-Twice: 2\r\nSet-Cookie2: old\r\nServer: odd/1\r\n'
        b"Content-Length: 2\r\nVia: 1.1 inner\r\nX!#$%&'*+-.^_`|~: tchar\r\n\r\nok"
    )


def reason(exchange):
    exchange.answer("299 Sold out, but \xe9 kept", [], b"ok")


def hop_by_hop(exchange):
    exchange.send(
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n"
        b"X-End: 1\r\nContent-Length: 2\r\n\r\nok"
    )


def promised(exchange):
    """A HEAD answer that says how long the GET's would be."""
    exchange.read_body()
    exchange.answer(
        "200 OK", [("Content-Length", "12345")], b"" if exchange.received.method == "HEAD" else b"x" * 12345
    )


def in_one_write(exchange):
    """Chunks of awkward sizes in one packet."""
    exchange.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunked(b"a", b"bc" * 300, b"d" * 4096, b"\r\n0\r\n\r\n", b"e")
    )


ROUTES = {
    "echo": echo,
    "bytes": sized,
    "chunked": in_chunks,
    "trailers": trailers,
    "stream": stream,
    "events": events,
    "close": until_close,
    "old": old_version,
    "status": status,
    "cached": cached,
    "redirect": redirect,
    "absolute-redirect": absolute_redirect,
    "gzip": zipped,
    "early-hints": early_hints,
    "expecting": expecting,
    "refusing": refusing,
    "cookies": cookies,
    "odd-fields": odd_fields,
    "reason": reason,
    "hop": hop_by_hop,
    "promised": promised,
    "chunks": in_one_write,
}
