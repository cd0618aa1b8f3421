"""Debian's Prometheus with its tools, and what an expression asks for."""

import pathlib
import re
import shutil
import subprocess

import requests
import yaml

from rig.gate import REPOSITORY
from rig.process import Process, free_port, wait_until

PROMETHEUS = REPOSITORY / "deploy/prometheus"


def program(name) -> str:
    """Where a program of Debian's packages prometheus and prometheus-alertmanager is."""
    found = shutil.which(name) or shutil.which(name, path=REPOSITORY / ".build-tools/usr/bin")
    assert found, f"{name} is missing: make test-tools"
    return found


def run(*command, folder=REPOSITORY) -> str:
    """What a tool prints; an AssertionError if it finds fault."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


class Prometheus:
    """Scrapes `jobs` (name -> ports) each second and evaluates copies of the project's rules that wait for nothing."""

    def __init__(self, directory, jobs):
        self.directory = pathlib.Path(directory) / "prometheus"
        shutil.copytree(PROMETHEUS, self.directory)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._shorten(jobs)
        self.process = Process(
            "prometheus",
            [
                program("prometheus"),
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                f"--web.listen-address=127.0.0.1:{self.port}",
                # Else it looks at its targets for the first time after five seconds.
                "--scrape.discovery-reload-interval=100ms",
            ],
            self.directory,
        )

    def _shorten(self, jobs):
        """One second in place of all intervals, none in place of every `for`; the expressions stay as they are."""
        file = self.directory / "prometheus.yml"
        configuration = yaml.safe_load(file.read_text())
        configuration["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        del configuration["alerting"]
        configured = {job["job_name"]: job for job in configuration["scrape_configs"]}
        configuration["scrape_configs"] = [
            {**configured[name], "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
            for name, ports in jobs.items()
        ]
        file.write_text(yaml.safe_dump(configuration))
        for file in self.directory.glob("rules/*.yml"):
            file.write_text(re.sub(r"\bfor: \w+", "for: 0s", file.read_text()))

    def start(self):
        self.process.start(self.port)
        wait_until(lambda: requests.get(f"{self.url}/-/ready", timeout=2).ok, 20, 0.1, "Prometheus")
        return self

    def stop(self):
        return self.process.stop()

    def ask(self, call, **arguments):
        answer = requests.get(f"{self.url}/api/v1/{call}", params=arguments, timeout=10).json()
        assert answer["status"] == "success", (answer, arguments)
        return answer["data"]

    def value(self, expression):
        """Of the only sample; None without one."""
        result = self.ask("query", query=expression)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def firing(self) -> set:
        return {alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"}


def rules() -> list:
    """All rules of the project."""
    files = [yaml.safe_load(file.read_text()) for file in sorted(PROMETHEUS.glob("rules/*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


STRING = re.compile(r'"[^"]*"')
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
OWN_METRIC = re.compile(r"(?<![\w:])(?:waiting_room|anteroom)_\w+(?![\w:])")
RECORDED = re.compile(r"(?<![\w:])\w+(?::\w+){2}(?![\w:])")


class Expression:
    """What a PromQL expression names: metrics, recorded ones, labels, and the values that it compares labels with."""

    def __init__(self, text):
        self.text = text
        # Values may look like names.
        bare = GROUPING.sub("", STRING.sub('""', text))
        self.metrics = set(OWN_METRIC.findall(bare))
        self.recorded = set(RECORDED.findall(bare))
        self.matchers = [
            (name, label, value)
            for name, inside in SELECTOR.findall(text)
            for label, _, value in MATCHER.findall(inside)
        ]
        self.groupings = {
            label.strip() for inside in GROUPING.findall(text) for label in inside.split(",") if label.strip()
        }
