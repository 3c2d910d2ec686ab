"""Receiving request bodies on the event loop, with deadlines. No thread ever waits for a client.

A body up to `MAX_BUFFERED_BODY` is buffered in memory before the request runs. A larger one is written to disk, and
only when the application reads it (`BodyNotReceived`), so large bodies of unauthorized clients are never stored. An
unwanted body is drained after the response, within limits. Closing a connection with unread data would reset it, and
the client or its proxy would lose the response (RFC 9112 section 9.6).
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import IO

import structlog
from django.conf import settings

from skeleton.kernel.errors import BadRequest, DomainError, PayloadTooLarge, RequestTimeout, ServiceUnavailable
from skeleton.rest.addresses import network_of
from skeleton.server.cycle import RequestCycle
from skeleton.server.limits import MAX_BUFFERED_BODY, MAX_SMALL_BODY, RATE_CHECK_AFTER_SECONDS, Limits

log = structlog.get_logger("skeleton.server")

BATCH = 256_000
"""Bytes of a large body written to disk at a time."""
MULTIPART_OVERHEAD = 200_000
"""Bytes that a body may have in addition to the largest allowed file, such as multipart headers."""
MAX_DRAINS = 256
"""Maximum number of bodies drained at once per process. Beyond it, connections are closed without draining."""


class IncomingBody:
    """A body that is being received."""

    __slots__ = ("cycle", "expected", "large", "network", "received", "seen_at", "started_at", "task")

    def __init__(self, cycle: RequestCycle) -> None:
        self.cycle = cycle
        self.expected, self.received = cycle.content_length, 0
        self.large = cycle.content_length > MAX_BUFFERED_BODY
        self.network = network_of(cycle.context.ip)
        self.started_at = self.seen_at = monotonic()
        self.task: asyncio.Task[bool] | None = None

    def is_overdue(self, now: float, limits: Limits) -> bool:
        """Return whether the sender is too slow."""
        age = now - self.started_at
        if now - self.seen_at > limits.body_idle_seconds:
            return True
        if self.expected <= MAX_SMALL_BODY:
            return age > limits.body_seconds
        return age > RATE_CHECK_AFTER_SECONDS and self.received < age * limits.body_rate

    def refuse(self, error: DomainError) -> None:
        """Refuse the request and release its connection."""
        self.cycle.refuse(error)
        self.cycle.has_unread_body = False  # do not drain: the sender is too slow to wait for again
        if self.task:
            self.task.cancel()

    async def receive(self, disk: ThreadPoolExecutor) -> bool:
        """Receive the body. Return False if the client disconnects before its end."""
        body: IO[bytes] = TemporaryFile(dir=incoming_folder()) if self.large else BytesIO()  # noqa: SIM115
        self.cycle.body = body  # closed by the cycle
        batch: list[bytes] = []
        held = 0
        while self.received < self.expected:
            try:
                chunk = await self.cycle.chunks.__anext__()  # `anext` with a default crashes on Granian's iterator
            except (StopAsyncIteration, RuntimeError):
                return False
            self.received += len(chunk)
            self.seen_at = monotonic()
            held += len(chunk)
            batch.append(bytes(chunk))
            if self.large and held >= BATCH:
                await _write(body, batch, disk)
                batch, held = [], 0
        if self.large:
            await _write(body, batch, disk)
        else:
            body.writelines(batch)
        return True


async def _write(body: IO[bytes], batch: list[bytes], disk: ThreadPoolExecutor) -> None:
    await asyncio.get_running_loop().run_in_executor(disk, body.writelines, batch)


class Bodies:
    """The bodies that one server process is receiving or draining. Use it on the event loop only.

    When there are too many small bodies, the oldest one is refused. A regular body arrives within milliseconds, so
    many stalled ones cannot block it. When there are too many large bodies, the new one is refused.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._small: dict[IncomingBody, None] = {}
        self._large: dict[IncomingBody, None] = {}
        self._drains: dict[asyncio.Task[None], float] = {}
        self._disk = ThreadPoolExecutor(2, "body-writer")

    async def receive(self, cycle: RequestCycle) -> bool:
        """Receive the body into `cycle.body`. Return False if the client left or the request was refused."""
        most = int(settings.SKELETON_UPLOAD_LIMIT) + MULTIPART_OVERHEAD
        if cycle.content_length > most:
            cycle.refuse(PayloadTooLarge(f"The body is larger than {most / 1_000_000:g} MB."))
            return False
        incoming_body = IncomingBody(cycle)
        group = self._large if incoming_body.large else self._small
        if not self._ensure_capacity(group, incoming_body):
            cycle.refuse(ServiceUnavailable("Too many uploads are under way. Try again shortly.", retry_after=5))
            return False
        group[incoming_body] = None
        incoming_body.task = asyncio.ensure_future(incoming_body.receive(self._disk))
        try:
            if not await incoming_body.task:
                cycle.has_unread_body = False
                cycle.refuse(
                    BadRequest("The body is shorter than its Content-Length.")
                )  # the client may still read the response
                return False
        except asyncio.CancelledError:
            return False
        except OSError as error:
            log.error("body_not_kept", reason=error.strerror)
            cycle.refuse(
                ServiceUnavailable("The server cannot store the body at the moment. Try again later.", retry_after=30)
            )
            return False
        finally:
            group.pop(incoming_body, None)
        cycle.has_unread_body = False
        return True

    def _ensure_capacity(self, group: dict[IncomingBody, None], new: IncomingBody) -> bool:
        """Return whether there is room for `new`, after ending the oldest small body if necessary."""
        limits = self._limits
        if new.large:
            most, share = limits.uploads, limits.uploads_per_address
        else:
            most, share = limits.bodies, limits.bodies_per_address
        if len(group) < min(most, share):
            return True
        neighbours = [one for one in group if one.network == new.network]
        if len(group) < most and len(neighbours) < share:
            return True
        if new.large:
            return False
        oldest = neighbours[0] if len(neighbours) >= share else next(iter(group))
        del group[oldest]
        oldest.refuse(RequestTimeout())
        return True

    async def drain(self, cycle: RequestCycle) -> None:
        """Read and discard the rest of an unwanted body, within limits."""
        if len(self._drains) >= MAX_DRAINS:
            return
        task = asyncio.ensure_future(_discard(cycle.chunks, self._limits.drain_bytes))
        self._drains[task] = monotonic() + self._limits.drain_seconds
        with suppress(asyncio.CancelledError):
            await task
        self._drains.pop(task, None)

    def sweep(self, now: float) -> None:
        """End the bodies and drains that take too long."""
        for group in (self._small, self._large):
            for incoming_body in [one for one in group if one.is_overdue(now, self._limits)]:
                incoming_body.refuse(RequestTimeout())
        for task in [one for one, until in self._drains.items() if now > until]:
            task.cancel()


async def _discard(chunks: AsyncIterator[bytes], most: int) -> None:
    """Read up to `most` bytes at about 25 MB per second, so that many drains at once do not occupy the event loop."""
    left = most
    while left > 0:
        before = left
        while left > max(0, before - BATCH):
            try:
                left -= len(await chunks.__anext__())
            except (StopAsyncIteration, RuntimeError):
                return
        await asyncio.sleep(0.01)


def incoming_folder() -> Path:
    """Return the folder for incoming bodies. The files are unnamed, so none remain even if the process is killed."""
    folder = Path(settings.SKELETON_DATA_DIR) / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
