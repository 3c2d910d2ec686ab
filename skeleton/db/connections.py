"""Persistent database connections, with a health check only for connections that have been idle.

Django can check the connection at every request, which costs a round trip, or never. A connection that was used a few
seconds ago needs no check.
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
    """Let Django check the connection before this request uses it, if it has been idle for a while."""
    connection.health_check_enabled = time.monotonic() - getattr(connection, "last_used", 0.0) > IDLE_SECONDS
    connection.health_check_done = False


def mark_used(**_: object) -> None:
    connection.last_used = time.monotonic()


def as_postgres_integer(value: int) -> Int4 | Int8:
    """Return `value` as a 32-bit integer of PostgreSQL, or as a 64-bit one if it is larger."""
    return Int4(value) if -(2**31) <= value < 2**31 else Int8(value)


def patch_integer_adapter() -> None:
    """Fix the type of large integers in expressions. Called once, at startup.

    Django declares a number in an expression (`F("total") - amount`) as a 32-bit integer, whatever its size, and the
    driver then silently truncates it: 3,000,000,000 cents would become a negative amount.
    """
    for name in ("IntegerField", "PositiveIntegerField"):
        DatabaseOperations.integerfield_type_map[name] = as_postgres_integer  # type: ignore[assignment]


def connect_signals() -> None:
    """Connect the signal handlers. Called once, at startup."""
    request_started.connect(health_check_if_idle, dispatch_uid="core.check_if_idle")
    request_finished.connect(mark_used, dispatch_uid="core.note_use")
