"""The least of an HTTP/1.1 client that can ask a thousand times a second from one process."""

import asyncio

HOST = b"Host: shop.test\r\n"
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
NAVIGATION = (
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: none\r\n"
)


class Connection:
    """One kept connection; `ask` sends a request and reads its answer."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, fields, body=b""):
        """Status, fields (lower case; Set-Cookie as a list) and body."""
        head = f"{method} {path} HTTP/1.1\r\n{fields}".encode() + HOST
        if body:
            head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        for attempt in range(2):
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                self.writer.write(head + b"\r\n" + body)
                return await self._answer()
            except (asyncio.IncompleteReadError, ConnectionError):
                # Closed between two requests.
                self.close()
                if attempt:
                    raise
        raise ConnectionError

    async def _answer(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {"set-cookie": []}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                fields["set-cookie"].append(value)
            elif name:
                fields[name.lower()] = value
        body = b""
        if "content-length" in fields:
            body = await self.reader.readexactly(int(fields["content-length"]))
        elif fields.get("transfer-encoding") == "chunked":
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
        if fields.get("connection", "").lower() == "close":
            self.close()
        return int(lines[0].split()[1]), fields, body

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None
