"""`anteroom rooms`: a room seen and steered from a terminal (docs/OPERATIONS.md)."""

import concurrent.futures
import fcntl
import http.client
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import termios
import uuid

import pytest

from rig import gate as gates
from rig.line import until_admitted, waiting
from rig.process import free_port, wait_until
from rig.site import site
from rig.visitor import AGENT, through

OPERATOR, VIEWER, STRANGER = "o" * 40, "v" * 40, "x" * 40


class Terminal:
    """The commands as somebody types them in the gate's folder."""

    def __init__(self, gate):
        self.gate = gate

    def run(self, *words, code=0, key=None, config=True):
        """What a command prints to standard output, or, where it is to fail, to standard error."""
        named = ["--config", self.gate.file] if config else []
        environment = {"ANTEROOM_ADMIN_KEY": key or "", "NO_COLOR": ""}
        done = gates.run_once("rooms", *words, *named, directory=self.gate.directory, environment=environment)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def json(self, *words):
        """The same as a program wants it: one JSON text, on one line."""
        [line] = self.run(*words, "--json").splitlines()
        return json.loads(line)

    def typed(self, *words, answer=None, columns=80, until=None):
        """All that a terminal shows; `answer` is typed once a question stands there."""
        leader, follower = pty.openpty()
        os.set_blocking(leader, True)
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = subprocess.Popen(
            [gates.anteroom(), "rooms", *words, "--config", self.gate.file],
            cwd=self.gate.directory,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": ""},
        )
        os.close(follower)
        shown = b""
        try:
            while True:
                try:
                    piece = os.read(leader, 65536)
                except OSError:  # EIO: nobody has the terminal open any more
                    break
                shown += piece
                if answer and b"[y/N]" in shown:
                    os.write(leader, answer.encode() + b"\n")
                    answer = None
                if until and until in shown.decode(errors="replace"):
                    child.terminate()
                    until = None
        finally:
            os.close(leader)
            child.wait(20)
        return child.returncode, shown.decode()


@pytest.fixture(scope="module")
def gate(module_servers):
    origin = module_servers.origin(site)
    gate = module_servers.gate(
        [
            gates.busy_room(origin.url, slots=3),
            gates.room(origin.url, id="closed", name="Closed", match={"paths": ["/closed"]}, status="paused"),
        ],
        start=False,
        admin={"keys_file": "admin.keys"},
    )
    keys = gate.directory / "admin.keys"
    keys.write_text(f"# keys\nbob viewer {VIEWER}\nann operator {OPERATOR}\n")
    keys.chmod(0o600)
    return gate.start()


@pytest.fixture
def rooms(gate):
    """A terminal, and rooms that are empty and as the file has them."""
    yield Terminal(gate)
    for room in ("shop", "closed"):
        gate.admin("POST", f"/rooms/{room}/drain", key=OPERATOR, json={"scope": "all"}).raise_for_status()
        gate.admin("DELETE", f"/rooms/{room}/overrides", key=OPERATOR).raise_for_status()


def crowd(gate, count):
    """So many join, by the API."""

    def join(share):
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=30)
        for _ in range(share):
            connection.request("POST", "/api/v1/queues/shop/enqueue", "{}", {"User-Agent": AGENT})
            answer = connection.getresponse()
            assert answer.status == 201, answer.read()
            answer.read()
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        list(pool.map(join, [count // 5] * 5))


# Looking


def test_the_list_is_aligned_and_fits(rooms):
    """The same columns in each line, 80 wide, no colours in a pipe, and it is what `anteroom rooms` alone says."""
    lines = rooms.run("list").splitlines()
    assert lines[0].split() == ["ROOM", "STATUS", "WAITING", "IN", "USE", "SLOTS", "RATE", "WAIT"]
    assert [line.split()[0] for line in lines[1:]] == ["shop", "closed"]
    assert all(len(line) <= 80 and "\x1b" not in line for line in lines)
    end = lines[0].index("SLOTS") + len("SLOTS")
    assert [line[:end].split()[-1] for line in lines[1:]] == ["3", "5,000"]
    assert rooms.run() == rooms.run("list")


def test_a_terminal_has_colours(rooms):
    """Status in colour, and no line longer than a narrow terminal is wide."""
    code, shown = rooms.typed("list", columns=40)
    assert code == 0 and "\x1b[32mactive\x1b[0m" in shown
    assert all(len(re.sub("\x1b\\[[0-9]+m", "", line)) <= 40 for line in shown.splitlines())


def test_json_is_for_programs(rooms, gate):
    """One line each, as the gate answers it."""
    assert [room["queue_id"] for room in rooms.json("list")["rooms"]] == ["shop", "closed"]
    shop = rooms.json("show", "shop")
    assert shop["status"] == "active" and shop["max_active_users"] == 3 and shop["overrides"] is None
    assert isinstance(rooms.json("audit")["entries"], list)


def test_show_says_what_the_file_says(rooms):
    """A fact a line; an override says what it stands in place of, and whose it is."""
    assert "Status" in rooms.run("show", "shop")
    rooms.run("set", "shop", "--rate", "7/min")
    shown = rooms.run("show", "shop")
    assert re.search(r"Rate +7/min +set by an operator; the file says 100/s", shown)
    assert re.search(r"Set +by ann at ", shown)


# Steering


def test_pause_and_resume(rooms, gate):
    """Paused nobody is let in and places are kept; resume clears the override, and is content where there is none."""
    said = rooms.run("pause", "shop")
    assert said.startswith("shop is paused, where the file says active: nobody is let in")
    assert "paused*" in rooms.run("list")
    [visitor] = waiting(gate)
    assert "active, as the file says" in rooms.run("resume", "shop")
    until_admitted(visitor)
    assert rooms.json("show", "shop")["overrides"] is None
    assert "active, as the file says" in rooms.run("resume", "shop")


def test_resume_overrules_a_file_that_says_paused(rooms):
    """There is no override to clear: active is set, and it says so."""
    assert "where the file says paused" in rooms.run("resume", "closed")
    assert rooms.json("show", "closed")["overrides"]["status"] == "active"


def test_maintenance(rooms, gate):
    """Everybody sees the maintenance page, until resume."""
    visitor = through(gate)
    assert "anteroom rooms resume shop" in rooms.run("maintenance", "shop")
    wait_until(lambda: visitor.navigate().status_code == 503, 5, 0.1, "the maintenance page")
    rooms.run("resume", "shop")
    wait_until(lambda: visitor.navigate().status_code == 200, 5, 0.1, "the origin's answer")


def test_limits_are_set_and_cleared_one_by_one(rooms):
    """`file` clears one, --clear all but what stands beside it; what is no rate is refused with the gate's words."""
    said = rooms.run("set", "shop", "--rate", "5/s", "--slots", "2")
    assert said == "shop: status active, rate 5/s (the file says 100/s), 2 slots (the file says 3)\n"
    assert "2 slots (the file says 3)" in rooms.run("set", "shop", "--rate", "file")
    room = rooms.json("set", "shop", "--clear", "--status", "paused")
    assert (room["status"], room["max_active_users"], room["queue_rate"]) == ("paused", 3, "100/s")
    assert rooms.run("set", "shop", "--clear") == "shop: status active, rate 100/s, 3 slots, all as the file says\n"
    assert "rate" in rooms.run("set", "shop", "--rate", "many", code=1)
    assert "Give --rate" in rooms.run("set", "shop", code=2)
    assert "status" in rooms.run("set", "shop", "--status", "open", code=2)


def test_admit_goes_beyond_a_pause_and_never_beyond_slots(rooms, gate):
    """Three of four who wait, for there are three slots."""
    rooms.run("pause", "shop")
    visitors = waiting(gate, 4)
    assert rooms.run("admit", "shop", "1") == "shop: 1 was let in; 3 wait.\n"
    assert visitors[0].status()["status"] == "admitted"
    said = rooms.run("admit", "shop", "50")
    assert said == "shop: 2 were let in of 50, for no more slots are free; 1 waits.\n"
    assert rooms.run("admit", "shop", "0", code=2)


def test_a_drain_goes_in_steps(rooms, gate):
    """2,500 who wait are ended in three steps, a line each where there is no terminal; a session stays."""
    visitor = through(gate)
    rooms.run("pause", "shop")
    crowd(gate, 2500)
    assert "--yes" in rooms.run("drain", "shop", code=2)
    assert rooms.json("show", "shop")["waiting"] == 2500
    done = gates.run_once("rooms", "drain", "shop", "--yes", "--config", gate.file, directory=gate.directory)
    assert done.stdout == "shop: 2,500 places in line were ended.\n"
    assert done.stderr.splitlines() == ["1,000 of 2,500", "2,000 of 2,500", "2,500 of 2,500"]
    assert rooms.json("show", "shop")["waiting"] == 0
    assert visitor.navigate().status_code == 200


def test_a_drain_asks(rooms, gate):
    """At a terminal it says whom it will end; no is no, yes shows a bar."""
    rooms.run("pause", "shop")
    waiting(gate, 2)
    code, shown = rooms.typed("drain", "shop", answer="n")
    assert code == 1 and "End 2 places in line in shop?" in shown and "nothing was ended" in shown
    assert rooms.json("show", "shop")["waiting"] == 2
    code, shown = rooms.typed("drain", "shop", answer="y")
    assert code == 0 and "[####" in shown and "100 %" in shown
    assert rooms.json("show", "shop")["waiting"] == 0


def test_one_place(rooms, gate):
    """Looked up, moved to the front, removed; then it is gone."""
    rooms.run("pause", "shop")
    first, second, third = waiting(gate, 3)
    position = third.status()["position_id"]
    assert re.search(r"Place +3 +of 3", rooms.run("position", "show", "shop", position))
    assert rooms.json("position", "move", "shop", position, "--front")["position"] == 1
    assert "Give --front or --priority" in rooms.run("position", "move", "shop", position, code=2)
    assert rooms.run("position", "remove", "shop", position) == f"shop: position {position} was ended.\n"
    assert third.status()["status"] == "terminated"
    assert "does not know" in rooms.run("position", "remove", "shop", str(uuid.uuid4()), code=1)
    assert first.status()["position"] == 1 and second.status()["position"] == 2


def test_one_session(rooms, gate):
    """Ended, its cookie opens nothing any more."""
    visitor = through(gate)
    visitor.navigate()
    session = visitor.call("GET", "session").json()["session_id"]
    assert rooms.json("end-session", "shop", session)["session_id"] == session
    wait_until(lambda: visitor.call("GET", "session").status_code == 401, 5, 0.1, "the end")
    assert "session" in rooms.run("end-session", "shop", session, code=1)


def test_the_audit_names_the_key(rooms):
    """Who did it, what, and in which room, newest first."""
    rooms.run("set", "shop", "--slots", "2")
    entry = rooms.json("audit", "--limit", "1")["entries"][0]
    assert (entry["actor"], entry["queue_id"], entry["action"]) == ("ann", "shop", "room.overridden")
    lines = rooms.run("audit").splitlines()
    assert lines[0].split() == ["TIME", "(UTC)", "WHO", "ROOM", "WHAT", "DETAIL"]
    assert lines[1].split()[2:5] == ["ann", "shop", "room.overridden"]


def test_a_tail_shows_what_happens(rooms, gate):
    """From the moment on when it began, a line for each event; with --json the CloudEvent itself."""
    process = subprocess.Popen(
        [gates.anteroom(), "rooms", "tail", "--room", "shop", "--kind", "room.overridden", "--json"]
        + ["--config", gate.file],
        cwd=gate.directory,
        stdout=subprocess.PIPE,
    )
    try:
        # Until the tail is open nothing is told, so it is done until it is.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            line = pool.submit(process.stdout.readline)

            def told():
                rooms.run("pause", "shop")
                rooms.run("resume", "shop")
                return line.done()

            wait_until(told, 20, 0.1, "an event")
        event = json.loads(line.result())
        assert event["type"] == "room.overridden" and event["data"]["queue_id"] == "shop"
    finally:
        process.terminate()
        process.wait(10)


def test_watch_refreshes_in_place(rooms):
    """The list again, over the one before."""
    _, shown = rooms.typed("watch", "--every", "1", until="\x1b[4A\r\x1b[J")
    assert shown.count("shop") == 2


# What goes wrong


def test_the_key_is_named_by_where_it_came_from(rooms, gate):
    """A wrong one, a viewer's, none; never the key itself, and never an argument."""
    said = rooms.run("list", code=1, key=STRANGER)
    assert "does not know the key of ANTEROOM_ADMIN_KEY" in said and STRANGER not in said
    said = rooms.run("pause", "shop", code=1, key=VIEWER)
    assert "a viewer's" in said and VIEWER not in said
    assert rooms.run("list", key=VIEWER) == rooms.run("list")
    file = gate.directory / "mine.key"
    file.write_text(STRANGER)
    file.chmod(0o600)
    assert f"the key of {file}" in rooms.run("list", "--key-file", file, code=1)
    file.chmod(0o644)
    assert f"chmod 0600 {file}" in rooms.run("list", "--key-file", file, code=1)
    assert "no key" in rooms.run("list", code=1, config=False)
    assert "Unknown option" in rooms.run("list", "--key", OPERATOR, code=2)


def test_an_unknown_room(rooms):
    """Which there are."""
    said = rooms.run("show", "stop", code=1)
    assert said == "anteroom: there is no room stop; the rooms are shop, closed\n"
    assert "lower-case" in rooms.run("show", "No Room", code=2)


def test_no_gate(rooms):
    """The address, why, and what to try, in one line."""
    port = free_port()
    said = rooms.run("list", "--admin", f"http://127.0.0.1:{port}", code=1)
    assert said.startswith(f"anteroom: no gate answers at http://127.0.0.1:{port} (Connection refused)")
    assert "--admin" in said and len(said.splitlines()) == 1


def test_a_file_with_mistakes_is_no_hindrance(rooms, gate):
    """The gate goes on with the last good one, and has to be reached; what is asked of the file is right."""
    good = gate.file.read_text()
    gate.write(good + "mistake: 1\n")
    try:
        assert "shop is paused" in rooms.run("pause", "shop")
    finally:
        gate.write(good)


# Completion

BASH = """
source "$1"
anteroom() { "$GATE" "$@"; }
COMP_LINE="$2"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
read -ra COMP_WORDS <<< "${COMP_LINE//=/ = }"; [[ "$COMP_LINE" == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_anteroom anteroom "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completions(shell, folder) -> pathlib.Path:
    file = pathlib.Path(folder) / f"anteroom.{shell}"
    file.write_text(gates.run_once("--generate-completion-script", shell).stdout)
    return file


@pytest.fixture
def shell(tmp_path):
    """Bash in a folder with a configuration file at the usual place and another one; what it offers at a line's end."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/anteroom.yml").write_text("rooms: [{ id: usual }]")
    (tmp_path / "other.yml").write_text("rooms: [{ id: shop }, { id: bar, queue_rate: a mistake }]")
    script = completions("bash", tmp_path)

    def completed(line) -> list:
        done = subprocess.run(
            ["bash", "--norc", "-c", BASH, "bash", script, line],
            capture_output=True,
            text=True,
            timeout=20,
            cwd=tmp_path,
            env={**os.environ, "GATE": str(gates.anteroom())},
        )
        assert not done.stderr, done.stderr
        return [word.strip() for word in done.stdout.split("\n") if word.strip()]

    return completed


def test_bash_completes_commands_rooms_and_values(shell):
    """Rooms come from the configuration that the line names, whatever else is wrong with it, or from the usual one."""
    assert {"rooms", "check", "run"} <= set(shell("anteroom "))
    assert {"list", "pause", "drain"} <= set(shell("anteroom rooms "))
    assert shell("anteroom rooms pause u") == ["usual"]
    assert shell("anteroom rooms pause --config other.yml ") == ["shop", "bar"]
    assert shell("anteroom rooms set --config=other.yml shop --status ma") == ["maintenance"]
    assert shell("anteroom explain --config other.yml --room ") == ["shop", "bar"]


@pytest.mark.parametrize("shell, check", [("zsh", ["-n"]), ("fish", ["--no-execute"])])
def test_completions_of_other_shells_are_sound(tmp_path, shell, check):
    """The shell itself reads them without complaint."""
    assert shutil.which(shell), f"apt-get install {shell}"
    script = completions(shell, tmp_path)
    assert "maintenance" in script.read_text()
    done = subprocess.run([shell, *check, script], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
