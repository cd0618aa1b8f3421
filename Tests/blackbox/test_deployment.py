"""deploy/ and docker-compose.yml: checked by their own tools, and started without containers from Debian's packages."""

import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
import requests
import yaml

from rig import gate as gates
from rig.containers import compose, tool
from rig.gate import REPOSITORY, demo_shop
from rig.monitors import Prometheus, run
from rig.nats import NATSServer
from rig.process import Process, accepts, free_port, wait_until
from rig.redis import RedisServer
from rig.visitor import Visitor

DOCKERFILE = (REPOSITORY / "deploy/Dockerfile").read_text()
DRAGONFLY = (REPOSITORY / "docs/DRAGONFLYDB.md").read_text()
STATE = "/var/lib/anteroom"

# docker-compose.yml


@pytest.fixture(scope="module")
def services():
    return compose()["services"]


def test_compose_has_the_whole_house(services):
    ports = {(name, port["published"]) for name, service in services.items() for port in service.get("ports", [])}
    assert {("gate", "8080"), ("prometheus", "9091"), ("grafana", "3000")} <= ports
    assert {"gate", "shop", "dragonfly", "nats", "prometheus", "grafana"} <= set(services)


def test_only_the_gate_is_seen_from_outside(services):
    """The origin is reached through the gate alone, and what operators use from this machine alone."""
    for name, service in services.items():
        for port in service.get("ports", []):
            assert port.get("host_ip") == "127.0.0.1" or (name, port["target"]) == ("gate", 8080)


@pytest.mark.parametrize("name", ["gate", "shop", "dragonfly", "nats", "prometheus", "alertmanager", "grafana"])
def test_a_container_is_confined_checked_and_pinned(services, name):
    service = services[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "healthcheck" in service or "HEALTHCHECK" in DOCKERFILE.split(f"AS {service['build']['target']}")[1]
    assert re.search(r":v?\d+\.\d+\.\d+(-alpine)?$", service["image"])


def test_mounted_files_are_there(services):
    for service in services.values():
        for volume in service.get("volumes", []):
            assert volume["type"] == "volume" or pathlib.Path(volume["source"]).exists(), volume


def test_what_watches_finds_what_it_watches(services):
    """Prometheus its targets and Alertmanager, Grafana its data source and the folder of dashboards."""
    inside = {"gate:9090", "dragonfly:6379", "prometheus:9090", "alertmanager:9093"}
    assert {place.split(":")[0] for place in inside} <= set(services)
    configuration = (REPOSITORY / "deploy/prometheus/prometheus.yml").read_text()
    assert set(re.findall(r'"(\S+:\d+)"', configuration)) == inside - {"prometheus:9090"}
    provisioning = REPOSITORY / "deploy/grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090" and source["type"] == "prometheus" and source["isDefault"]
    [provider] = yaml.safe_load((provisioning / "dashboards/anteroom.yml").read_text())["providers"]
    mounts = {volume["target"]: pathlib.Path(volume["source"]) for volume in services["grafana"]["volumes"]}
    assert mounts[provider["options"]["path"]] == REPOSITORY / "deploy/grafana/dashboards"
    assert mounts["/etc/grafana/provisioning"] == provisioning


def test_dragonfly_runs_with_the_flags_that_it_needs(services):
    """Those of docs/DRAGONFLYDB.md."""
    [line] = re.findall(r"^ +(dragonfly .*)$", DRAGONFLY, re.MULTILINE)
    program, *words = shlex.split(line)
    told, words = [], iter(words)
    for word in words:
        told.append(word if "=" in word or word == "--lock_on_hashtags" else f"{word}={next(words)}")
    assert services["dragonfly"]["command"][0] == program
    assert set(told) <= set(services["dragonfly"]["command"])


def test_a_container_has_longer_than_the_gate_takes_to_end(services):
    drain = int(re.search(r"drain: (\d+)s", (REPOSITORY / "config/anteroom.yml").read_text())[1])
    assert int(services["gate"]["stop_grace_period"].rstrip("s")) > drain + 10


def texts() -> dict:
    """All that is said of deployment: file -> text."""
    files = [REPOSITORY / name for name in ("docker-compose.yml", "docs/DEPLOYMENT.md", "docs/MONITORING.md")]
    files += [file for file in (REPOSITORY / "deploy").rglob("*") if file.is_file()]
    return {file.relative_to(REPOSITORY): file.read_text() for file in files}


def test_keys_that_are_named_are_those_of_the_configuration():
    """As `gate.timeouts.drain`, wherever it is said."""
    reference = yaml.safe_load((REPOSITORY / "config/anteroom.yml").read_text())
    # admin.keys is a file.
    pattern = r"(?<![\w./-])(?!admin\.keys)(?:gate|admin|store|events|tokens)(?:\.[a-z_]{4,})+(?![\w./])"
    named = 0
    for file, text in texts().items():
        for key in re.findall(pattern, text):
            section = reference
            for part in key.split("."):
                assert part in section, f"{file} names {key}"
                section = section[part]
            named += 1
    assert named > 10


def test_files_that_are_named_are_there():
    """Pages of docs/ and files of deploy/."""
    for file, text in texts().items():
        for name in re.findall(r"\b(?:docs/\w+\.md|deploy/[\w./$-]+)", text):
            # One with a variable in it is of a shell's loop.
            assert "$" in name or (REPOSITORY / name.rstrip(".")).exists(), f"{file} names {name}"
        for name in re.findall(r"\]\((\w+\.md)", text):
            assert (REPOSITORY / "docs" / name).exists(), f"{file} names {name}"


# deploy/Dockerfile


def test_the_dockerfile_is_sound():
    run(tool("hadolint"), REPOSITORY / "deploy/Dockerfile")


def test_the_image_is_built_as_a_release_is():
    """By `make release`, whose flags link Swift's libraries into the program."""
    assert re.search(r"^RUN make release", DOCKERFILE, re.MULTILINE)
    plan = run("make", "--dry-run", "release")
    for product in ("anteroom", "demo-shop"):
        [line] = [line for line in plan.splitlines() if f"--product {product}" in line]
        assert "-c release" in line and "--static-swift-stdlib" in line


def test_the_build_gets_all_that_it_reads():
    """What Package.swift names is let through by .dockerignore, and what the Dockerfile copies."""
    let_through = re.findall(r"^!(\S+)$", (REPOSITORY / ".dockerignore").read_text(), re.MULTILINE)
    manifest = (REPOSITORY / "Package.swift").read_text()
    folders = {path.split("/")[0] for path in re.findall(r'path: "([^"]+)"', manifest)} | {"Sources", "Tests"}
    assert folders | {"Package.swift", "Makefile", "deploy/anteroom-ready"} <= set(let_through)
    for path in let_through:
        assert (REPOSITORY / path).exists()


def with_dependencies(names) -> set:
    """Debian packages and all that they need."""
    table = run("dpkg-query", "-W", "-f=${Package}\t${Pre-Depends}, ${Depends}\n")
    needs = {
        name: re.findall(r"(?:^|[,|]) *([\w.+-]+)", rest) for name, rest in re.findall(r"^(.*)\t(.*)$", table, re.M)
    }
    found, rest = set(), list(names)
    while rest:
        name = rest.pop()
        if name not in found:
            found.add(name)
            rest += needs.get(name, [])
    return found


def test_the_image_has_the_libraries_that_the_gate_needs():
    """Those that ldd names and that are no part of Swift come with the packages of the last stage."""
    stage = DOCKERFILE.split(" AS gate")[1]
    installed = with_dependencies(re.search(r"--no-install-recommends (.*) \\", stage)[1].split())
    libraries = [pathlib.Path(path) for path in re.findall(r"=> (/\S+)", run("ldd", gates.anteroom().resolve()))]
    # Packages name /lib where the file is in /usr/lib.
    names = [
        f"*/{path.resolve().name}" for path in libraries if "swift" not in str(path) and "Foundation" not in str(path)
    ]
    owners = {line.split(":")[0] for line in run("dpkg-query", "-S", *names).splitlines()}
    assert {"libhiredis0.14", "libnats3.4", "libssl3"} <= owners
    assert owners <= installed, owners - installed


# The same topology without containers.


def local(text, places) -> str:
    """Names of containers, their ports and folders, as they are on this machine."""
    for old, new in places.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def house(servers, services):
    """Started in the order and with the commands, environment and files of docker-compose.yml."""
    redis = servers.add(RedisServer(servers.folder, "dragonfly").start())
    nats = NATSServer(servers.folder)
    monitor, shop_port, port, admin_port = free_port(), free_port(), free_port(), free_port()
    command = [
        local(word, {"/data": str(nats.directory), "8222": str(monitor)}) for word in services["nats"]["command"]
    ]
    nats.process.argv = [*command, "-a", "127.0.0.1", "-p", str(nats.port)]
    servers.add(nats.start())
    nats.healthy = local(services["nats"]["healthcheck"]["test"][-1], {"8222": str(monitor)})

    [listen] = re.findall(r"^CMD (\[.*--port.*\])$", DOCKERFILE, re.MULTILINE)
    arguments = [local(word, {"0.0.0.0": "127.0.0.1", "9000": str(shop_port)}) for word in yaml.safe_load(listen)]
    shop = servers.add(Shop(servers.folder, arguments).start(shop_port))

    places = {
        "dragonfly:6379": redis.url,
        "nats:4222": f"127.0.0.1:{nats.port}",
        "shop:9000": f"127.0.0.1:{shop_port}",
        "0.0.0.0:9090": f"127.0.0.1:{admin_port}",
        "0.0.0.0:8080": "127.0.0.1:8080",
        STATE: str(servers.folder / "state"),
    }
    file = servers.folder / "gate.yml"
    file.write_text(local((REPOSITORY / "deploy/compose/gate.yml").read_text(), places))
    environment = {name: local(value, places) for name, value in services["gate"]["environment"].items()}
    gate = Gate(servers.folder, file, {**environment, "PORT": str(port)}, port, admin_port)
    servers.add(gate.start())
    gate.redis, gate.nats, gate.shop = redis, nats, shop
    return gate


class Shop:
    def __init__(self, folder, arguments):
        self.process = Process("shop", [demo_shop(), *arguments], folder)

    def start(self, port):
        self.process.start(port)
        return self

    def stop(self):
        return self.process.stop()


class Gate:
    """`anteroom run` where nothing can be written to but the folder that is a volume in the container."""

    def __init__(self, folder, file, environment, port, admin_port):
        self.port, self.admin_port = port, admin_port
        self.url, self.admin_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
        self.state = folder / "state"
        self.state.mkdir()
        confined = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && cd "$0" && exec "$@"'
        command = [gates.anteroom(), "run", "--config", file]
        self.process = Process(
            "gate",
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", confined, self.state, *command],
            folder,
            environment,
        )

    def start(self):
        self.process.start(self.port)
        wait_until(lambda: accepts(self.admin_port) and self.health().returncode == 0, 15, 0.1, "the health check")
        return self

    def health(self):
        """The health check of the image."""
        return subprocess.run(
            [REPOSITORY / "deploy/anteroom-ready"],
            env={"ADMIN": f"127.0.0.1/{self.admin_port}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=10,
        )

    def stop(self):
        return self.process.stop()


def test_a_visitor_comes_through_the_whole_house(house, servers):
    """Cookie, shop, event in the stream, scrape; the third waits; a purchase lets the next in."""
    assert requests.get(house.nats.healthy, timeout=5).ok
    first, second, third = (Visitor(house, "concert-tickets") for _ in range(3))
    assert first.navigate("/").status_code == 200 and first.cookie("s")
    assert second.navigate("/").status_code == 200
    assert third.navigate("/").status_code == 503 and third.cookie("p")
    assert third.load("/static/style.css", "style", "text/css").status_code in (200, 404)
    first.navigate("/")

    def told():
        return {event["type"] for event in house.nats.events("concert-tickets")}

    wait_until(lambda: {"position.enqueued", "position.admitted", "session.started"} <= told(), 15, 0.3, "events")
    prometheus = servers.add(Prometheus(servers.folder, {"anteroom": [house.admin_port]}).start())
    room = '{queue_id="concert-tickets"}'
    wait_until(lambda: prometheus.value(f"queue_id:waiting_room_slots_used:max{room}") == 2, 20, 0.3, "the scrape")
    wait_until(lambda: prometheus.value(f"queue_id:waiting_room_queue_length:max{room}") == 1, 10, 0.3, "the line")
    assert house.redis.ask("--scan", "--pattern", "ar:{concert-tickets}:meta").strip()

    first.navigate("/thanks")
    wait_until(lambda: third.status()["status"] == "admitted", 10, 0.2, "the turn")
    assert {"keys", "events"} >= {entry.name for entry in house.state.iterdir()}, "what is in the volume"


def test_the_health_check_says_when_the_gate_is_not_ready(house):
    house.redis.kill()
    answer = wait_until(lambda: house.health() if house.health().returncode else None, 10, 0.2, "an unhealthy gate")
    assert answer.returncode == 1 and '"name":"store","ok":false' in answer.stdout
    # What a load balancer asks.
    assert requests.get(f"{house.admin_url}/readyz?exclude=store", timeout=5).status_code == 200
    house.stop()
    assert house.health().returncode == 1


# deploy/systemd


@pytest.fixture
def units(tmp_path):
    """The units, with programs that are here."""
    if not shutil.which("systemd-analyze"):
        pytest.fail("systemd-analyze is missing: make test-tools", pytrace=False)
    for file in (REPOSITORY / "deploy/systemd").iterdir():
        text = file.read_text().replace("/usr/local/bin/anteroom", str(gates.anteroom().resolve()))
        (tmp_path / file.name).write_text(text.replace("Documentation=file:", "#"))
    return tmp_path


def test_the_units_are_sound(units):
    done = subprocess.run(
        ["systemd-analyze", "verify", "./anteroom.service", "./anteroom.socket"],
        cwd=units,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and done.stderr == ""


def test_the_service_is_confined(units):
    """systemd's own measure, from 0 to 10, here in tenths."""
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", "./anteroom.service", folder=units)


def test_the_unit_is_the_one_of_the_documents():
    """Times that belong together, and the addresses of the socket are those that gates listen on by default."""
    unit = (REPOSITORY / "deploy/systemd/anteroom.service").read_text()
    drain = int(re.search(r"drain: (\d+)s", (REPOSITORY / "config/anteroom.yml").read_text())[1])
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > drain + 10
    assert "Type=notify" in unit and "NotifyAccess=all" in unit and "WatchdogSec=" in unit
    listen = re.search(r"address: (\S+)", (REPOSITORY / "config/anteroom.yml").read_text())[1]
    assert f"ListenStream={listen}\n" in (REPOSITORY / "deploy/systemd/anteroom.socket").read_text()


def test_systemd_hands_over_its_socket(servers, origin, units):
    """As systemd does: it listens, and the gate is started when somebody comes."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    socket = re.search(r"^ListenStream=(\S+)$", (units / "anteroom.socket").read_text(), re.MULTILINE)[1]
    gate.configuration["gate"]["listen"] = [f"{socket.rpartition(':')[0]}:{gate.port}"]
    gate.write()
    gate.process.argv[:0] = ["systemd-socket-activate", "-l", f"{socket.rpartition(':')[0]}:{gate.port}"]
    gate.process.start()
    wait_until(lambda: "Listening on" in gate.process.log, 10, what="the socket")
    # The first visitor starts it, and waits for it.
    visitor = Visitor(gate)
    assert visitor.navigate("/page").status_code == 200 and visitor.cookie("s")
    assert "A socket that was handed over is closed" not in gate.process.log
