"""What the gate's own answers cost to those who are not through: beside a forwarded request, and beside nginx with a
file of the same size. Every answer is checked, by a sample's text and by the gate's own count of what became of all."""

import collections
import re
import statistics
import urllib.error
import urllib.request

import load
from servers import BROWSER, PROXY_CORE, ROOM, Gate, Nginx
from shared import sign_microseconds

IMAGE = {**BROWSER, "Accept": "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}

#: What is asked for, of which server and with which fields; and what all answers have to be: their outcome as the gate
#: counts it, their status, and a text in them.
Row = collections.namedtuple("Row", "name server fields outcome status text path", defaults=["/"])


def counts(gate) -> collections.Counter:
    """The gate's requests so far by outcome and status."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gate.admin_port}/metrics", timeout=10) as answer:
        lines = re.findall(r"^anteroom_requests_total\{(.*)\} (\d+)", answer.read().decode(), re.M)
    result = collections.Counter()
    for labels, number in lines:
        labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        result[labels["outcome"], int(labels["code"])] += int(number)
    return result


def sample(row) -> int:
    """Asks once, and returns how many bytes of body came."""
    request = urllib.request.Request(f"http://127.0.0.1:{row.server.port}{row.path}", headers=row.fields)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    if status != row.status or row.text not in body.decode():
        raise SystemExit(f"{row.name}: answered {status}, {body[:200]}")
    return len(body)


def run(row, connections, seconds) -> load.Run:
    """One run, every answer of which was what the row says."""
    gate = row.server if row.outcome else None
    before = counts(gate) if gate else None
    result = load.run(row.server, connections, seconds, row.fields, path=row.path)
    refused = f"Non-2xx or 3xx responses: {result.requests}" if row.status >= 400 else ""
    if result.failures != refused or not result.requests:
        raise SystemExit(f"{row.name}: {result.requests} requests; {result.failures}")
    if gate:
        # What wrk drops at the end is aborted, or answered and not counted by it.
        found = counts(gate) - before
        expected = found.pop((row.outcome, row.status), 0)
        others = {key: count for key, count in found.items() if key[0] != "aborted"}
        if expected < result.requests or others:
            raise SystemExit(f"{row.name}: {expected} of {result.requests} as expected, and {others}")
    return result


def measure(folder, program, origin, rounds, seconds):
    def gate(name, **options):
        return Gate(f"pages {name}", folder, PROXY_CORE, program, origin.port, **options)

    forwarding = gate("forwarding").start()
    full = gate("full", max_queue_size=1, status="paused").start()
    maintenance = gate("maintenance", status="maintenance").start()
    joins = gate("joins", algorithm="ES256", status="paused").start()
    files = folder / "pages"
    files.mkdir()
    nginx = Nginx("pages nginx", folder, PROXY_CORE, files=files).start()
    try:
        place = full.call("POST", "enqueue", body={})[1]["token"]
        session = {**BROWSER, "Cookie": f"anteroom_s_{ROOM}={forwarding.session()}"}
        queue = Row(
            "the queue page, for somebody in line", full, {**BROWSER, "Cookie": f"anteroom_p_{ROOM}={place}"},
            "queued", 503, 'id="ar-place">1<',
        )
        notice = Row("the page of a full line", full, BROWSER, "full", 503, "The line is full")
        rows = [
            Row("a forwarded request", forwarding, session, "forwarded", 200, "x" * 1000),
            queue,
            notice,
            Row("the page of maintenance", maintenance, BROWSER, "maintenance", 503, "Closed for maintenance"),
            Row("a picture, for somebody without a place", full, IMAGE, "queued", 503, "Please wait in line."),
            Row("a new place and its page", joins, BROWSER, "queued", 503, 'id="ar-place"'),
        ]
        sizes = {row.name: sample(row) for row in rows}
        for row, file in ((queue, "queue.html"), (notice, "notice.html")):
            (files / file).write_bytes(b"x" * sizes[row.name])
            rows.append(
                Row(f"nginx, a file like {row.name}", nginx, BROWSER, None, 200, "x" * 1000, f"/{file}"))
            sizes[rows[-1].name] = sizes[row.name]
        runs = {row.name: [] for row in rows}
        # Nothing is warm in the first round; it does not count, unless there is only one.
        for number in range(rounds if rounds == 1 else rounds + 1):
            for row in rows:
                result = run(row, 64, seconds)
                if number or rounds == 1:
                    runs[row.name].append(result.microseconds)
        report(rows, runs, sizes, sign_microseconds(joins.key, 0.2))
    finally:
        for server in (forwarding, full, maintenance, joins, nginx):
            server.stop()


def report(rows, runs, sizes, sign):
    print(f"\n## The gate's own answers, {len(runs[rows[0].name])} alternating rounds, 64 connections\n")
    print("| | bytes of body | µs of CPU | lowest | highest | of a forwarded request |\n|---|---|---|---|---|---|")
    forwarded = runs[rows[0].name]
    for row in rows:
        own = runs[row.name]
        ratio = statistics.median(a / b for a, b in zip(own, forwarded))
        print(
            f"| {row.name} | {sizes[row.name]} | {statistics.median(own):.1f} | {min(own):.1f} | {max(own):.1f} "
            f"| {ratio:.2f} |"
        )
    print(f"\nOf a new place, {sign:.0f} µs are the signature (ES256; RS256 ten times that).")
    for number in (1, 2):
        ratios = [a / b for a, b in zip(runs[rows[number].name], runs[rows[number - 3].name])]
        print(f"- {rows[number].name} / nginx with a file: {statistics.median(ratios):.2f}")
