"""Running a read whose SQL is at hand: past Django's cursor, on one of psycopg's own that each connection keeps.

Making a cursor, wrapping it and choosing its adapters costs a small request as much as the query does. What Django sees
of a statement (its log, its wrappers, tests that count queries) is kept: where anything watches, its own is used.
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
    """All rows of a read. Not `prepared`: PostgreSQL plans it for these values, not for all."""
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
        setattr(raw, _CURSOR_ATTRIBUTE, cursor)  # it lives and dies with its connection
    return cursor


_FAST_LOADERS = {
    name: loader
    for name, like in (("timestamptz", "timestamptz"), ("jsonb", "text"), ("json", "text"))
    if (loader := adapters.get_loader(types[like].oid, Format.TEXT))
}


def _register_fast_loaders(cursor: CursorWrapper | Cursor) -> None:
    """Read timestamps with psycopg's compiled loader, and JSON as text.

    Django's own loaders are in Python, and cost a list of twenty a fifth of its time; all that they add is the
    connection's zone, which is UTC here anyway.
    """
    for name, loader in _FAST_LOADERS.items():
        cursor.adapters.register_loader(name, loader)
