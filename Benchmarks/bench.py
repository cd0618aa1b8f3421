#!/usr/bin/env python3
"""Measures the gate: see docs/PERFORMANCE.md for what the figures mean. Prints Markdown.

    python3 Benchmarks/bench.py --gate .build/release/anteroom

Needs the TOOLS below (`make bench` installs them) and two cores; nothing else may run.
"""

import argparse
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile

import crowd
import pages
import protocols
import proxying
import shared
import waiting
from servers import LOAD_CORE, Nginx

TOOLS = ["nginx", "haproxy", "wrk", "h2load", "redis-server", "redis-benchmark", "openssl", "taskset"]
ALL = ["proxying", "protocols", "crowd", "pages", "joins", "sockets", "places", "long-line"]
ALL += ["shared-joins", "shared-line"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gate", type=pathlib.Path, help="the anteroom binary; without it only the peers are measured")
    parser.add_argument("--only", choices=ALL, action="append", help="one part (may be repeated)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of one run")
    parser.add_argument("--full", action="store_true", help="two million in the shared line too")
    parser.add_argument(
        "--short", action="store_true", help="a second of everything, to see that it works; the figures mean nothing"
    )
    options = parser.parse_args()
    if options.gate and not options.gate.exists():
        parser.error(f"no gate at {options.gate}")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        parser.error(f"not installed: {', '.join(missing)}")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two cores are needed: one for the proxy, one for load and origin")
    return options


def version(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0]


def main():
    options = parse()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    parts = options.only or ALL
    short = options.short
    rounds, seconds = (1, 1) if short else (options.rounds, options.seconds)
    print(
        f"# Measured with `{' '.join(sys.argv)}`\n\n{platform.platform()}, {os.cpu_count()} cores; "
        f"{version('nginx', '-v')}; {version('haproxy', '-v')}; {version('wrk', '-v')}; "
        f"{version('redis-server', '--version').partition(' sha')[0]}"
    )
    with tempfile.TemporaryDirectory(prefix="anteroom-bench-") as name:
        folder = pathlib.Path(name)
        origin = Nginx("origin", folder, LOAD_CORE).start()
        try:
            if "proxying" in parts:
                proxying.measure(
                    folder,
                    options.gate,
                    origin,
                    rounds,
                    seconds,
                    [64] if short else [64, 512],
                    2000 if short else 60000,
                )
            if options.gate and "crowd" in parts:
                # Each takes a descriptor here, and the gate keeps a quarter of its own for origins.
                crowd.measure(folder, options.gate, origin, 500 if short else min(20_000, hard * 7 // 10), seconds)
            if options.gate and "pages" in parts:
                pages.measure(folder, options.gate, origin, rounds, seconds)
            if options.gate and "protocols" in parts:
                protocols.measure(folder, options.gate, origin, rounds, seconds, 64)
            if options.gate and "joins" in parts:
                waiting.joins_and_polls(folder, options.gate, origin, seconds)
            if options.gate and "sockets" in parts:
                waiting.live_sockets(folder, options.gate, origin, 200 if short else min(10000, hard * 7 // 10))
            if options.gate and "places" in parts:
                waiting.places(options.gate, 20_000 if short else 1_000_000)
            if options.gate and "long-line" in parts:
                waiting.long_lines(folder, options.gate, origin, [1000, 2000] if short else [1000, 1_000_000], seconds)
            if options.gate and "shared-joins" in parts:
                shared.joins(folder, options.gate, origin, rounds, seconds)
            if "shared-line" in parts:
                full = [2_000_000] if options.full else []
                shared.lines(folder, [2000, 4000] if short else [10_000, 1_000_000, *full], rounds)
        finally:
            origin.stop()


if __name__ == "__main__":
    main()
