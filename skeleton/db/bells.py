"""Wakes processes that listen for PostgreSQL notifications, after a commit and without delaying it.

NOTIFY takes a lock of the whole cluster until its transaction is committed, so a transaction that contains one lets all
others that do wait for its flush to disk. Here, a thread sends notifications in transactions of their own. Those of all
commits since the last one become a single notification. A lost one costs only time, because whoever listens also polls.
"""

import threading
import time

import structlog
from django.db import DatabaseError, InterfaceError, connection

from skeleton.kernel import background

log = structlog.get_logger("skeleton.db")

RETRY_SECONDS = 1.0


class Bells:
    """The bells of one process. Before `start`, as in commands, they are silent."""

    def __init__(self) -> None:
        self._rung: dict[str, str] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="bells", daemon=True)
        self._thread.start()

    def ring(self, channel: str, payload: str = "") -> None:
        """Notify `channel` soon. Of several payloads within a moment, listeners receive the last one."""
        if self._thread is None:
            return
        with self._lock:
            self._rung[channel] = payload
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                self.flush()
            except (DatabaseError, InterfaceError) as exc:
                log.warning("bells_wait_for_database", reason=str(exc).strip())
                connection.close()
                time.sleep(RETRY_SECONDS)

    def flush(self) -> None:
        """Send what was rung, in a transaction of its own. Called by the thread."""
        with self._lock:
            rung, self._rung = self._rung, {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(channel, payload) FROM unnest(%s::text[], %s::text[]) AS rung (channel, payload)",
                [list(rung), list(rung.values())],
            )


bells = Bells()
"""The bells of this process. They are created before the server forks and started afterwards."""

background.register("bells", bells.start)
