"""Database connections persist; one that has been idle is tried before it is trusted.

Django can try every connection at every request, which costs a round trip each time, or none at all. A connection that
answered a few seconds ago is as good as tried.
"""

import time
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import connection as django_connection

IDLE_SECONDS = 5.0

connection: Any = django_connection


def check_if_idle(**_: Any) -> None:
    """Let Django try the connection before this request uses it, if nothing used it for a while."""
    connection.health_check_enabled = time.monotonic() - getattr(connection, "last_used", 0.0) > IDLE_SECONDS
    connection.health_check_done = False


def note_use(**_: Any) -> None:
    connection.last_used = time.monotonic()


def connect_signals() -> None:
    """Called once, when the kernel starts."""
    request_started.connect(check_if_idle, dispatch_uid="core.check_if_idle")
    request_finished.connect(note_use, dispatch_uid="core.note_use")
