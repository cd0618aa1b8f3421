"""Many connections that do nothing, from many addresses of the loopback network."""

import resource
import socket


def allow(descriptors):
    """Lets this process have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, max(hard, descriptors)))


class Crowd:
    """`count` connections that have sent `data`, 1,000 from each address."""

    def __init__(self, port, count, data=b"", first=2):
        self.sockets = []
        try:
            for number in range(count):
                self.sockets.append(
                    socket.create_connection(
                        ("127.0.0.1", port), 10, source_address=(f"127.0.0.{first + number // 1000}", 0)
                    )
                )
                if data:
                    self.sockets[-1].sendall(data)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for entry in self.sockets:
            entry.close()
        self.sockets = []

    def still_open(self) -> int:
        count = 0
        for entry in self.sockets:
            entry.setblocking(False)
            try:
                count += entry.recv(1, socket.MSG_PEEK) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count
