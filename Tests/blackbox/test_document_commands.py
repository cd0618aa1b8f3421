"""README.md and docs/: commands of other programs than `anteroom` (test_documents.py has those).

Each is run as it stands against real things. Where that cannot be (no container engine, no cluster, no systemd that
runs, a program that no package has) its words are looked up in its own help, and what it names is looked for.
"""

import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import uuid
from functools import partial

import pytest
import test_documents
import yaml

from rig import gate as gates
from rig.containers import compose, kustomized, tool
from rig.documents import TEXTS, commands, plain_fences
from rig.gate import REPOSITORY
from rig.monitors import program, rules
from rig.nats import NATSServer
from rig.process import Process, free_port, wait_until
from rig.redis import RedisServer
from rig.site import site
from rig.visitor import Visitor, through

#: What looks like a command and is none, by its beginning.
OTHERS = (
    # Of a log message, an alert, a policy for browsers, a list of packages or of scripts, a span.
    "is back",
    "is up",
    "max by (",
    "connect-src ",
    "worker-src ",
    "libssl3 ",
    "configure override adapt ",
    "store arrive",
    "store claim",
    # The rest of a command that stands before it.
    "resume ",
    "set --clear",
    # Lines of a journal, a record, a formula, arguments of a script, a table of arrivals.
    "5536ff68 ",
    "2026-11-21T09:02:00Z ",
    "chainhash(n) = ",
    "w a s0 s1 l e",
    "seconds,arrivals ",
)
COMMANDS = [command for command in commands() if not command.text.startswith(OTHERS)]
#: Those that a test below has.
TAKEN = set()


def those(*programs) -> list:
    """The commands of these programs, line by line."""
    found = [command for command in COMMANDS if command.programs <= set(programs)]
    return parameters(found, lambda command: command.lines)


def blocks(*programs) -> list:
    """The blocks that have lines of all these programs, whole."""
    found = [command for command in COMMANDS if command.programs == set(programs)]
    return parameters(found, lambda command: [command.text])


def parameters(found, texts) -> list:
    assert found
    TAKEN.update(found)
    pairs = {(command.page, text) for command in found for text in texts(command)}
    return [pytest.param(page, text, id=f"{page}: {text[:60]}") for page, text in sorted(pairs)]


def have(*programs):
    """Fails where one is missing, as `make test` installs them."""
    for name in programs:
        if not shutil.which(name):
            pytest.fail(f"{name} is missing: make test-tools", pytrace=False)


class Shell:
    """`sh` in a folder of its own, with `stubs` (name -> script) in place of programs."""

    def __init__(self, folder, stubs=None, environment=None):
        self.folder = folder
        self.environment = {**os.environ, "HOME": str(folder), **(environment or {})}
        programs = folder / "programs"
        programs.mkdir()
        for name, script in (stubs or {}).items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        self.environment["PATH"] = f"{programs}:{os.environ['PATH']}"

    def run(self, script, folder=None) -> str:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=folder or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (script, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


def known(help_text, words):
    """That the options and verbs among the words are in a program's help."""
    for word in words:
        name = word.split("=")[0]
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", help_text), f"{word} is unknown:\n{help_text}"


def helped(*command) -> str:
    """What a program says of itself."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def options(words) -> list:
    return [word for word in words if word.startswith("-") and word != "-"]


# curl


class House:
    """Two gates with the room of the examples: one has slots for all, in the other somebody holds the only one."""

    def __init__(self, servers):
        origin = servers.origin(site)
        self.roomy, self.crowded = (
            servers.gate([gates.busy_room(origin.url, slots=slots, id="concert-tickets")], name=name)
            for name, slots in (("roomy", 5000), ("crowded", 1))
        )
        through(self.crowded, "concert-tickets")

    def gate(self, crowded):
        """In the roomy one nobody is left waiting from a test before, so who comes is let in at once."""
        if not crowded:
            newcomer = partial(Visitor, self.roomy, "concert-tickets")
            wait_until(lambda: newcomer().navigate().status_code == 200, 10, 0.2, "an empty line")
        return self.crowded if crowded else self.roomy


@pytest.fixture(scope="module")
def house(module_servers):
    return House(module_servers)


class Terminal(Shell):
    """Where a gate's addresses of the documents lead to this gate, and the variables of the examples are set."""

    def __init__(self, folder, gate, page=""):
        super().__init__(folder, environment={"CURL_HOME": str(folder), "VISITORS_USER_AGENT": "Mozilla/5.0"})
        self.gate = gate
        places = {f"{host}:8080": gate.port for host in ("localhost", "127.0.0.1", "gate")}
        places["127.0.0.1:9090"] = gate.admin_port
        lines = [f"connect-to = {place}:127.0.0.1:{port}" for place, port in places.items()]
        # Nothing else is there.
        lines += ["connect-to = ::127.0.0.1:1", "noproxy = *"]
        lines += ["silent", "show-error", "fail-with-body", "max-time = 10"]
        (folder / ".curlrc").write_text("\n".join(lines) + "\n")
        (folder / "var").symlink_to(gate.directory / "var")
        self.variables = "\n".join(
            line
            for name in ("docs/ADMIN_API.md", page)
            for command in COMMANDS
            if command.page == name
            for line in command.lines
            if re.match(r"\w+=", line)
        )

    def curl(self, line) -> str:
        return self.run(f"{self.variables}\n{line}")

    def ready(self, line) -> str:
        """What has to have happened before the line does what it is for; the line with what came of it."""
        entrance = "http://localhost:8080"
        api = f"{entrance}/api/v1/queues/concert-tickets"
        if "handover/claim" in line:
            self.curl(f"curl -c other -d '{{}}' {api}/enqueue")
            code = json.loads(self.curl(f"curl -b other -X POST {api}/handover"))["code"]
            return re.sub(r'"[0-9A-Z]{4}-[0-9A-Z]{4}"', f'"{code}"', line)
        if "-b jar" in line and "/session" in line and "session/claim" not in line:
            self.curl(f"curl -c jar {entrance}/page")
        elif "-b jar" in line:
            self.curl(f"curl -c jar -d '{{}}' {api}/enqueue")
        if "session/claim" in line:
            status = f"curl -b jar {api}/status"
            wait_until(lambda: json.loads(self.curl(status))["status"] == "admitted", 10, 0.1, "the turn")
        # One place for each user.
        return line.replace('"42"', f'"{uuid.uuid4()}"')


WAITING = ("/status", "/heartbeat", "/leave", "/handover", "/handover/claim", "/receipt", "/live", "/enqueue")


@pytest.mark.parametrize("page, text", [*those("curl"), *blocks("curl", "="), *blocks("=")])
def test_curl_gets_what_the_page_is_about(house, tmp_path, page, text):
    waits = any(text.rstrip('"').split("?")[0].endswith(call) for call in WAITING) and "/session/" not in text
    terminal = Terminal(tmp_path, house.gate(crowded=waits), page)
    if "-N" in text or "wait=" in text:
        follow(terminal, terminal.ready(text))
    else:
        answer = terminal.curl(terminal.ready(text))
        # The end of a place or a session says nothing.
        silent = text.startswith("A=") or text.endswith(("/leave", "/complete"))
        assert bool(answer) != silent
        if "-I" in text:
            assert answer.startswith("HTTP/1.1 200")
        elif answer and "/tickets" not in text:
            json.loads(answer)


def follow(terminal, line):
    """A command that waits for something, or goes on: until it has said something of a position."""
    process = Process("follow", ["sh", "-c", f"{terminal.variables}\n{line}"], terminal.folder, terminal.environment)
    process.start()
    try:

        def said():
            # Something has to happen.
            Visitor(terminal.gate, "concert-tickets").navigate()
            return "position" in process.log

        wait_until(said, 10, 0.3, "a word")
    finally:
        process.stop()


# make, and the scripts that it starts


@pytest.mark.parametrize("page, text", those("make"))
def test_make_has_a_plan(page, text):
    words = shlex.split(text)
    assert helped("make", "--dry-run", "--directory", REPOSITORY, *words[1:])
    subprocess.run(["make", "--dry-run", *words[1:]], cwd=REPOSITORY, check=True, capture_output=True, timeout=60)
    for variable, value in (word.split("=", 1) for word in words if "=" in word):
        script = (REPOSITORY / f"Tests/{variable.lower()}/run.py").read_text()
        known(script, options(value.split()))


@pytest.mark.parametrize("page, text", those("python3", "bench.py"))
def test_python_knows_the_options_and_their_values(page, text):
    words = text.removeprefix("python3 ").split()
    if words[0] == "-m":
        known(helped("python3", *words[:2], "--help"), options(words[2:]))
        return
    said = helped("python3", REPOSITORY / "Benchmarks" / pathlib.Path(words[0]).name, "--help")
    known(said, options(words))
    for option, value in itertools.pairwise(words):
        if option == "--only":
            known(said, value.split("|"))


@pytest.mark.parametrize("page, text", those("swift"))
def test_swift_runs_a_target_of_the_package(page, text):
    words = text.split()
    known(helped("swift", words[1], "--help"), options(words[1:]))
    if words[1] == "run":
        assert f'name: "{words[-1]}"' in (REPOSITORY / "Package.swift").read_text()


# On a machine of its own


@pytest.fixture
def root(tmp_path):
    """A file system to install into: the folders that a Debian has."""
    folder = tmp_path / "root"
    for name in ("etc/systemd/system", "usr/local/bin", "usr/lib/sysusers.d", "var"):
        (folder / name).mkdir(parents=True)
    return folder


def installing(script, root) -> str:
    """The script with this file system in place of the machine's, and with the program that was built."""
    script = re.sub(r"(?<= )/(?=usr/|etc/)", f"{root}/", script)
    return script.replace(".build/release/anteroom", str(gates.anteroom().resolve()))


@pytest.mark.parametrize("page, text", those("install"))
def test_the_program_is_installed(shell, root, page, text):
    shell.run(installing(text, root), REPOSITORY)
    assert os.access(root / "usr/local/bin/anteroom", os.X_OK)


@pytest.mark.parametrize("page, text", blocks("install", "systemd-sysusers", "systemctl"))
def test_systemd_gets_units_and_user(shell, root, page, text):
    """Without a systemd that runs: it works on the folder, and its verbs are looked up."""
    have("systemctl", "systemd-sysusers")
    lines = text.split("\n")
    for line in lines:
        if line.startswith("systemctl"):
            known(helped("systemctl", "--help"), line.split()[1:2])
    steps = [installing(line, root) for line in lines if not line.startswith("systemctl")]
    shell.run("\n".join(steps).replace("systemd-sysusers", f"systemd-sysusers --root={root}"), REPOSITORY)
    assert re.search(r"^anteroom:", (root / "etc/passwd").read_text(), re.MULTILINE)
    assert (root / "etc/anteroom").is_dir()
    [enable] = [line for _, line in lines_of("systemctl enable")]
    units = enable.split()[3:]
    shell.run(f"systemctl --root={root} enable {' '.join(units)}")
    wanted = {link.name for link in (root / "etc/systemd/system").glob("*.wants/*")}
    assert wanted == set(units)


def lines_of(beginning) -> list:
    """(page, line) of those that begin so."""
    found = {(command.page, line) for command in COMMANDS for line in command.lines}
    return [(page, line) for page, line in sorted(found) if line.startswith(beginning)]


@pytest.mark.parametrize("page, text", those("systemctl", "journalctl", "systemd-analyze"))
def test_systemd_knows_the_verb_the_options_and_the_unit(page, text):
    words = text.split()
    have(words[0])
    known(helped(words[0], "--help"), options(words))
    units = [word for word in words if word.startswith("anteroom")]
    if words[0] != "journalctl":
        known(helped(words[0], "--help"), words[1:2])
    for unit in units:
        assert (REPOSITORY / "deploy/systemd" / unit).exists() or unit == "anteroom"


@pytest.mark.parametrize("page, text", those("ssh"))
def test_ssh_forwards_the_admin_listener(page, text):
    """It says what it would do."""
    have("ssh")
    said = helped("ssh", "-G", *text.split()[1:])
    assert "localforward 9090 [127.0.0.1]:9090" in said


@pytest.mark.parametrize("page, text", those("ss"))
def test_addresses_with_connections_are_counted(shell, servers, origin, page, text):
    have("ss")
    gate = servers.gate([gates.room(origin.url)])
    visitor = through(gate)
    assert re.search(rf"^ *\d+ 127\.0\.0\.1:{gate.port}\b", shell.run(text.replace(" | tail", "")), re.MULTILINE)
    assert shell.run(text)
    visitor.http.close()


@pytest.mark.parametrize("page, text", those("kill"))
def test_kill_ends_a_process_at_once(page, text):
    process = subprocess.Popen(["sleep", "60"])
    subprocess.run(["sh", "-c", f"{text} {process.pid}"], check=True)
    assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("page, text", those("openssl"))
def test_openssl_makes_a_key(shell, page, text):
    """One that admin.keys may have."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{32,512}\n", shell.run(text))


# Containers


def docker(*words) -> str:
    """What the client, or its compose, says of a command of its own."""
    if words[0] == "compose":
        return helped(tool("docker-compose"), *words[1:], "--help")
    return helped(program("docker"), *words, "--help")


@pytest.mark.parametrize("page, text", those("docker"))
def test_docker_knows_the_words_and_has_the_files(page, text):
    words = text.split()[1:]
    command = words[:2] if words[0] == "compose" else words[:1]
    said = docker(*command)
    assert f"docker {' '.join(command)}" in said, said
    rest = words[len(command) :]
    if command == ["compose", "exec"]:
        service, inside = compose()["services"][rest[0]], rest[1:]
        targets = [volume["target"] for volume in service["volumes"]]
        assert inside[0] in ("cat", "anteroom")
        for path in inside:
            assert not path.startswith("/") or any(path.startswith(target) for target in targets), path
        return
    known(said, options(rest))
    if "-f" in rest:
        assert (REPOSITORY / rest[rest.index("-f") + 1]).exists()
    for volume in (value for option, value in itertools.pairwise(rest) if option == "-v"):
        source, target, *_ = volume.split(":")
        stage = (REPOSITORY / "deploy/Dockerfile").read_text().split(" AS gate")[1]
        assert target in stage and (not source.startswith(".") or (REPOSITORY / source).exists())


# A cluster


def kubectl(words) -> str:
    """That of the subcommand, with the options that all have."""
    names = itertools.takewhile(re.compile(r"[a-z-]+$").match, (word for word in words if not word.startswith("-")))
    verb = next(name for name in names if name not in ("anteroom",))
    more = [words[words.index(verb) + 1]] if verb in ("create", "rollout") else []
    said = helped(tool("kubectl"), verb, *more, "--help")
    assert re.search(rf"^  kubectl {' '.join([verb, *more])}\b", said, re.MULTILINE), said
    return said + helped(tool("kubectl"), "options")


@pytest.mark.parametrize("page, text", those("kubectl"))
def test_kubectl_knows_the_words_and_has_the_objects(page, text):
    words = text.split()[1:]
    known(kubectl(words), options(words))
    if "-k" in words:
        assert kustomized(words[words.index("-k") + 1])
    made = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in kustomized("deploy/kubernetes")}
    assert {word for word in words if word.startswith("deployment/")} <= made


@pytest.fixture
def operator(tmp_path):
    """A shell whose `kubectl` makes what it would send, and keeps it in a file for each call."""
    made = tmp_path / "made"
    made.mkdir()
    real = tool("kubectl")
    stub = f"""
file={made}/$(ls {made} | wc -l).yaml
case " $* " in
*" create "*) exec {real} "$@" --dry-run=client --output=yaml > $file ;;
*" -f - ") exec cat > $file ;;
*" -f "*) while [ "$1" != -f ]; do shift; done; exec cp {REPOSITORY}/$2 $file ;;
esac
exit 1"""
    shell = Shell(tmp_path, {"kubectl": stub})
    shell.made = lambda: [
        document
        for file in sorted(made.iterdir(), key=lambda file: int(file.stem))
        for document in yaml.safe_load_all(file.read_text())
        if document
    ]
    return shell


@pytest.mark.parametrize("page, text", blocks("kubectl", "openssl", "echo", "=", "rm"))
def test_secrets_are_made_that_the_pods_name(operator, page, text):
    operator.run(text)
    namespace, *secrets = operator.made()
    assert (namespace["kind"], namespace["metadata"]["name"]) == ("Namespace", "anteroom")
    assert {secret["metadata"]["namespace"] for secret in secrets} == {"anteroom"}
    found = {secret["metadata"]["name"]: set(secret["data"]) for secret in secrets}
    # test_kubernetes.py compares the names with the pods'.
    assert found["anteroom-keys"] == {"signing.pem", "admin.keys"}
    assert found["anteroom-environment"] == {"IP_SALT", "DRAGONFLYDB_URL", "NATS_URL"}
    assert found["dragonfly"] == {"password"} and found["nats"] == {"gate", "shop"}
    assert (operator.folder / "admin.keys").exists() and not (operator.folder / "signing.pem").exists()


@pytest.mark.parametrize("page, text", blocks("for", "done"))
def test_rules_become_objects_of_prometheus_operator(operator, page, text):
    operator.run(text, REPOSITORY)
    made = operator.made()
    assert {one["kind"] for one in made} == {"PrometheusRule"}
    assert [one["metadata"]["name"] for one in made] == ["anteroom-recording", "anteroom-alerts"]
    assert sum(len(group["rules"]) for one in made for group in one["spec"]["groups"]) == len(rules())


@pytest.mark.parametrize("page, text", those("promtool"))
def test_promtool_finds_no_fault(shell, page, text):
    assert "SUCCESS" in shell.run(text.replace("promtool", program("promtool"), 1), REPOSITORY)


# Stores


@pytest.mark.parametrize("page, text", those("redis-server", "dragonfly"))
def test_a_store_is_started_with_its_flags(tmp_path, page, text):
    """A redis-server; DragonflyDB, which no package has, has the flags that compose starts it with."""
    name, *words = shlex.split(text)
    if name == "dragonfly":
        given = {word.split("=")[0] for word in compose()["services"]["dragonfly"]["command"]}
        assert set(options([word.split("=")[0] for word in words])) <= given
        return
    port = free_port()
    words = [str(tmp_path) if word == "/data" else word for word in words]
    server = Process(name, [name, *words, "--port", port, "--bind", "127.0.0.1"], tmp_path)
    server.start(port)
    server.stop()


@pytest.mark.parametrize("page, text", those("ACL"))
def test_the_store_has_such_a_user(servers, page, text):
    """test_store_access.py shows that a gate needs no more."""
    redis = servers.add(RedisServer(servers.folder).start())
    assert redis.ask(*text.split()).strip() == "OK"


@pytest.mark.parametrize("page, text", those("nats"))
def test_the_stream_and_its_subjects_are_the_gates(servers, origin, page, text):
    """Of NATS's own client, which no package has, what it would ask of JetStream."""
    server = servers.add(NATSServer(servers.folder).start())
    gate = servers.gate([gates.room(origin.url)], events={"nats_url": server.url})
    through(gate)
    wait_until(lambda: len(server.events("shop")) > 1, 10, 0.2, "events in the stream")
    match shlex.split(text)[1:]:
        case ["sub", subject]:

            async def sub(connection, _):
                heard = await connection.subscribe(subject)
                await connection.flush()
                through(gate)
                return await heard.next_msg(timeout=10)

            assert server.run(sub).subject.startswith("waiting_room.shop.")
        case ["stream", "view", stream]:
            assert server.messages(stream)
        case ["stream", "purge", stream, "--subject", subject]:

            async def purge(_, jetstream):
                await jetstream.purge_stream(stream, subject=subject.replace("<room>", "shop"))
                return await jetstream.stream_info(stream)

            assert server.run(purge).state.first_seq > 1
        case ["stream", "edit", stream, "--replicas", number]:

            async def edit(_, jetstream):
                info = await jetstream.stream_info(stream)
                return await jetstream.update_stream(info.config, num_replicas=1)

            assert int(number) == 3 and server.run(edit).config.num_replicas == 1
        case ["stream", "edit"]:
            pass
        case _:
            pytest.fail(f"what would that ask? {text}")


# Nothing is left out


def test_every_command_has_its_test():
    """A program that is new in the documents needs one here; or it is none, and OTHERS says so."""
    own = [command for command in COMMANDS if command.programs == {"anteroom"}]
    left = [command for command in COMMANDS if command not in TAKEN and command not in own]
    assert left == []
    assert len(TAKEN) > 70


def test_commands_of_the_gate_are_those_that_are_run():
    lines = {" ".join(line.split()) for command in COMMANDS if "anteroom" in command.programs for line in command.lines}
    assert {line for line in lines if line.startswith("anteroom ")} <= set(test_documents.COMMANDS)


def test_no_command_hides_in_a_fence():
    """Those are in blocks of `sh`, or indented."""
    programs = {name for command in TAKEN for name in command.programs if name.isalpha()}
    for fence in plain_fences():
        assert not {line.split()[0] for line in fence.lines if line.strip()} & programs - {"bench.py"}, fence


def test_others_are_still_there():
    """That the list above does not outlive its lines."""
    text = " ".join(" ".join(TEXTS.values()).split())
    assert [begin for begin in OTHERS if " ".join(begin.split()) not in text] == []
