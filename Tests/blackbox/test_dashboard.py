"""The dashboard on the admin listener in headless Chromium (docs/DASHBOARD.md), with a screenshot of each state."""

import importlib.resources
import json

import pytest
import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from rig import gate as gates
from rig.line import waiting
from rig.process import wait_until
from rig.visitor import through
from test_browser import browser, keep

OPERATOR, VIEWER = "o" * 40, "v" * 40
NAME = "Midsummer <img src=x onerror=alert(1)> concerts"


@pytest.fixture(scope="module")
def gate(module_servers, tmp_path_factory):
    """A room of three slots, two of them taken by hand, with ten in line behind a paused door, and a room beside it."""
    keys = tmp_path_factory.mktemp("keys") / "admin.keys"
    keys.write_text(f"# for tests\nada operator {OPERATOR}\nnora viewer {VIEWER}\n")
    keys.chmod(0o600)
    origin = module_servers.origin(lambda exchange: exchange.answer("200 OK", [("Content-Type", "text/html")], b"in"))
    rooms = [
        gates.busy_room(origin.url, slots=1, name=NAME),
        gates.busy_room(origin.url, id="side", name="Side door", match={"hosts": [], "paths": ["/side"]}),
    ]
    gate = module_servers.gate(rooms, admin={"keys_file": str(keys)})
    gate.holder = through(gate)
    gate.visitors = waiting(gate, 5)
    return gate


@pytest.fixture(scope="module")
def drivers():
    opened = []

    def make(**options):
        opened.append(browser(still=True, **options))
        return opened[-1]

    yield make
    for driver in opened:
        driver.quit()


@pytest.fixture(scope="module")
def operators_browser(drivers):
    return drivers(width=1280, height=900)


@pytest.fixture(scope="module")
def viewers_browser(drivers):
    return drivers(width=800, height=900)


class Page:
    """The dashboard in one window."""

    def __init__(self, driver, gate):
        self.driver, self.gate = driver, gate

    def load(self, key=None):
        self.driver.get(self.gate.admin_url + "/")
        self.driver.execute_script("sessionStorage.clear()")
        self.driver.get(self.gate.admin_url + "/")
        if key:
            self.enter(key)
            wait_until(lambda: self.text("figure-waiting").isdigit(), 10, 0.05, "the room's numbers")
        return self

    def enter(self, key):
        field = wait_until(lambda: self.shown("key") and self.find("key"), 5, 0.05, "the question for a key")
        field.send_keys(key + Keys.ENTER)

    def find(self, element):
        return self.driver.find_element(By.ID, element)

    def text(self, element):
        return self.find(element).get_attribute("textContent")

    def shown(self, element):
        return self.find(element).is_displayed()

    def until(self, element, text, seconds=8):
        return wait_until(lambda: text in self.text(element), seconds, 0.05, f"{element} to say {text!r}")

    def press(self, element, key=Keys.ENTER):
        self.find(element).send_keys(key)

    def asked(self):
        """Whether the dialog is open."""
        return self.driver.execute_script("return document.getElementById('ask').open")

    def confirm(self):
        wait_until(self.asked, 3, 0.05, "the dialog")
        self.press("ask-go")
        wait_until(lambda: not self.asked() or self.text("ask-problem"), 10, 0.05, "the dialog to close")
        assert not self.asked(), self.text("ask-problem")

    def tab_to(self, element):
        """Reaches an element as a person without a mouse does."""
        for _ in range(60):
            focused = self.driver.switch_to.active_element
            if focused.get_attribute("id") == element:
                outline = focused.value_of_css_property("outline-style"), focused.value_of_css_property("outline-width")
                assert outline == ("solid", "3px"), f"the focus on {element} cannot be seen: {outline}"
                return focused
            focused.send_keys(Keys.TAB)
        raise AssertionError(f"{element} cannot be reached with the tabulator key")


@pytest.fixture
def page(operators_browser, gate):
    """An operator's page of a room without overrides."""
    api(gate, "DELETE", "/rooms/shop/overrides")
    page = Page(operators_browser, gate).load(OPERATOR)
    page.driver.get_log("browser")
    yield page
    troubles = [entry["message"] for entry in page.driver.get_log("browser") if entry["level"] == "SEVERE"]
    # Chromium also logs each answer above 399; what the page makes of those is tested.
    assert not [trouble for trouble in troubles if "the server responded with a status of" not in trouble]


def api(gate, method, path, key=OPERATOR, **options):
    answer = requests.request(
        method, f"{gate.admin_url}/admin/v1{path}", headers={"Authorization": f"Bearer {key}"}, timeout=10, **options
    )
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def room(gate):
    return api(gate, "GET", "/rooms/shop")


def test_a_wrong_key_is_said(operators_browser, gate):
    """And the page asks again; the right one opens; signing out forgets it."""
    page = Page(operators_browser, gate).load()
    page.enter("x" * 40)
    page.until("key-problem", "not known")
    assert page.shown("entrance") and not page.shown("house")
    keep(page.driver, "dashboard-wrong-key")
    assert page.driver.execute_script("return sessionStorage.length") == 0
    page.find("key").clear()
    page.enter(OPERATOR)
    page.until("who-name", "ada, operator")
    assert page.driver.get_cookies() == [], "the key is no cookie"
    page.press("sign-out")
    assert page.shown("entrance") and not page.shown("house")
    assert page.driver.execute_script("return sessionStorage.length") == 0


def test_a_viewer_sees_no_controls(viewers_browser, gate):
    """But the numbers, the charts, and what was overridden and by whom."""
    api(gate, "PATCH", "/rooms/shop/overrides", json={"status": "paused"})
    page = Page(viewers_browser, gate).load(VIEWER)
    page.until("who-name", "nora, viewer")
    page.until("overrides-text", "Set by ada")
    for element in ("controls", "clear-overrides"):
        assert not page.shown(element), element
    assert page.shown("charts") and page.shown("figures") and page.shown("lookup")
    keep(page.driver, "dashboard-viewer")


def test_pause_and_resume_by_keyboard_alone(page, viewers_browser, gate):
    """The room changes, a second window shows it, what was done is said, and the focus stays where it was."""
    other = Page(viewers_browser, gate).load(VIEWER)
    assert page.text("room-status") == "active"
    page.tab_to("control-pause").send_keys(Keys.ENTER)
    wait_until(page.asked, 3)
    assert page.driver.switch_to.active_element.get_attribute("id") == "ask-go"
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.until("say", "is paused")
    assert page.find("say").get_attribute("aria-live") == "polite"
    other.until("room-status", "paused")
    page.until("control-pause", "Resume")
    assert room(gate)["status"] == "paused" and room(gate)["overrides"]["set_by"] == "ada"
    focused = page.driver.switch_to.active_element
    assert focused.get_attribute("id") == "control-pause"

    focused.send_keys(Keys.ENTER)
    wait_until(page.asked, 3)
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(lambda: not page.asked(), 3)
    assert room(gate)["status"] == "paused", "what was not confirmed is not done"
    page.driver.switch_to.active_element.send_keys(Keys.SPACE)
    page.confirm()
    other.until("room-status", "active")
    assert room(gate)["overrides"] is None, "the file says active, so nothing needs to be overridden"


def test_an_override_is_shown_and_cleared(page, gate):
    """With who set it, and what the file says."""
    page.press("control-rate")
    wait_until(page.asked, 3)
    page.find("ask-value").clear()
    page.find("ask-value").send_keys("soon")
    page.press("ask-go")
    wait_until(lambda: page.text("ask-problem"), 5, 0.05, "what is wrong with the rate")
    page.find("ask-value").clear()
    page.find("ask-value").send_keys("7/s")
    page.confirm()
    page.until("overrides-text", "rate 7/s, where the file says 100/s")
    page.until("overrides-text", "Set by ada")
    page.until("control-rate", "7/s")
    keep(page.driver, "dashboard-override")
    page.press("clear-overrides")
    page.confirm()
    wait_until(lambda: not page.shown("overrides"), 8, 0.05, "the override to be gone")
    assert room(gate)["overrides"] is None and room(gate)["queue_rate"] == "100/s"
    page.until("audit-list", "ada", 12)


def test_charts_have_data_and_a_table(page, gate):
    """Each is a picture with words, and its numbers can be read as a table."""
    length = room(gate)["waiting"]
    lines = "return [...document.querySelectorAll('figure')].map(f => f.querySelectorAll('.chart path.line').length)"
    wait_until(lambda: page.driver.execute_script(lines)[0], 15, 0.2, "a line of the line's length")
    drawn = page.driver.execute_script(lines)
    assert len(drawn) == 8 and drawn[1] == 2, drawn
    figure = page.driver.find_element(By.TAG_NAME, "figure")
    picture = figure.find_element(By.CSS_SELECTOR, "svg.chart")
    assert picture.get_attribute("role") == "img"
    assert f"now {length}" in picture.get_attribute("aria-label")
    figure.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    cells = wait_until(lambda: figure.find_elements(By.CSS_SELECTOR, "tbody tr td"), 5, 0.05, "the table")
    assert cells[0].text == str(length)
    assert [head.text for head in figure.find_elements(By.TAG_NAME, "th")][:2] == ["Time", "waiting"]
    keep(page.driver, "dashboard-charts")


def test_nothing_leaves_the_listener_and_the_policy_holds(page, gate):
    """Every file comes from the admin listener; text stays text; a script in the page would not run."""
    loaded = page.driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and all(name.startswith(gate.admin_url + "/") for name in loaded), loaded
    assert page.text("room-name") == NAME
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#house img")
    answer = requests.get(gate.admin_url + "/dashboard/", timeout=5)
    policy = answer.headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert directive in policy, policy
    assert "unsafe" not in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in answer.text and "<style" not in answer.text and "style=" not in answer.text
    assert requests.get(gate.admin_url + "/", timeout=5).url == gate.admin_url + "/dashboard/"
    refused = page.driver.execute_script(
        "try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return 'put in' } catch (e) { return e.name }"
    )
    assert refused == "TypeError", "markup cannot be made of text"
    page.driver.get_log("browser")


def axe(driver):
    """What axe-core finds wrong, as `(rule, element)`."""
    source = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text()
    driver.execute_script(source)
    found = driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(found => done(JSON.stringify(found.violations.flatMap("
        "rule => rule.nodes.map(node => [rule.id, node.target.join(' '), node.failureSummary])))),"
        " error => done(JSON.stringify([String(error)])))"
    )
    return json.loads(found)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_screen_reader_finds_its_way(page, dark):
    """Names, roles, headings and contrast, by axe-core: of the page, of a dialog, and of the question for a key."""
    features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    assert axe(page.driver) == []
    page.press("control-drain")
    wait_until(page.asked, 3)
    assert axe(page.driver) == []
    assert page.driver.switch_to.active_element.get_attribute("id") == "ask-cancel", "what does harm is not a key away"
    keep(page.driver, f"dashboard-dialog-{'dark' if dark else 'light'}")
    page.press("ask-cancel")
    page.press("sign-out")
    assert axe(page.driver) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_readable_on_a_phone(page, gate, dark):
    """At 360 px nothing scrolls sideways, and what can be pressed is large enough for a thumb."""
    api(gate, "PATCH", "/rooms/shop/overrides", json={"status": "paused", "queue_rate": "90/s", "max_active_users": 2})
    page.until("audit-list", "90/s", 20)
    features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 360
        hidden = "const box = document.querySelector('#audit .scroll'); return box.scrollWidth - box.clientWidth"
        assert page.driver.execute_script(hidden) == 0, "who did what can be read without scrolling sideways"
        low = page.driver.execute_script(
            "return [...document.querySelectorAll('#controls button, #lookup button')]"
            ".filter(button => button.offsetParent && button.offsetHeight < 44).map(button => button.id)"
        )
        assert low == []
        keep(page.driver, f"dashboard-360-{'dark' if dark else 'light'}")
        page.driver.execute_script("document.getElementById('audit').scrollIntoView()")
        keep(page.driver, f"dashboard-audit-360-{'dark' if dark else 'light'}")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_position_is_looked_up_moved_and_removed(page, gate):
    """The last in line goes to the front, and then out of it."""
    last = gate.visitors[-1]
    position = last.status()["position_id"]
    page.find("lookup-id").send_keys(position + Keys.ENTER)
    page.until("lookup-facts", position)
    assert last.status()["position"] > 1
    page.press("lookup-front")
    page.confirm()
    wait_until(lambda: last.status()["position"] == 1, 5, 0.1, "the front")
    page.press("lookup-remove")
    page.confirm()
    page.until("lookup-facts", "terminated")
    gate.visitors.pop()
    page.find("lookup-id").send_keys("0" + Keys.ENTER)
    page.until("lookup-problem", "position")


def test_events_are_told_as_they_happen(page, gate):
    """The tail shows who joins now."""
    page.until("events-state", "Following")
    before = api(gate, "GET", "/rooms/shop")["enqueued_total"]
    gate.visitors += waiting(gate, 1)
    page.until("event-list", "position.enqueued")
    assert api(gate, "GET", "/rooms/shop")["enqueued_total"] == before + 1


def test_admitting_and_draining(page, gate):
    """Some are let in beyond the rate while the room is paused; then the line is emptied, and it is said how far it is."""
    api(gate, "PATCH", "/rooms/shop/overrides", json={"status": "paused", "max_active_users": 2})
    page.until("control-slots", "Slots: 2")
    page.press("control-admit")
    wait_until(page.asked, 3)
    assert page.find("ask-value").get_attribute("value") == "1", "one slot is free"
    page.confirm()
    page.until("say", "1 person was let in")
    left = room(gate)["waiting"]
    assert left > 0
    page.press("control-drain")
    page.confirm()
    page.until("say", f"{left} place")
    assert room(gate)["waiting"] == 0
    page.until("figure-waiting", "0")


def test_a_mistake_in_the_file_is_shown(page, gate):
    """With its line, for as long as the last good file is in force."""
    good = gate.file.read_text()
    gate.write(good.replace("queue_rate: 100", "queue_rate: soon", 1))
    try:
        page.until("attention-list", "queue_rate", 15)
        assert page.shown("attention") and "last good one is in force" in page.text("attention-title")
        keep(page.driver, "dashboard-mistake")
    finally:
        gate.write(good)
    wait_until(lambda: not page.shown("attention"), 15, 0.1, "the warning to be gone")


def test_a_gate_that_is_away_is_said_and_found_again(operators_browser, gate):
    """How old the numbers are is said; they come back by themselves."""
    page = Page(operators_browser, gate).load(OPERATOR)
    gate.stop()
    page.until("live-text", "cannot be reached", 10)
    page.until("live-text", "old; asking again in")
    keep(page.driver, "dashboard-away")
    gate.start()
    page.until("live-text", "Live", 20)
