"""What the event log says afterwards: its own counts, and the verdict of `anteroom history`."""

import bisect
import collections
import datetime
import json

from nats.js.api import AckPolicy, ConsumerConfig

from chaos.stage import ROOM
from rig import gate as gates

STREAM = "WAITING_ROOM"


class History:
    """The room's events in JetStream, counted."""

    def __init__(self):
        self.types = collections.Counter()
        #: When each position joined and when it was admitted the last time, in seconds since 1970.
        self.joins, self.admissions = {}, {}
        #: When each event was, by its sequence from 1 on.
        self.times = []
        self.irregular = self.restorations = 0

    def take(self, event):
        if "sequence" not in event:
            # That the room's history goes on in a restored store.
            self.restorations += 1
            return
        moment = datetime.datetime.fromisoformat(event["time"]).timestamp()
        if int(event["sequence"]) != len(self.times) + 1:
            self.irregular += 1
        self.times.append(moment)
        self.types[event["type"]] += 1
        if event["type"] == "position.enqueued":
            self.joins[event["data"]["position_id"]] = moment
        elif event["type"] == "position.admitted":
            self.admissions[event["data"]["position_id"]] = moment

    def __len__(self):
        return len(self.times)

    def last_before(self, moment) -> float:
        """When the last event was that the stream has from before `moment`."""
        index = bisect.bisect_right(self.times, moment)
        return self.times[index - 1] if index else 0.0

    def lost(self, crash) -> int:
        """How many events a crash of the store took with it: those that the stream did not have yet."""
        return max(0, crash.last_event - bisect.bisect_right(self.times, crash.time))


async def read_history(jetstream) -> History:
    history = History()
    reader = await jetstream.pull_subscribe(
        f"waiting_room.{ROOM}.>", stream=STREAM, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
    )
    pending = (await jetstream.stream_info(STREAM)).state.messages
    while pending:
        for message in await reader.fetch(500, timeout=10):
            history.take(json.loads(message.data))
            pending = message.metadata.num_pending
    await reader.unsubscribe()
    return history


def check(gate, acknowledged) -> tuple:
    """Whether the history is sound, and what the checker says of it."""
    file = gate.directory / "acknowledged.txt"
    file.write_text("".join(f"{ROOM} {position}\n" for position in acknowledged))
    done = gates.run_once(
        "history", "--config", gate.file, "--acknowledged", file, directory=gate.directory, seconds=120
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip()
