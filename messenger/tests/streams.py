"""An event stream client for tests. It uses raw HTTP/1.1, so that it can stop reading, disconnect and resume."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Happened:
    """An event."""

    id: int
    type: str
    data: Any


class Refused(Exception):
    """The stream was refused. Contains the status and the body."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body!r}")
        self.status, self.body = status, body


@dataclass(slots=True)
class Stream:
    """`async with Stream(port, token) as stream: async for event in stream`. `last_id` is where to resume."""

    port: int
    token: str = ""
    last_id: int | None = None
    query: str = ""
    path: str = "/messenger/events"
    beats: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _reader: Any = None
    _writer: Any = None
    _text: bytes = b""

    async def __aenter__(self) -> "Stream":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"GET /api/v1{self.path}{self.query} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream"]
        lines += [f"Authorization: Bearer {self.token}"] if self.token else []
        lines += [f"Last-Event-ID: {self.last_id}"] if self.last_id is not None else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            status, *fields = head.decode().splitlines()
            self.headers = dict(line.lower().split(": ", 1) for line in fields if line)
            if not status.startswith("HTTP/1.1 200"):
                body = await self._reader.readexactly(int(self.headers.get("content-length", 0)))
                raise Refused(int(status.split()[1]), body)
            await self._read_block()
        except BaseException:
            self._writer.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> Happened:
        """Return the next event. Raises StopAsyncIteration when the server ends the stream."""
        while True:
            found = await self._read_block()
            if found is not None:
                return found

    async def next(self, seconds: float = 10) -> Happened:
        return await asyncio.wait_for(anext(self), seconds)

    async def _read_block(self) -> Happened | None:
        """Read up to the next empty line: an event, or a heartbeat, which may also advance `last_id`."""
        while b"\n\n" not in self._text:
            self._text += await self._chunk()
        block, _, self._text = self._text.partition(b"\n\n")
        fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if ": " in line and line[0] != ":")
        if "id" in fields:
            assert self.last_id is None or int(fields["id"]) >= self.last_id, "ids never go back"
            self.last_id = int(fields["id"])
        if "data" in fields:
            return Happened(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        self.beats += 1
        return None

    async def _chunk(self) -> bytes:
        try:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            data = await self._reader.readexactly(size + 2)
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            raise StopAsyncIteration from exc
        if not size:
            raise StopAsyncIteration
        return bytes(data[:-2])


async def quiet(stream: Stream, seconds: float) -> None:
    """Assert that no event arrives for `seconds`."""
    try:
        heard = await stream.next(seconds)
    except (TimeoutError, StopAsyncIteration):
        return
    raise AssertionError(f"heard {heard}")
