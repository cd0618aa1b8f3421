"""CPU per gated request over HTTP/2, and over TLS, beside nginx that gates nothing (docs/PERFORMANCE.md)."""

import subprocess

import load
import proxying
from servers import BROWSER, COOKIE, PROXY_CORE, Gate, Nginx

GATE, NGINX = "gate", "nginx"


def certificate(folder):
    """One for localhost with an ECDSA key, as most sites have."""
    chain, key = folder / "site.pem", folder / "site.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", chain],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return chain, key


class Case:
    """One way to ask: a title, and a run against a server."""

    def __init__(self, title, run):
        self.title, self.run = title, run


def cases(token, connections):
    fields = {**BROWSER, "Cookie": f"theme=dark; {COOKIE}={token}"}

    def http2(streams, tls):
        def run(server, seconds):
            scheme, port = ("https", server.tls_port) if tls else ("http", server.port)
            url = f"{scheme}://127.0.0.1:{port}/"
            return load.checked_http2(server, connections, streams, seconds, fields, url=url)

        return run

    def http1_tls(server, seconds):
        return load.checked(server, connections, seconds, fields, url=f"https://127.0.0.1:{server.tls_port}/")

    return [
        Case(f"HTTP/2 without TLS, {connections} connections, one request at a time", http2(1, False)),
        Case(f"HTTP/2 without TLS, {connections} connections, 10 requests at a time", http2(10, False)),
        Case(f"HTTP/1.1 over TLS, {connections} connections", http1_tls),
        Case(f"HTTP/2 over TLS, {connections} connections, one request at a time", http2(1, True)),
        Case(f"HTTP/2 over TLS, {connections} connections, 10 requests at a time", http2(10, True)),
    ]


def measure(folder, program, origin, rounds, seconds, connections):
    pair = certificate(folder)
    gate = Gate("gate protocols", folder, PROXY_CORE, program, origin.port, certificate=pair).start()
    plain = Nginx("nginx h2c", folder, PROXY_CORE, origin.port, http2=True).start()
    secure = Nginx("nginx tls", folder, PROXY_CORE, origin.port, http2=True, certificate=pair).start()
    secure.tls_port = secure.port
    try:
        token = gate.session()
        print(f"\n## HTTP/2 and TLS\n\n{rounds} alternating rounds of {seconds} s.")
        for case in cases(token, connections):
            results, rates = {GATE: [], NGINX: []}, {GATE: [], NGINX: []}
            peers = [(GATE, gate), (NGINX, secure if "over TLS" in case.title else plain)]
            for number in range(rounds):
                for name, server in peers if number % 2 == 0 else reversed(peers):
                    case.run(server, 1)
                    done = case.run(server, seconds)
                    results[name].append(done.microseconds)
                    rates[name].append(done.rate)
            proxying.report(case.title, results, rates, [(GATE, NGINX, "1.00")])
    finally:
        for server in (gate, plain, secure):
            server.stop()
