"""A wire to the store that changes the text of a script on its way: what a gate with that mistake would do.

The gates load their scripts at each connection and use the names that the server answers, so they run what it was sent.
The other text has the same length, for RESP counts bytes.
"""

import asyncio


def change(line: str, other: str) -> tuple:
    assert len(other) <= len(line), (line, other)
    return line.encode(), other.ljust(len(line)).encode()


#: What can be broken in admit.lua.
MISTAKES = {
    "slots": change("math.min(free(), M.waiting,", "math.min(999999, M.waiting,"),
    "order": change(
        "for i = 1, math.min(size - first, #normal) do batch[first + i] = normal[i] end",
        "for i=1,math.min(size-first,#normal) do batch[first+i]=normal[#normal+1-i] end",
    ),
}


class Sabotage:
    def __init__(self, mistake):
        self.text, self.other = MISTAKES[mistake]
        self.upstream, self.changed = None, 0

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def stop(self):
        self.server.close()

    async def _serve(self, reader, writer):
        try:
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            return writer.transport.abort()
        await asyncio.gather(self._change(reader, onward_writer), self._copy(onward_reader, writer))

    async def _change(self, reader, writer):
        held = b""
        try:
            while data := await reader.read(1 << 16):
                data = held + data
                self.changed += data.count(self.text)
                data = data.replace(self.text, self.other)
                # The text may be cut in two.
                cut = next((size for size in range(len(self.text) - 1, 0, -1) if data.endswith(self.text[:size])), 0)
                data, held = data[: len(data) - cut], data[len(data) - cut :]
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    async def _copy(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()
