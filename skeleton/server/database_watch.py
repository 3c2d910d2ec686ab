"""Detects a database that has stopped responding: frozen, or behind a dead network.

A database that refuses connections needs no detection: each request fails at once and answers with 503.
"""

import threading
from time import monotonic

from django.db import connection


class DatabaseWatch:
    """Probes the database over a separate connection when a request takes suspiciously long.

    The database counts as silent once it has not answered for `seconds`, until it answers or fails quickly. The
    connection stays open, so on a busy machine a probe costs no more than one query.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._requested = threading.Event()
        self._probe_started_at: float | None = None

    def start(self) -> None:
        """Start the thread. Its first probe opens the connection."""
        self._requested.set()
        threading.Thread(target=self._work, name="database-watch", daemon=True).start()

    def probe(self) -> None:
        """Request a probe, unless one is under way."""
        if self._probe_started_at is None:
            self._probe_started_at = monotonic()
            self._requested.set()

    @property
    def is_silent(self) -> bool:
        return self._probe_started_at is not None and monotonic() - self._probe_started_at > self._seconds

    def _work(self) -> None:
        while True:
            self._requested.wait()
            if self._answers() or not self.is_silent:
                self._requested.clear()
                self._probe_started_at = None

    def _answers(self) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # noqa: BLE001 (any failure means no answer)
            connection.close()
            return False
        return True
