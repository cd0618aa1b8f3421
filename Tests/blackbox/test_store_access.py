"""How a gate logs in to the shared store: users, passwords, databases, TLS (docs/DRAGONFLYDB.md)."""

import re
import subprocess

import pytest

from rig import gate as gates
from rig.gate import REPOSITORY
from rig.process import free_port, wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor, through


def gate_on(servers, url, origin, **store):
    return servers.gate([gates.busy_room(origin.url)], start=False, store={"kind": "dragonfly", "url": url, **store})


def least_rights() -> list:
    """What docs/DRAGONFLYDB.md says that the user needs."""
    text = (REPOSITORY / "docs/DRAGONFLYDB.md").read_text()
    [line] = re.findall(r"ACL SETUSER anteroom .*", text)
    return line.split()[3:]


@pytest.fixture
def guarded(servers):
    """A server that takes nobody without a password, with a user that may do what the documentation says."""
    redis = servers.add(RedisServer(servers.folder).start())
    assert "OK" in redis.ask("acl", "setuser", "anteroom", *least_rights())
    assert "OK" in redis.ask("acl", "setuser", "default", "off")
    return redis


def test_a_user_with_the_least_rights(servers, guarded, origin):
    """Everything that a gate does in a visitor's life: join, look, admit, activity, leave, complete, clean."""
    gate = gate_on(servers, f"redis://anteroom:p%40ss@127.0.0.1:{guarded.port}/0", origin).start()
    first, second = through(gate), Visitor(gate)
    assert second.navigate().status_code == 503
    assert second.status()["position"] == 1
    assert first.navigate("/page").status_code == 200
    assert first.call("POST", "session/complete").status_code == 204
    wait_until(lambda: second.status()["status"] == "admitted", 5, 0.1, "admission")
    assert second.call("POST", "leave").status_code == 204
    wait_until(lambda: gate.metric("waiting_room_cleanup_duration_seconds_count") > 0, 8, 0.2, "a cleaning")
    assert "NOPERM" not in gate.process.log and "refused" not in gate.process.log


@pytest.mark.parametrize("login", ["", "anteroom:wrong@"])
def test_a_wrong_login_is_named(servers, guarded, origin, login):
    gate = gate_on(servers, f"redis://{login}127.0.0.1:{guarded.port}", origin)
    gate.process.start(gate.port)
    said = wait_until(lambda: re.search("(NOAUTH|WRONGPASS)[^\n]*", gate.process.log), 5, 0.1, "a message")
    assert said and "wrong@" not in gate.process.log
    assert Visitor(gate).navigate().status_code == 503


def test_a_database_of_its_own(servers, origin):
    redis = servers.add(RedisServer(servers.folder).start())
    gate = gate_on(servers, f"redis://127.0.0.1:{redis.port}/3", origin).start()
    through(gate)
    assert "ar:{shop}:meta" in redis.ask("-n", "3", "keys", "*") and not redis.ask("keys", "*").strip()


def certificate(folder, name, *options):
    """A certificate for 127.0.0.1, signed by itself or as the options say."""
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
    subprocess.run([*command.split(), *options], cwd=folder, check=True, capture_output=True)
    return folder / f"{name}.pem"


def test_tls(servers, origin):
    """With the store's own authority the gate connects; without it, or for another name, it does not. Nor does a
    certificate for the store's address stand for its name."""
    ca = certificate(servers.folder, "authority")
    names = [("server", "IP:127.0.0.1"), ("stranger", "DNS:elsewhere.example"), ("named", "DNS:localhost")]
    for name, address in names:
        options = ["-CA", str(ca), "-CAkey", "authority.key", "-addext", f"subjectAltName={address}"]
        certificate(servers.folder, name, *options, "-addext", "basicConstraints=critical,CA:FALSE")

    def served_by(name):
        port, folder = free_port(), servers.folder
        options = ["--tls-port", str(port), "--tls-cert-file", str(folder / f"{name}.pem"), "--tls-auth-clients", "no"]
        options += ["--tls-key-file", str(folder / f"{name}.key"), "--tls-ca-cert-file", str(ca)]
        servers.add(RedisServer(folder, name=f"redis-{name}", options=options).start())
        return f"rediss://127.0.0.1:{port}"

    url = served_by("server")
    for address in (url, served_by("named").replace("127.0.0.1", "localhost")):
        trusting = gate_on(servers, address, origin, ca_file=str(ca)).start()
        through(trusting)
        trusting.stop()
    trust = {"ca_file": str(ca)}
    by_name = url.replace("127.0.0.1", "localhost")
    for address, store in [(url, {}), (served_by("stranger"), trust), (by_name, trust)]:
        gate = gate_on(servers, address, origin, **store)
        # All these gates write to one log.
        before = len(gate.process.log)
        gate.process.start(gate.port)
        assert Visitor(gate).navigate().status_code == 503
        wait_until(lambda: re.search("CERTIFICATE_VERIFY_FAILED|ValidateHostname", gate.process.log[before:]), 5)
        assert "Store connected" not in gate.process.log[before:]
        gate.stop()
