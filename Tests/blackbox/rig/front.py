"""nginx or HAProxy in front of a gate, as deploy/ has them: its files with this machine's ports and certificates."""

import pathlib
import re

import requests

from rig.certificates import Authority
from rig.gate import REPOSITORY
from rig.process import Process, free_port
from rig.visitor import Visitor


class Front:
    """`url` is where visitors come by TLS; `authority` signs the certificate."""

    def __init__(self, directory, name):
        self.directory = pathlib.Path(directory) / name
        self.directory.mkdir(parents=True)
        self.authority = Authority(self.directory)
        self.pair = self.authority.issue("localhost", "127.0.0.1", file="site")
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"

    def start(self):
        self.process.start(self.port)
        return self

    def stop(self):
        return self.process.stop()

    def visitor(self, room_id="shop") -> Visitor:
        visitor = Visitor(self, room_id)
        visitor.http.verify = str(self.authority.file)
        return visitor


class Nginx(Front):
    def __init__(self, directory, gate_port):
        super().__init__(directory, "nginx")
        text = replaced(
            (REPOSITORY / "deploy/nginx/anteroom.conf").read_text(),
            {
                "server 127.0.0.1:8080;": f"server 127.0.0.1:{gate_port};",
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "/etc/nginx/tls/shop.example.pem": str(self.pair.certificate),
                "/etc/nginx/tls/shop.example.key": str(self.pair.key),
            },
        )
        (self.directory / "anteroom.conf").write_text(text)
        file = self.directory / "nginx.conf"
        # What Debian's own nginx.conf has around conf.d.
        file.write_text(
            f"daemon off; master_process off; error_log stderr; pid {self.directory}/pid;\n"
            f"events {{ }}\nhttp {{ access_log off; include {self.directory}/anteroom.conf; }}\n"
        )
        self.process = Process("nginx", ["nginx", "-p", self.directory, "-c", file], self.directory)


class HAProxy(Front):
    """`passing` is where connections are passed on as they are."""

    def __init__(self, directory, gate_port, tls_port, admin_port):
        super().__init__(directory, "haproxy")
        self.passing, self.statistics = free_port(), free_port()
        folder = self.directory / "tls"
        folder.mkdir()
        (folder / "site.pem").write_bytes(self.pair.certificate.read_bytes() + self.pair.key.read_bytes())
        text = replaced(
            (REPOSITORY / "deploy/haproxy/anteroom.cfg").read_text(),
            {
                "bind :443 ssl crt /etc/haproxy/tls/": f"bind 127.0.0.1:{self.port} ssl crt {folder}/",
                "bind :8443": f"bind 127.0.0.1:{self.passing}",
                "server gate1 127.0.0.1:8080": f"server gate1 127.0.0.1:{gate_port}",
                "server gate1 127.0.0.1:8443": f"server gate1 127.0.0.1:{tls_port}",
                "check port 9090": f"check port {admin_port}",
                "inter 2s": "inter 200ms",
            },
        )
        file = self.directory / "haproxy.cfg"
        file.write_text(
            f"{text}\nfrontend statistics\n    mode http\n    bind 127.0.0.1:{self.statistics}\n    stats enable\n"
        )
        self.process = Process("haproxy", ["haproxy", "-db", "-f", file], self.directory)

    def state(self, backend="gates", server="gate1") -> str:
        """`UP` or `DOWN`, with how many checks it is from the other."""
        table = requests.get(f"http://127.0.0.1:{self.statistics}/haproxy?stats;csv", timeout=5).text
        names, *rows = [line.split(",") for line in table.lstrip("# ").splitlines()]
        [row] = [row for row in rows if row[:2] == [backend, server]]
        return row[names.index("status")]


def replaced(text, changes) -> str:
    """The text with each of these changed; an AssertionError if it has one not."""
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in the file"
        text = re.sub(re.escape(old) + r"(?!\w)", lambda _: new, text)
    return text
