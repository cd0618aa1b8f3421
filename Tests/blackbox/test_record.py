"""A line that can be checked (docs/RECORD.md): receipts, the chain over the record, its heads, and what is told from it."""

import hashlib
import json
import re

import jwt
import pytest
import requests

from rig import gate as gates
from rig.gate import run_once
from rig.line import assert_problem, until_admitted, waiting
from rig.nats import NATSServer
from rig.process import wait_until
from rig.visitor import Visitor, through


def key_for(gate, token):
    """By the key set alone, as a stranger would."""
    keys = requests.get(f"{gate.url}/__anteroom/jwks.json", timeout=5).json()["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.PyJWK([key for key in keys if key["kid"] == kid][0]).key


def verified(gate, token, typ) -> dict:
    assert jwt.get_unverified_header(token)["typ"] == typ
    return jwt.decode(token, key_for(gate, token), algorithms=["RS256"])


def chain(texts) -> bytes:
    """docs/RECORD.md, by hand: the hash after these texts, each of which must carry the one that it leads to."""
    head = bytes(32)
    for text in texts:
        content, claimed = text[:-80] + b"}", text[-66:-2]
        assert text[-80:-66] == b',"chainhash":"' and text[-2:] == b'"}', text
        head = hashlib.sha256(head + content).digest()
        assert claimed.decode() == head.hex(), text
    return head


def journal(gate, number=1) -> list:
    return (gate.directory / f"var/journal-{number}.log").read_bytes().splitlines()


def test_a_receipt_says_which_number_one_is(line):
    first, second = waiting(line, 2)
    for number, visitor in enumerate((first, second), 2):
        answer = visitor.call("GET", "receipt")
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        receipt, position = answer.json(), visitor.status()
        claims = verified(line, receipt["receipt"], "receipt+jwt")
        assert claims["join_sequence"] == receipt["join_sequence"] == number
        assert claims["position_id"] == position["position_id"] and claims["queue_id"] == "shop"
        assert claims["enqueued_at"] == position["enqueued_at"] and "exp" not in claims
        assert visitor.call("GET", "receipt").json()["receipt"] == receipt["receipt"]
    # It is no token: neither in place of one nor as a cookie.
    token = first.call("GET", "receipt").json()["receipt"]
    assert_problem(Visitor(line).call("GET", "status", bearer=token), 401)
    assert_problem(Visitor(line).call("POST", "session/claim", bearer=token), 401)
    assert_problem(Visitor(line).call("GET", "receipt"), 401)


def test_the_journal_is_a_chain_that_a_stranger_can_follow(servers, origin, line):
    visitors = waiting(line, 3)
    known = visitors[1].status()["position_id"]
    visitors[0].call("POST", "leave")
    visitors[0].call("POST", "leave")
    line.kill()
    records = [record[9:] for record in journal(line) if b'"seq":' in record]
    head = chain(records)
    line.start()
    published = wait_until(
        lambda: (answer := requests.get(f"{line.url}/api/v1/queues/shop/chain", timeout=5)).ok and answer, 10, 0.2, "a head"
    )
    assert "max-age=60" in published.headers["Cache-Control"]
    told = published.json()
    assert told["sequence"] == len(records) and told["chainhash"] == head.hex()
    claims = verified(line, told["signature"], "chain-head+jwt")
    assert claims["chainhash"] == head.hex() and claims["sequence"] == told["sequence"] and claims["queue_id"] == "shop"
    assert head.hex() in line.process.log and "Chain head" in line.process.log

    folder, kept = line.directory / "var", servers.folder / "heads"
    kept.write_text(published.text + "\n")
    line.kill()
    whole = journal(line)
    done = run_once("history", "--journal", folder, "--heads", kept)
    assert done.returncode == 0 and f"the chain holds from event 1 to {len(records)}" in done.stdout, done.stdout

    # Somebody moves a visitor up, checksum and all.
    index = next(i for i, record in enumerate(whole) if known.encode() in record and b"position.enqueued" in record)
    forged = whole[index][9:].replace(b'"priority":0', b'"priority":9')
    sequence = json.loads(forged)["seq"]
    rewrite(folder, whole[:index] + [sealed(forged)] + whole[index + 1 :])
    done = run_once("history", "--journal", folder)
    assert done.returncode == 1 and f"room shop, event {sequence}: chain: does not follow" in done.stdout, done.stdout
    # With all hashes behind it made anew only the head that was kept tells.
    anew, head = [whole[0]], bytes(32)
    for record in whole[1:index] + [b"00000000 " + forged] + whole[index + 1 :]:
        text = record[9:]
        if b'"seq":' in text:
            content = text[:-80] + b"}"
            head = hashlib.sha256(head + content).digest()
            text = content[:-1] + b',"chainhash":"' + head.hex().encode() + b'"}'
        anew.append(sealed(text))
    rewrite(folder, anew)
    assert run_once("history", "--journal", folder).returncode == 0
    done = run_once("history", "--journal", folder, "--heads", kept)
    assert done.returncode == 1 and "what was recorded up to it was written anew" in done.stdout, done.stdout


def test_a_journal_that_a_clean_stop_has_folded_into_its_snapshot_says_so(line):
    [visitor] = waiting(line, 1)
    line.stop()
    done = run_once("history", "--journal", line.directory / "var")
    assert done.returncode == 0 and done.stdout.count("\n") == 1, done.stdout
    said = r"room shop: no events behind the snapshot, which stands for those to \d+, head [0-9a-f]{64}\n"
    assert re.fullmatch(said, done.stdout), done.stdout
    line.start()
    assert visitor.call("POST", "leave").status_code == 204
    line.kill()
    done = run_once("history", "--journal", line.directory / "var")
    assert done.returncode == 0 and "the chain holds from event" in done.stdout, done.stdout
    assert "events in the journal, behind a snapshot" in done.stdout


def sealed(text: bytes) -> bytes:
    """With the checksum of docs/JOURNAL.md."""
    value = 0xFFFFFFFF
    for byte in text:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return b"%08x " % (value ^ 0xFFFFFFFF) + text


def rewrite(folder, records):
    (folder / "journal-1.log").write_bytes(b"\n".join(records) + b"\n")


@pytest.fixture
def nats(servers):
    return servers.add(NATSServer(servers.folder).start())


def test_the_stream_is_a_chain_and_a_changed_event_is_named(servers, origin, nats):
    gate = servers.gate([gates.busy_room(origin.url)], events={"nats_url": nats.url})
    through(gate)
    visitors = waiting(gate, 3)
    known = visitors[1].status()["position_id"]
    gate.restart()
    visitors[2].call("POST", "leave")
    bodies = wait_until(lambda: len(found := raw(nats)) >= 7 and found, 10, 0.2, "the events")
    chain(bodies)
    done = run_once("history", "--config", gate.file)
    assert done.returncode == 0 and f"the chain holds from event 1 to {len(bodies)}" in done.stdout, done.stdout
    heads = [event for subject, _, event in nats.messages() if subject == "waiting_room.chain_head.shop"]
    assert heads and verified(gate, heads[-1]["data"]["signature"], "chain-head+jwt")["queue_id"] == "shop"
    told = run_once("explain", known, "--config", gate.file)
    assert told.returncode == 0 and "Joined as number 3 with 1 before it." in told.stdout, told.stdout
    same = run_once("explain", known, "--nats", nats.url, "--room", "shop")
    assert same.stdout == told.stdout
    gate.stop()

    # The same events into a new stream, one of them changed.
    changed = [body.replace(b'"priority":0', b'"priority":1') if known.encode() in body else body for body in bodies]
    refill(nats, changed)
    sequence = next(json.loads(body)["sequence"] for body in bodies if known.encode() in body)
    done = run_once("history", "--config", gate.file)
    assert done.returncode == 1 and f"room shop, event {sequence}: chain: does not follow" in done.stdout, done.stdout


def raw(nats, room="shop") -> list:
    async def read(_, jetstream):
        info = await jetstream.stream_info("WAITING_ROOM")
        found = [await jetstream.get_msg("WAITING_ROOM", number) for number in range(1, info.state.last_seq + 1)]
        return [message.data for message in found if message.subject.startswith(f"waiting_room.{room}.")]

    return nats.run(read)


def refill(nats, bodies):
    async def write(_, jetstream):
        await jetstream.purge_stream("WAITING_ROOM")
        for body in bodies:
            event = json.loads(body)
            await jetstream.publish(f"waiting_room.{event['data']['queue_id']}.{event['type']}", body)

    nats.run(write)


def test_support_staff_are_told_what_became_of_somebody(line):
    first, second = waiting(line, 2)
    position = second.status()["position_id"]
    line.edit(status="paused")
    line.until_status("paused")
    line.edit(status="active")
    line.until_status("active")
    line.holder.call("POST", "session/complete")
    until_admitted(first)
    first.call("POST", "leave")
    until_admitted(second)
    assert second.navigate().status_code == 200 and second.navigate().status_code == 200
    wait_until(lambda: line.metric("waiting_room_active_sessions", queue_id="shop") == 1, 5, what="the session")
    done = run_once("explain", position, "--config", line.file)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert "Joined as number 3 with 1 before it." in said[1]
    told = " ".join(said)
    for part in ("status from active to paused", "From place 2 to 1", "Let in after", "the session began"):
        assert part in told, done.stdout
    assert said[-1].startswith("Number 3, active, waited ")
    entries = json.loads(run_once("explain", position, "--journal", line.directory / "var", "--json").stdout)
    assert [entry["kind"] for entry in entries["entries"]][0] == "position.enqueued"
    assert entries["summary"].startswith("Number 3, active")
    assert run_once("explain", "5095de3e-0000-4000-8000-000000000001", "--config", line.file).returncode == 1
    assert run_once("explain", "x", "--config", line.file).returncode == 1
