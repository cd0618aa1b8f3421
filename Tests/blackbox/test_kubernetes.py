"""deploy/kubernetes: what kustomize makes of it fits the schemas of Kubernetes and itself, and its files work."""

import asyncio
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import nats
import nats.js.api
import nats.js.errors
import pytest
import requests
import yaml

from rig import gate as gates
from rig.containers import kustomized, tool
from rig.gate import REPOSITORY, run_once
from rig.monitors import run
from rig.nats import NATSServer
from rig.process import Process, free_port, wait_until
from rig.redis import RedisServer
from rig.stand_in import Relay
from rig.visitor import Visitor, through

FOLDER = REPOSITORY / "deploy/kubernetes"
DEPLOYMENT = (REPOSITORY / "docs/DEPLOYMENT.md").read_text()
#: Made by hand (docs/DEPLOYMENT.md), with these entries.
SECRETS = {
    name: set(re.findall(r"--from-(?:file|literal)=([\w.]+)", text))
    for name, text in re.findall(r"create secret generic (\S+)((?: .*\\\n)* .*)", DEPLOYMENT)
}


@pytest.fixture(scope="module")
def objects() -> dict:
    """(kind, name) -> manifest."""
    made = kustomized("deploy/kubernetes")
    found = {(one["kind"], one["metadata"]["name"]): one for one in made}
    assert len(found) == len(made)
    return found


def of(objects, *kinds) -> list:
    return [one for (kind, _), one in objects.items() if kind in kinds]


def pods(objects) -> list:
    """(the manifest that makes them, its template)."""
    return [(one, one["spec"]["template"]) for one in of(objects, "Deployment", "StatefulSet", "Job")]


def fits(selector, labels) -> bool:
    return selector.items() <= labels.items()


def chosen(objects, selector) -> list:
    """The templates of the pods that a selector of labels chooses; a StatefulSet's pods also have their names."""
    found = []
    for maker, template in pods(objects):
        labels = dict(template["metadata"]["labels"])
        for number in range(maker["spec"].get("replicas", 0)):
            named = {**labels, "statefulset.kubernetes.io/pod-name": f"{maker['metadata']['name']}-{number}"}
            if fits(selector, named):
                found.append(template)
                break
        else:
            if fits(selector, labels):
                found.append(template)
    return found


def ports(template) -> set:
    containers = template["spec"]["containers"]
    return {port["name"] for container in containers for port in container.get("ports", [])}


@pytest.mark.parametrize("version", ["1.30", "1.33"])
def test_the_manifests_fit_their_schemas(tmp_path, objects, version):
    """But the ServiceMonitor, whose schema comes with its operator."""
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all(one for (kind, _), one in objects.items() if kind != "ServiceMonitor"))
    run(tool("kubernetes-validate"), "-k", version, "--strict", file)


def test_what_is_named_is_there(objects):
    """Configuration, secrets and their entries, services of stateful sets, the target of the autoscaler, ports."""
    assert set(SECRETS) == {"anteroom-keys", "anteroom-environment", "dragonfly", "nats"}
    for maker, template in pods(objects):
        spec = template["spec"]
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in maker["spec"].get("volumeClaimTemplates", [])}
        for volume in spec.get("volumes", []):
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in objects
            if "secret" in volume:
                assert volume["secret"]["secretName"] in SECRETS
        for container in spec["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} == volumes
            for entry in container.get("envFrom", []):
                assert entry["secretRef"]["name"] in SECRETS
            for entry in container.get("env", []):
                key = entry.get("valueFrom", {}).get("secretKeyRef")
                assert key is None or key["key"] in SECRETS[key["name"]]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(probe, {})
                asked = asked.get("httpGet") or asked.get("tcpSocket")
                assert asked is None or asked["port"] in ports(template)
    for one in of(objects, "StatefulSet"):
        assert ("Service", one["spec"]["serviceName"]) in objects
    for one in of(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) in objects


def test_what_chooses_pods_finds_them(objects):
    """Services, budgets, rules of the network, the monitor; and the ports that they name are those of the pods."""
    for one in of(objects, "Service"):
        [template] = chosen(objects, one["spec"]["selector"])
        for port in one["spec"]["ports"]:
            assert port["targetPort"] in ports(template)
    for one in of(objects, "PodDisruptionBudget"):
        assert len(chosen(objects, one["spec"]["selector"]["matchLabels"])) == 1
    for one in of(objects, "NetworkPolicy"):
        selector = one["spec"]["podSelector"].get("matchLabels", {})
        reached = chosen(objects, selector)
        assert reached
        for rule in one["spec"].get("ingress", []):
            assert {port["port"] for port in rule["ports"]} <= ports(reached[0])
            for peer in rule.get("from", []):
                assert "namespaceSelector" in peer or chosen(objects, peer["podSelector"]["matchLabels"])
    for one in of(objects, "ServiceMonitor"):
        selector = one["spec"]["selector"]["matchLabels"]
        [service] = [other for other in of(objects, "Service") if fits(selector, other["metadata"]["labels"])]
        assert {entry["port"] for entry in one["spec"]["endpoints"]} <= {
            port["name"] for port in service["spec"]["ports"]
        }
        # The rules of deploy/prometheus know gates by this.
        assert service["metadata"]["labels"][one["spec"]["jobLabel"]] == "anteroom"


def test_pods_are_confined_and_pinned(objects):
    """As the namespace demands (pod security standard `restricted`), and with a file system that is only read."""
    namespace = objects["Namespace", "anteroom"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for _, template in pods(objects):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]
            assert re.search(r":v?\d+\.\d+\.\d+(-alpine)?$", container["image"])


def test_three_of_each_store(objects):
    for name in ("dragonfly", "nats"):
        assert objects["StatefulSet", name]["spec"]["replicas"] == 3


def test_dragonfly_runs_with_the_flags_that_it_needs(objects):
    """Those of docs/DRAGONFLYDB.md; all but the first follow the first, to which the gates' service leads."""
    [line] = re.findall(r"^ +(dragonfly .*)$", (REPOSITORY / "docs/DRAGONFLYDB.md").read_text(), re.MULTILINE)
    [container] = objects["StatefulSet", "dragonfly"]["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    for flag in re.findall(r"--\w+", line):
        assert flag in script
    said = {}
    for host in ("dragonfly-0", "dragonfly-2"):
        echo = script.replace("exec dragonfly", "printf '%s\\n'")
        done = subprocess.run([*container["command"], echo], env={"HOSTNAME": host}, capture_output=True, text=True)
        said[host] = done.stdout.splitlines()
    assert "--snapshot_cron=* * * * *" in said["dragonfly-0"]
    assert set(said["dragonfly-2"]) - set(said["dragonfly-0"]) == {"--replicaof=dragonfly-0.dragonfly-nodes:6379"}
    assert "dragonfly-0" in objects["Service", "dragonfly"]["spec"]["selector"].values()


def test_a_gate_has_longer_than_it_takes_to_end(objects):
    """drain_delay and drain of its file, and a remainder to write what it has."""
    file = yaml.safe_load(objects["ConfigMap", "gate"]["data"]["gate.yml"])
    times = {name: int(text.rstrip("s")) for name, text in file["gate"]["timeouts"].items()}
    spec = objects["Deployment", "gate"]["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] >= times["drain_delay"] + times["drain"] + 10
    probe = spec["containers"][0]["readinessProbe"]
    assert times["drain_delay"] > probe["periodSeconds"] * probe["failureThreshold"]
    assert file["gate"]["workers"] == int(spec["containers"][0]["resources"]["requests"]["cpu"])


def test_the_gates_file_is_sound(objects, tmp_path):
    file = tmp_path / "gate.yml"
    file.write_text(objects["ConfigMap", "gate"]["data"]["gate.yml"])
    done = run_once("check", "--config", file)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as somebody else")
def test_a_gate_serves_as_another_user_with_mounted_keys(servers, origin):
    """Keys as docs/DEPLOYMENT.md makes them, mounted as Kubernetes does: root's, readable for the group, by links."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home = pathlib.Path(folder)
        home.chmod(0o755)
        mounted = home / "keys/..2026_11_21"
        mounted.mkdir(parents=True)
        commands = re.findall(r"^ *(openssl genpkey .*signing\.pem|echo .* > admin\.keys)$", DEPLOYMENT, re.MULTILINE)
        run("sh", "-c", "; ".join(commands), folder=mounted)
        (home / "keys/..data").symlink_to(mounted.name)
        for name in SECRETS["anteroom-keys"]:
            (home / "keys" / name).symlink_to(f"..data/{name}")
            os.chown(mounted / name, 0, 10001)
            (mounted / name).chmod(0o440)
        (home / "state").mkdir()
        os.chown(home / "state", 10001, 10001)
        program = shutil.copy(gates.anteroom(), home / "anteroom")
        gate = servers.gate(
            [gates.busy_room(origin.url)],
            start=False,
            gate={"access_log": "stdout"},
            store={"data_directory": str(home / "state")},
            tokens={"key_file": str(home / "keys/signing.pem"), "algorithm": "ES256"},
            admin={"keys_file": str(home / "keys/admin.keys")},
        )
        gate.file = home / "gate.yml"
        gate.configuration["gate"]["access_log"] = "stdout"
        gate.write()
        gate.process.environment["IP_SALT"] = "salt"
        user = ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--no-new-privs"]
        gate.process.argv = [*user, program, "run", "--config", str(gate.file)]
        gate.start()
        visitor = through(gate)
        assert visitor.navigate("/page").status_code == 200
        key = (mounted / "admin.keys").read_text().split()[-1]
        answer = requests.get(f"{gate.admin_url}/admin/v1", headers={"Authorization": f"Bearer {key}"}, timeout=5)
        assert answer.json()["name"] == "night-shift" and answer.json()["role"] == "operator"
        gate.stop()


def test_a_replica_is_promoted_by_hand(servers, origin):
    """As deploy/kubernetes/dragonfly/dragonfly.yaml says; redis-server stands in, a relay for the service."""
    comment = (FOLDER / "dragonfly/dragonfly.yaml").read_text()
    [promotion] = re.findall(r"^#.* exec dragonfly-1 -- redis-cli (.*)$", comment, re.MULTILINE)
    master = servers.add(RedisServer(servers.folder, "dragonfly-0").start())
    replica = RedisServer(servers.folder, "dragonfly-1", options=["--replicaof", "127.0.0.1", str(master.port)])
    servers.add(replica.start())
    wait_until(lambda: "master_link_status:up" in replica.ask("info", "replication"), 15, 0.1, "the replica")
    service = servers.add(Relay(master.port).start())
    record = servers.add(NATSServer(servers.folder).start())
    gate = servers.gate(
        [gates.busy_room(origin.url, heartbeat_interval="1s")],
        store={"kind": "dragonfly", "url": f"127.0.0.1:{service.port}"},
        events={"nats_url": record.url},
    )
    first, second, third = through(gate), Visitor(gate), Visitor(gate)
    assert [second.navigate().status_code, third.navigate().status_code] == [503, 503]
    wait_until(lambda: gate.metric("anteroom_events_backlog") == 0, 10, 0.2, "events in the stream")

    master.kill()
    wait_until(lambda: gate.metric("anteroom_store_up") == 0, 10, 0.1, "the loss")
    assert first.navigate("/page").status_code == 200
    assert replica.ask(*promotion.split()).strip() == "OK"
    service.origin_port = replica.port
    wait_until(gate._ready, 20, 0.1, "the promoted store")
    assert [second.status()["position"], third.status()["position"]] == [1, 2]
    assert first.navigate("/page").status_code == 200
    assert first.call("POST", "session/complete").status_code == 204
    wait_until(lambda: second.status()["status"] == "admitted", 10, 0.2, "the turn")


class Cluster:
    """Three nats-servers with the file of the manifests."""

    def __init__(self, folder, file):
        # Debian's 2.9 does not know it.
        text = file.replace("    sync_interval: always\n", "")
        assert text != file
        self.routes, self.processes, self.clients = [free_port() for _ in range(3)], [], []
        for number in range(3):
            client, home = free_port(), folder / f"nats-{number}"
            home.mkdir()
            own = text.replace("port: 4222", f'listen: "127.0.0.1:{client}"').replace("/data", str(home))
            own = own.replace("http_port: 8222\n", "").replace(
                "port: 6222", f'listen: "127.0.0.1:{self.routes[number]}"'
            )
            for other, route in enumerate(self.routes):
                own = own.replace(f"nats-{other}.nats-nodes:6222", f"127.0.0.1:{route}")
            (home / "nats.conf").write_text(own)
            environment = {"SERVER_NAME": f"nats-{number}", "GATE_PASSWORD": "p1", "SHOP_PASSWORD": "p2"}
            self.processes.append(
                Process(f"nats-{number}", ["nats-server", "--config", home / "nats.conf"], home, environment)
            )
            self.clients.append(client)

    def start(self):
        for process, client in zip(self.processes, self.clients):
            process.start(client)
        return self

    def stop(self):
        for process in self.processes:
            process.stop()

    def urls(self, user, password) -> list:
        return [f"nats://{user}:{password}@127.0.0.1:{client}" for client in self.clients]

    def run(self, work, user="gate", password="p1"):
        async def connected():
            connection = await nats.connect(self.urls(user, password), connect_timeout=2)
            try:
                return await work(connection.jetstream(timeout=2))
            finally:
                await connection.close()

        return asyncio.run(connected())


def test_nats_keeps_the_events_when_one_of_three_is_lost(servers, origin, objects):
    """With the permissions of its file, and streams made with the options of the job."""
    [job] = objects["Job", "nats-streams"]["spec"]["template"]["spec"]["containers"]
    added = re.findall(r"^ *add (\w+) '(\S+)'$", job["args"][0], re.MULTILINE)
    copies = int(re.search(r"--replicas (\d)", job["args"][0])[1])
    cluster = servers.add(Cluster(servers.folder, objects["ConfigMap", "nats"]["data"]["nats.conf"]).start())

    def made():
        async def add(jetstream):
            for name, subject in added:
                config = nats.js.api.StreamConfig(
                    name=name, subjects=[subject], num_replicas=copies, duplicate_window=20 * 60
                )
                await jetstream.add_stream(config)
            return True

        try:
            return cluster.run(add)
        except (nats.errors.Error, nats.js.errors.Error):
            return False

    wait_until(made, 30, 0.5, "a cluster with a leader")
    gate = servers.gate(
        [gates.busy_room(origin.url)],
        environment={"NATS_URL": ",".join(cluster.urls("gate", "p1"))},
    )
    first = through(gate)
    wait_until(lambda: gate.metric("anteroom_events_backlog") == 0, 15, 0.2, "events in the stream")

    async def leader(jetstream):
        return (await jetstream.stream_info("WAITING_ROOM")).cluster.leader

    lost = cluster.run(leader)
    cluster.processes[int(lost[-1])].kill()
    second = Visitor(gate)
    assert second.navigate().status_code == 503

    def successor():
        try:
            return cluster.run(leader) not in (None, "", lost)
        except (nats.errors.Error, nats.js.errors.Error):
            return False

    # The rest of the cluster first has to find that out; beside other work that may take it long.
    wait_until(successor, 60, 0.5, "another leader of the stream")

    wait_until(lambda: gate.metric("anteroom_events_backlog") == 0, 30, 0.5, "the gate's events to be stored")

    async def kinds(jetstream):
        last = (await jetstream.stream_info("WAITING_ROOM")).state.last_seq
        subjects = [(await jetstream.get_msg("WAITING_ROOM", number)).subject for number in range(1, last + 1)]
        # Beside them there may be a head of the chain, which comes each minute.
        return [subject.removeprefix("waiting_room.shop.") for subject in subjects if ".shop." in subject]

    assert cluster.run(kinds) == ["room.updated", "position.enqueued", "position.admitted", "position.enqueued"]
    assert gate.metric("anteroom_events_lost_total") == 0

    # The shop frees a slot, and may do nothing else.
    session = first.call("GET", "session").json()["session_id"]

    def sold():
        async def sell(jetstream):
            return await jetstream.publish(
                "checkout.completed", json.dumps({"session_id": session, "queue_id": "shop"}).encode()
            )

        try:
            return cluster.run(sell, "shop", "p2")
        except (nats.errors.Error, nats.js.errors.Error):
            return None

    wait_until(sold, 30, 0.5, "a leader of that stream")
    wait_until(lambda: second.status()["status"] == "admitted", 15, 0.2, "the turn")

    async def forge(jetstream):
        with pytest.raises((nats.errors.Error, nats.js.errors.Error, TimeoutError)):
            await jetstream.publish("waiting_room.shop.position.admitted", b"{}", timeout=1)

    cluster.run(forge, "shop", "p2")
