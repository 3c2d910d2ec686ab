"""The RSGI application that Granian runs, on top of Django's WSGI handler.

One port serves two kinds of responses. Ordinary requests run in a few threads, as in any WSGI server. A
`StreamResponse` is written by the event loop, so an open stream uses neither a thread nor a database connection.

The event loop does all waiting for clients: it receives bodies, drains unwanted ones, and refuses requests that take
too long. It answers `/health` and static files without a thread, so these work even when all threads are busy.
"""

import asyncio
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from granian._granian import RSGIHTTPProtocol
from granian.rsgi import Scope

from skeleton.kernel import background
from skeleton.kernel.errors import DomainError, MethodNotAllowed, ServiceUnavailable
from skeleton.rest.http import dump_json
from skeleton.server.bodies import Bodies
from skeleton.server.connection_guard import ConnectionGuard
from skeleton.server.cycle import BodyNotReceived, Outcome, RequestCycle
from skeleton.server.database_watch import DatabaseWatch
from skeleton.server.limits import MAX_BUFFERED_BODY, Limits
from skeleton.server.responses import EventStream, StreamResponse
from skeleton.server.static import StaticFiles
from skeleton.server.threads import RequestThreads

log = structlog.get_logger("skeleton.requests")

SWEEP_SECONDS = 0.25
SWITCH_SECONDS = 0.0005
"""How long a thread may hold the GIL while others wait for it. With Python's default of 5 ms and four busy threads,
every iteration of the event loop would wait 20 ms."""
HEALTH = "/health"
_HEALTHY = dump_json({"status": "ok"})


class Application:
    """The application of one server process."""

    def __init__(self, handler: WSGIHandler) -> None:
        self._handler = handler
        self._limits = Limits.from_settings()
        self._bodies = Bodies(self._limits)
        self._threads = RequestThreads(self._run, self._limits)
        self._watch = DatabaseWatch(self._limits.database_seconds)
        self._static = StaticFiles.collected()
        self._streams: set[EventStream] = set()
        self._stopping = False

    # called by Granian

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._threads.start()
        self._watch.start()
        background.start_all()
        ConnectionGuard(settings.PORT, self._limits, by_address=not settings.SKELETON_PROXIES).start()
        loop.call_soon(self._sweep, loop)
        if threading.current_thread() is threading.main_thread():
            self._end_streams_on_signal(loop)

    async def __rsgi__(self, scope: Scope, proto: RSGIHTTPProtocol) -> None:
        cycle = RequestCycle(scope, proto, asyncio.get_running_loop())
        try:
            if scope.path == HEALTH:
                _answer_health(cycle)
            elif scope.path.startswith(self._static.prefix):
                self._static.respond(cycle)
            else:
                await self._serve(cycle)
            if cycle.has_unread_body and cycle.responded:
                await self._bodies.drain(cycle)
        finally:
            cycle.close()

    async def _serve(self, cycle: RequestCycle) -> None:
        """Run the request. A small body is received before, a large one when Django first reads it."""
        if cycle.writes and 0 < cycle.content_length <= MAX_BUFFERED_BODY and not await self._bodies.receive(cycle):
            return
        outcome = await self._run_in_thread(cycle)
        if outcome is BodyNotReceived:
            if not await self._bodies.receive(cycle):
                return
            cycle.reset_for_rerun()
            outcome = await self._run_in_thread(cycle)
        if isinstance(outcome, StreamResponse):
            await self._run_stream(outcome, cycle)

    async def _run_in_thread(self, cycle: RequestCycle) -> Outcome | None:
        self._threads.submit(cycle)
        return await cycle.outcome

    # threads

    def _run(self, cycle: RequestCycle) -> Outcome | None:
        """Run the request in the calling thread. Return what remains for the event loop to do."""
        try:
            response: Any = self._handler(cycle.environ(), cycle.start)
            try:
                if isinstance(response, StreamResponse) and not self._stopping:
                    return response
                cycle.respond(response)
            finally:
                response.close()
        except BodyNotReceived:
            request_finished.send(type(self))  # releases the database connection
            return BodyNotReceived
        except Exception as exc:  # Django's handler lets nothing through, but a thread must never die
            log.error("unhandled_exception", exc_info=exc)
            cycle.refuse(DomainError())
        return None

    # limits

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Enforce the time limits, four times per second."""
        now = time.monotonic()
        self._bodies.sweep(now)
        if self._threads.sweep(now, silent=self._watch.is_silent):
            self._watch.probe()
        loop.call_later(SWEEP_SECONDS, self._sweep, loop)

    # streams

    async def _run_stream(self, response: StreamResponse, cycle: RequestCycle) -> None:
        if len(self._streams) >= self._limits.streams:
            cycle.refuse(ServiceUnavailable("Too many streams are open. Try again shortly.", retry_after=5))
            return
        if not cycle.claim_response():
            return
        stream = EventStream(cycle.proto.response_stream(cycle.status, cycle.headers), cycle.loop)
        self._streams.add(stream)
        gone = asyncio.ensure_future(cycle.proto.client_disconnect())
        try:
            response.on_start(stream)
            await asyncio.wait((stream.closed, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            stream.close()
            self._streams.discard(stream)

    def _end_streams_on_signal(self, loop: asyncio.AbstractEventLoop) -> None:
        """End all streams on SIGINT and SIGTERM, because Granian waits for open responses before it stops.

        Granian itself receives signals through the loop's wake-up descriptor, which this does not change.
        """

        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True
            loop.call_soon_threadsafe(self._end_streams)

        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, stop)

    def _end_streams(self) -> None:
        for stream in tuple(self._streams):
            stream.close()


def _answer_health(cycle: RequestCycle) -> None:
    """Answer that the process is running. It isn't logged, because supervisors ask every few seconds."""
    if cycle.scope.method not in ("GET", "HEAD"):
        cycle.refuse(MethodNotAllowed())
    else:
        cycle.send(200, {"Content-Type": "application/json"}, _HEALTHY)
        cycle.claim_response()
