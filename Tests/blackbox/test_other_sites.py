"""Other sites and apps on the API: CORS, and the page for web views (docs/API.md)."""

import json

import pytest
import requests
import websockets.sync.client
from selenium.webdriver.common.by import By
from websockets.exceptions import InvalidStatus

from rig import gate as gates
from rig.process import wait_until
from rig.site import site
from rig.visitor import AGENT, Visitor, through
from test_browser import browsers, quiet  # noqa: F401

FRIEND, STRANGER = "https://app.example.com", "https://evil.example"


@pytest.fixture(scope="module")
def sites(module_servers):
    """Gates that allow nobody, some, and everybody."""
    origin = module_servers.origin(site)
    lists = {"nobody": [], "some": ["http://localhost:3000", FRIEND], "everybody": ["*"]}
    return {
        name: module_servers.gate([gates.room(origin.url)], name=name, api={"cors_origins": origins})
        for name, origins in lists.items()
    }


def call(gate, method, path="", origin=None, **fields):
    headers = {"User-Agent": AGENT, **({"Origin": origin} if origin else {}), **fields}
    return requests.request(method, f"{gate.url}/api/v1/queues/shop{path}", headers=headers, timeout=10)


def allowed(answer):
    return answer.headers.get("Access-Control-Allow-Origin"), answer.headers.get("Access-Control-Allow-Credentials")


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.mark.parametrize("path", ["/enqueue", "/handover/claim"])
def test_a_form_of_another_site_changes_no_place(sites, path):
    """A form can send any text without a preflight: it must neither bring cookies of its own nor use the visitor's."""
    body = '{"code":"7K3MQ0ZX","x":"="}' if "claim" in path else "{}"
    headers = {"User-Agent": AGENT, "Origin": STRANGER, "Content-Type": "text/plain"}
    url = f"{sites['nobody'].url}/api/v1/queues/shop{path}"
    assert "Set-Cookie" not in requests.post(url, data=body, headers=headers, timeout=10).headers
    visitor = Visitor(sites["nobody"])
    assert visitor.call("POST", "enqueue", json={}, Origin=sites["nobody"].url).status_code == 201
    before = visitor.cookie("p")
    assert before
    if "claim" in path:
        answer = visitor.http.post(url, data=body, headers=headers, timeout=10)
        assert answer.status_code == 403 and visitor.cookie("p") == before


class TestCORS:
    def test_off_by_default(self, sites):
        """No site is told anything, and a preflight is a method like others."""
        gate = sites["nobody"]
        answer = call(gate, "GET", origin=FRIEND)
        assert answer.status_code == 200 and allowed(answer) == (None, None)
        assert "Vary" not in answer.headers
        assert call(gate, "OPTIONS", "/enqueue", FRIEND, **PREFLIGHT).status_code == 405

    @pytest.mark.parametrize(
        "method, path, status",
        [("GET", "", 200), ("POST", "/enqueue", 201), ("GET", "/status", 401), ("GET", "/nothing", 404)],
    )
    def test_a_named_site(self, sites, method, path, status):
        """Told so, with cookies, on errors too; another is not; and a cache knows that answers differ."""
        answer = call(sites["some"], method, path, FRIEND)
        assert answer.status_code == status
        assert allowed(answer) == (FRIEND, "true")
        assert {"Retry-After", "RateLimit", "X-Request-Id"} <= set(
            answer.headers["Access-Control-Expose-Headers"].split(", ")
        )
        for origin in (STRANGER, None, "null", FRIEND + ".evil.example", "http://app.example.com"):
            other = call(sites["some"], method, path, origin)
            assert other.status_code == status and allowed(other) == (None, None), origin
            assert other.headers["Vary"] == "Origin"

    def test_a_body_that_is_too_large_is_told_too(self, sites):
        """A script sees the 413 rather than a failed fetch."""
        answer = requests.post(
            f"{sites['some'].url}/api/v1/queues/shop/enqueue",
            data=b"x" * 9000,
            headers={"Origin": FRIEND},
            timeout=10,
        )
        assert answer.status_code == 413 and allowed(answer) == (FRIEND, "true")

    def test_preflights(self, sites):
        """Answered by the gate, for its API only, with the call's methods."""
        gate = sites["some"]
        answer = call(gate, "OPTIONS", "/enqueue", FRIEND, **PREFLIGHT)
        assert answer.status_code == 204 and allowed(answer) == (FRIEND, "true")
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"
        assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, X-Anteroom-Challenge"
        assert answer.headers["Access-Control-Max-Age"] == "600"
        stranger = call(gate, "OPTIONS", "/enqueue", STRANGER, **PREFLIGHT)
        assert stranger.status_code == 204 and allowed(stranger) == (None, None)
        assert "Access-Control-Allow-Methods" not in stranger.headers
        assert call(gate, "OPTIONS", "/enqueue").status_code == 405
        page = requests.options(f"{gate.url}/page", headers={"Origin": FRIEND, **PREFLIGHT}, timeout=10)
        assert "Access-Control-Allow-Methods" not in page.headers

    def test_every_site(self, sites):
        """The wildcard, never with cookies."""
        for origin in (STRANGER, None):
            answer = call(sites["everybody"], "GET", "", origin)
            assert allowed(answer) == ("*", None)
        assert allowed(call(sites["everybody"], "OPTIONS", "/enqueue", STRANGER, **PREFLIGHT)) == ("*", None)

    def test_live_connections(self, sites):
        """A cookie rides on a WebSocket: a named site may open one, the wildcard opens nothing."""
        for name, origin, status in (("some", FRIEND, 101), ("some", STRANGER, 403), ("everybody", STRANGER, 403)):
            gate = sites[name]
            visitor = Visitor(gate)
            token = visitor.call("POST", "enqueue", json={}).json()["token"]
            url = gate.url.replace("http", "ws") + "/api/v1/queues/shop/live"
            headers = {"Authorization": f"Bearer {token}"}
            try:
                with websockets.sync.client.connect(
                    url, origin=origin, additional_headers=headers, user_agent_header=AGENT
                ):
                    found = 101
            except InvalidStatus as refusal:
                found = refusal.response.status_code
            assert found == status, (name, origin)


HOST = b"""<!doctype html><title>App</title><script>
window.heard = [];
addEventListener('message', event => heard.push([event.origin, event.data]));
</script><iframe id="line" width="500" height="600"></iframe>"""


class TestEmbed:
    @pytest.fixture
    def app(self, servers):
        """A site of another origin that shows the page in a frame."""
        return servers.origin(lambda exchange: exchange.answer(fields=[("Content-Type", "text/html")], body=HOST))

    @pytest.fixture
    def gate(self, servers, origin, app):
        gate = servers.gate(
            [gates.busy_room(origin.url, token_binding="none")], api={"embed_origins": [app.url, "https://a.example"]}
        )
        gate.holder = through(gate)
        return gate

    def test_the_page_is_for_those_who_may_frame_it(self, gate, app):
        """Its policy names them; it sets no cookie; a room that is none has no page."""
        answer = requests.get(f"{gate.url}/__anteroom/rooms/shop/embed", timeout=10)
        assert answer.status_code == 200 and not answer.cookies
        policy = answer.headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors 'self' {app.url} https://a.example")
        assert requests.get(f"{gate.url}/__anteroom/rooms/none/embed", timeout=10).status_code == 404
        assert requests.post(f"{gate.url}/__anteroom/rooms/shop/embed", timeout=10).status_code == 405

    def test_an_app_hears_of_its_place_and_of_its_turn(self, gate, app, browsers):  # noqa: F811
        """By messages; the token comes by the fragment, by the bridge, or from the page itself; no cookies."""
        driver = browsers.open()
        driver.get(app.url)

        def show(fragment=""):
            driver.execute_script(
                "heard.length = 0; const old = document.getElementById('line'), fresh = old.cloneNode();"
                "fresh.src = arguments[0]; old.replaceWith(fresh);",
                f"{gate.url}/__anteroom/rooms/shop/embed{fragment}",
            )

        def heard(status):
            for origin, message in driver.execute_script("return heard"):
                if message["type"] == "anteroom.position" and message["position"]["status"] == status:
                    assert origin == gate.url and message["room"] == "shop"
                    return message["position"]
            return None

        visitor = Visitor(gate)
        mine = visitor.call("POST", "enqueue", json={}).json()
        show(f"#token={mine['token']}")
        position = wait_until(lambda: heard("waiting"), 10, 0.1, "the place")
        assert position["position_id"] == mine["position_id"] and position["position"] == 1
        driver.switch_to.frame("line")
        wait_until(lambda: driver.find_element(By.ID, "ar-place").text == "1", 5, 0.1, "the place on the page")
        assert driver.execute_script("return location.hash + document.cookie") == ""
        driver.switch_to.default_content()

        driver.execute_script(
            "const token = arguments[0];"
            "addEventListener('message', event => { if (event.data.type === 'anteroom.ready')"
            " event.source.postMessage({ type: 'anteroom.token', token }, event.origin); });",
            mine["token"],
        )
        show("#bridge")
        assert wait_until(lambda: heard("waiting"), 10, 0.1, "the place")["position_id"] == mine["position_id"]

        show()
        own = wait_until(lambda: heard("waiting"), 10, 0.1, "a place of its own")
        assert own["position_id"] != mine["position_id"] and own["position"] == 2
        assert visitor.call("POST", "leave", bearer=mine["token"]).status_code == 204
        gate.holder.call("POST", "session/complete")
        turn = wait_until(lambda: heard("admitted"), 10, 0.1, "the turn")
        answer = requests.get(f"{gate.url}/page", headers={"X-Anteroom-Token": turn["session_token"]}, timeout=10)
        assert answer.status_code == 200
        assert json.dumps(quiet(driver)) == "[]"
