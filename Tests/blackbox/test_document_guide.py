"""README.md's guide, as somebody follows it who has a ticket shop on this machine, with nginx in front of it."""

import re
import shutil
import subprocess
import textwrap

import pytest

from rig.documents import FENCE, TEXTS, indented_blocks
from rig.front import Front, replaced
from rig.gate import anteroom, run_once
from rig.process import Process, free_port, wait_until
from rig.site import site
from rig.visitor import Visitor

README, OPERATIONS = TEXTS["README.md"], TEXTS["docs/OPERATIONS.md"]


class Guide:
    """A folder with the guide's `gate.yml`; its addresses are free ones of this machine."""

    def __init__(self, servers):
        self.folder = servers.folder
        self.origin = servers.origin(site)
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        [self.block] = [block for block in indented_blocks(README) if "rooms:" in block]
        self.process = Process("guide", [anteroom(), "run", "--config", "gate.yml"], self.folder)
        servers.add(self)

    def save(self, **changes):
        places = {"0.0.0.0:8080": f"127.0.0.1:{self.port}", "http://127.0.0.1:9000": self.origin.url}
        text = replaced(self.block, {**places, **changes})
        scratch = self.folder / "gate.tmp"
        scratch.write_text(f'{text}admin: {{ listen: "127.0.0.1:{self.admin_port}" }}\n')
        scratch.replace(self.folder / "gate.yml")

    def start(self):
        done = run_once("check", "--config", "gate.yml", directory=self.folder)
        [promise] = re.findall(r"remedy, or `(.*?)`", README)
        assert (done.returncode, done.stdout.strip()) == (0, promise)
        self.process.start(self.port)
        return self

    def stop(self):
        return self.process.stop()


@pytest.fixture
def guide(servers):
    return Guide(servers)


def test_the_gate_stands_in_front_of_the_shop(guide):
    guide.save()
    guide.start()
    # What `curl -I` asks.
    visitor = Visitor(guide, "tickets")
    assert visitor.navigate("/", method="HEAD").status_code == 200 and visitor.cookie("s")
    # "To see it at once": the slot is held, so a browser waits.
    assert "`max_active_users: 1`" in README
    guide.save(**{"max_active_users: 500": "max_active_users: 1"})
    wait_until(lambda: Visitor(guide, "tickets").navigate("/").status_code == 503, 10, 0.5, "the new limit")
    page = Visitor(guide, "tickets").navigate("/")
    assert page.status_code == 503 and "ar-place" in page.text
    assert visitor.navigate("/page").status_code == 200


class DocumentedNginx(Front):
    """The server block of docs/OPERATIONS.md."""

    def __init__(self, directory, gate_port):
        super().__init__(directory, "nginx")
        [block] = [text for language, text in FENCE.findall(OPERATIONS) if language == "nginx"]
        text = replaced(
            textwrap.dedent(block),
            {
                "http://127.0.0.1:8080": f"http://127.0.0.1:{gate_port}",
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "/etc/nginx/tls/shop.example.pem": str(self.pair.certificate),
                "/etc/nginx/tls/shop.example.key": str(self.pair.key),
            },
        )
        file = self.directory / "nginx.conf"
        file.write_text(
            f"daemon off; master_process off; error_log stderr; pid {self.directory}/pid;\n"
            f"events {{ }}\nhttp {{ access_log off;\n{text}}}\n"
        )
        self.process = Process("nginx", ["nginx", "-p", self.directory, "-c", file], self.directory)


def test_nginx_stays_in_front(servers, guide):
    """With what the guide has changed there: shop and cookies know that visitors come by TLS, and from where."""
    [trusted] = re.findall(r"`(trusted_proxies: .*?)` below `gate:`", README)
    listen = 'listen: ["0.0.0.0:8080"]'
    guide.block = replaced(guide.block, {listen: f"{listen}\n  {trusted}"})
    guide.save()
    guide.start()
    front = servers.add(DocumentedNginx(servers.folder, guide.port).start())
    visitor = front.visitor("tickets")
    assert visitor.navigate("/").status_code == 200 and all(cookie.secure for cookie in visitor.http.cookies)
    echo = visitor.navigate("/echo", headers={"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}).json()
    seen = {name.lower(): value for name, value in echo["fields"]}
    assert seen["x-forwarded-proto"] == "https" and "203.0.113.9" not in str(echo)
    assert seen["x-forwarded-for"].split(", ")[0] == "127.0.0.1"


def test_the_units_of_the_documents_are_sound(tmp_path):
    """Of docs/OPERATIONS.md: the least that a service and its socket need."""
    service, socket = (text for language, text in FENCE.findall(OPERATIONS) if language == "ini")
    (tmp_path / "anteroom.service").write_text(service.replace("/usr/local/bin/anteroom", str(anteroom().resolve())))
    (tmp_path / "anteroom.socket").write_text(socket)
    assert "ListenStream" in socket and "Type=notify" in service
    if not shutil.which("systemd-analyze"):
        pytest.fail("systemd-analyze is missing: make test-tools", pytrace=False)
    verify = ["systemd-analyze", "verify", "./anteroom.service", "./anteroom.socket"]
    done = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
