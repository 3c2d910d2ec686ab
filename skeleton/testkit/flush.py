"""Emptying the database between transactional tests, past the triggers that keep history from being emptied."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction


def flush_past_triggers() -> None:
    """From now on this connection's flush skips triggers: append-only tables refuse TRUNCATE to everybody else."""

    def execute(sql_list: Iterable[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for sql in sql_list:
                cursor.execute(sql)

    operations: Any = connection.ops
    operations.execute_sql_flush = execute
