"""Fixtures that every module uses: a folder, servers that end with the test, logs where it failed."""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from rig import gate as gates  # noqa: E402
from rig.origin import Origin  # noqa: E402
from rig.pair import Pair  # noqa: E402
from rig.site import site  # noqa: E402
from rig.stand_in import stand_in  # noqa: E402
from rig.visitor import through  # noqa: E402

STAND_IN = os.environ.get("ANTEROOM_STAND_IN")


def artefacts() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("ARTEFACTS") or gates.REPOSITORY / "artefacts")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.session.stash.setdefault(FAILED, set()).add(item.nodeid)
        for servers in item.session.stash.get(RUNNING, []):
            for server in servers:
                process = getattr(server, "process", None)
                if process is not None:
                    report.sections.append((f"{process.name} ({process.directory})", process.log[-3000:]))
    return report


FAILED = pytest.StashKey()
RUNNING = pytest.StashKey()


class Servers(list):
    """What a test has started; ended in reverse order."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def gate(self, rooms, name="gate", start=True, **sections):
        gate = gates.Gate(self.folder / name, rooms, name=name, **sections)
        self.append(gate)
        return gate.start() if start else gate

    def origin(self, handler):
        origin = Origin(handler)
        self.append(origin)
        return origin

    def add(self, server):
        self.append(server)
        return server

    def stop(self):
        for server in reversed(self):
            server.stop()


def _servers(request, folder):
    if not STAND_IN and not gates.anteroom().exists():
        pytest.fail(f"no gate at {gates.anteroom()}: swift build, or set ANTEROOM_BIN", pytrace=False)
    servers = Servers(folder)
    request.session.stash.setdefault(RUNNING, []).append(servers)
    failed_before = len(request.session.stash.get(FAILED, ()))
    yield servers
    servers.stop()
    request.session.stash[RUNNING].remove(servers)
    if len(request.session.stash.get(FAILED, ())) > failed_before:
        kept = artefacts() / "failed" / folder.name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def servers(request, tmp_path_factory):
    """Servers that live for one test."""
    yield from _servers(request, tmp_path_factory.mktemp(request.node.name[:40].replace("/", "_")))


@pytest.fixture
def origin(servers):
    """The site of rig/site.py."""
    return servers.origin(site)


@pytest.fixture
def line(servers, origin):
    """A gate with one slot, taken, so that everybody else waits; the holder is its `holder`."""
    gate = servers.gate([gates.busy_room(origin.url)])
    gate.holder = through(gate)
    origin.forget()
    return gate


@pytest.fixture(scope="module")
def module_servers(request, tmp_path_factory):
    """Servers that live for one module."""
    yield from _servers(request, tmp_path_factory.mktemp(request.module.__name__))


@pytest.fixture(scope="module")
def pair(module_servers):
    origin = module_servers.origin(site)
    if STAND_IN:
        proxy = module_servers.add(stand_in(STAND_IN, module_servers.folder / "stand-in", origin.port))
        return Pair(origin, proxy, None)
    gate = module_servers.gate([gates.room(origin.url)])
    return Pair(origin, gate, through(gate))
