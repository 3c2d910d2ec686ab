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
        self._wanted = threading.Event()
        self._asked_at: float | None = None

    def start(self) -> None:
        """Start the thread. Its first probe opens the connection."""
        self._wanted.set()
        threading.Thread(target=self._work, name="database-watch", daemon=True).start()

    def ask(self) -> None:
        """Request a probe, unless one is under way."""
        if self._asked_at is None:
            self._asked_at = monotonic()
            self._wanted.set()

    @property
    def silent(self) -> bool:
        return self._asked_at is not None and monotonic() - self._asked_at > self._seconds

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            if self._answers() or not self.silent:
                self._wanted.clear()
                self._asked_at = None

    def _answers(self) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # noqa: BLE001 (any failure means no answer)
            connection.close()
            return False
        return True
