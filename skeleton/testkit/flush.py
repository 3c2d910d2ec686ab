"""Emptying the database between transactional tests, as its owner and past the triggers that refuse it to everybody."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

from skeleton.testkit.roles import as_owner


def flush_past_triggers() -> None:
    """From now on the flush after a transactional test runs as the owner, and its TRUNCATE without triggers."""
    operations: Any = connection.ops
    operations.execute_sql_flush = _truncate
    cases: Any = TransactionTestCase
    teardown = cases._fixture_teardown

    def teardown_as_owner(case: TransactionTestCase) -> None:
        with as_owner():
            teardown(case)

    cases._fixture_teardown = teardown_as_owner


def _truncate(sql_list: Iterable[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in sql_list:
            cursor.execute(sql)
