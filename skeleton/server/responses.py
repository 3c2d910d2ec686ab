"""Responses that the server handles specially: local files, large responses and event streams."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Protocol

from django.conf import settings
from django.http import StreamingHttpResponse

EVENT_STREAM = "text/event-stream"
OUTGOING_SECONDS = 60
"""Seconds for which a spooled response stays available for the server to open. An opened one stays until it is sent."""


class LocalFileResponse(StreamingHttpResponse):
    """A response with the bytes `first` to `last` of a local file, which the server sends itself."""

    def __init__(self, path: str, content: Iterator[bytes], *, first: int, last: int, whole: bool) -> None:
        super().__init__(content)
        self.path, self.first, self.last, self.whole = path, first, last, whole


class StreamResponse(StreamingHttpResponse):
    """A long-lived streaming response. `on_start(stream)` is called on the event loop once the headers are sent.

    `content` is for servers without stream support: it contains the current data and then ends.
    """

    def __init__(self, content: Iterator[bytes], on_start: Callable[["EventStream"], None], **options: object) -> None:
        super().__init__(content, **options)
        self.on_start = on_start


class Transport(Protocol):
    """What Granian sends a stream with."""

    def send_bytes(self, data: bytes) -> object: ...


class EventStream:
    """The sending side of a stream. Use it on the event loop only, except for attributes that never change.

    Granian buffers all data until the client has read it and does not report how much that is. Therefore a stream ends
    after `settings.SKELETON_STREAM_BYTES`. A client that reads reconnects and resumes; one that does not read can use
    no more memory than that.
    """

    __slots__ = ("_left", "_transport", "closed", "loop", "on_close")

    def __init__(self, transport: Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport: Transport | None = transport
        self.loop = loop
        self._left = int(settings.SKELETON_STREAM_BYTES)
        self.closed: asyncio.Future[None] = loop.create_future()
        self.on_close: Callable[[], None] | None = None

    def send(self, data: bytes) -> None:
        """Send `data`, unless the stream has ended."""
        if self.closed.done() or self._transport is None:
            return
        try:
            self._transport.send_bytes(data)
        except RuntimeError:  # the client is gone
            self.close()
            return
        self._left -= len(data)
        if self._left <= 0:
            self.close()

    def close(self) -> None:
        """End the stream."""
        if not self.closed.done():
            self.closed.set_result(None)
            self._transport = None  # Granian ends the response when the transport has no more references
            if self.on_close:
                self.on_close()


class SpooledResponse:
    """A response on disk. Granian sends it from there at the client's pace, so a slow client uses no memory.

    On Linux the file is unnamed, so it disappears even if the process is killed. Granian opens it by its descriptor.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._file: IO[bytes] = (
            TemporaryFile(dir=outgoing_folder()) if _LINUX else NamedTemporaryFile(dir=outgoing_folder())  # noqa: SIM115 (closed below)
        )
        try:
            self._file.writelines(chunks)
            self._file.flush()
        except BaseException:
            self._file.close()
            raise

    @property
    def path(self) -> str:
        return f"/proc/self/fd/{self._file.fileno()}" if _LINUX else str(self._file.name)

    def close(self) -> None:
        self._file.close()


_LINUX = sys.platform.startswith("linux")


def outgoing_folder() -> Path:
    """Return the folder for outgoing responses, after removing files that a killed server left there."""
    folder = Path(settings.SKELETON_DATA_DIR) / "outgoing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - 10 * OUTGOING_SECONDS:
            left.unlink(missing_ok=True)
    return folder
