"""A short run of Tests/chaos, and the proof that it sees mistakes: `make chaos` is the long one."""

import re
import subprocess
import sys

import pytest

from conftest import artefacts
from rig import gate as gates

pytestmark = pytest.mark.timeout(180)


def chaos(*options, name) -> tuple:
    """The exit code of a run of three gates, and what it said."""
    command = [sys.executable, gates.REPOSITORY / "Tests/chaos/run.py", "--gate", gates.anteroom(), "--hurry"]
    command += ["--keep", artefacts() / "failed" / name, *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=170)
    return done.returncode, done.stdout + done.stderr


def row(said, name) -> str:
    return re.search(rf"^{name}: +(.*)$", said, re.MULTILINE)[1]


def test_one_fault_of_each_kind():
    """The store is killed at last and comes back from a snapshot that is older than what browsers were told."""
    code, said = chaos(
        *("--one-of-each", "--seconds", 13, "--browsers", 150, "--slots", 40, "--rate", 30, "--seed", 1),
        name="chaos",
    )
    assert code == 0, said
    assert row(said, "faults") == "1 gate-kill, 1 gate-stop, 1 nats-kill, 1 nats-stop, 1 store-kill, 1 store-stop"
    assert int(row(said, "store's crashes").split()[0]) > 0 and int(row(said, "restorations").split(",")[0]) > 0, said
    assert "no violation" in row(said, "checker"), said


@pytest.mark.parametrize(
    "mistake, message",
    [("slots", r"slots: admits with (\d+) of 20 slots in use"), ("order", r"order: join \d+ is admitted before join")],
)
def test_a_broken_script_is_noticed(mistake, message):
    """An admission step that does not look at the slots, or lets in the last of a batch first."""
    code, said = chaos(
        *("--sabotage", mistake, "--faults", "", "--seconds", 4, "--browsers", 50, "--slots", 20, "--rate", 30),
        name=f"chaos-{mistake}",
    )
    assert code == 1 and re.search(rf"^VIOLATION history: room shop, event \d+: {message}", said, re.MULTILINE), said
