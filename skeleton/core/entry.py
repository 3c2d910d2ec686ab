"""Where requests come in: Granian's RSGI on one side, Django's WSGI handler on the other.

One port serves two kinds of answers. Ordinary requests are handed to a few threads that run Django as under any WSGI
server. What the handler answers with a `Followed` response is a stream: it is written by the event loop from then on,
and costs neither a thread nor a database connection while it is open.

Small bodies are read before a thread is taken, so that a slow client does not hold one; large ones (uploads) are read
by the handler when it wants them, which is after it has asked who is sending. A streaming answer is written to disk
first where it is large, and sent from there: the server has no way to tell us that a client reads slowly.
"""

import asyncio
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from tempfile import NamedTemporaryFile
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import StreamingHttpResponse

from skeleton.core.http import dump_json
from skeleton.core.parsers import MAX_BODY

log = structlog.get_logger("skeleton.serve")

THREADS = 4  # per worker; see docs/decisions.md
IN_MEMORY = 1_000_000
"""Bytes up to which a streaming answer is sent from memory."""
SENDING_SECONDS = 60
"""How long after the answer began its file on disk is opened by the server at the latest; then its name can go."""
MOST_HEADERS = 300
"""How many names of headers are remembered; anybody may make up more."""

_ENVIRON: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


class LocalFile(StreamingHttpResponse):
    """An answer whose bytes lie in a file here: the server sends them by itself, from `first` to `last`."""

    def __init__(self, path: str, content: Iterator[bytes], *, first: int, last: int, whole: bool) -> None:
        super().__init__(content)
        self.path, self.first, self.last, self.whole = path, first, last, whole


class Followed(StreamingHttpResponse):
    """An answer that goes on: `follow(outlet)` is called on the event loop once its head is sent.

    Its own content is for servers that know no streams: what there is to say now, after which it ends.
    """

    def __init__(self, content: Iterator[bytes], follow: Callable[["Outlet"], None], **options: Any) -> None:
        super().__init__(content, **options)
        self.follow = follow


class Outlet:
    """The open end of a stream. It is used on the event loop only, but for its attributes that never change.

    The server takes whatever it is given and keeps it until the client has read it; how much that is it does not say.
    So an outlet ends after `settings.SKELETON_STREAM_BYTES`: a client that reads comes back and goes on where it was,
    one that does not costs no more than that.
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
            self._transport = None  # the server ends the answer when nobody has this any more
            if self.on_close:
                self.on_close()


class Entry:
    """The RSGI application."""

    def __init__(self, handler: WSGIHandler) -> None:
        self._handler = handler
        self._waiting: SimpleQueue[_Exchange] = SimpleQueue()
        self._outlets: set[Outlet] = set()
        self._stopping = False

    # what Granian calls

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()
        if threading.current_thread() is threading.main_thread():
            self._end_streams_when_told_to_stop(loop)

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        loop = asyncio.get_running_loop()
        exchange = _Exchange(scope, proto, loop)
        announced = exchange.announced if scope.method in _WITH_BODY else 0
        if announced <= MAX_BODY:
            try:
                exchange.body = await proto() if announced else b""
            except RuntimeError:  # the client left in the middle of it
                return
        self._waiting.put(exchange)
        response = await exchange.handled
        if response is not None:
            await self._follow(response, exchange)

    # threads

    def _work(self) -> None:
        while True:
            self._handle(self._waiting.get())

    def _handle(self, exchange: "_Exchange") -> None:
        followed = None
        try:
            response: Any = self._handler(exchange.environ(), exchange.start)
            try:
                if isinstance(response, Followed) and not self._stopping:
                    followed = response
                else:
                    exchange.answer(response)
            finally:
                response.close()
        except Exception as exc:  # nothing that Django's handler lets through, but a thread must not end
            log.error("unhandled_exception", exc_info=exc)
            exchange.fail()
        exchange.loop.call_soon_threadsafe(_settle, exchange.handled, followed)

    # streams

    async def _follow(self, response: Followed, exchange: "_Exchange") -> None:
        outlet = Outlet(exchange.proto.response_stream(exchange.status, exchange.headers), exchange.loop)
        self._outlets.add(outlet)
        gone = asyncio.ensure_future(exchange.proto.client_disconnect())
        try:
            response.follow(outlet)
            await asyncio.wait((outlet.closed, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            outlet.close()
            self._outlets.discard(outlet)

    def _end_streams_when_told_to_stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Granian waits for open answers when it stops, and streams never end by themselves.

        Its own handling of the signal goes by the loop's wake-up descriptor, which this leaves as it is.
        """

        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True
            loop.call_soon_threadsafe(self._end_streams)

        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, stop)

    def _end_streams(self) -> None:
        for outlet in tuple(self._outlets):
            outlet.close()


def _settle(handled: "asyncio.Future[Followed | None]", followed: Followed | None) -> None:
    """Where the client has not left meanwhile, which ends whoever waits."""
    if not handled.done():
        handled.set_result(followed)


_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_names: dict[str, str] = {}


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Any, proto: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.scope, self.proto, self.loop = scope, proto, loop
        self.handled: asyncio.Future[Followed | None] = loop.create_future()
        self.body: bytes | None = None
        self.status, self.headers = 500, []  # type: ignore[var-annotated]

    @property
    def announced(self) -> int:
        """The length of the body as the client gives it; none that is readable counts as too much."""
        length: str = self.scope.headers.get("content-length", "")
        if not length:
            return MAX_BODY + 1 if self.scope.headers.get("transfer-encoding") else 0
        return int(length) if length.isdecimal() and length.isascii() else MAX_BODY + 1

    def environ(self) -> dict[str, Any]:
        """The request as WSGI has it (PEP 3333)."""
        scope = self.scope
        environ = dict(_ENVIRON)
        for name, value in scope.headers.items():
            key = _names.get(name) or _key_of(name)
            if key:
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        environ["CONTENT_LENGTH"] = environ.pop("HTTP_CONTENT_LENGTH", "")
        if "HTTP_HOST" not in environ:
            environ["HTTP_HOST"] = scope.authority or ""
        environ["REQUEST_METHOD"] = scope.method
        environ["PATH_INFO"] = scope.path.encode().decode("latin-1")
        environ["QUERY_STRING"] = scope.query_string
        environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
        environ["REMOTE_ADDR"] = scope.client.rpartition(":")[0].strip("[]")
        environ["wsgi.url_scheme"] = scope.scheme
        environ["wsgi.input"] = io.BufferedReader(_Body(self)) if self.body is None else io.BytesIO(self.body)
        return environ

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        """WSGI's `start_response`."""
        self.status, self.headers = int(status[:3]), headers
        return self.fail_to_write

    def fail_to_write(self, data: bytes) -> None:
        """What WSGI calls `write`, for applications older than Django."""
        raise NotImplementedError

    def answer(self, response: Any) -> None:
        """Send the whole of it."""
        if not response.streaming:
            self.proto.response_bytes(self.status, self.headers, response.content)
        elif isinstance(response, LocalFile) and response.whole:
            self.proto.response_file(self.status, self.headers, response.path)
        elif isinstance(response, LocalFile):
            self.proto.response_file_range(self.status, self.headers, response.path, response.first, response.last + 1)
        else:
            self._spool(iter(response))

    def _spool(self, chunks: Iterator[bytes]) -> None:
        """Gather what is streamed, in memory or on disk, and send it from there."""
        gathered, size = [], 0
        for chunk in chunks:
            gathered.append(chunk)
            size += len(chunk)
            if size > IN_MEMORY:
                break
        else:
            self.proto.response_bytes(self.status, self.headers, b"".join(gathered))
            return
        with NamedTemporaryFile(dir=outgoing(), delete=False) as file:
            file.writelines(gathered)
            file.writelines(chunks)
        self.proto.response_file(self.status, self.headers, file.name)
        self.loop.call_soon_threadsafe(lambda: self.loop.call_later(SENDING_SECONDS, os.unlink, file.name))

    def fail(self) -> None:
        """Answer that something is wrong with us; nothing happens where an answer has begun."""
        body = {"error": "internal_error", "message": "Something went wrong.", "request_id": None}
        self.proto.response_bytes(500, [("Content-Type", "application/json")], dump_json(body))


def _key_of(name: str) -> str:
    """The WSGI key of a header. One with an underscore is none: it could pass for another with a hyphen."""
    key = "" if "_" in name else f"HTTP_{name.replace('-', '_').upper()}"
    if key and len(_names) < MOST_HEADERS:
        _names[name] = key
    return key


class _Body(io.RawIOBase):
    """A body that is read as it is asked for, from a thread."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._chunks: Any = None
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._next()
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _next(self) -> bytes:
        return asyncio.run_coroutine_threadsafe(self._chunk(), self._exchange.loop).result()

    async def _chunk(self) -> bytes:
        if self._chunks is None:
            self._chunks = aiter(self._exchange.proto)
        while (found := await anext(self._chunks, None)) == b"":
            pass  # an empty one is not the end yet
        return b"" if found is None else bytes(found)


def outgoing() -> Path:
    """Where large answers lie while they are sent. What a killed server left there goes when the next one looks."""
    folder = Path(settings.SKELETON_DATA_DIR) / "outgoing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - 10 * SENDING_SECONDS:
            left.unlink(missing_ok=True)
    return folder
