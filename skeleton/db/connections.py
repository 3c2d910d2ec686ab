"""Database connections persist; one that has been idle is tried before it is trusted.

Django can try every connection at every request, which costs a round trip each time, or none at all. A connection that
answered a few seconds ago is as good as tried.
"""

import time
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import connection as django_connection
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.types.numeric import Int4, Int8

IDLE_SECONDS = 5.0

connection: Any = django_connection


def health_check_if_idle(**_: object) -> None:
    """Let Django try the connection before this request uses it, if nothing used it for a while."""
    connection.health_check_enabled = time.monotonic() - getattr(connection, "last_used", 0.0) > IDLE_SECONDS
    connection.health_check_done = False


def mark_used(**_: object) -> None:
    connection.last_used = time.monotonic()


def as_postgres_integer(value: int) -> Int4 | Int8:
    """`value` as the smallest PostgreSQL type, from 32 bits on, that holds all of it."""
    return Int4(value) if -(2**31) <= value < 2**31 else Int8(value)


def patch_integer_adapter() -> None:
    """Called once, when the kernel starts.

    Django declares a bare number in an expression (`F("total") - amount`) as 32 bits wide, whatever it is, and the
    driver then drops the upper half without a word: 3,000,000,000 cents would become a negative amount.
    """
    for name in ("IntegerField", "PositiveIntegerField"):
        DatabaseOperations.integerfield_type_map[name] = as_postgres_integer  # type: ignore[assignment]


def connect_signals() -> None:
    """Called once, when the kernel starts."""
    request_started.connect(health_check_if_idle, dispatch_uid="core.check_if_idle")
    request_finished.connect(mark_used, dispatch_uid="core.note_use")
