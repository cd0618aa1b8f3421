"""The servers that are measured, each one worker pinned to core 0, and the origin, on core 1 beside the load."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PROXY_CORE, LOAD_CORE = "0", "1"
ROOM = "bench"
COOKIE = f"anteroom_s_{ROOM}"
TICKS = os.sysconf("SC_CLK_TCK")

#: What a browser sends with a navigation, Host and Cookie aside.
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Referer": "http://shop.example/concerts/1",
    "Cache-Control": "max-age=0",
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process pinned to one core, ended by its pid."""

    def __init__(self, name, folder, core):
        self.name, self.core = name, core
        self.folder = pathlib.Path(folder) / name.replace(" ", "-").replace(",", "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.child = None

    def command(self) -> list:
        raise NotImplementedError

    def start(self):
        with (self.folder / "output.log").open("ab") as log:
            self.child = subprocess.Popen(
                ["taskset", "-c", self.core, *map(str, self.command())],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.child.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} did not start:\n{(self.folder / 'output.log').read_text()[-2000:]}")

    def stop(self):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def cpu_seconds(self) -> float:
        """User and system time of all threads (proc(5), /proc/PID/stat)."""
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self) -> int:
        fields = pathlib.Path(f"/proc/{self.child.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


class Nginx(Server):
    """nginx as the origin (`upstream` None: 1 KiB from memory), as a plain keep-alive proxy, or with a folder of files."""

    def __init__(self, name, folder, core, upstream=None, logs=False, http2=False, certificate=None, files=None):
        super().__init__(name, folder, core)
        self.upstream, self.logs, self.http2, self.certificate = upstream, logs, http2, certificate
        self.files = files

    def command(self):
        log = f"{self.folder}/access.log" if self.logs else "off"
        if self.files:
            location, upstream = f"root {self.files}; open_file_cache max=100;", ""
        elif self.upstream is None:
            location = f'default_type text/plain; return 200 "{"x" * 1023}\\n";'
            upstream = ""
        else:
            location = 'proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";'
            upstream = (
                f"upstream origin {{ server 127.0.0.1:{self.upstream}; keepalive 1024; "
                "keepalive_requests 1000000000; }"
            )
        listen = f"127.0.0.1:{self.port} backlog=4096" + (" ssl" if self.certificate else "")
        listen += " http2" if self.http2 else ""
        tls = ""
        if self.certificate:
            chain, key = self.certificate
            tls = f"ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;"
        file = self.folder / "nginx.conf"
        file.write_text(f"""
daemon off; master_process off; worker_processes 1; error_log {self.folder}/error.log; pid {self.folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
    access_log {log};
    client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2; fastcgi_temp_path {self.folder}/t3;
    uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
    keepalive_requests 1000000000; keepalive_timeout 300s; sendfile on; tcp_nopush on;
    {upstream}
    server {{ listen {listen}; {tls} location / {{ {location} }} }}
}}
""")
        return ["nginx", "-p", self.folder, "-c", file]


class HAProxy(Server):
    """HAProxy as a plain proxy, or (`public_key`) letting in who has an unexpired RS256 token in the cookie."""

    def __init__(self, name, folder, core, upstream, public_key=None):
        super().__init__(name, folder, core)
        self.upstream, self.public_key = upstream, public_key

    def command(self):
        rules = (
            ""
            if self.public_key is None
            else f"""
    http-request set-var(txn.token) req.cook({COOKIE})
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify(txn.alg,"{self.public_key}") -m int 1 }}
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}"""
        )
        file = self.folder / "haproxy.cfg"
        file.write_text(f"""
global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 3s
    timeout client 300s
    timeout server 60s
    http-reuse always
frontend visitors
    bind 127.0.0.1:{self.port} backlog 4096{rules}
    default_backend origin
backend origin
    server origin 127.0.0.1:{self.upstream}
""")
        return ["haproxy", "-db", "-f", file]


class Gate(Server):
    """The gate with one event loop, an embedded store and one room that lets everybody in, unless told otherwise."""

    def __init__(
        self, name, folder, core, program, upstream, logs=False, algorithm="RS256", store=None, certificate=None, **room
    ):
        super().__init__(name, folder, core)
        self.program, self.admin_port = pathlib.Path(program).resolve(), free_port()
        self.key = self.folder / "var/keys/signing.pem"
        self.configuration = {
            "gate": {
                "listen": [f"127.0.0.1:{self.port}"],
                "workers": 1,
                "upstream_idle_connections": 1024,
                "limits": {"connections_per_address": 0},
                "access_log": str(self.folder / "access.log") if logs else "off",
            },
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "store": {
                "kind": "dragonfly" if store else "memory",
                "data_directory": str(self.folder / "var"),
                **({"url": f"redis://127.0.0.1:{store.port}"} if store else {}),
            },
            "tokens": {"algorithm": algorithm, "key_file": str(self.key), "lifetime": "1h"},
            "rooms": [
                {
                    "id": ROOM,
                    "match": {"paths": ["/"]},
                    "target_url": f"http://127.0.0.1:{upstream}",
                    "max_active_users": 100000,
                    "max_queue_size": 0,
                    "max_positions_per_address": 0,
                    "rate_limits": {"enabled": False},
                    "queue_rate": 100000,
                    "session_timeout": "24h",
                    "heartbeat_interval": "1h",
                    "heartbeat_timeout": "24h",
                    "claim_timeout": "24h",
                    **room,
                }
            ],
        }

        if certificate:
            # Tokens are got without TLS, for the sake of this script.
            self.tls_port = free_port()
            chain, key = map(str, certificate)
            self.configuration["gate"]["listen"] += [{"address": f"127.0.0.1:{self.tls_port}", "service": "https"}]
            self.configuration["gate"]["tls"] = {"certificates": [{"certificate": chain, "key": key}]}

    def command(self):
        file = self.folder / "anteroom.yml"
        file.write_text(json.dumps(self.configuration, indent=2))  # JSON is YAML
        return [self.program, "run", "--config", file]

    def call(self, method, call="", token=None, body=None):
        """A call of the API of docs/API.md: status and JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/queues/{ROOM}" + (f"/{call}" if call else ""),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "User-Agent": BROWSER["User-Agent"],
                "Content-Type": "application/json",
                "Accept": "application/json",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            return error.code, {}

    def session(self) -> str:
        """A session token, got as an app gets it."""
        status, position = self.call("POST", "enqueue", body={})
        if status != 201:
            raise SystemExit(f"enqueue answered {status}")
        end = time.monotonic() + 15
        while time.monotonic() < end:
            status, session = self.call("POST", "session/claim", position["token"])
            if status == 200:
                return session["session_token"]
            time.sleep(0.1)
        raise SystemExit(f"no session: claim answered {status}")
