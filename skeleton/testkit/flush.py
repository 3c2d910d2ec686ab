"""Empties the database between transactional tests: as its owner, without triggers, and only the tables with rows.

Django truncates every table and then creates content types and permissions anew, which took two thirds of a second
after each of some two hundred tests. Here rows are deleted, since there are few; only large tables are truncated.
Content types and permissions are the same in every test, and stay.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase

from skeleton.testkit.roles import as_owner

KEPT = ("django_content_type", "auth_permission", "events_log")
LARGE = 1_000_000  # bytes


def flush_past_triggers() -> None:
    """Make every flush after a transactional test run as the owner and without triggers. Call it after migrating."""
    operations: Any = connection.ops
    operations.execute_sql_flush = _empty
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    cases: Any = TransactionTestCase
    teardown = cases._fixture_teardown

    def teardown_as_owner(case: TransactionTestCase) -> None:
        with as_owner():
            teardown(case)

    cases._fixture_teardown = teardown_as_owner


def _empty(sql_list: Iterable[str]) -> None:
    """Empty the tables that the statements of `sql_list` would truncate."""
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
