"""A server that a test starts, watches and ends by its pid."""

import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import time


def _ports():
    """Ports in a random order, again and again: below those that the system gives to outgoing connections, and each
    worker of pytest-xdist has its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    first = 10_000 + SHARE * worker
    return itertools.cycle(random.SystemRandom().sample(range(first, first + SHARE), SHARE))


SHARE = 2500
PORTS = _ports()


def free_port() -> int:
    """A port that nobody listens on and that was not given lately: it may not be listened on yet."""
    for port in itertools.islice(PORTS, SHARE):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"of {SHARE} ports none is free")


def wait_until(condition, seconds=10.0, every=0.02, what="the condition"):
    """The first true value of `condition`; an AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s; last seen: {value!r}")
        time.sleep(every)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


class Process:
    """One program run in `directory`; what it prints goes to `<name>.log` there."""

    def __init__(self, name, argv, directory, environment=None):
        self.name, self.argv = name, [str(part) for part in argv]
        self.directory = pathlib.Path(directory)
        self.environment = {**os.environ, **(environment or {})}
        self.log_file = self.directory / f"{name}.log"
        self.child = None

    @property
    def pid(self):
        return self.child.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(self, port=None, seconds=20):
        with self.log_file.open("ab") as out:
            self.child = subprocess.Popen(
                self.argv, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        if port is not None:
            self.wait_for(port, seconds)
        return self

    def wait_for(self, port, seconds=20):
        def listening():
            if self.child.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.child.returncode}:\n{self.log[-4000:]}")
            return accepts(port)

        wait_until(listening, seconds, what=f"{self.name} listening on {port}")

    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self, seconds=15) -> int:
        """SIGTERM, then SIGKILL after `seconds`; the exit code."""
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self.child.returncode

    def kill(self):
        """What a power cut does: SIGKILL."""
        if self.running():
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()

    def resident_bytes(self) -> int:
        """VmRSS of the process (proc(5))."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"{self.name} has no VmRSS")

    def open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))
