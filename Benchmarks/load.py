"""wrk on core 1, and what the server's CPU did meanwhile."""

import dataclasses
import re
import subprocess

from servers import LOAD_CORE


@dataclasses.dataclass
class Run:
    requests: int
    seconds: float
    cpu_seconds: float
    failures: str

    @property
    def microseconds(self) -> float:
        """CPU time of the server per request."""
        return self.cpu_seconds / max(self.requests, 1) * 1e6

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def run(server, connections, seconds, fields=(), script=None, path="/") -> Run:
    """`fields` are sent with every request; a Lua `script` may choose them instead."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s"]
    command += ["--timeout", "10s"]
    for name, value in dict(fields).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", str(script)]
    before = server.cpu_seconds()
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    ).stdout
    cpu = server.cpu_seconds() - before
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output)
    failures = "; ".join(re.findall(r"(Non-2xx.*|Socket errors.*)", output))
    unit = {"ms": 0.001, "s": 1, "m": 60}[done[3]]
    return Run(int(done[1]), float(done[2]) * unit, cpu, failures)


def checked(server, *arguments, **options) -> Run:
    """A run in which every request must have succeeded: a fast refusal is no result."""
    result = run(server, *arguments, **options)
    if result.failures or not result.requests:
        raise SystemExit(f"{server.name}: {result.failures or 'no request was answered'}")
    return result
