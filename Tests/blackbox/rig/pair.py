"""The same site directly and through the gate, and what may differ between the two."""

from rig.process import wait_until
from rig.visitor import AGENT
from rig.wire import exchange, request

#: Fields that a gate may add, change or take away, towards the visitor and towards the origin.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
TOWARDS_ORIGIN = HOP_BY_HOP | {
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
    "x-request-id",
    "via",
    "cookie",
}


class Pair:
    """The origin, directly and through the gate, for a visitor who is in."""

    def __init__(self, origin, proxy, visitor):
        self.origin, self.proxy, self.visitor = origin, proxy, visitor
        self.fields = [("User-Agent", AGENT)]
        self.own_fields = [*self.fields, ("Cookie", visitor.session_field)] if visitor else self.fields

    def both(self, method, target, fields=(), body=b"", version="HTTP/1.1"):
        """The answers of the origin and of the gate to the same request, and what the origin received of each."""
        self.origin.forget()
        direct = exchange(
            self.origin.port, request(method, target, [*self.fields, *fields], body, version=version), method
        )
        proxied = exchange(
            self.proxy.port, request(method, target, [*self.own_fields, *fields], body, version=version), method
        )
        first, second = wait_until(lambda: len(self.origin.seen()) == 2 and self.origin.seen(), what="two requests")
        return direct, proxied, first, second


def for_visitors(answer):
    """An answer's fields, in order, without those that docs/HTTP.md lets a gate change."""
    return [
        (name, value)
        for name, value in answer.fields
        if name.decode().lower() not in HOP_BY_HOP and not value.startswith(b"anteroom_")
    ]


def for_origin(received):
    return [(name, value) for name, value in received.fields if name.lower() not in TOWARDS_ORIGIN]


def assert_same(direct, proxied):
    assert (proxied.status, proxied.reason) == (direct.status, direct.reason)
    assert for_visitors(proxied) == for_visitors(direct)
    assert proxied.body == direct.body
    assert [(one.status, one.fields) for one in proxied.informational] == [
        (one.status, one.fields) for one in direct.informational
    ]
