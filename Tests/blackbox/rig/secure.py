"""Both ends of a gate over TLS: a visitor, and an origin."""

import socket

from rig import gate as gates
from rig.origin import Origin
from rig.process import free_port
from rig.wire import Connection


class SecureConnection(Connection):
    """As `Connection`, over TLS. The end of the connection without TLS's own is an `ssl.SSLEOFError`."""

    def __init__(self, port, context, name=None, timeout=10.0, address="127.0.0.1", session=None):
        raw = socket.create_connection((address, port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname=name, suppress_ragged_eofs=False, session=session)
        self.buffer = bytearray()

    @property
    def certificate(self) -> bytes:
        return self.socket.getpeercert(binary_form=True)


class SecureOrigin(Origin):
    """As `Origin`, over TLS. Its connections end without TLS's own end, unless the handler calls `finish`."""

    def __init__(self, handler, context):
        self.context = context
        super().__init__(handler)
        self.url = f"https://127.0.0.1:{self.port}"

    def _serve(self, connection, number):
        try:
            secure = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        with self.lock:
            self.links.add(secure)
        super()._serve(secure, number)


def finish(exchange):
    """Ends an answer that ends with its connection as TLS wants it."""
    try:
        exchange.link.socket.settimeout(2)
        exchange.link.socket.unwrap()
    except OSError:
        pass
    exchange.close()


def secure_gate(servers, rooms, pairs, start=True, address="127.0.0.1", redirect=False, tls=None, **gate):
    """A gate that besides its plain listener has one for https, and one that redirects if asked for."""
    made = servers.gate(rooms, start=False)
    made.secure_port = free_port()
    made.configuration["gate"]["listen"].append({"address": listen(address, made.secure_port), "service": "https"})
    if redirect:
        made.redirect_port = free_port()
        made.configuration["gate"]["listen"].append(
            {"address": listen(address, made.redirect_port), "service": "redirect"}
        )
    made.configuration["gate"]["tls"] = {"certificates": [pair.files for pair in pairs], **(tls or {})}
    made.configuration["gate"].update(gate)
    made.write()
    return made.start() if start else made


def listen(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def room(origin, **tls):
    """A room with this https origin."""
    return gates.room(origin.url, origin_tls=tls)
