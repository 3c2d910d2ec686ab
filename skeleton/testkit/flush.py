"""Emptying the database between transactional tests: past the triggers that keep history, and only what is not empty.

Django's own way truncates every table, and then writes content types and permissions anew; that took each of some three
hundred tests two thirds of a second. Here the rows of a test are deleted, which are few; large tables are truncated.
Content types and permissions are the same in every test, and stay.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection, transaction
from django.db.models.signals import post_migrate

KEPT = ("django_content_type", "auth_permission")
LARGE = 1_000_000  # bytes


def flush_past_triggers() -> None:
    """From now on this connection's flush skips triggers: append-only tables refuse it to everybody else.

    To be called once the database is migrated.
    """
    operations: Any = connection.ops
    operations.execute_sql_flush = _empty
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


def _empty(sql_list: Iterable[str]) -> None:
    """Empty the tables that `sql_list` would truncate."""
    tables = [name for sql in sql_list for name in re.findall(r'"(\w+)"', sql) if name not in KEPT]
    asked = ", ".join(
        f'CASE WHEN EXISTS (SELECT FROM "{name}") THEN pg_relation_size(\'"{name}"\') END' for name in tables
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"SELECT {asked}")
        for name, size in zip(tables, cursor.fetchone(), strict=True):
            if size is not None:
                cursor.execute(f'TRUNCATE "{name}" CASCADE' if size > LARGE else f'DELETE FROM "{name}"')
