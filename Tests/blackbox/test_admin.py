"""The admin listener and the access log (docs/OPERATIONS.md)."""

import contextlib
import json
import re
import socket

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from rig import frames
from rig import gate as gates
from rig.process import wait_until
from rig.site import site
from rig.visitor import Visitor, through
from rig.wire import exchange, request


@pytest.fixture(scope="module")
def gate(module_servers):
    """A gate on which everything has happened once."""
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.busy_room(origin.url)])
    holder = through(gate)
    visitors = [Visitor(gate) for _ in range(3)]
    for visitor in visitors:
        visitor.navigate()
    visitors[0].call("POST", "heartbeat", json={"timestamp": 0})
    holder.call("POST", "session/complete")
    wait_until(lambda: visitors[0].status()["status"] == "admitted", 5)
    for path in ("/concerts/1", "/cart"):
        visitors[0].navigate(path)
    exchange(gate.port, b"GET / HTTP/1.1\r\n\r\n")
    return gate


def families(gate):
    return {family.name: family for family in text_string_to_metric_families(gate.metrics())}


#: docs/OPERATIONS.md; counters as prometheus_client names their families (without _total).
METRICS = {
    "waiting_room_queue_length": "gauge",
    "waiting_room_active_sessions": "gauge",
    "waiting_room_heartbeats_received": "counter",
    "waiting_room_positions_expired": "counter",
    "waiting_room_cleanup_duration_seconds": "histogram",
    "waiting_room_enqueued": "counter",
    "waiting_room_admitted": "counter",
    "waiting_room_wait_seconds": "histogram",
    "waiting_room_status": "gauge",
    "anteroom_requests": "counter",
    "anteroom_request_duration_seconds": "histogram",
    "anteroom_upstream_duration_seconds": "histogram",
    "anteroom_connections": "gauge",
    "anteroom_upstream_connections": "gauge",
    "anteroom_store_duration_seconds": "histogram",
    "anteroom_config_last_reload_successful": "gauge",
}


@pytest.mark.parametrize("name, kind", METRICS.items())
def test_every_metric_is_there(gate, name, kind):
    """Each name of docs/OPERATIONS.md that an embedded gate has, in its type, with a sample."""
    family = families(gate).get(name)
    assert family is not None, sorted(families(gate))
    assert family.type == kind and family.documentation and family.samples


def test_the_format_is_prometheus_text(gate):
    """Served as text format 0.0.4 (or OpenMetrics); no family twice; histograms add up."""
    answer = requests.get(f"{gate.admin_url}/metrics", timeout=5)
    assert answer.headers["Content-Type"].startswith(("text/plain; version=0.0.4", "application/openmetrics-text"))
    names = re.findall(r"^# TYPE (\S+)", answer.text, re.M)
    assert len(names) == len(set(names))
    for family in text_string_to_metric_families(answer.text):
        if family.type != "histogram":
            continue
        series = {}
        for sample in family.samples:
            labels = tuple(sorted((key, value) for key, value in sample.labels.items() if key != "le"))
            series.setdefault(labels, []).append(sample)
        for samples in series.values():
            buckets = [sample.value for sample in samples if sample.name.endswith("_bucket")]
            assert buckets == sorted(buckets)
            [count] = [sample.value for sample in samples if sample.name.endswith("_count")]
            assert buckets[-1] == count


def test_the_figures_are_right(gate):
    """What happened above, counted."""
    wait_until(lambda: gate.metric("waiting_room_queue_length", queue_id="shop") == 2, 5)
    wait_until(lambda: gate.metric("waiting_room_active_sessions", queue_id="shop") == 1, 5)
    assert gate.metric("waiting_room_enqueued_total", queue_id="shop") >= 3
    assert gate.metric("waiting_room_admitted_total", queue_id="shop") == 2
    assert gate.metric("waiting_room_heartbeats_received_total") >= 1
    assert gate.metric("waiting_room_status", queue_id="shop", status="active") == 1
    assert gate.metric("waiting_room_status", queue_id="shop", status="paused") == 0
    assert gate.metric("anteroom_config_last_reload_successful") == 1
    assert gate.metric("anteroom_requests_total", code="503") >= 3
    assert gate.metric("anteroom_requests_total", code="400") >= 1
    assert gate.metric("anteroom_requests_total", queue_id="shop", code="200") >= 2


def test_label_values_come_from_configuration_only(gate):
    """Hosts, paths and methods of requests never become labels."""
    for word in ("evilhost", "evilpath", "EVILMETHOD"):
        exchange(gate.port, request("EVILMETHOD", "/evilpath", [("User-Agent", "evilagent")], host="evilhost.test"))
    assert "evil" not in gate.metrics().lower()


def test_health(gate):
    """/healthz: the process is up."""
    assert requests.get(f"{gate.admin_url}/healthz", timeout=5).status_code == 200


def test_readiness(gate):
    """/readyz: it can decide; it says so per dependency."""
    answer = requests.get(f"{gate.admin_url}/readyz", timeout=5)
    assert answer.status_code == 200 and "store" in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/metrics/x", "/api/v1/queues/shop", "/../etc/passwd"])
def test_nothing_else_is_served_there(gate, path):
    """404 for what the admin listener does not have."""
    assert requests.get(gate.admin_url + path, timeout=5).status_code == 404


def test_those_who_ask_and_never_read_keep_nobody_out(module_servers):
    """More connections than the listener takes (docs/ADMIN_API.md): they are closed within half a minute."""
    gate = module_servers.gate([gates.room(module_servers.origin(site).url)], name="deaf")
    deaf = [socket.socket() for _ in range(70)]
    try:
        for client in deaf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(5)
            client.connect(("127.0.0.1", gate.admin_port))
            with contextlib.suppress(TimeoutError):
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 400)

        def answers():
            try:
                return requests.get(f"{gate.admin_url}/healthz", timeout=2).ok
            except requests.RequestException:
                return False

        wait_until(answers, 90, 0.5, "an answer")
    finally:
        for client in deaf:
            client.close()


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_the_visitors_listener_has_no_admin(gate, path):
    """On the gate's listener these paths are the origin's, behind the line."""
    answer = Visitor(gate).navigate(path)
    assert answer.status_code == 503 and "waiting_room_" not in answer.text


def entries(gate):
    return [json.loads(line) for line in gate.access_log.read_text().splitlines()]


def test_the_access_log_has_one_json_object_a_line(gate):
    """Request id, room, verdict, status; one line for each request, refused ones too, and no token anywhere."""
    before = len(wait_until(lambda: gate.access_log.exists() and entries(gate), 5))
    origin_id = "log-" + "x" * 10
    visitor = Visitor(gate, agent='Quote" back\\slash/1.0')
    visitor.navigate(f'/logged/{origin_id}?a="b')
    exchange(gate.port, b"BAD\r\n\r\n")
    wait_until(lambda: len(entries(gate)) >= before + 2, 5, what="two more lines")
    # Event loops write their lines apart, so an earlier request's may come later.
    entry = wait_until(
        lambda: next((entry for entry in entries(gate) if origin_id in json.dumps(entry)), None), 5, what="the request's"
    )
    text = json.dumps(entry)
    assert "shop" in text and 503 in entry.values()
    assert any("request" in name and "id" in name for name in entry) and any(
        "verdict" in name or "outcome" in name for name in entry
    )
    assert visitor.cookie("p") not in gate.access_log.read_text()
    assert all(isinstance(entry, dict) for entry in entries(gate))


def test_the_log_and_the_origin_name_the_same_request(module_servers):
    """X-Request-Id at the origin is the id in the log."""
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)], name="ids")
    through(gate)
    given = origin.seen()[0].get("x-request-id")
    wait_until(lambda: gate.access_log.exists() and given in gate.access_log.read_text(), 5, what="the id in the log")


def test_the_access_log_names_the_protocol(gate):
    for path, version in (("/protocol-11", "HTTP/1.1"), ("/protocol-10", "HTTP/1.0")):
        exchange(gate.port, request("GET", path, [("Connection", "close")], version=version))
    with frames.Connection(gate.port) as connection:
        connection.exchange(frames.request("/protocol-2"))
    exchange(gate.port, b"BAD / HTTP/9\r\n\r\n")

    def named():
        return {entry["target"]: entry["protocol"] for entry in entries(gate) if entry["target"].startswith("/protocol")}

    wait_until(lambda: len(named()) == 3, 5, what="three lines")
    assert named() == {"/protocol-11": "HTTP/1.1", "/protocol-10": "HTTP/1.0", "/protocol-2": "HTTP/2"}
    wait_until(lambda: any(entry["protocol"] == "" for entry in entries(gate)), 5, what="one that was not read")


def test_a_target_cannot_break_a_log_line(gate):
    """Bytes that JSON must escape, invalid UTF-8 and Unicode line ends stay inside their string."""
    for target in (b'/a"b\\c', b"/\xff\xfe", b"/\xe2\x80\xa8x", b"/<script>"):
        exchange(gate.port, b"GET " + target + b' HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: "\\\xff\r\n\r\n')
    wait_until(lambda: gate.access_log.exists(), 5)
    for line in gate.access_log.read_bytes().split(b"\n")[:-1]:
        assert isinstance(json.loads(line), dict)


def test_an_access_log_that_is_off_is_off(module_servers):
    """gate.access_log: off writes nothing per request."""
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)], name="quiet", gate={"access_log": "off"})
    visitor = through(gate)
    visitor.navigate("/unlogged")
    assert "/unlogged" not in gate.process.log and not gate.access_log.exists()


def test_a_log_that_was_moved_is_opened_again(module_servers):
    """logrotate: after moving the file and SIGHUP the gate writes a new one."""
    origin = module_servers.origin(site)
    gate = module_servers.gate([gates.room(origin.url)], name="rotated")
    visitor = through(gate)
    wait_until(lambda: gate.access_log.exists() and gate.access_log.read_text(), 5)
    gate.access_log.rename(gate.access_log.with_suffix(".1"))
    gate.hang_up()
    wait_until(
        lambda: visitor.navigate("/rotated") and gate.access_log.exists() and "/rotated" in gate.access_log.read_text(),
        5,
        0.2,
        "the new file",
    )
