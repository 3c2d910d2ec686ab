"""Request bodies: gathered on the event loop within deadlines, or drained. No thread ever waits for a client.

A body up to `IN_MEMORY` is gathered in memory before the request runs. A larger one is gathered on disk, and only when
the application wants it (`BodyNotGathered`), so a stranger's megabytes are never kept. A body that nobody wants is read
and thrown away after the answer, within bounds: closing on unread data resets the connection, and the client, or the
proxy in front, would lose the answer (RFC 9112 section 9.6).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, Any

import structlog
from django.conf import settings

from skeleton.kernel.errors import BadRequest, DomainError, PayloadTooLarge, RequestTimeout, ServiceUnavailable
from skeleton.rest.addresses import network_of
from skeleton.server.cycle import RequestCycle
from skeleton.server.limits import IN_MEMORY, RATE_AFTER, SMALL, Limits

log = structlog.get_logger("skeleton.server")

BATCH = 256_000
"""Bytes of a large body that are written to disk at a time."""
FRAME = 200_000
"""Bytes that a body may have beyond those of the largest file."""
MAX_DRAINS = 256
"""Bodies drained at once per process; beyond that a connection is closed without draining."""


class Gathering:
    """One body on its way in."""

    __slots__ = ("cycle", "expected", "large", "network", "received", "seen_at", "started_at", "task")

    def __init__(self, cycle: RequestCycle) -> None:
        self.cycle = cycle
        self.expected, self.received = cycle.announced, 0
        self.large = cycle.announced > IN_MEMORY
        self.network = network_of(cycle.context.ip)
        self.started_at = self.seen_at = monotonic()
        self.task: asyncio.Task[bool] | None = None

    def is_overdue(self, now: float, limits: Limits) -> bool:
        """Whether the sender is too slow."""
        age = now - self.started_at
        if now - self.seen_at > limits.body_idle_seconds:
            return True
        if self.expected <= SMALL:
            return age > limits.body_seconds
        return age > RATE_AFTER and self.received < age * limits.body_rate

    def end(self, error: DomainError) -> None:
        """Refuse the request and let go of its connection."""
        self.cycle.refuse(error)
        self.cycle.unread = False  # a sender that is too slow is not waited for once more, to drain the rest
        if self.task:
            self.task.cancel()

    async def run(self, disk: ThreadPoolExecutor) -> bool:
        """Gather the body. False where the client leaves before its end."""
        body: IO[bytes] = TemporaryFile(dir=incoming()) if self.large else BytesIO()  # noqa: SIM115
        self.cycle.body = body  # which closes it
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
    """The bodies that one server process is gathering or draining. Used on the event loop only.

    Where there are too many small ones, the one that has waited longest makes room: an honest body arrives within
    milliseconds, so a crowd of stalled ones cannot keep it out. Large ones are refused beyond their number.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._small: dict[Gathering, None] = {}
        self._large: dict[Gathering, None] = {}
        self._drains: dict[asyncio.Task[None], float] = {}
        self._disk = ThreadPoolExecutor(2, "body-writer")

    async def gather(self, cycle: RequestCycle) -> bool:
        """Gather the body into `cycle.body`. False where the client left or the request has been refused."""
        most = int(settings.SKELETON_UPLOAD_LIMIT) + FRAME
        if cycle.announced > most:
            cycle.refuse(PayloadTooLarge(f"The body is larger than {most / 1_000_000:g} MB."))
            return False
        gathering = Gathering(cycle)
        group = self._large if gathering.large else self._small
        if not self._make_room(group, gathering):
            cycle.refuse(ServiceUnavailable("Too many uploads are under way. Try again shortly.", retry_after=5))
            return False
        group[gathering] = None
        gathering.task = asyncio.ensure_future(gathering.run(self._disk))
        try:
            if not await gathering.task:
                cycle.unread = False
                cycle.refuse(BadRequest("The body ended before its end."))  # it may still be reading
                return False
        except asyncio.CancelledError:
            return False
        except OSError as error:
            log.error("body_not_kept", reason=error.strerror)
            cycle.refuse(ServiceUnavailable("There is no room for the body just now.", retry_after=30))
            return False
        finally:
            group.pop(gathering, None)
        cycle.unread = False
        return True

    def _make_room(self, group: dict[Gathering, None], new: Gathering) -> bool:
        """Whether there is room for one more, by ending the oldest of the small ones where there is none."""
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
        oldest.end(RequestTimeout())
        return True

    async def drain(self, cycle: RequestCycle) -> None:
        """Read what comes of a body that nobody wants, and throw it away, within bounds."""
        if len(self._drains) >= MAX_DRAINS:
            return
        task = asyncio.ensure_future(_discard(cycle.chunks, self._limits.drain_bytes))
        self._drains[task] = monotonic() + self._limits.drain_seconds
        with suppress(asyncio.CancelledError):
            await task
        self._drains.pop(task, None)

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        for group in (self._small, self._large):
            for gathering in [one for one in group if one.is_overdue(now, self._limits)]:
                gathering.end(RequestTimeout())
        for task in [one for one, until in self._drains.items() if now > until]:
            task.cancel()


async def _discard(chunks: Any, most: int) -> None:
    """Read up to `most` bytes, at some 25 MB a second, so that many at once leave the loop to others."""
    left = most
    while left > 0:
        before = left
        while left > max(0, before - BATCH):
            try:
                left -= len(await chunks.__anext__())
            except (StopAsyncIteration, RuntimeError):
                return
        await asyncio.sleep(0.01)


def incoming() -> Path:
    """The folder of bodies on their way in. Their files have no names, so nothing is left however the process ends."""
    folder = Path(settings.SKELETON_DATA_DIR) / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
