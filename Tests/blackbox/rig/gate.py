"""The gate under test: its configuration file, its process, its ports."""

import copy
import os
import pathlib
import signal
import subprocess
import time

import requests
import yaml

from rig.process import Process, free_port, wait_until

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def binary(variable, default) -> pathlib.Path:
    path = pathlib.Path(os.environ.get(variable) or default)
    return path if path.is_absolute() else REPOSITORY / path


def anteroom() -> pathlib.Path:
    return binary("ANTEROOM_BIN", ".build/debug/anteroom")


def demo_shop() -> pathlib.Path:
    return binary("DEMO_SHOP_BIN", ".build/debug/demo-shop")


def room(target_url, **changes) -> dict:
    """A room that lets everybody in at once; a test names what it wants otherwise."""
    base = {
        "id": "shop",
        "name": "Shop",
        "match": {"hosts": [], "paths": ["/"]},
        "target_url": target_url,
        "max_active_users": 5000,
        "max_queue_size": 50000,
        "queue_rate": 5000,
        "session_timeout": "10m",
        "heartbeat_interval": "10s",
        "heartbeat_timeout": "60s",
        "claim_timeout": "60s",
        "status": "active",
    }
    return {**base, **changes}


def busy_room(target_url, slots=1, **changes) -> dict:
    """A room of few slots with quick ticks."""
    return room(target_url, max_active_users=slots, queue_rate=100, admission_interval="200ms", **changes)


class Gate:
    def __init__(self, directory, rooms, gate=None, name="gate", environment=None, **sections):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.url, self.admin_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.admin_port}"
        self.file = self.directory / "anteroom.yml"
        self.access_log = self.directory / "access.log"
        self.configuration = {
            "gate": {"listen": [f"127.0.0.1:{self.port}"], "access_log": str(self.access_log), **(gate or {})},
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "store": {"kind": "memory", "data_directory": str(self.directory / "var")},
            "tokens": {"key_file": str(self.directory / "var/keys/signing.pem")},
            # All visitors of these tests have one address.
            "rate_limits": {"enabled": False},
            "rooms": [{"max_positions_per_address": 0, **entry} for entry in rooms],
        }
        for section, values in sections.items():
            if isinstance(values, dict):
                self.configuration[section] = {**self.configuration.get(section, {}), **values}
            else:
                self.configuration[section] = values
        self.process = Process(name, [anteroom(), "run", "--config", self.file], self.directory, environment)
        self.write()

    def write(self, text=None):
        """Replaces the file in one step, as editors do."""
        scratch = self.file.with_suffix(".tmp")
        scratch.write_text(text if text is not None else yaml.safe_dump(self.configuration, sort_keys=False))
        scratch.replace(self.file)

    def start(self):
        self.process.start(self.port)
        wait_until(lambda: self._ready(), 10, what="/readyz")
        return self

    def _ready(self):
        try:
            return requests.get(f"{self.admin_url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def refusal(self) -> tuple:
        """For a gate that must not start: its exit code and what it complains of, ordinary progress left out."""
        done = run_once("run", "--config", self.file, directory=self.directory)
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        return done.returncode, [line for line in said if " info " not in line and " notice " not in line]

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def restart(self):
        self.process.stop()
        return self.start()

    def hang_up(self):
        self.process.signal(signal.SIGHUP)

    def edit(self, room_id="shop", **changes):
        """Saves the file with a room changed."""
        for entry in self.configuration["rooms"]:
            if entry["id"] == room_id:
                entry.update(copy.deepcopy(changes))
        self.write()

    def until_status(self, status, room_id="shop", seconds=2.0):
        """Waits until the room itself says so; docs/CONFIGURATION.md gives it two seconds."""
        wait_until(lambda: self.facts(room_id).get("status") == status, seconds, 0.05, f"status {status}")

    def facts(self, room_id="shop") -> dict:
        answer = requests.get(f"{self.url}/api/v1/queues/{room_id}", timeout=5)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if answer.ok and is_json else {}

    @property
    def keys_file(self) -> pathlib.Path:
        """Of the admin API; the gate makes it."""
        return self.directory / "var/keys/admin.keys"

    def key(self, name="local") -> str:
        """The key of that name."""
        rows = [line.split() for line in self.keys_file.read_text().splitlines() if line and line[0] != "#"]
        return next(key for owner, _, key in rows if owner == name)

    def admin(self, method, call="", key=None, **options):
        """A call of docs/ADMIN_API.md, with the operator's key unless another is given."""
        headers = {"Authorization": f"Bearer {key or self.key()}"}
        return requests.request(method, f"{self.admin_url}/admin/v1{call}", headers=headers, timeout=20, **options)

    def waiting(self, room_id="shop") -> int:
        """How many wait; the public facts may be a second old, so this takes one."""
        time.sleep(1.1)
        return self.facts(room_id)["waiting"]

    def metrics(self) -> str:
        answer = requests.get(f"{self.admin_url}/metrics", timeout=5)
        answer.raise_for_status()
        return answer.text

    def metric(self, name, **labels) -> float:
        """The sum of the samples of `name` whose labels include these."""
        from prometheus_client.parser import text_string_to_metric_families

        total, found = 0.0, False
        for family in text_string_to_metric_families(self.metrics()):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    total, found = total + sample.value, True
        assert found, f"/metrics has no {name}{labels or ''}"
        return total


def run_once(*arguments, directory=None, environment=None, seconds=20) -> subprocess.CompletedProcess:
    """One call of the command line to its end."""
    return subprocess.run(
        [str(anteroom()), *[str(argument) for argument in arguments]],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
    )
