"""wrk or h2load on core 1, and what the server's CPU did meanwhile."""

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


def measured(server, command, seconds):
    """What the load on core 1 says, and the server's CPU seconds meanwhile."""
    before = server.cpu_seconds()
    output = subprocess.run(
        ["taskset", "-c", LOAD_CORE, *command], capture_output=True, text=True, check=True, timeout=seconds + 60
    ).stdout
    return output, server.cpu_seconds() - before


def run(server, connections, seconds, fields=(), script=None, path="/", url=None) -> Run:
    """`fields` are sent with every request; a Lua `script` may choose them instead."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s"]
    for name, value in dict(fields).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", str(script)]
    output, cpu = measured(server, [*command, url or f"http://127.0.0.1:{server.port}{path}"], seconds)
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output)
    failures = "; ".join(re.findall(r"(Non-2xx.*|Socket errors.*)", output))
    unit = {"ms": 0.001, "s": 1, "m": 60}[done[3]]
    return Run(int(done[1]), float(done[2]) * unit, cpu, failures)


def run_http2(server, connections, streams, seconds, fields=(), url=None) -> Run:
    """h2load with so many streams at once on each connection."""
    command = ["h2load", "-c", str(connections), "-m", str(streams), "-D", str(seconds)]
    for name, value in dict(fields).items():
        command += ["-H", f"{name.lower()}: {value}"]
    output, cpu = measured(server, [*command, url or f"http://127.0.0.1:{server.port}/"], seconds)
    counts = re.search(r"requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
    lost = sum(int(count) for count in counts.groups()[1:]) + sum(int(code) for code in codes.groups()[1:])
    return Run(int(counts[1]), seconds, cpu, counts[0] if lost else "")


def checked_http2(server, *arguments, **options) -> Run:
    """As `checked`."""
    result = run_http2(server, *arguments, **options)
    if result.failures or not result.requests:
        raise SystemExit(f"{server.name}: {result.failures or 'no request was answered'}")
    return result


def checked(server, *arguments, **options) -> Run:
    """A run in which every request must have succeeded: a fast refusal is no result."""
    result = run(server, *arguments, **options)
    if result.failures or not result.requests:
        raise SystemExit(f"{server.name}: {result.failures or 'no request was answered'}")
    return result
