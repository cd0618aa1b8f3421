"""CPU per gated request, beside nginx that gates nothing and HAProxy that verifies each token (docs/PERFORMANCE.md)."""

import os
import pathlib
import statistics
import subprocess

import load
import signing
from servers import BROWSER, COOKIE, PROXY_CORE, Gate, HAProxy, Nginx

HERE = pathlib.Path(__file__).parent
NGINX, NGINX_LOG, HAPROXY, JWT = "nginx", "nginx, log", "haproxy", "haproxy jwt"
GATE, GATE_LOG = "gate", "gate, log"


class Peers:
    """All servers of one comparison, running side by side, and the token that opens them."""

    def __init__(self, folder, program, origin):
        self.folder = folder
        self.servers = {}
        if program:
            for name, logs in ((GATE, False), (GATE_LOG, True)):
                gate = self._start(Gate(name, folder, PROXY_CORE, program, origin.port, logs))
                gate.token = gate.session()
            self.key, self.token = self.servers[GATE].key, self.servers[GATE].token
        else:
            self.key, self.token = stand_in_token(folder)
        public_key = folder / "public.pem"
        subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-out", public_key], check=True)
        self._start(Nginx(NGINX, folder, PROXY_CORE, origin.port))
        self._start(Nginx(NGINX_LOG, folder, PROXY_CORE, origin.port, logs=True))
        self._start(HAProxy(HAPROXY, folder, PROXY_CORE, origin.port))
        self._start(HAProxy(JWT, folder, PROXY_CORE, origin.port, public_key))

    def _start(self, server):
        self.servers[server.name] = server.start()
        return server

    def fields(self, server):
        token = getattr(server, "token", self.token)
        return {**BROWSER, "Cookie": f"theme=dark; {COOKIE}={token}"}

    def stop(self):
        for server in self.servers.values():
            server.stop()


def stand_in_token(folder):
    """A key and a token like the gate's, where there is no gate yet."""
    key = folder / "stand-in.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return key, signing.Signer(key).sign(
        {"alg": "RS256", "kid": "x" * 16, "typ": "session+jwt"},
        {
            "position_id": "0" * 36,
            "session_id": "1" * 36,
            "queue_id": "bench",
            "iat": 1,
            "exp": 1 << 33,
            "bnd": "b" * 22,
        },
    )


def warm(peers, connections, rounds, seconds):
    """Each server in turn, round after round; microseconds of CPU per request by server."""
    results = {name: [] for name in peers.servers}
    rates = {name: [] for name in peers.servers}
    for number in range(rounds):
        # Alternating also means that nobody is always first after the other.
        order = list(peers.servers.values())
        for server in order if number % 2 == 0 else reversed(order):
            fields = peers.fields(server)
            load.checked(server, connections, 1, fields)
            run = load.checked(server, connections, seconds, fields)
            results[server.name].append(run.microseconds)
            rates[server.name].append(run.rate)
    return results, rates


def cold(peers, connections, rounds, seconds, count):
    """A token that was never seen with each request. The gate starts anew for each round, so that it has seen none."""
    names = [name for name in (JWT, GATE) if name in peers.servers]
    results = {name: [] for name in names}
    file = peers.folder / "tokens.txt"
    with file.open("w") as tokens:
        tokens.writelines(f"{token}\n" for token in signing.like(peers.token, peers.key, count))
    os.environ.update(TOKENS=str(file), COOKIE=COOKIE)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            server = peers.servers[name]
            if name == GATE:
                server.stop()
                server.start()
            run = load.checked(server, connections, seconds, BROWSER, script=HERE / "tokens.lua")
            results[name].append(run.microseconds)
    return results, {}


def report(title, results, rates, against):
    """A table of medians and, below, the ratio of each round and their median, for each (name, other, budget)."""
    print(f"\n### {title}\n\n| server | µs CPU / request | lowest | highest | requests/s |\n|---|---|---|---|---|")
    for name, values in results.items():
        rate = f"{statistics.median(rates[name]):.0f}" if rates.get(name) else ""
        print(f"| {name} | {statistics.median(values):.1f} | {min(values):.1f} | {max(values):.1f} | {rate} |")
    print()
    for name, other, budget in against:
        if name in results and other in results:
            ratios = [a / b for a, b in zip(results[name], results[other])]
            shown = " ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"- {name} / {other}: {statistics.median(ratios):.2f} (rounds {shown}; budget {budget})")


def measure(folder, program, origin, rounds, seconds, connections, cold_tokens):
    peers = Peers(folder, program, origin)
    try:
        print(
            f"\n## Proxying\n\nCookie of {len(COOKIE) + 1 + len(peers.token)} bytes, {len(BROWSER)} browser fields, "
            f"{rounds} alternating rounds of {seconds} s."
        )
        for count in connections:
            few = count <= 64
            results, rates = warm(peers, count, rounds, seconds)
            report(
                f"{count} connections",
                results,
                rates,
                [
                    (GATE, NGINX, "0.90" if few else "1.00"),
                    (GATE, JWT, "0.33" if few else "0.50"),
                    (GATE_LOG, NGINX_LOG, "-"),
                    (HAPROXY, NGINX, "-"),
                    (JWT, NGINX, "-"),
                ],
            )
        results, rates = cold(peers, 64, rounds, seconds, cold_tokens)
        report(f"Cold tokens, 64 connections, {cold_tokens} tokens", results, rates, [(GATE, JWT, "1.00")])
    finally:
        peers.stop()
