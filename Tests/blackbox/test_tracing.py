"""Distributed traces: W3C Trace Context towards the origin, spans to an OpenTelemetry collector (docs/HTTP.md), and the
log in OpenTelemetry's model (docs/OPERATIONS.md)."""

import json
import re

import pytest
import requests

from rig import gate as gates
from rig.nats import NATSServer
from rig.process import free_port, wait_until
from rig.redis import RedisServer
from rig.siteverify import SiteVerify
from rig.visitor import Visitor, through

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"


class Collector:
    """Takes OTLP over HTTP in JSON."""

    def __init__(self):
        self.spans, self.status = [], "200 OK"

    def __call__(self, exchange):
        body = exchange.read_body()
        assert exchange.received.target == "/otlp/v1/traces", exchange.received.target
        if self.status.startswith("200"):
            for resource in json.loads(body)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    self.spans += scope["spans"]
        exchange.answer(self.status, [("Content-Type", "application/json")], b"{}")

    def of(self, path):
        """The gate's spans of requests for this path."""
        return [span for span in self.spans if attributes(span).get("url.path") == path]

    def child(self, parent, name):
        """The only span of this name whose parent is `parent`, when it has come."""
        ours = [span for span in self.spans if span.get("parentSpanId") == parent["spanId"]]
        found = [span for span in ours if span["name"] == name]
        assert len(found) < 2, found
        assert all(span["traceId"] == parent["traceId"] for span in ours)
        return found[0] if found else None


def attributes(span):
    return {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}


@pytest.fixture
def collector(servers):
    collector = Collector()
    collector.url = f"{servers.origin(collector).url}/otlp"
    return collector


def traced(servers, origin, collector, sample="100%", trusted=("127.0.0.1",)):
    return servers.gate(
        [gates.room(origin.url)],
        gate={"trusted_proxies": list(trusted)},
        tracing={"endpoint": collector.url, "sample": sample},
    )


def log_lines(gate):
    """Of a gate whose log is JSON; the access log is elsewhere."""
    return [json.loads(line) for line in gate.process.log.splitlines()]


def ask(visitor, origin, path, **fields):
    """What the origin gets of these fields."""
    answer = visitor.navigate(path, headers={name.replace("_", "-"): value for name, value in fields.items()})
    assert answer.status_code == 200
    return next(request for request in reversed(origin.requests) if request.path == path.partition("?")[0])


def test_a_trace_goes_on_through_the_gate(servers, origin, collector):
    """The gate's span is the origin's parent and the child of who asked; the log knows both ids."""
    gate = traced(servers, origin, collector)
    visitor = through(gate)
    got = ask(visitor, origin, "/page?secret=1", traceparent=VALID, tracestate="vendor=value")
    version, trace, parent, flags = got.get("traceparent").split("-")
    assert (version, trace, flags) == ("00", TRACE, "01") and parent != SPAN
    assert got.get("tracestate") == "vendor=value"
    span = wait_until(lambda: collector.of("/page"), 10, 0.1, "the span")[0]
    assert (span["traceId"], span["spanId"], span["parentSpanId"]) == (TRACE, parent, SPAN)
    told = attributes(span)
    assert told["http.response.status_code"] == "200" and told["anteroom.queue_id"] == "shop"
    assert told["anteroom.verdict"] == "forwarded" and "secret" not in json.dumps(span)
    lines = [json.loads(line) for line in gate.access_log.read_text().splitlines()]
    assert [(line["trace_id"], line["span_id"]) for line in lines if line["target"].startswith("/page")] == [
        (TRACE, parent)
    ]
    assert gate.metric("anteroom_spans_exported_total") >= 1


def test_what_is_invalid_begins_a_trace_of_its_own(servers, origin, collector):
    """And its state is dropped."""
    gate = traced(servers, origin, collector)
    visitor = through(gate)
    for number, invalid in enumerate(["nonsense", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01"]):
        got = ask(visitor, origin, f"/{number}", traceparent=invalid, tracestate="vendor=value")
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", got.get("traceparent"))
        assert TRACE not in got.get("traceparent") and got.get("tracestate") is None


def test_only_trusted_peers_say_what_is_recorded(servers, origin, collector):
    """A visitor's flag counts for nothing: the sample decides, and the origin is told so."""
    gate = traced(servers, origin, collector, sample="0%", trusted=())
    visitor = through(gate)
    assert ask(visitor, origin, "/a", traceparent=VALID).get("traceparent").endswith("-00")
    gate.configuration["tracing"]["sample"] = "100%"
    gate.write()
    wait_until(
        lambda: ask(visitor, origin, "/b", traceparent=VALID[:-1] + "0").get("traceparent").endswith("-01"), 5, 0.1
    )


def test_without_tracing_the_fields_pass_unchanged(servers, origin):
    gate = servers.gate([gates.room(origin.url)])
    got = ask(through(gate), origin, "/page", traceparent="whatever", tracestate="a=b")
    assert got.get("traceparent") == "whatever" and got.get("tracestate") == "a=b"
    assert "trace_id" not in gate.access_log.read_text()


def test_a_collector_that_is_away_costs_spans_and_nothing_else(servers, origin, collector):
    gate = servers.gate(
        [gates.room(origin.url)], tracing={"endpoint": f"http://127.0.0.1:{free_port()}", "sample": "100%"}
    )
    assert Visitor(gate).navigate().status_code == 200
    wait_until(lambda: gate.metric("anteroom_spans_dropped_total") >= 1, 10, 0.2, "a dropped span")
    assert "Spans do not reach the collector" in gate.process.log


SERVER, CLIENT, INTERNAL, PRODUCER = 2, 3, 1, 4


@pytest.mark.parametrize("shared", [False, True], ids=["embedded", "shared"])
def test_a_join_is_one_trace(servers, origin, collector, shared):
    """Who asked -> the gate -> the step of the store, for a visit and for a call of the API."""
    store = {"kind": "dragonfly", "url": servers.add(RedisServer(servers.folder).start()).url} if shared else {}
    gate = servers.gate(
        [gates.room(origin.url)],
        gate={"trusted_proxies": ["127.0.0.1"]},
        tracing={"endpoint": collector.url, "sample": "0%"},
        store=store,
    )
    visit = Visitor(gate).navigate("/tickets", headers={"traceparent": VALID})
    assert visit.status_code == 200
    call = Visitor(gate).call("POST", "enqueue", json={}, traceparent=VALID)
    assert call.status_code == 201
    for path, step in [("/tickets", "store arrive"), ("/api/v1/queues/shop/enqueue", "store enqueue")]:
        own = wait_until(lambda: collector.of(path), 10, 0.1, path)[0]
        assert (own["traceId"], own["parentSpanId"], own["kind"]) == (TRACE, SPAN, SERVER)
        told = wait_until(lambda: collector.child(own, step), 10, 0.1, step)
        assert told["kind"] == (CLIENT if shared else INTERNAL) and "status" not in told
        database = {"db.system.name": "redis", "db.operation.name": step.removeprefix("store ")}
        assert attributes(told) == (database if shared else {})
        assert int(own["startTimeUnixNano"]) <= int(told["startTimeUnixNano"])
        assert int(told["startTimeUnixNano"]) <= int(told["endTimeUnixNano"]) <= int(own["endTimeUnixNano"])
    # What the gate does by itself, once a second, is nobody's trace.
    assert {span["traceId"] for span in collector.spans} == {TRACE}


def test_an_operators_call_is_one_trace_and_the_log_knows_it(servers, origin, collector):
    gate = servers.gate(
        [gates.busy_room(origin.url)],
        tracing={"endpoint": collector.url, "sample": "0%"},
        log={"format": "json"},
    )
    url = f"{gate.admin_url}/admin/v1/rooms/shop/admit"
    # Without a key nobody has anything recorded.
    assert requests.post(url, json={"count": 1}, headers={"traceparent": VALID}, timeout=10).status_code == 401
    fields = {"Authorization": f"Bearer {gate.key()}", "traceparent": VALID, "tracestate": "vendor=value"}
    assert requests.post(url, json={"count": 1}, headers=fields, timeout=10).status_code == 200
    own = wait_until(lambda: collector.of("/admin/v1/rooms/shop/admit"), 10, 0.1, "the span")[0]
    assert (own["traceId"], own["parentSpanId"], own["kind"]) == (TRACE, SPAN, SERVER)
    assert own["name"] == "/admin/v1/rooms/{id}/admit" and own["traceState"] == "vendor=value"
    assert attributes(own)["http.response.status_code"] == "200"
    wait_until(lambda: collector.child(own, "store admit_now"), 10, 0.1, "the store's span")
    assert len(collector.of("/admin/v1/rooms/shop/admit")) == 1

    lines = log_lines(gate)
    acted = [line for line in lines if line["Body"] == "An operator acted"]
    assert [(line["TraceId"], line["SpanId"]) for line in acted] == [(TRACE, own["spanId"])]
    assert acted[0]["Attributes"]["actor"] == "local" and acted[0]["Attributes"]["queue_id"] == "shop"
    assert (acted[0]["SeverityText"], acted[0]["SeverityNumber"]) == ("notice", 10)
    start = next(line for line in lines if line["Body"] == "Gate listens")
    assert "TraceId" not in start and re.fullmatch(r"[0-9T:.-]{23}Z", start["Timestamp"])
    assert start["InstrumentationScope"] == {"Name": "anteroom"}
    resource = start["Resource"]
    assert resource["service.name"] == "anteroom" and resource["service.instance.id"] == f"127.0.0.1:{gate.port}"
    assert resource["service.version"] and resource["host.name"]


def test_a_log_for_people_has_the_ids_too(servers, origin, collector):
    gate = traced(servers, origin, collector)
    assert gate.admin("POST", "/rooms/shop/admit", json={"count": 1}).status_code == 200
    line = next(line for line in gate.process.log.splitlines() if "An operator acted" in line)
    own = wait_until(lambda: collector.of("/admin/v1/rooms/shop/admit"), 10, 0.1, "the span")[0]
    assert f"trace_id={own['traceId']}" in line and f"span_id={own['spanId']}" in line


def test_a_question_to_a_provider_belongs_to_the_trace(servers, origin, collector):
    provider = servers.add(SiteVerify("the-secret"))
    file = servers.folder / "secret"
    file.write_text("the-secret\n")
    file.chmod(0o600)
    room = gates.room(
        origin.url,
        challenge="always",
        challenge_provider="turnstile",
        challenge_failure="wait",
        challenge_site_key="1x00000000000000000000AA",
        challenge_secret_file=str(file),
        challenge_verify_url=provider.url,
    )
    gate = servers.gate([room], tracing={"endpoint": collector.url, "sample": "100%"})
    provider.good = {"good"}
    visitor = Visitor(gate)
    challenge = visitor.ask().json()["challenge"]["challenge"]
    answer = visitor.call("POST", "challenge", json={"challenge": challenge, "solution": "good"})
    assert answer.status_code == 201, answer.text
    own = wait_until(lambda: collector.of("/api/v1/queues/shop/challenge"), 10, 0.1, "the span")[0]
    asked = wait_until(lambda: collector.child(own, "POST"), 10, 0.1, "the question's span")
    assert asked["kind"] == CLIENT
    assert provider.traces == [f"00-{asked['traceId']}-{asked['spanId']}-01"]


def test_publishing_events_makes_traces_of_its_own(servers, origin, collector):
    nats = servers.add(NATSServer(servers.folder).start())
    gate = servers.gate(
        [gates.room(origin.url)], tracing={"endpoint": collector.url, "sample": "100%"}, events={"nats_url": nats.url}
    )
    assert Visitor(gate).navigate().status_code == 200
    published = wait_until(lambda: [span for span in collector.spans if span["name"] == "publish"], 10, 0.1, "a batch")
    assert published[0]["kind"] == PRODUCER and "parentSpanId" not in published[0]
    told = attributes(published[0])
    assert told["messaging.system"] == "nats" and int(told["messaging.batch.message_count"]) >= 1
