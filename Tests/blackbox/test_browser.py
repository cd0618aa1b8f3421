"""The pages in headless Chromium: what people see, with a screenshot of each page in the artefacts folder."""

import re
import time

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.chrome.service import Service

from conftest import artefacts
from rig import gate as gates
from rig.process import Process, free_port, wait_until
from rig.visitor import Visitor


def browser(*, javascript=True, width=1000, height=800, dark=False, still=False):
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        f"--window-size={width},{height}",
        "--disable-background-networking",
        "--lang=en-GB",
    ):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.add_experimental_option("prefs", {"intl.accept_languages": "en-GB,en"})
    if not javascript:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2, "intl.accept_languages": "en-GB,en"}
        )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(30)
    features = []
    if dark:
        features.append({"name": "prefers-color-scheme", "value": "dark"})
    if still:
        features.append({"name": "prefers-reduced-motion", "value": "reduce"})
    if features:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    return driver


class Browsers(list):
    def open(self, **options):
        driver = browser(**options)
        self.append(driver)
        return driver


@pytest.fixture
def browsers():
    opened = Browsers()
    yield opened
    for driver in opened:
        driver.quit()


@pytest.fixture
def shop(servers):
    """The demo shop, which knows nothing of waiting rooms."""
    port = free_port()
    servers.add(
        Process("demo-shop", [gates.demo_shop(), "--host", "127.0.0.1", "--port", port], servers.folder).start(port)
    )
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def gate(servers, shop):
    """Two slots, as in config/demo.yml."""
    return servers.gate([gates.busy_room(shop, slots=2, name="Midsummer concerts")])


def keep(driver, name):
    """A screenshot of the page as it is."""
    driver.save_screenshot(str(artefacts() / f"{name}.png"))


def text(driver, element):
    found = driver.find_elements(By.ID, element)
    return found[0].text if found else ""


def is_queue_page(driver):
    return bool(driver.find_elements(By.ID, "ar-place"))


def is_shop(driver):
    return not is_queue_page(driver) and bool(driver.find_elements(By.TAG_NAME, "h1"))


def quiet(driver):
    """Neither the page nor its CSP reports an error."""
    return [
        entry
        for entry in driver.get_log("browser")
        if entry["level"] == "SEVERE" and "503" not in entry["message"] and "favicon" not in entry["message"]
    ]


def fill(gate, count=2):
    visitors = [Visitor(gate) for _ in range(count)]
    for visitor in visitors:
        visitor.navigate()
    return visitors


def test_the_third_browser_waits_and_is_let_in(browsers, gate, shop):
    """Two browsers are in; the third waits, sees its place move, and enters by itself when one leaves."""
    first, second, fourth_place = browsers.open(), browsers.open(), Visitor(gate)
    for number, driver in enumerate((first, second), 1):
        driver.get(gate.url + "/")
        assert is_shop(driver), driver.page_source[:300]
        keep(driver, f"shop-{number}")
    before_third = Visitor(gate)
    before_third.navigate()
    third = browsers.open()
    third.get(gate.url + "/concerts/nina-solberg?from=mail")
    wait_until(lambda: is_queue_page(third), 5)
    wait_until(lambda: text(third, "ar-place") == "2", 5, what="place 2")
    assert "2" in third.title
    fourth_place.navigate()
    keep(third, "queue-page")
    before_third.call("POST", "leave")
    wait_until(lambda: text(third, "ar-place") == "1", 6, 0.1, "place 1 without a reload")
    assert "1" in third.title
    keep(third, "queue-page-moved")

    # One of the first two is done: it ends its session as an app would, with its own cookie.
    cookie = next(cookie["value"] for cookie in first.get_cookies() if cookie["name"] == "anteroom_s_shop")
    agent = first.execute_script("return navigator.userAgent")
    leaver = Visitor(gate, agent=agent)
    assert leaver.call("POST", "session/complete", bearer=cookie, cookies=False).status_code == 204
    wait_until(lambda: is_shop(third), 10, 0.1, "the third to be let in by itself")
    assert "/concerts/nina-solberg" in third.current_url and "from=mail" in third.current_url
    keep(third, "let-in")
    assert fourth_place.status()["position"] == 1
    first.get(gate.url + "/")
    assert is_queue_page(first), "who is done stands in line again"
    assert not quiet(third)


def test_the_place_is_announced_and_in_the_title(browsers, gate):
    """The title carries the place; a polite live region says so when the front comes near, not at every step."""
    fill(gate)
    ahead = fill(gate, 4)
    driver = browsers.open()
    driver.get(gate.url + "/")
    region = driver.find_element(By.CSS_SELECTOR, "[aria-live=polite]")
    wait_until(lambda: text(driver, "ar-place") == "5", 5)
    for visitor in ahead[:2]:
        visitor.call("POST", "leave")
    wait_until(lambda: "3" in (region.get_attribute("textContent") or ""), 6, 0.1, "an announcement")
    assert "3" in driver.title
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang").startswith("en")


def test_several_tabs_show_one_place(browsers, gate):
    """The second tab has the same place, and both are let in."""
    holders = fill(gate)
    driver = browsers.open()
    driver.get(gate.url + "/concerts/nina-solberg")
    wait_until(lambda: text(driver, "ar-place") == "1", 5)
    tab = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(gate.url + "/concerts/the-paper-lanterns")
    wait_until(lambda: text(driver, "ar-place") == "1", 5)
    assert gate.waiting() == 1
    holders[0].call("POST", "session/complete")
    wait_until(lambda: is_shop(driver), 12, 0.1, "the second tab")
    assert "/concerts/the-paper-lanterns" in driver.current_url
    driver.switch_to.window(tab)
    wait_until(lambda: is_shop(driver), 15, 0.1, "the first tab")
    assert "/concerts/nina-solberg" in driver.current_url


def test_leaving_by_the_button(browsers, gate):
    """The leave button gives the place up."""
    fill(gate)
    driver = browsers.open()
    driver.get(gate.url + "/")
    button = wait_until(
        lambda: driver.find_element(By.ID, "ar-leave").is_displayed() and driver.find_element(By.ID, "ar-leave"),
        5,
        what="the button",
    )
    button.click()
    try:
        driver.switch_to.alert.accept()
    except Exception:
        pass
    wait_until(lambda: gate.waiting() == 0, 8, 0.1, "the place to be given up")
    time.sleep(0.5)
    keep(driver, "left")


def test_without_javascript_the_page_refreshes_itself(browsers, gate):
    """<meta refresh> keeps the place and enters when it is its turn."""
    holders = fill(gate)
    driver = browsers.open(javascript=False)
    driver.get(gate.url + "/concerts/nina-solberg")
    assert is_queue_page(driver) and text(driver, "ar-place") == "1"
    keep(driver, "queue-page-without-javascript")
    assert gate.waiting() == 1
    holders[0].call("POST", "session/complete")
    wait_until(lambda: is_shop(driver), 40, 0.3, "the refresh")
    assert "/concerts/nina-solberg" in driver.current_url


BLOCKED = {
    "fails": "window.WebSocket = class extends WebSocket {"
    " constructor() { super(location.origin.replace('http', 'ws') + '/nothing') } }",
    # What the page's own policy forbids reports an error and never closes; so do browsers whose 'self' means no ws:.
    "is forbidden": "window.WebSocket = class extends WebSocket { constructor() { super('ws://127.0.0.1:1/') } }",
    "throws": "window.WebSocket = function () { throw new Error('blocked') }",
    "is absent": "delete window.WebSocket",
}


@pytest.mark.parametrize("script", BLOCKED.values(), ids=BLOCKED.keys())
def test_where_websockets_are_blocked_the_page_polls(browsers, gate, script):
    """Without WebSocket the place still moves and the door still opens."""
    holders = fill(gate)
    ahead = fill(gate, 1)[0]
    driver = browsers.open()
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    driver.get(gate.url + "/")
    wait_until(lambda: text(driver, "ar-place") == "2", 5)
    ahead.call("POST", "leave")
    wait_until(lambda: text(driver, "ar-place") == "1", 30, 0.2, "place 1 by polling")
    holders[0].call("POST", "session/complete")
    wait_until(lambda: is_shop(driver), 30, 0.2, "the door")


def test_a_restart_of_the_gate_is_survived(browsers, gate):
    """The page goes on by itself after the gate was away."""
    holders = fill(gate)
    ahead = fill(gate, 1)[0]
    driver = browsers.open()
    driver.get(gate.url + "/")
    wait_until(lambda: text(driver, "ar-place") == "2", 5)
    gate.kill()
    time.sleep(1)
    gate.start()
    ahead.call("POST", "leave")
    wait_until(lambda: text(driver, "ar-place") == "1", 40, 0.2, "the page to come back")
    holders[0].call("POST", "session/complete")
    wait_until(lambda: is_shop(driver), 30, 0.2, "the door")


@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits(browsers, gate, width, dark):
    """At 320 px nothing is cut off or scrolls sideways; dark mode is dark; text has contrast."""
    fill(gate)
    driver = browsers.open(width=max(width, 500), dark=dark, still=True)
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    driver.get(gate.url + "/")
    wait_until(lambda: text(driver, "ar-place") == "1", 5)
    keep(driver, f"queue-page-{width}-{'dark' if dark else 'light'}")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    colours = driver.execute_script(
        "const b = getComputedStyle(document.body), h = getComputedStyle(document.documentElement);"
        "return [b.backgroundColor, h.backgroundColor, b.color]"
    )

    def light(colour):
        numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
        transparent = len(numbers) == 4 and numbers[3] == 0
        return None if transparent else sum(numbers[:3]) / 3

    background = next((light(colour) for colour in colours[:2] if light(colour) is not None), 0 if dark else 255)
    assert (background < 100) == dark and abs(background - light(colours[2])) > 110
    moving = driver.execute_script(
        "return [...document.querySelectorAll('*')].filter(e => getComputedStyle(e).animationName != 'none'"
        " && parseFloat(getComputedStyle(e).animationDuration) > 0.01).length"
    )
    assert moving == 0, "reduced motion was asked for"


@pytest.mark.parametrize("status", ["paused", "maintenance"])
def test_the_page_of_a_closed_room(browsers, gate, status):
    """The waiting page says that it is paused; the maintenance page comes back by itself."""
    holders = fill(gate)
    driver = browsers.open()
    driver.get(gate.url + "/")
    wait_until(lambda: is_queue_page(driver), 5)
    gate.edit(status=status)
    gate.until_status(status)
    if status == "paused":
        note = wait_until(
            lambda: driver.find_element(By.ID, "ar-paused").is_displayed() and text(driver, "ar-paused"), 15
        )
        assert note
        keep(driver, "paused")
        holders[0].call("POST", "session/complete")
    else:
        driver.get(gate.url + "/")
        assert not is_queue_page(driver) and driver.find_element(By.TAG_NAME, "h1").text
        keep(driver, "maintenance")
    gate.edit(status="active")
    gate.until_status("active")
    if status == "paused":
        wait_until(lambda: is_shop(driver), 15, 0.2, "the door")
    else:
        wait_until(lambda: is_queue_page(driver), 60, 0.5, "the page to come back by itself")


def test_the_page_of_a_full_line(browsers, servers, shop):
    """The line is full: said so, and tried again by itself."""
    gate = servers.gate([gates.busy_room(shop, max_queue_size=1, name="Midsummer concerts")], name="full")
    fill(gate, 1)
    inside = fill(gate, 1)[0]
    driver = browsers.open()
    driver.get(gate.url + "/")
    assert not is_queue_page(driver) and driver.find_element(By.TAG_NAME, "h1").text
    keep(driver, "line-full")
    inside.call("POST", "leave")
    wait_until(lambda: is_queue_page(driver), 60, 0.5, "room in the line")


def test_the_page_of_a_dead_origin(browsers, servers):
    """502 as a page."""
    gate = servers.gate([gates.room(f"http://127.0.0.1:{free_port()}")], name="dead")
    driver = browsers.open()
    driver.get(gate.url + "/")
    assert driver.find_element(By.TAG_NAME, "h1").text
    keep(driver, "origin-down")


def test_a_form_that_was_not_sent(browsers, gate):
    """The page after a refused POST says so."""
    fill(gate)
    driver = browsers.open()
    driver.get(
        "data:text/html,<form method=post action='"
        + gate.url
        + "/checkout'><input name=a value=b><button>x</button></form>"
    )
    driver.find_element(By.TAG_NAME, "button").click()
    wait_until(lambda: is_queue_page(driver), 5)
    keep(driver, "form-not-sent")
    assert "not sent" in driver.find_element(By.TAG_NAME, "main").text.lower()


def test_the_shop_works_behind_the_gate(browsers, gate):
    """Forms, assets and WebSocket of the shop work for who is in."""
    driver = browsers.open()
    driver.get(gate.url + "/")
    assert is_shop(driver)
    answer = driver.execute_async_script("""
        const done = arguments[0]
        const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws')
        socket.onopen = () => socket.send('hello'); socket.onmessage = event => done(event.data)
        socket.onerror = () => done('error')""")
    assert answer == "hello"
    assert driver.execute_script(
        "return [...document.styleSheets].every(sheet => {"
        " try { return sheet.cssRules.length > 0 } catch { return false } })"
    )
    assert not quiet(driver)


@pytest.mark.parametrize("language, direction", [("de", "ltr"), ("fr", "ltr"), ("es", "ltr")])
def test_the_page_in_other_languages(browsers, gate, language, direction):
    """The browser's language decides."""
    fill(gate)
    driver = browsers.open()
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})
    driver.get(gate.url + "/")
    html = driver.find_element(By.TAG_NAME, "html")
    assert html.get_attribute("lang").startswith(language) and html.get_attribute("dir") == direction
    keep(driver, f"queue-page-{language}")
