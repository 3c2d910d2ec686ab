"""Responses that the server treats in ways of its own: files, long answers and event streams."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.http import StreamingHttpResponse

OUTGOING_SECONDS = 60
"""How long a spooled answer is kept for the server to open it. It keeps what it has opened until it has sent it."""


class LocalFile(StreamingHttpResponse):
    """An answer whose bytes lie in a local file: the server sends them itself, from `first` to `last`."""

    def __init__(self, path: str, content: Iterator[bytes], *, first: int, last: int, whole: bool) -> None:
        super().__init__(content)
        self.path, self.first, self.last, self.whole = path, first, last, whole


class StreamResponse(StreamingHttpResponse):
    """An answer that goes on: `follow(stream)` is called on the event loop once its head is sent.

    The content is for servers that know no streams: what there is to say now, after which it ends.
    """

    def __init__(self, content: Iterator[bytes], follow: Callable[["EventStream"], None], **options: Any) -> None:
        super().__init__(content, **options)
        self.follow = follow


class EventStream:
    """The open end of a stream. Used on the event loop only, except for attributes that never change.

    Granian buffers whatever it is given until the client has read it, and does not say how much that is. So a stream
    ends after `settings.SKELETON_STREAM_BYTES`: a client that reads reconnects and resumes, one that does not costs no
    more than that.
    """

    __slots__ = ("_left", "_transport", "closed", "loop", "on_close")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self.loop = transport, loop
        self._left = int(settings.SKELETON_STREAM_BYTES)
        self.closed: asyncio.Future[None] = loop.create_future()
        self.on_close: Callable[[], None] | None = None

    def send(self, data: bytes) -> None:
        """Pass on `data`, unless the stream has ended."""
        if self.closed.done():
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
            self._transport = None  # Granian ends the answer when nobody holds the transport any more
            if self.on_close:
                self.on_close()


class SpooledAnswer:
    """An answer on disk. Granian sends it from there at the client's pace, so a slow reader costs no memory.

    On Linux the file has no name, so that nothing is left however the process ends; Granian opens it by its descriptor.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._file: IO[bytes] = (
            TemporaryFile(dir=outgoing()) if _LINUX else NamedTemporaryFile(dir=outgoing())  # noqa: SIM115 (closed below)
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


def outgoing() -> Path:
    """The folder of answers being sent. Files that a killed server left there are removed by the next one."""
    folder = Path(settings.SKELETON_DATA_DIR) / "outgoing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - 10 * OUTGOING_SECONDS:
            left.unlink(missing_ok=True)
    return folder
