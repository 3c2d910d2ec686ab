"""The application that Granian runs: RSGI on its side, Django's WSGI handler on ours.

One port serves two kinds of answers. Ordinary requests are handed to a few threads that run Django as any WSGI server
does. What Django answers with a `StreamResponse` is written by the event loop from then on, and costs neither a thread
nor a database connection while it is open.

The event loop does whatever involves waiting for a client: it gathers bodies, drains those that nobody wants, and
refuses what takes too long. It answers `/health` and static files without a thread, so they are served however busy the
threads are.
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

from skeleton.kernel.errors import DomainError, MethodNotAllowed, ServiceUnavailable
from skeleton.rest.http import dump_json
from skeleton.server.bodies import Bodies
from skeleton.server.cycle import BodyNotGathered, RequestCycle
from skeleton.server.guard import ConnectionGuard
from skeleton.server.limits import IN_MEMORY, Limits
from skeleton.server.responses import EventStream, StreamResponse
from skeleton.server.static import StaticFiles
from skeleton.server.threads import RequestThreads
from skeleton.server.watch import DatabaseWatch

log = structlog.get_logger("skeleton.requests")

SWEEP_SECONDS = 0.25
SWITCH_SECONDS = 0.0005
"""How long a thread keeps the interpreter while others want it. With Python's 5 ms the loop waits 20 ms for its turn
whenever four threads compute, at each of its turns."""
HEALTH = "/health"
_HEALTHY = dump_json({"status": "ok"})


class Application:
    """One server process."""

    def __init__(self, handler: WSGIHandler) -> None:
        self._handler = handler
        self._limits = Limits.from_settings()
        self._bodies = Bodies(self._limits)
        self._threads = RequestThreads(self._run, self._limits)
        self._watch = DatabaseWatch(self._limits.database_seconds)
        self._static = StaticFiles.collected()
        self._streams: set[EventStream] = set()
        self._stopping = False

    # what Granian calls

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._threads.start()
        self._watch.start()
        ConnectionGuard(settings.PORT, self._limits, by_address=not settings.SKELETON_PROXIES).start()
        loop.call_soon(self._sweep, loop)
        if threading.current_thread() is threading.main_thread():
            self._end_streams_on_signal(loop)

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        cycle = RequestCycle(scope, proto, asyncio.get_running_loop())
        try:
            if scope.path == HEALTH:
                _answer_health(cycle)
            elif scope.path.startswith(self._static.prefix):
                self._static.answer(cycle)
            else:
                await self._serve(cycle)
            if cycle.unread and cycle.answered:
                await self._bodies.drain(cycle)
        finally:
            cycle.close()

    async def _serve(self, cycle: RequestCycle) -> None:
        """Run the request, with its body gathered before or, where it is large, as soon as Django wants it."""
        if cycle.writes and 0 < cycle.announced <= IN_MEMORY and not await self._bodies.gather(cycle):
            return
        outcome = await self._handled(cycle)
        if outcome is BodyNotGathered:
            if not await self._bodies.gather(cycle):
                return
            cycle.rewind()
            outcome = await self._handled(cycle)
        if isinstance(outcome, StreamResponse):
            await self._follow(outcome, cycle)

    async def _handled(self, cycle: RequestCycle) -> Any:
        self._threads.submit(cycle)
        return await cycle.handled

    # threads

    def _run(self, cycle: RequestCycle) -> Any:
        """Run the request in the calling thread. Returns what is left to do for the event loop."""
        try:
            response: Any = self._handler(cycle.environ(), cycle.start)
            try:
                if isinstance(response, StreamResponse) and not self._stopping:
                    return response
                cycle.answer(response)
            finally:
                response.close()
        except BodyNotGathered:
            request_finished.send(type(self))  # so that the database connection is let go of
            return BodyNotGathered
        except Exception as exc:  # nothing that Django's handler lets through, but a thread must not end
            log.error("unhandled_exception", exc_info=exc)
            cycle.refuse(DomainError())
        return None

    # bounds

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look for what takes too long, four times a second."""
        now = time.monotonic()
        self._bodies.sweep(now)
        if self._threads.sweep(now, silent=self._watch.silent):
            self._watch.ask()
        loop.call_later(SWEEP_SECONDS, self._sweep, loop)

    # streams

    async def _follow(self, response: StreamResponse, cycle: RequestCycle) -> None:
        if len(self._streams) >= self._limits.streams:
            cycle.refuse(ServiceUnavailable("Too many streams are open. Try again shortly.", retry_after=5))
            return
        if not cycle.claim_answer():
            return
        stream = EventStream(cycle.proto.response_stream(cycle.status, cycle.headers), cycle.loop)
        self._streams.add(stream)
        gone = asyncio.ensure_future(cycle.proto.client_disconnect())
        try:
            response.follow(stream)
            await asyncio.wait((stream.closed, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            stream.close()
            self._streams.discard(stream)

    def _end_streams_on_signal(self, loop: asyncio.AbstractEventLoop) -> None:
        """Granian waits for open answers when it stops, and streams never end by themselves.

        Its own handling of the signal goes by the loop's wake-up descriptor, which this leaves as it is.
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
    """The process answers. Asked by supervisors every few seconds, so it is not logged."""
    if cycle.scope.method not in ("GET", "HEAD"):
        cycle.refuse(MethodNotAllowed())
    else:
        cycle.send(200, {"Content-Type": "application/json"}, _HEALTHY)
        cycle.claim_answer()
