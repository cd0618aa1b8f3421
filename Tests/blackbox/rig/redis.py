"""A real redis-server, which speaks DragonflyDB's protocol; in cluster mode it refuses keys that are not declared."""

import subprocess

from rig.process import Process, free_port, wait_until


class RedisServer:
    def __init__(self, directory, name="redis", cluster=False, options=()):
        self.directory = directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"127.0.0.1:{self.port}"
        self.cluster = cluster
        options = ["--save", "", "--appendonly", "no", "--dir", str(self.directory), "--bind", "127.0.0.1", *options]
        if cluster:
            options += ["--cluster-enabled", "yes", "--cluster-config-file", str(self.directory / "nodes.conf")]
        self.process = Process(name, ["redis-server", "--port", str(self.port), *options], self.directory)

    def start(self):
        self.process.start(self.port)
        if self.cluster and "cluster_state:ok" not in self.ask("cluster", "info"):
            self.ask("cluster", "addslotsrange", "0", "16383")
            wait_until(lambda: "cluster_state:ok" in self.ask("cluster", "info"), 10, 0.1, "the cluster")
        return self

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def ask(self, *words) -> str:
        command = ["redis-cli", "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
