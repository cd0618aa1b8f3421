"""A real nats-server with JetStream, and what a consumer of the events would do with it."""

import asyncio
import json

import nats
import nats.js.api
import nats.js.errors

from rig.process import Process, free_port


class NATSServer:
    def __init__(self, directory, name="nats"):
        self.directory = directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.process = Process(
            name,
            ["nats-server", "-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", str(self.directory / "store")],
            self.directory,
        )

    def start(self):
        self.process.start(self.port)
        return self

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def run(self, work):
        """Runs `await work(connection, jetstream)`."""

        async def connected():
            connection = await nats.connect(self.url, connect_timeout=5)
            try:
                return await work(connection, connection.jetstream())
            finally:
                await connection.close()

        return asyncio.run(connected())

    def messages(self, stream="WAITING_ROOM") -> list:
        """All that the stream holds: (subject, headers, JSON)."""

        async def read(_, jetstream):
            try:
                info = await jetstream.stream_info(stream)
            except nats.js.errors.NotFoundError:
                return []
            found = []
            for number in range(info.state.first_seq, info.state.last_seq + 1):
                message = await jetstream.get_msg(stream, number)
                found.append((message.subject, message.headers or {}, json.loads(message.data)))
            return found

        return self.run(read)

    def events(self, room="shop") -> list:
        return [event for subject, _, event in self.messages() if subject.startswith(f"waiting_room.{room}.")]

    def publish(self, subject, body: bytes):
        async def send(_, jetstream):
            await jetstream.publish(subject, body)

        self.run(send)
