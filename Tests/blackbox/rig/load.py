"""Many connections that ask one request after the other, and never retry by themselves."""

import http.client
import subprocess
import threading

from rig.visitor import AGENT


class Load:
    """`connections` threads, each with one connection at a time, asking `path` with a session's cookie.

    A connection is replaced only where the last answer said `Connection: close`, or where it was closed before anything
    was sent on it, as any client does. Everything else that goes wrong is a failure.
    """

    def __init__(self, port, cookie, connections, path="/", pause=0.0):
        self.port, self.path, self.pause = port, path, pause
        self.fields = {"Host": "shop.test", "User-Agent": AGENT, "Cookie": cookie}
        self.answers, self.failures, self.closes = 0, [], 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def _run(self):
        connection = None
        while not self.stopping.wait(self.pause) if self.pause else not self.stopping.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                    connection.connect()
                connection.request("GET", self.path, headers=self.fields)
                answer = connection.getresponse()
                answer.read()
                with self.lock:
                    self.answers += 1
                    self.closes += answer.will_close
                    if answer.status != 200:
                        self.failures.append(f"status {answer.status}")
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failures.append(repr(error))
                connection = None
        if connection is not None:
            connection.close()


def h2load(url, count, *fields):
    """`count` requests over ten connections of HTTP/2 with a hundred streams each, none of which may be lost."""
    done = subprocess.run(
        ["h2load", "-n", str(count), "-c", "10", "-m", "100", *fields, url],
        capture_output=True,
        timeout=120,
        check=True,
        text=True,
    ).stdout
    assert f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in done and f"{count} 2xx" in done
