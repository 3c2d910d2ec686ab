"""Runs compiled reads on a psycopg cursor that each connection caches, bypassing Django's cursor.

Creating a cursor, wrapping it and selecting its adapters takes as long as a small query. If queries are logged, wrapped
or counted by a test, Django's cursor is used instead.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor, adapters
from psycopg.postgres import types
from psycopg.pq import Format

Rows = list[tuple[Any, ...]]

_CURSOR_ATTRIBUTE = "_skeleton_cursor"


def fetch(sql: str, params: Sequence[object], *, prepared: bool = True) -> Rows:
    """Run a read and return all rows. If not `prepared`, PostgreSQL plans it for these values each time."""
    here = connections[DEFAULT_DB_ALIAS]
    if here.queries_logged or here.execute_wrappers:
        return _fetch_instrumented(sql, params)
    here.close_if_health_check_failed()
    here.ensure_connection()
    cursor = _cached_cursor(here.connection)
    with here.wrap_database_errors:
        cursor.execute(sql, params, prepare=None if prepared else False)
        found: Rows = cursor.fetchall()
    return found


def _fetch_instrumented(sql: str, params: Sequence[Any]) -> Rows:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        _register_fast_loaders(cursor)
        cursor.execute(sql, params)
        found: Rows = cursor.fetchall()
    return found


def _cached_cursor(raw: "Connection[tuple[object, ...]]") -> Cursor:
    cursor = getattr(raw, _CURSOR_ATTRIBUTE, None)
    if cursor is None:
        cursor = Cursor(raw)
        _register_fast_loaders(cursor)
        setattr(raw, _CURSOR_ATTRIBUTE, cursor)  # closed together with its connection
    return cursor


_FAST_LOADERS = {
    name: loader
    for name, like in (("timestamptz", "timestamptz"), ("jsonb", "text"), ("json", "text"))
    if (loader := adapters.get_loader(types[like].oid, Format.TEXT))
}


def _register_fast_loaders(cursor: CursorWrapper | Cursor) -> None:
    """Load timestamps with psycopg's compiled loader, and JSON as text.

    Django's loaders are written in Python and take a fifth of the time of a list of twenty rows. They only add the time
    zone of the connection, which is always UTC.
    """
    for name, loader in _FAST_LOADERS.items():
        cursor.adapters.register_loader(name, loader)
