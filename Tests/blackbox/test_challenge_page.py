"""The page of a challenge in headless Chromium, as a desktop and as a phone."""

import pytest
from selenium.webdriver.common.by import By

from rig import gate as gates
from rig.process import wait_until
from rig.visitor import NAVIGATION, Visitor
from test_browser import browsers, is_queue_page, keep, quiet, text  # noqa: F401 (fixture)


@pytest.fixture
def gate(servers, origin):
    return servers.gate([gates.busy_room(origin.url, slots=1, name="Midsummer concerts", challenge="always")])


def quiet_but_for_403(driver):
    return [entry for entry in quiet(driver) if "403" not in entry["message"]]


@pytest.mark.parametrize("width, height, workers", [(1000, 800, True), (360, 640, False)])
def test_a_browser_solves_it_by_itself(browsers, gate, width, height, workers):  # noqa: F811
    """Nobody touches it: one is let in to the page that was wanted, and the next comes to stand in line."""
    for number in range(2):
        driver = browsers.open(width=width, height=height)
        if not workers:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.Worker"})
        driver.get(gate.url + f"/echo?visitor={number}#fragment")
        if number == 0:
            wait_until(lambda: "GET" in driver.page_source and not text(driver, "ar-heading"), 20)
            assert driver.current_url.endswith(f"/echo?visitor={number}#fragment")
        else:
            wait_until(lambda: is_queue_page(driver), 20)
        assert quiet_but_for_403(driver) == []
        driver.quit()
        browsers.remove(driver)
    assert gate.metric("anteroom_challenges_total", outcome="solved") == 2


def test_it_is_clear_while_it_works_and_where_it_fails(browsers, gate):  # noqa: F811
    """On a phone nothing overflows; progress is labelled, what happens is announced, and a failure says what to do."""
    driver = browsers.open(width=360, height=640)
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/challenge"]})
    driver.get(gate.url + "/echo")
    assert text(driver, "ar-heading") == "One moment, please"
    bar = driver.find_element(By.ID, "ar-progress")
    assert bar.get_attribute("aria-label") == "Checking your browser"
    assert driver.find_element(By.ID, "ar-say").get_attribute("aria-live") == "polite"
    wait_until(lambda: float(bar.get_attribute("value")) == 100, 20)
    wait_until(lambda: text(driver, "ar-say"), 10, what="a word about the lost connection")
    width = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], width
    keep(driver, "challenge-phone")
    driver.execute_script("sessionStorage.setItem('anteroom-solved', JSON.stringify(Array(5).fill(Date.now())))")
    driver.refresh()
    wait_until(lambda: "allow cookies" in text(driver, "ar-text"), 10)
    link = driver.find_element(By.CSS_SELECTOR, "#ar-actions a")
    assert link.is_displayed() and link.get_attribute("href") == gate.url + "/echo"
    keep(driver, "challenge-failed")


def test_without_javascript_it_says_what_is_needed(browsers, gate):  # noqa: F811
    """And makes no place."""
    driver = browsers.open(javascript=False)
    driver.get(gate.url + "/echo")
    assert "needs JavaScript" in driver.page_source
    assert gate.facts()["waiting"] == 0


def test_it_speaks_the_visitor_s_language(gate):
    page = Visitor(gate).navigate(headers={**NAVIGATION, "Accept-Language": "ar"})
    assert 'lang="ar" dir="rtl"' in page.text and page.headers["Content-Language"] == "ar"


def test_the_queue_page_leads_to_it(browsers, servers, origin):  # noqa: F811
    """A waiting page whose polls are refused for their pace goes to the challenge, solves it, and stands in line again."""
    gate = servers.gate([gates.busy_room(origin.url, challenge="suspicious")])
    holder = Visitor(gate)
    holder.navigate()
    driver = browsers.open()
    agent = driver.execute_script("return navigator.userAgent").replace("Headless", "")
    driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": agent})
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.WebSocket"})
    driver.get(gate.url + "/echo")
    wait_until(lambda: is_queue_page(driver), 10)
    place = text(driver, "ar-place")
    cookie = {entry["name"]: entry["value"] for entry in driver.get_cookies()}["anteroom_p_shop"]
    script = Visitor(gate, agent=agent)
    for _ in range(40):
        script.call("GET", "status", bearer=cookie)
    assert script.call("GET", "status", bearer=cookie).status_code == 403
    wait_until(lambda: 'outcome="solved"' in gate.metrics(), 30, what="a solved challenge")
    wait_until(lambda: is_queue_page(driver), 10)
    assert text(driver, "ar-place") == place
