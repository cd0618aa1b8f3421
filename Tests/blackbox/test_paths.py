"""Paths written so that they look like another (docs/HTTP.md): what the gate decides on is what the origin gets."""

import posixpath
import re
import urllib.parse

import pytest

from rig import gate as gates
from rig.site import site
from rig.wire import exchange, request

#: Ways to write a path in the vault that a prefix check on the raw bytes would miss.
DISGUISES = [
    "/vault",
    "/vault/",
    "/vault/secret",
    "/vault/secret?x=/open",
    "/open/../vault/secret",
    "/open/%2e%2e/vault/secret",
    "/open/.%2e/vault/secret",
    "/open/%2E./vault/secret",
    "/./vault/secret",
    "/%2e/vault/secret",
    "//vault/secret",
    "///vault//secret",
    "/open//../vault/secret",
    "/open/a/../../vault/secret",
    "/open/..%2fvault/secret",
    "/open%2f..%2fvault/secret",
    "/open/%2e%2e%2fvault/secret",
    "/open/..%2Fvault%2Fsecret",
    "/vault%2fsecret",
    "/%76ault/secret",
    "/v%61ult/secret",
    "/%56ault/../vault/secret",
    "/vault/./secret",
    "/vault/../vault/secret",
    "/open/..;/vault/secret",
    "/open/..;x=y/vault/secret",
    "/vault;x=y/secret",
    "/;/vault/secret",
    "/;x/vault/secret",
    "/open\\..\\vault\\secret",
    "/\\vault/secret",
    "/open/..\\vault/secret",
    "/open/..%5cvault/secret",
    "/%5cvault/secret",
    "/open/..//vault/secret",
    "/open/.;/../vault/secret",
    "/%2f/vault/secret",
    "/%2fvault/secret",
    "/vault%2f",
    "/open/x/..%2f..%2fvault/secret",
    "/open/..%3b/vault/secret",
    "http://shop.test/vault/secret",
    "http://shop.test//vault/secret",
    "http://shop.test/open/../vault/secret",
    "/vault%3bx/secret",
    "/vault%3Bx",
]


def lenient_readings(target):
    """The paths that some origin makes of a target: decoded once, with and without parameters, slashes merged."""
    path = re.sub(r"^https?://[^/]*", "", target).split("?")[0]
    for decode_first in (True, False):
        for parameters in (True, False):
            for backslash in (True, False):
                reading = urllib.parse.unquote(path) if decode_first else path
                if backslash:
                    reading = reading.replace("\\", "/")
                if not parameters:
                    reading = re.sub(r";[^/]*", "", reading)
                reading = urllib.parse.unquote(reading) if not decode_first else reading
                yield posixpath.normpath("/" + re.sub(r"/+", "/", reading).lstrip("/"))


def is_in_vault(target) -> bool:
    return any(path == "/vault" or path.startswith("/vault/") for path in lenient_readings(target))


@pytest.fixture(scope="module")
def vault(module_servers):
    """A room that admits nobody at /vault, beside one that admits everybody and a bypass rule."""
    origin = module_servers.origin(site)
    gate = module_servers.gate(
        [
            gates.room(origin.url, id="vault", match={"paths": ["/vault"]}, status="paused"),
            gates.room(origin.url, id="open", match={"paths": ["/"]}, bypass={"paths": ["/open/*"]}),
        ],
        name="vault",
    )
    return origin, gate


@pytest.mark.parametrize("target", DISGUISES)
def test_no_disguise_opens_a_protected_path(vault, target):
    """Invariant 5: whatever the path is written as, an origin that reads it leniently is not asked for the vault."""
    origin, gate = vault
    origin.forget()
    assert is_in_vault(target), "the disguise itself"
    answer = exchange(gate.port, request("GET", target, [("Accept", "text/html")]))
    assert answer.status in (200, 400, 404, 503), answer.status
    # What is forwarded in another form must be harmless in every reading of that form.
    assert [received.target for received in origin.seen() if is_in_vault(received.target)] == []


@pytest.mark.parametrize(
    "target",
    [
        "/open/a%2fb",
        "/open/a;v=1",
        "/open/a\\b",
        "/open//a",
        "/vaulted",
        "/open/vault",
        "/open/x?next=/vault",
        "/open/..a",
        "/open/%252e%252e%252fvault",
    ],
)
def test_odd_paths_that_stay_in_their_room_are_forwarded(vault, target):
    """Only what leaves the room is refused."""
    origin, gate = vault
    origin.forget()
    answer = exchange(gate.port, request("GET", target, [("Accept", "text/html")]))
    [received] = origin.seen()
    assert answer.status == 200 and received.target.lower() == target.lower()


@pytest.mark.parametrize(
    "target",
    [
        "/__anteroom/../open/x",
        "/open/../__anteroom/jwks.json",
        "/open/%2e%2e/api/v1/queues/open",
        "/%5f_anteroom/jwks.json",
    ],
)
def test_the_reserved_path_is_the_gates(vault, target):
    """No spelling of the reserved path or the API is forwarded as such."""
    origin, gate = vault
    origin.forget()
    exchange(gate.port, request("GET", target, [("Accept", "text/html")]))
    for received in origin.seen():
        assert not any(
            path.startswith(("/__anteroom", "/api/v1/queues/open")) for path in lenient_readings(received.target)
        )
