"""README.md and docs/: every command in them is run as it stands, every configuration checked, every link followed."""

import datetime
import re
import subprocess
import textwrap

import pytest
import yaml

from rig import gate as gates
from rig.gate import REPOSITORY
from rig.nats import NATSServer
from rig.process import Process, free_port, wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import Visitor, through

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
TEXTS = {str(page.relative_to(REPOSITORY)): page.read_text() for page in PAGES}
#: In a sentence, or a line of its own in a block.
COMMAND = re.compile(r"`(anteroom [^`\n]+)`|^ *(?:\$ )?(anteroom [-a-z](?:.*\\\n)*.*)$", re.MULTILINE)
COMMANDS = sorted(
    {
        " ".join((first or second).replace("\\\n", " ").split())
        for text in TEXTS.values()
        for first, second in COMMAND.findall(text)
    }
)
#: These go on until they are ended.
ENDLESS = ("anteroom run", "anteroom rooms watch", "anteroom rooms tail")


class Place:
    """Where a new user would sit: a folder with the configuration under both of its names, and a sale that goes on."""

    def __init__(self, servers):
        self.servers = servers
        origin = servers.origin(site)
        self.redis = servers.add(RedisServer(servers.folder).start())
        self.nats = servers.add(NATSServer(servers.folder).start())
        opening = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
        rooms = [
            self.room(origin, "tickets", 1),
            self.room(origin, "open", 5000),
            # With a draw.
            self.room(origin, "concert-tickets", 1, opens_at=opening.isoformat(timespec="seconds"), pre_queue="1h"),
        ]
        self.gate = servers.gate(
            rooms,
            name="user",
            store={"kind": "dragonfly", "url": self.redis.url},
            events={"nats_url": self.nats.url},
            tokens={"key_file": "var/keys/signing.pem"},
        )
        self.folder = self.gate.directory
        text = self.gate.file.read_text()
        for name in ("gate.yml", "config/anteroom.yml"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)
        for _ in range(3):
            Visitor(self.gate, "concert-tickets").navigate("/concert-tickets/echo")
        through(self.gate, "tickets", path="/tickets/echo")
        wait_until(lambda: self.gate.facts("concert-tickets").get("draw_seed"), 15, 0.1, "the draw")

    @staticmethod
    def room(origin, name, slots, **changes):
        match = {"hosts": [], "paths": [f"/{name}"]}
        return gates.busy_room(origin.url, slots=slots, id=name, match=match, **changes)

    def as_the_file_says(self):
        """Takes back what operators have set."""
        for room in self.gate.configuration["rooms"]:
            self.gate.admin("DELETE", f"/rooms/{room['id']}/overrides").raise_for_status()

    def join(self, room) -> dict:
        """The place of somebody new."""
        visitor = Visitor(self.gate, room)
        answer = visitor.call("POST", "enqueue", json={})
        assert answer.status_code == 201, answer.text
        return visitor.status()

    def waiting(self) -> str:
        """The position of somebody new in line: where a slot is free, somebody before them takes it."""
        for _ in range(2):
            place = self.join("tickets")
            if place["status"] == "waiting":
                break
        assert place["status"] == "waiting", place
        return place["position_id"]

    def through(self) -> Visitor:
        return through(self.gate, "open", path="/open/echo")

    def filled(self, command) -> list:
        """The command's words, with somebody for each name in capitals, in rooms as no command before has left them."""
        self.as_the_file_says()
        words = command.split(" > ")[0].split()
        values = {"FILE": lambda: "gate.yml", "POSITION": self.waiting, "TOKEN": lambda: self.through().cookie("s")}
        values["SESSION"] = lambda: self.through().call("GET", "session").json()["session_id"]
        values["N"] = lambda: "1000"
        values["ROOM"] = lambda: "open" if "SESSION" in words else "tickets"
        filled = []
        for word in words[1:]:
            if word in values:
                filled.append(values[word]())
            elif re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", word):
                filled.append(self.waiting())
            elif word.endswith("…"):
                filled.append(self.gate.facts("concert-tickets")["draw_commitment"])
            else:
                filled.append(word)
        if filled[:2] == ["rooms", "drain"]:
            filled.append("--yes")  # it would ask, and there is nobody to answer
        if filled[0] == "simulate":
            # A configuration with one room, and no list of arrivals, needs neither.
            filled += [] if "--room" in filled else ["--room", "tickets"]
            filled += [] if "--visitors" in filled else ["--visitors", "1000"]
        return filled

    def run(self, *arguments):
        return subprocess.run(
            [gates.anteroom(), *arguments], cwd=self.folder, capture_output=True, text=True, timeout=30,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def place(module_servers):
    place = Place(module_servers)
    # What other commands of the documents leave behind.
    (place.folder / "kept.jsonl").write_text("")
    commitment = place.gate.facts("concert-tickets")["draw_commitment"]
    verify = ["verify-draw", "--config", "gate.yml", "--room", "concert-tickets", "--commitment", commitment]
    wait_until(lambda: place.run(*verify, "--publish", "draw.jsonl").returncode == 0, 15, 0.3, "the draw in the record")
    return place


def is_mention(command) -> bool:
    """A command by its name alone, such as `anteroom keys`."""
    return re.fullmatch(r"anteroom( [a-z][a-z-]*)+", command) is not None


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith(ENDLESS)])
def test_a_command_does_what_it_is_written_for(place, command):
    words = place.filled(command)
    done = place.run(*words)
    if words[0] == "explain" and done.returncode == 1:
        # The record has it a moment later.
        done = wait_until(lambda: (again := place.run(*words)).returncode == 0 and again, 10, 0.2, "the record")
    if done.returncode == 2 and is_mention(command):
        done = place.run(*command.split()[1:], "--help")
        assert command.split()[-1] in done.stdout.split("USAGE:")[1].splitlines()[0], done.stdout
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    assert done.stdout or done.stderr


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith(ENDLESS)])
def test_a_command_that_goes_on_does_until_it_is_ended(place, command):
    folder = place.folder
    words = place.filled(command)
    if command.startswith("anteroom run"):
        # A gate of its own, for the place's has the ports.
        folder = place.folder / "another"
        configuration = {**place.gate.configuration, "admin": {"listen": f"127.0.0.1:{free_port()}"}}
        configuration["gate"] = {"listen": [f"127.0.0.1:{free_port()}"], "access_log": "off"}
        for name in ("gate.yml", "config/anteroom.yml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(yaml.safe_dump(configuration))
    process = Process("endless", [gates.anteroom(), *words], folder)
    process.log_file.unlink(missing_ok=True)
    process.start()
    try:
        if command.startswith("anteroom rooms tail"):
            # Nothing may have happened when it begins to listen, so things go on happening.
            wait_until(lambda: place.join("open") and "position." in process.log, 15, 0.3, "an event")
        else:
            wait_until(lambda: process.log, 15, 0.1, "a word")
        assert process.running(), process.log
    finally:
        process.stop()


def test_there_are_commands():
    """That the pattern above goes on finding them."""
    assert {"anteroom check --config FILE", "anteroom rooms audit", "anteroom run --config gate.yml"} <= set(COMMANDS)
    assert len(COMMANDS) > 40


def test_what_make_is_asked_for_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    told = {name for text in TEXTS.values() for name in re.findall(r"(?:`|^ {4})make ([a-z-]+)", text, re.MULTILINE)}
    assert {"run", "test", "release", "bench"} <= told and told - targets == set()


def configurations():
    """Blocks, fenced or indented, that are a whole configuration: those with rooms."""
    for name, text in TEXTS.items():
        blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        blocks += [textwrap.dedent(block) for block in re.findall(r"(?:^ {4,}.*\n)+", text, re.MULTILINE)]
        for number, block in enumerate(blocks):
            if re.search(r"^rooms:", block, re.MULTILINE):
                yield pytest.param(block, id=f"{name}-{number}")


@pytest.mark.parametrize("block", list(configurations()))
def test_a_configuration_can_be_used(tmp_path, block):
    # Files that an example names, such as certificates, are not here.
    if re.search(r"\b(certificate|ca_file|template|challenge_secret_file):", block):
        pytest.skip("names files that are not here; test_tls.py, test_https_origins.py and test_challenges.py have such")
    (tmp_path / "gate.yml").write_text(block)
    done = gates.run_once("check", "--config", "gate.yml", directory=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def anchors(text) -> set:
    """Of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    page = REPOSITORY / name
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text()), target


def test_the_index_names_every_page():
    index = TEXTS["docs/README.md"]
    missing = [page.name for page in PAGES[1:] if page.name != "README.md" and f"({page.name})" not in index]
    assert missing == []
