"""One request and its response, translated between RSGI and WSGI (PEP 3333)."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from typing import IO, Any

import structlog
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.html import format_html
from granian._granian import RSGIHTTPProtocol
from granian.rsgi import Scope

from skeleton.kernel.context import RequestContext, current_request
from skeleton.kernel.errors import DomainError
from skeleton.rest.addresses import client_address
from skeleton.rest.handler import error_response
from skeleton.rest.middleware import PRIVATE_CACHE_CONTROL, request_id_of
from skeleton.rest.parsers import RERUN_ENVIRON_KEY
from skeleton.server.responses import OUTGOING_SECONDS, LocalFileResponse, SpooledResponse, StreamResponse

log = structlog.get_logger("skeleton.requests")

MAX_BUFFERED_RESPONSE = 256_000
"""Maximum size in bytes of a response passed to Granian in memory. Granian buffers it while a slow client reads."""
MAX_HEADER_NAMES = 300
"""Maximum number of cached header names. Clients can send arbitrary names, so the cache must be bounded."""
WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_ENVIRON: dict[str, object] = {
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
_keys: dict[str, str] = {}
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{message}</title>'
    '<body style="font:16px sans-serif;margin:15vh auto;max-width:32em"><h1>{message}</h1><p>{id}</p></body></html>'
)


class BodyNotReceived(BaseException):  # noqa: N818 (like GeneratorExit: control flow that no error handler may catch)
    """Raised when Django reads a body that has not been received yet.

    By then the request has passed all checks of its headers (authentication, permissions, throttles, length). The
    server receives the body without blocking a thread and runs the request again. This corresponds to HTTP's `Expect:
    100-continue`; Granian sends the 100 when the first byte is read.
    """


Outcome = StreamResponse | type[BodyNotReceived]
"""What a request leaves for the event loop to do: send a stream, or receive the body and run the request again."""


class RequestCycle:
    """A request, the part of its body received so far, and its single response.

    It is started at most once at a time and answered exactly once. `claim_start` and `claim_response` resolve races
    between the threads that run requests and the event loop, which refuses requests that take too long.
    """

    __slots__ = (
        *("_context", "_response_token", "_start_token", "body", "chunks", "content_length", "has_unread_body"),
        *("headers", "loop", "outcome", "proto", "queued_at", "rerun", "scope", "status", "writes"),
    )

    def __init__(self, scope: Scope, proto: RSGIHTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        self.scope, self.proto, self.loop = scope, proto, loop
        self.outcome: asyncio.Future[Outcome | None] = loop.create_future()
        self.writes = scope.method in WRITE_METHODS
        length: str = scope.headers.get("content-length", "")
        self.content_length = int(length) if length.isascii() and length.isdecimal() else 0
        self.has_unread_body = bool(self.content_length) or scope.headers.get("transfer-encoding") is not None
        # Must be taken before the response: afterwards Granian no longer offers it and closes with unread data.
        self.chunks: Any = aiter(proto) if self.has_unread_body else None
        self.body: IO[bytes] | None = None
        self.queued_at, self.rerun = 0.0, False
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self._start_token, self._response_token = [True], [True]
        self._context: RequestContext | None = None

    # claims

    def claim_start(self) -> bool:
        """Return whether the caller may run (or refuse) the waiting request. True exactly once."""
        return _pop(self._start_token)

    def claim_response(self) -> bool:
        """Return whether the caller may answer. True exactly once."""
        return _pop(self._response_token)

    @property
    def started(self) -> bool:
        return not self._start_token

    @property
    def responded(self) -> bool:
        return not self._response_token

    def reset_for_rerun(self) -> None:
        """Reset the request so that it can run again, with its body."""
        self._start_token, self.outcome, self.rerun = [True], self.loop.create_future(), True

    # the request

    @property
    def context(self) -> RequestContext:
        """Return the request's id and address, for responses that bypass Django."""
        if self._context is None:
            request = HttpRequest()
            headers = self.scope.headers
            request.META = {
                "REMOTE_ADDR": self._peer(),
                "HTTP_X_FORWARDED_FOR": headers.get("x-forwarded-for", ""),
                "HTTP_X_REQUEST_ID": headers.get("x-request-id", ""),
            }
            self._context = RequestContext(request_id=request_id_of(request), ip=client_address(request))
        return self._context

    def environ(self) -> dict[str, object]:
        """Return the request as a WSGI environ."""
        scope = self.scope
        environ = dict(_ENVIRON)
        for name, value in scope.headers.items():
            key = _keys.get(name) or _key_of(name)
            if key:
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        environ["CONTENT_LENGTH"] = environ.pop("HTTP_CONTENT_LENGTH", "")
        if "HTTP_HOST" not in environ:
            environ["HTTP_HOST"] = scope.authority or ""
        environ["REQUEST_METHOD"] = scope.method
        environ["PATH_INFO"] = scope.path.encode().decode("latin-1")
        environ["QUERY_STRING"] = scope.query_string.encode().decode("latin-1")
        environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
        environ["REMOTE_ADDR"] = self._peer()
        environ["wsgi.url_scheme"] = scope.scheme
        environ["wsgi.input"] = self._input()
        if self.rerun:
            environ[RERUN_ENVIRON_KEY] = True
        return environ

    def _peer(self) -> str:
        return str(self.scope.client.rpartition(":")[0].strip("[]"))

    def _input(self) -> IO[bytes]:
        if self.body is not None:
            self.body.seek(0)
            return self.body
        return io.BufferedReader(_UnreceivedBody()) if self.content_length and self.writes else io.BytesIO()

    # the answer

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        """Store status and headers (WSGI's `start_response`)."""
        self.status, self.headers = int(status[:3]), headers
        return _write

    def respond(self, response: HttpResponse | StreamingHttpResponse) -> None:
        """Send the complete `response`, unless the request has been refused in the meantime."""
        if not response.streaming and len(response.content) <= MAX_BUFFERED_RESPONSE:
            if self.claim_response():
                self.proto.response_bytes(self.status, self.headers, response.content)
        elif isinstance(response, LocalFileResponse):
            if self.claim_response():
                self._send_file(response)
        else:
            self._spool(iter(response))

    def _send_file(self, response: LocalFileResponse) -> None:
        if response.whole:
            self.proto.response_file(self.status, self.headers, response.path)
        else:
            self.proto.response_file_range(self.status, self.headers, response.path, response.first, response.last + 1)

    def _spool(self, chunks: Iterator[bytes]) -> None:
        """Collect a streamed response in memory or, if it is large, on disk, and send it from there."""
        gathered: list[bytes] = []
        size = 0
        for chunk in chunks:
            gathered.append(chunk)
            size += len(chunk)
            if size > MAX_BUFFERED_RESPONSE:
                break
        else:
            if self.claim_response():
                self.proto.response_bytes(self.status, self.headers, b"".join(gathered))
            return
        spooled = SpooledResponse(chain(gathered, chunks))
        if self.claim_response():
            self.proto.response_file(self.status, self.headers, spooled.path)
            self.loop.call_soon_threadsafe(self.loop.call_later, OUTGOING_SECONDS, spooled.close)
        else:
            spooled.close()

    def refuse(self, error: DomainError) -> None:
        """Answer with `error`, unless the request has been answered. Needs no thread and no database."""
        if not self.claim_response():
            return
        token = current_request.set(self.context)
        try:
            response = error_response(error)
            if "text/html" in self.scope.headers.get("accept", ""):
                page = format_html(_PAGE, message=error.message, id=self.context.request_id)
                response.content, response.headers["Content-Type"] = page.encode(), "text/html; charset=utf-8"
        finally:
            current_request.reset(token)
        self.send(response.status_code, dict(response.items()), response.content)
        self._log()

    def _log(self) -> None:
        log.info(
            "request",
            method=self.scope.method,
            path=self.scope.path,
            status=self.status,
            ip=self.context.ip,
            request_id=self.context.request_id,
        )

    def send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        """Send a response from the event loop, with the headers that every response has."""
        self.status = status
        own = {
            "X-Request-ID": self.context.request_id,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": PRIVATE_CACHE_CONTROL,
            "Content-Length": str(len(content)),
        }
        self.proto.response_bytes(status, list((headers | own).items()), content)

    def close(self) -> None:
        """Close the body."""
        if self.body is not None:
            self.body.close()


def _pop(tokens: list[bool]) -> bool:
    """Take the token, and return False if it is gone. `list.pop` is atomic, so exactly one thread gets it."""
    try:
        return tokens.pop()
    except IndexError:
        return False


def _key_of(name: str) -> str:
    """Return the WSGI key of a header, or "" if its name has an underscore, as it could spoof one with a hyphen."""
    key = "" if "_" in name else f"HTTP_{name.replace('-', '_').upper()}"
    if key and len(_keys) < MAX_HEADER_NAMES:
        _keys[name] = key
    return key


def _write(data: bytes) -> None:
    """WSGI's legacy `write` callable, which Django does not use."""
    raise NotImplementedError


class _UnreceivedBody(io.RawIOBase):
    """A body that has not been received. Reading it raises BodyNotReceived."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise BodyNotReceived
