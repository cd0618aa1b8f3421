"""A provider of captchas as far as the gate sees it: `siteverify`, a form in and JSON out."""

import http.server
import json
import threading
import time
import urllib.parse


class SiteVerify:
    """Knows one secret and the answers in `good`, each of which is good once. What it was asked is in `asked`."""

    def __init__(self, secret):
        self.secret, self.good, self.asked = secret, set(), []
        # The field `traceparent` of each question.
        self.traces = []
        self.mode = "up"
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                provider._answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/siteverify"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        self.asked.append((handler.headers["Content-Type"], form))
        self.traces.append(handler.headers["traceparent"])
        if self.mode == "slow":
            time.sleep(30)
        if self.mode == "broken":
            return self._send(handler, 500, b"oops")
        if form.get("secret") != self.secret:
            reply = {"success": False, "error-codes": ["invalid-input-secret"]}
        elif form.get("response") in self.good:
            self.good.discard(form["response"])
            reply = {"success": True, "challenge_ts": "2026-11-21T12:00:00Z", "hostname": "shop.test"}
        else:
            reply = {"success": False, "error-codes": ["timeout-or-duplicate"]}
        self._send(handler, 200, json.dumps(reply).encode())

    def _send(self, handler, status, body):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
