"""Notices a database that has fallen silent: one that neither answers nor refuses (frozen, or behind a dead network).

One that refuses is noticed by each request at once, and answered with 503 by it.
"""

import threading
from time import monotonic

from django.db import connection


class DatabaseWatch:
    """Asks the database over a connection of its own, when there is a reason to doubt it.

    It is silent when it has not answered for `seconds`, and until it answers, or refuses quickly. The connection stays
    open, so that on a busy machine the question costs no more than an answer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._wanted = threading.Event()
        self._asked_at: float | None = None

    def start(self) -> None:
        """Begin, with a first question that opens the connection."""
        self._wanted.set()
        threading.Thread(target=self._work, name="database-watch", daemon=True).start()

    def ask(self) -> None:
        """Have the database asked, unless it is being asked."""
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
        except Exception:  # noqa: BLE001 (whatever it is, it is no answer)
            connection.close()
            return False
        return True
