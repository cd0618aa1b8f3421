"""A visitor with a browser's manners: a cookie jar, a user agent, and the fields of a navigation."""

import requests

NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.9",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Blackbox/1.0"


class Visitor:
    def __init__(self, gate, room_id="shop", agent=AGENT, host=None):
        self.gate, self.room_id = gate, room_id
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["User-Agent"] = agent
        if host:
            self.http.headers["Host"] = host

    def navigate(self, path="/", **options):
        options.setdefault("allow_redirects", False)
        headers = {**NAVIGATION, **options.pop("headers", {})}
        return self.http.request(
            options.pop("method", "GET"), self.gate.url + path, headers=headers, timeout=30, **options
        )

    def ask(self, path="/", **options):
        """The same as a script that wants JSON."""
        return self.navigate(
            path, headers={"Accept": "application/json", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}, **options
        )

    def load(self, path, destination="image", accept="image/avif,image/webp,*/*;q=0.8"):
        """The same as a page that loads a part of itself."""
        return self.navigate(
            path, headers={"Accept": accept, "Sec-Fetch-Dest": destination, "Sec-Fetch-Mode": "no-cors"}
        )

    def call(self, method, call="", json=None, bearer=None, cookies=True, timeout=40, **headers):
        """A call of the API of docs/API.md."""
        url = f"{self.gate.url}/api/v1/queues/{self.room_id}" + (f"/{call}" if call else "")
        fields = {"Accept": "application/json"}
        if bearer:
            fields["Authorization"] = f"Bearer {bearer}"
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        if cookies:
            return self.http.request(method, url, json=json, headers=fields, timeout=timeout, allow_redirects=False)
        fields["User-Agent"] = self.http.headers["User-Agent"]
        return requests.request(method, url, json=json, headers=fields, timeout=timeout, allow_redirects=False)

    def status(self) -> dict:
        answer = self.call("GET", "status")
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def cookie(self, kind):
        """The value of the position ("p") or session ("s") cookie, or None."""
        return self.http.cookies.get(f"anteroom_{kind}_{self.room_id}")

    @property
    def session_field(self):
        """The session cookie as a raw Cookie field's value."""
        return f"anteroom_s_{self.room_id}={self.cookie('s')}"


def through(gate, room_id="shop", path="/", agent=AGENT) -> Visitor:
    """A visitor who was let in at once."""
    visitor = Visitor(gate, room_id, agent)
    answer = visitor.navigate(path)
    assert visitor.cookie("s"), f"not let in: {answer.status_code} {answer.text[:200]}"
    return visitor


def session(gate):
    """A new visitor's session, as fields of HTTP/2."""
    return [("user-agent", AGENT), ("cookie", through(gate).session_field)]
