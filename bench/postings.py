"""Measures postings per second to the same two accounts, with 1 and 16 writers, against unguarded inserts.

    SKELETON_DATA_DIR=$(mktemp -d) python -m bench.postings

It fills the data directory. `bare` runs the two INSERT statements with the triggers of both tables disabled (no balance
check, no maintained totals, no audit), `unaudited` with only the audit triggers disabled, `guarded` with all of them
enabled. `service` calls `accounting.services.post_entry`. Then the trial balance and a ledger page are measured at
1,000 lines and at many more.
"""

import datetime as dt
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skeleton.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from accounting.models import Account  # noqa: E402
from accounting.reports import DateRange, trial_balance  # noqa: E402
from accounting.services import Posting, post_entry, seed_chart  # noqa: E402
from accounting.services.entries import _INSERT  # noqa: E402
from skeleton.kernel.actors import SYSTEM  # noqa: E402
from skeleton.kernel.ids import uuid7  # noqa: E402

SECONDS, ROUNDS, WRITERS = 2.0, 5, 16
TABLES = ("accounting_entry", "accounting_line")
AUDIT = ("accounting_entry_audit", "accounting_line_audit")
LINES_AT_ONCE = 20_000

Write = Callable[[], None]


def set_triggers(*, guards: bool, audit: bool) -> None:
    """Enable or disable the tables' triggers. Foreign keys stay enabled."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, audited in zip(TABLES, AUDIT, strict=True):
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if guards else 'DISABLE'} TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if guards and audit else 'DISABLE'} TRIGGER {audited}")


def inserts(debit: UUID, credit: UUID) -> Write:
    """Return a function that runs only the service's INSERT statement."""

    def write() -> None:
        entry = uuid7()
        nothing = [None, None]
        columns: list[list[Any]] = [
            [uuid7(), uuid7()],
            [debit, credit],
            nothing,
            [100, 0],
            [0, 100],
            ["USD", "USD"],
            nothing,
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_INSERT, [entry, "2026-03-15", "Bench", None, "manual", None, "", None, None, *columns])

    return write


def service() -> None:
    post_entry(description="Bench", lines=[Posting("1200", debit=100), Posting("4000", credit=100)], actor=SYSTEM)


def per_second(write: Write, writers: int) -> float:
    """Return how often per second `writers` threads complete `write` together."""
    counts = [0] * writers
    barrier = threading.Barrier(writers)

    def work(index: int) -> None:
        write()  # connect and prepare before the measurement
        barrier.wait()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            write()
            counts[index] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def rounds(write: Write) -> dict[str, dict[int, list[float]]]:
    """Return the postings per second for 1 and for several writers, alternating."""
    found: dict[str, dict[int, list[float]]] = {}
    for _ in range(ROUNDS):
        for writers in (1, WRITERS):
            for name, guards, audit in (("bare", False, False), ("unaudited", True, False), ("guarded", True, True)):
                set_triggers(guards=guards, audit=audit)
                found.setdefault(name, {}).setdefault(writers, []).append(per_second(write, writers))
            found.setdefault("service", {}).setdefault(writers, []).append(per_second(service, writers))
    return found


def milliseconds(read: Callable[[], object]) -> float:
    """Return the median of 21 runs in milliseconds."""
    taken = []
    for _ in range(21):
        start = time.perf_counter()
        read()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def fill(lines: int) -> None:
    """Post entries over three years until there are about `lines` lines."""
    codes = ["1200", "1300", "2200", "4000", "5100", "5200", "5300"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounting_line")
        there = cursor.fetchone()[0]
    while there < lines:
        with transaction.atomic(), connection.cursor() as cursor:
            step = min(LINES_AT_ONCE, lines - there)
            cursor.execute(
                """
                CREATE TEMP TABLE new_entries ON COMMIT DROP AS
                    SELECT gen_random_uuid() AS id, date '2023-11-01' + (n * 7919 %% 1100) AS date, n
                    FROM generate_series(1, %s) AS n;
                """,
                [step // 2],
            )
            cursor.execute("""
                INSERT INTO accounting_entry (id, date, description, source_type, purpose, created_at)
                SELECT id, date, 'Bench', 'manual', '', now() FROM new_entries""")
            cursor.execute(
                """
                INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
                SELECT gen_random_uuid(), e.id, side, a.id, e.date, 100 * (side - 1), 100 * (2 - side), 'USD'
                FROM new_entries e CROSS JOIN generate_series(1, 2) AS side
                JOIN accounting_account a ON a.code = (%s::text[])[1 + (e.n + side) %% 7]""",
                [codes],
            )
        there += step


def reads() -> None:
    """Measure the reports at 1,000 lines and at the number given as the first argument (default 100,000)."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    today = DateRange(None, dt.datetime.now(dt.UTC).date())
    some_day = DateRange(None, dt.date(2025, 5, 15))
    taken = {}
    for lines in (1_000, most):
        fill(lines)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        taken[lines] = [milliseconds(partial(trial_balance, span)) for span in (today, some_day)]
    for index, name in enumerate(("trial balance today", "trial balance in the middle of a month")):
        first, last = taken[1_000][index], taken[most][index]
        print(f"{name:40} {first:6.2f} ms at 1,000 lines, {last:6.2f} at {most:,}: {last / first:.2f} x")


def main() -> None:
    call_command("migrate", verbosity=0)
    seed_chart()
    reads()
    by_code = dict(Account.objects.values_list("code", "id"))
    found = rounds(inserts(by_code["1200"], by_code["4000"]))
    set_triggers(guards=True, audit=True)
    for writers in (1, WRITERS):
        bare = found["bare"][writers]
        for name, each in found.items():
            share = statistics.median(one / other for one, other in zip(each[writers], bare, strict=True))
            rate = statistics.median(each[writers])
            print(f"{writers:3} writers  {name:10} {rate:7.0f} a second   {share:6.1%} of bare")


if __name__ == "__main__":
    main()
