"""Distributed traces: W3C Trace Context towards the origin, spans to an OpenTelemetry collector (docs/HTTP.md)."""

import json
import re

import pytest

from rig import gate as gates
from rig.process import free_port, wait_until
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
        return [span for span in self.spans if attributes(span)["url.path"] == path]


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
