"""Stand-ins for the gate, which prove the tests' own machinery (ANTEROOM_STAND_IN=relay or nginx).

Through the relay, which only copies bytes, every test of transparency must pass but those of fields that a gate has to
change; nginx shows which differences the tests notice in a real proxy.
"""

import pathlib
import socket
import threading

from rig.process import Process, free_port


def stand_in(kind, directory, origin_port):
    return (Relay(origin_port) if kind == "relay" else Nginx(directory, origin_port)).start()


class Relay:
    def __init__(self, origin_port):
        self.origin_port = origin_port

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                downstream, _ = self.listener.accept()
            except OSError:
                return
            try:
                upstream = socket.create_connection(("127.0.0.1", self.origin_port))
            except OSError:
                downstream.close()
                continue
            for source, sink in ((downstream, upstream), (upstream, downstream)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(1 << 18):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Nginx:
    def __init__(self, directory, origin_port):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        file = self.directory / "nginx.conf"
        file.write_text(f"""
daemon off; master_process off; worker_processes 1; error_log stderr; pid {self.directory}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_max_body_size 0; client_header_timeout 2s; client_body_timeout 2s;
    upstream origin {{ server 127.0.0.1:{origin_port}; keepalive 8; }}
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    server {{
        listen 127.0.0.1:{self.port};
        location / {{
            proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Host $http_host;
            proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade;
            proxy_request_buffering off; proxy_buffering off; proxy_pass_header Server; proxy_pass_header Date;
        }}
    }}
}}
""")
        self.process = Process("nginx", ["nginx", "-p", self.directory, "-c", file], self.directory)

    def start(self):
        self.process.start(self.port)
        return self

    def stop(self):
        return self.process.stop()
