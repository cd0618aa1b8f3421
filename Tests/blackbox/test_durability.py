"""What was acknowledged is there after any end of the gate (docs/OPERATIONS.md): kill -9, torn files, a second gate, busy ports."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import socket
import threading
import time

import pytest

from rig import gate as gates
from rig.process import wait_until
from rig.visitor import AGENT, Visitor, through
from rig.wire import exchange, request


def journal_files(gate) -> list:
    """The files of the data directory that hold the line, the newest last; keys, salts and locks are not among them."""
    folder = gate.directory / "var"
    files = [
        path
        for path in folder.rglob("*")
        if path.is_file() and "keys" not in path.parts and path.stat().st_size and "lock" not in path.name
    ]
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


class Joiners:
    """Clients that join without pause and note what they were told, until the gate is gone."""

    def __init__(self, gate, count):
        self.gate, self.acknowledged, self.lock = gate, [], threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._join) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _join(self):
        body = b"{}"
        while not self.over.is_set():
            try:
                answer = exchange(
                    self.gate.port,
                    request(
                        "POST",
                        "/api/v1/queues/shop/enqueue",
                        [("User-Agent", AGENT), ("Content-Type", "application/json")],
                        body,
                    ),
                    timeout=5,
                )
            except Exception:
                if self.over.is_set() or not self.gate.process.running():
                    return
                continue
            if answer.status == 201:
                position = json.loads(answer.body)
                with self.lock:
                    self.acknowledged.append((position["token"], position["position_id"], position["position"]))

    def wait(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def places(gate, acknowledged):
    """Where each of these stands now."""

    def ask(entry):
        answer = Visitor(gate).call("GET", "status", bearer=entry[0], cookies=False)
        assert answer.status_code == 200, (entry[1], answer.status_code, answer.text)
        return answer.json()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, acknowledged))


@pytest.mark.parametrize("turn", range(3))
def test_kill_9_under_concurrent_joins_loses_nobody(servers, origin, turn):
    """Every acknowledged position is there after the restart, in the same order; sessions are still in."""
    gate = servers.gate([gates.busy_room(origin.url)])
    holder = through(gate)
    joiners = Joiners(gate, 8)
    wait_until(lambda: len(joiners.acknowledged) >= 60 + 40 * turn, 30, what="acknowledged joins")
    gate.kill()
    joiners.wait()
    gate.start()
    acknowledged = sorted(joiners.acknowledged, key=lambda entry: entry[2])
    now = places(gate, acknowledged)
    assert [place["position_id"] for place in now] == [entry[1] for entry in acknowledged]
    assert {place["status"] for place in now} == {"waiting"}
    ranks = [place["position"] for place in now]
    assert ranks == sorted(ranks) and len(set(ranks)) == len(ranks), "the order has changed"
    assert holder.navigate().status_code == 200, "the session is gone"
    assert Visitor(gate).navigate().status_code == 503, "the slot is taken"
    assert gate.waiting() >= len(acknowledged)


def test_admissions_survive(servers, origin):
    """Who was admitted when the gate died is admitted afterwards, once; slots are still taken."""
    gate = servers.gate([gates.busy_room(origin.url, slots=3)])
    holders = [through(gate) for _ in range(3)]
    visitors = [Visitor(gate) for _ in range(4)]
    for visitor in visitors:
        visitor.navigate()
    holders[0].call("POST", "session/complete")
    wait_until(lambda: visitors[0].status()["status"] == "admitted", 5)
    gate.kill()
    gate.start()
    assert visitors[0].status()["status"] == "admitted"
    assert visitors[0].navigate().status_code == 200
    assert holders[0].navigate().status_code == 503, "completed stays completed"
    assert [holder.navigate().status_code for holder in holders[1:]] == [200, 200]
    time.sleep(1)
    assert [visitor.status()["status"] for visitor in visitors[1:]] == ["waiting"] * 3


def test_many_restarts(servers, origin):
    """Ten ends in a row, gentle and not, keep the same line."""
    gate = servers.gate([gates.busy_room(origin.url)])
    through(gate)
    visitors = []
    for turn in range(10):
        visitor = Visitor(gate)
        assert visitor.navigate().status_code == 503
        visitors.append(visitor)
        if turn % 2:
            gate.kill()
        else:
            assert gate.stop() == 0
        gate.start()
        assert [visitor.status()["position"] for visitor in visitors] == list(range(1, turn + 2))


def line_of(servers, origin, count):
    gate = servers.gate([gates.busy_room(origin.url)])
    through(gate)
    visitors = []
    for _ in range(count):
        visitor = Visitor(gate)
        visitor.navigate()
        visitors.append(visitor)
    return gate, visitors


@pytest.mark.parametrize("damage", ["half a record", "zeros", "garbage", "one byte"])
def test_a_torn_last_record_is_cut_off_and_reported(servers, origin, damage):
    """What a power cut leaves at the end of the journal is dropped with a line in the log; the rest is there."""
    gate, visitors = line_of(servers, origin, 6)
    gate.kill()
    file = journal_files(gate)[-1]
    data = file.read_bytes()
    if damage == "half a record":
        # A copy of real bytes, so that the tear begins like a record.
        file.write_bytes(data + data[len(data) // 2 : len(data) // 2 + 11])
    else:
        file.write_bytes(data + {"zeros": bytes(37), "garbage": os.urandom(53), "one byte": b"\x01"}[damage])
    gate.start()
    assert [visitor.status()["position"] for visitor in visitors] == list(range(1, 7))
    assert file.name in gate.process.log or "journal" in gate.process.log.lower(), gate.process.log[-2000:]
    late = Visitor(gate)
    late.navigate()
    gate.kill()
    gate.start()
    assert late.status()["position"] == 7, "what is written after the cut is kept"


def test_a_journal_cut_anywhere_starts(servers, origin):
    """Whatever length the last file was left at, the gate starts with a prefix of the line."""
    gate, visitors = line_of(servers, origin, 8)
    gate.kill()
    saved = gate.directory / "saved"
    shutil.copytree(gate.directory / "var", saved)
    file = journal_files(gate)[-1].relative_to(gate.directory / "var")
    size = (saved / file).stat().st_size
    for cut in (1, 3, 17, 40, 97, 160):
        if cut >= size:
            break
        shutil.rmtree(gate.directory / "var")
        shutil.copytree(saved, gate.directory / "var")
        os.truncate(gate.directory / "var" / file, size - cut)
        gate.start()
        answers = [visitor.call("GET", "status") for visitor in visitors]
        known = [answer.status_code == 200 and answer.json()["status"] == "waiting" for answer in answers]
        assert known == sorted(known, reverse=True), f"a hole after a cut of {cut} bytes: {known}"
        gate.kill()


def test_a_corrupt_middle_is_one_clear_line(servers, origin):
    """A damaged record with good ones after it is not guessed at: exit 1, the file named, nothing changed."""
    gate, _ = line_of(servers, origin, 30)
    gate.kill()
    file = max(journal_files(gate), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    for at in range(middle, middle + 8):
        data[at] ^= 0xFF
    file.write_bytes(data)
    code, said = gate.refusal()
    assert code == 1, said
    assert any(file.name in line for line in said), said
    assert len(said) == 1, said
    assert file.read_bytes() == bytes(data), "the file was changed"


def test_the_journal_is_compacted(servers, origin):
    """Many comings and goings do not grow the folder without bound, and the line outlives it."""
    gate = servers.gate([gates.busy_room(origin.url)])
    through(gate)
    stayer = Visitor(gate)
    stayer.navigate()

    def come_and_go(_):
        token = (
            Visitor(gate).call("POST", "enqueue", json={"metadata": {"pad": "x" * 200}}, cookies=False).json()["token"]
        )
        assert Visitor(gate).call("POST", "leave", bearer=token, cookies=False).status_code == 204

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(1500)))
    assert gate.stop() == 0
    gate.start()
    total = sum(path.stat().st_size for path in journal_files(gate))
    assert stayer.status()["position"] == 1
    assert total < 4 << 20, f"{total >> 10} KiB for a line of one"


def test_a_second_gate_on_the_same_data_is_refused(servers, origin):
    """One clear line, exit 1; the first one is not disturbed."""
    gate = servers.gate([gates.busy_room(origin.url)])
    visitor = through(gate)
    second = servers.gate(
        [gates.busy_room(origin.url)], name="second", start=False, store={"data_directory": str(gate.directory / "var")}
    )
    code, said = second.refusal()
    assert code == 1 and len(said) == 1 and any(str(gate.directory / "var") in line for line in said), said
    assert visitor.navigate().status_code == 200


def test_a_killed_gate_leaves_no_lock_behind(servers, origin):
    """kill -9 must not need a hand to start again."""
    gate = servers.gate([gates.room(origin.url)])
    gate.kill()
    gate.start()


@pytest.mark.parametrize("which", ["gate", "admin"])
def test_a_busy_port_is_one_clear_line(servers, origin, which):
    """Exit 1 and the address."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    port = gate.port if which == "gate" else gate.admin_port
    with socket.create_server(("127.0.0.1", port)):
        code, said = gate.refusal()
    assert code == 1 and len(said) == 1 and any(str(port) in line for line in said), said


@pytest.mark.parametrize("what", ["a file", "below a file"])
def test_a_data_directory_that_cannot_be_is_one_clear_line(servers, origin, what):
    """Exit 1 and the path."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    blocker = pathlib.Path(gate.directory) / "blocker"
    blocker.write_text("x")
    gate.configuration["store"]["data_directory"] = str(blocker if what == "a file" else blocker / "var")
    gate.write()
    code, said = gate.refusal()
    assert code == 1 and len(said) == 1 and any("blocker" in line for line in said), said


def test_a_configuration_that_is_missing_is_one_clear_line(tmp_path, servers, origin):
    """Exit 1 and the name of the file."""
    done = gates.run_once("run", "--config", tmp_path / "nowhere.yml")
    assert done.returncode == 1 and "nowhere.yml" in done.stderr + done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["run", "--nonsense"], ["check"], ["run", "--config"]],
    ids=lambda arguments: " ".join(arguments),
)
def test_wrong_usage_is_exit_2(servers, origin, arguments, tmp_path):
    """Usage mistakes are 2, not 1; `check` without a file looks for none."""
    done = gates.run_once(*arguments, directory=tmp_path)
    assert done.returncode in ((1, 2) if arguments == ["check"] else (2,)), done.stderr
    assert done.stderr.strip()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["check", "--help"], ["version"]],
    ids=lambda arguments: " ".join(arguments),
)
def test_help_and_version_are_exit_0(servers, origin, arguments):
    """On standard output."""
    done = gates.run_once(*arguments)
    assert done.returncode == 0 and done.stdout.strip()


def test_check_accepts_what_run_accepts(servers, origin):
    """Exit 0."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    done = gates.run_once("check", "--config", gate.file)
    assert done.returncode == 0, done.stderr
