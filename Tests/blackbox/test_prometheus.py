"""deploy/prometheus and deploy/grafana: rules, alerts and dashboards fit the metrics that a gate has, and they work."""

import json
import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from rig import gate as gates
from rig.certificates import Authority
from rig.gate import REPOSITORY
from rig.monitors import PROMETHEUS, Expression, Prometheus, program, rules, run
from rig.nats import NATSServer
from rig.process import free_port, wait_until
from rig.site import site
from rig.visitor import Visitor, through

GRAFANA = REPOSITORY / "deploy/grafana"
OPERATIONS = (REPOSITORY / "docs/OPERATIONS.md").read_text()

ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDS = {rule["record"]: rule for rule in rules() if "record" in rule}
BOARDS = {file.stem: json.loads(file.read_text()) for file in sorted(GRAFANA.glob("dashboards/*.json"))}


def test_the_files_are_sound():
    run(program("promtool"), "check", "config", PROMETHEUS / "prometheus.yml")
    run(program("amtool"), "check-config", PROMETHEUS / "alertmanager.yml")


@pytest.mark.parametrize("file", sorted(PROMETHEUS.glob("tests/*.yml")), ids=lambda file: file.stem)
def test_the_rules_do_what_their_tests_say(file):
    run(program("promtool"), "test", "rules", file)


def test_every_alert_is_tested():
    """Somewhere in deploy/prometheus/tests it fires."""
    fired = set()
    for file in PROMETHEUS.glob("tests/*.yml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            fired |= {case["alertname"] for case in test.get("alert_rule_test", []) if case["exp_alerts"]}
    assert fired == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_to_do(name):
    """How urgent it is, what has happened, what that means, and where the runbook is, which is there."""
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (REPOSITORY / page).read_text(), re.MULTILINE)
    assert anchor == name.lower() and name in headings


def test_no_runbook_is_left_over():
    assert set(re.findall(r"^#+ (Anteroom\w+)$", OPERATIONS, re.MULTILINE)) == set(ALERTS)


def test_alertmanager_knows_the_alerts():
    """Those that silence others, and those that are silenced."""
    named = set(re.findall(r"Anteroom\w+", (PROMETHEUS / "alertmanager.yml").read_text()))
    assert named <= set(ALERTS)


def test_the_rules_become_those_of_the_operator():
    """By the command of docs/MONITORING.md."""
    text = (REPOSITORY / "docs/MONITORING.md").read_text()
    command = re.search(r"^    (for rules in .*?done) \| kubectl", text, re.MULTILINE | re.DOTALL)[1]
    made = [one for one in yaml.safe_load_all(run("sh", "-ec", command)) if one]
    assert [one["kind"] for one in made] == ["PrometheusRule"] * 2
    assert sum(len(group["rules"]) for one in made for group in one["spec"]["groups"]) == len(rules())


# What the gate has.


@pytest.fixture(scope="module")
def samples(module_servers):
    """name -> the label sets of its samples, of a gate that has done a bit of all that is counted.

    Whoever adds a metric adds here what makes it show, if that takes anything.
    """
    origin = module_servers.origin(site)
    nats = module_servers.add(NATSServer(module_servers.folder).start())
    pair = Authority(module_servers.folder).issue("localhost")
    shop = gates.busy_room(origin.url, max_queue_size=1, bypass={"paths": ["/static/*"]})
    gone = gates.room(
        f"http://127.0.0.1:{free_port()}", id="gone", match={"paths": ["/gone"]}, bypass={"paths": ["/gone"]}
    )
    asked = gates.room(origin.url, id="asked", match={"paths": ["/asked"]}, challenge="suspicious")
    watched = gates.busy_room(origin.url, id="watched", match={"paths": ["/watched"]}, shadow=True)
    watched["adaptive"] = {"interval": "1s", "min_samples": 1}
    gate = module_servers.gate(
        [shop, gone, asked, watched],
        gate={"tls": {"certificates": [pair.files]}},
        events={"nats_url": nats.url},
        start=False,
    )
    gate.configuration["gate"]["listen"].append({"address": f"127.0.0.1:{free_port()}", "service": "https"})
    gate.write()
    gate.start()
    through(gate)
    for path in ("/", "/", "/static/a.css", "/gone", "/watched", "/watched"):
        Visitor(gate).navigate(path)
    Visitor(gate, agent="curl/8.5.0").navigate("/asked")

    def is_judged():
        Visitor(gate).navigate("/watched")
        return "anteroom_adaptive_holding" in gate.metrics()

    wait_until(is_judged, 20, 0.1, "a judgement of the origin")
    found = {}
    for family in text_string_to_metric_families(gate.metrics()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def queries() -> list:
    """(where, expression) of all rules and dashboards."""
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]
    for name, board in BOARDS.items():
        found += [
            (f"{name}: {panel['title']}", target["expr"]) for panel in board["panels"] for target in panel["targets"]
        ]
        found += [(f"{name}: {entry['name']}", entry["expr"]) for entry in board["annotations"]["list"]]
    return found


def labels_of(samples, name) -> set:
    return {label for labels in samples.get(name, []) for label in labels}


@pytest.mark.parametrize("where, text", queries(), ids=[where for where, _ in queries()])
def test_an_expression_asks_for_what_there_is(samples, where, text):
    """Metrics, recorded ones, labels and their values."""
    asked = Expression(text)
    assert asked.metrics <= set(samples), asked.metrics - set(samples)
    assert asked.recorded <= set(RECORDS), asked.recorded - set(RECORDS)
    assert asked.metrics or asked.recorded or "up{" in text or "ALERTS{" in text
    every = {label for name in samples for label in labels_of(samples, name)} | {"job", "instance"}
    assert asked.groupings <= every, asked.groupings - every
    for name, label, value in asked.matchers:
        if name not in samples or label in ("job", "instance") or value.startswith("$"):
            continue
        assert label in labels_of(samples, name), f"{name} has no label {label}"
        there = {labels.get(label) for labels in samples[name]}
        for alternative in value.split("|"):
            assert any(re.fullmatch(alternative, one or "") for one in there), f"{name}: no {label} is {alternative}"


def test_the_documented_metrics_are_those_of_the_gate(samples):
    """The table in docs/OPERATIONS.md, with all labels that it names."""
    section = re.search(r"^## Metrics$(.*?)^## ", OPERATIONS, re.MULTILINE | re.DOTALL)[1]
    told = set()
    for line in section.splitlines():
        if line.startswith("| `"):
            for name, labels in re.findall(r"`((?:waiting_room|anteroom)_\w+)(?:\{([^}]*)\})?`", line.split("|")[1]):
                told.add(name)
                for label in filter(None, labels.split(",")):
                    there = labels_of(samples, name) | labels_of(samples, f"{name}_bucket")
                    assert label in there, f"{name} has no {label}"
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in samples}
    assert families - told == set(), "metrics without a line in docs/OPERATIONS.md"
    assert told - families == set(), "lines in docs/OPERATIONS.md for metrics that there are not"


# Dashboards.


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_whole(name):
    """What Grafana needs of it: an id that links name, panels that do not lie on each other, one data source."""
    board = BOARDS[name]
    assert board["uid"] == name and board["title"]
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    for link in board["links"]:
        assert link["url"].removeprefix("/d/") in BOARDS
    named = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps([board["panels"], board["annotations"]]))) - {"__all"}
    assert used <= named, used - named


def test_the_expressions_of_dashboards_parse(tmp_path):
    """promtool reads them as rules."""
    entries = [
        {"record": f"dashboard:query:{number}", "expr": re.sub(r"\$\w+", ".*", text)}
        for number, (_, text) in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": entries}]}))
    assert f"{len(entries)} rules found" in run(program("promtool"), "check", "rules", file)


# A real Prometheus.


def test_prometheus_sees_a_gate_in_trouble(servers):
    """Nothing fires. Then the origin dies, the file gets a mistake, a line stands still, and at last the gate ends."""
    origin, other = servers.origin(site), servers.origin(site)
    slow = gates.room(other.url, id="slow", match={"paths": ["/slow"]}, queue_rate="1/h", heartbeat_timeout="10m")
    shop = gates.busy_room(origin.url, slots=2, health={"max_failures": 1})
    # Each worker learns of the origin by its own requests, and there is one visitor.
    gate = servers.gate([shop, slow], gate={"workers": 1})
    visitor = through(gate)
    through(gate, room_id="slow", path="/slow")
    prometheus = servers.add(Prometheus(servers.folder, {"anteroom": [gate.admin_port]}).start())

    wait_until(lambda: prometheus.value('queue_id:waiting_room_slots:max{queue_id="shop"}') == 2, 20, 0.1, "a rule")
    wait_until(
        lambda: prometheus.value('queue_id:waiting_room_slots_used:ratio{queue_id="shop"}') == 0.5, 10, 0.1, "the ratio"
    )
    wait_until(lambda: prometheus.firing() == set(), 10, 0.2, "quiet")
    for _, text in queries():
        prometheus.ask("query", query=re.sub(r"\$\w+", ".*", text))

    origin.stop()
    Visitor(gate, "slow").navigate("/slow")
    gate.write("rooms: nonsense")

    expected = {"AnteroomOriginDown", "AnteroomOriginErrors", "AnteroomLineNotMoving", "AnteroomConfigurationRefused"}

    def missing():
        visitor.navigate()
        return expected - prometheus.firing()

    wait_until(lambda: not missing(), 30, 0.2, "the alerts")

    gate.stop()
    wait_until(
        lambda: {"AnteroomAllGatesDown", "AnteroomGateDown"} <= prometheus.firing(), 30, 0.2, "the alerts of its end"
    )
