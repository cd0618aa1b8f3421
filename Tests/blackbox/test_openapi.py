"""The OpenAPI document: that it is sound, that docs/API.md says the same, and that the gate does nothing else.

The last is property-based: schemathesis makes requests of the document, good and bad ones, of callers of every kind, and
checks each answer by it.
"""

import json
import re

import hypothesis
import jsonschema
import openapi_spec_validator
import pytest
import requests
import schemathesis
from schemathesis.specs.openapi import checks as by_document

from rig import gate as gates
from rig.line import until_admitted
from rig.site import site
from rig.visitor import AGENT, Visitor, through

SOURCE = gates.REPOSITORY / "Sources/VisitorAPI/OpenAPI/openapi.json"
DOCUMENT = json.loads(SOURCE.read_text())
PROSE = (gates.REPOSITORY / "docs/API.md").read_text()
API = "/api/v1/queues/{id}"
JOIN = jsonschema.Draft202012Validator(DOCUMENT["components"]["schemas"]["Join"])
#: What one request is checked for; a 5xx must be one that the document names.
CHECKS = (
    by_document.status_code_conformance,
    by_document.content_type_conformance,
    by_document.response_headers_conformance,
    by_document.response_schema_conformance,
    by_document.unsupported_method,
)


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method.upper(), operation


class TestDocument:
    def test_it_is_openapi(self):
        """OpenAPI 3.1 by its own schema; every operation has a name of its own."""
        openapi_spec_validator.validate(DOCUMENT)
        assert DOCUMENT["openapi"].startswith("3.1.")
        names = [operation["operationId"] for _, _, operation in operations()]
        assert len(set(names)) == len(names)

    def test_it_is_served(self, line):
        """As it stands in the sources, to any site, cacheable."""
        answer = requests.get(f"{line.url}/__anteroom/openapi.json", timeout=10)
        assert answer.status_code == 200 and answer.json() == DOCUMENT
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "max-age" in answer.headers["Cache-Control"]


class TestProse:
    """docs/API.md against the document, in both directions."""

    def rows(self):
        """The table of calls: (method, path) -> status codes."""
        found = {}
        for call, answers in re.findall(r"^\| `([A-Z]+[^|]*?) *\|[^|]*\| *([^|]*)\|$", PROSE, re.M):
            method, _, path = call.replace("`", "").partition(" ")
            path = "" if path == "the room" else "/" + path
            found[method, API + path] = set(re.findall(r"\b[1-5][0-9]{2}\b", answers))
        return found

    def test_every_call_stands_in_both(self):
        documented = {(method, path) for path, method, _ in operations() if path.startswith(API)}
        assert self.rows().keys() == documented

    def test_every_status_stands_in_both(self):
        """But for those that the text below the table gives to every call: 405 and 503."""
        common = {"405", "503"}
        rows = self.rows()
        for path, method, operation in operations():
            if path.startswith(API):
                assert set(operation["responses"]) - common == rows[method, path] - common, (method, path)
                assert common <= set(operation["responses"]), (method, path)

    def test_every_field_stands_in_both(self):
        """Each member of each schema is written in the text as code; each field of its tables is in a schema."""
        words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`]+`|```.*?```", PROSE, re.S))))
        members = set()
        for schema in DOCUMENT["components"]["schemas"].values():
            members |= schema["properties"].keys()
        members |= DOCUMENT["components"]["schemas"]["KeySet"]["properties"]["keys"]["items"]["properties"].keys()
        members -= {"keys", "kid", "kty", "use", "alg"}
        assert members <= words, members - words
        tables = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", PROSE, re.M)
        fields = {name for cell in tables for name in re.findall(r"`([a-z_]+)`", cell)}
        assert fields <= members, fields - members

    def test_the_reserved_path_stands_in_both(self):
        for path, _, _ in operations():
            if path.startswith("/__anteroom"):
                assert path.replace("{id}", "<id>") in PROSE, path


@pytest.fixture(scope="module")
def gate(module_servers):
    """One room that lets everybody in, and one that lets nobody; time-outs that bound what a `wait` may take."""
    origin = module_servers.origin(site)
    quick = {"heartbeat_interval": "100ms", "heartbeat_timeout": "400ms", "admission_interval": "100ms"}
    return module_servers.gate(
        [
            gates.room(origin.url, max_queue_size=0, **quick),
            gates.room(origin.url, id="hall", status="paused", match={"paths": ["/hall"]}, **quick),
        ]
    )


@pytest.fixture
def caller(gate, kind):
    """The room that somebody calls, and what they bring as `Authorization`."""
    if kind == "nobody":
        return "shop", None
    if kind == "impostor":
        return "shop", "eyJhbGciOiJub25lIn0.e30."
    if kind == "through":
        return "shop", through(gate).cookie("s")
    room = "hall" if kind == "waiting" else "shop"
    visitor = Visitor(gate, room)
    token = visitor.call("POST", "enqueue", json={}).json()["token"]
    if kind == "admitted":
        until_admitted(visitor)
    return room, token


def not_a_server_error(context, response, case):
    """A 503 is how a gate says wait; anything else of 5xx is a fault."""
    assert response.status_code < 500 or response.status_code == 503, response.status_code


def refuses_other_bodies(context, response, case):
    """A body that the document does not allow is never taken."""
    if case.operation.label.endswith("/enqueue") and case.media_type == "application/json" and case.body is not None:
        try:
            body = json.loads(response.request.body or "{}")
        except ValueError:
            body = None
        if not JOIN.is_valid(body):
            assert response.status_code in (400, 413), (response.status_code, body)


schema = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.mark.parametrize("kind", ["nobody", "impostor", "waiting", "admitted", "through"])
@schema.parametrize()
@hypothesis.settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_the_gate_does_what_it_says(gate, case, caller, kind):
    """No answer but those that the document names, whoever asks for whatever."""
    room, token = caller
    if case.path_parameters:
        case.path_parameters = {"id": room}
    headers = {"User-Agent": AGENT, **({"Authorization": f"Bearer {token}"} if token else {})}
    case.call_and_validate(base_url=gate.url, headers=headers, checks=[not_a_server_error, refuses_other_bodies, *CHECKS], timeout=20)
