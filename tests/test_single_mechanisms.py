"""Some mechanisms must exist only once: these tests search the sources for other ways of doing the same."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.test_architecture import sources

ROOT = Path(settings.BASE_DIR)

OTHER_DAYS = {
    "skeleton/kernel/days.py": "the source of days itself",
    "skeleton/kernel/date_formats.py": "a date that was typed, which has no time zone",
    "skeleton/notifications/quiet_hours.py": "quiet hours are on the user's own days, in their own time zone",
    "skeleton/office/tables/spreadsheets.py": "the days that a sheet can count, by the clock that the cell shows",
    "skeleton/importexport/reader/workbooks.py": "a cell of a spreadsheet, which has no time zone",
}
"""The only files that convert a time to a date, with the reason."""

DAY_METHODS = {"date", "today", "utctoday", "localdate"}
DAY_IN_SQL = re.compile(
    r"\b(current_date|localtimestamp)\b|\bnow\(\)\s*::\s*date\b|\bat time zone\b.{0,90}?\)\s*::\s*date\b", re.IGNORECASE
)
DAYS_IN_POSTGRESQL = {"company_today": "the day of SQL from outside of the application, by the company's time zone"}
"""The only functions and triggers of the database that convert a time to a date, with the reason."""


def code():
    """Yield the path and syntax tree of every source file except tests and migrations."""
    for file in sources():
        if not {"tests", "testkit"} & set(file.parts):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text())


def documentation(tree):
    """Return the docstrings of a tree."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def expressions(tree):
    """Yield every expression of a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.expr))


def makes_a_day(node):
    """Return whether a call is `….date()`, `date.today()` or similar. `days.today()` is allowed."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args):
        return False
    asked = node.func.value
    return node.func.attr in DAY_METHODS and not (isinstance(asked, ast.Name) and asked.id == "days")


def days_of(tree):
    """Yield the lines that convert a time to a date in Python or SQL."""
    prose = documentation(tree)
    for node in expressions(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if makes_a_day(node) or (DAY_IN_SQL.search(text) and id(node) not in prose):
            yield node.lineno


def test_days_come_from_one_place():
    wrong = [f"{file}:{line}" for file, tree in code() if file not in OTHER_DAYS for line in days_of(tree)]
    assert not wrong, f"ask skeleton.kernel.days, or use CurrentDate in a query: {wrong}"


def test_every_other_source_of_days_is_still_one():
    found = {file for file, tree in code() if any(days_of(tree))}
    assert found == set(OTHER_DAYS)


@pytest.mark.django_db
def test_postgresql_makes_no_days_of_times():
    """It gets them as parameters and in columns. The definitions are those of the migrated database."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT proname, pg_get_functiondef(oid) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')
            UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            """
        )
        found = {name for name, text in cursor.fetchall() if DAY_IN_SQL.search(text)}
    assert found == set(DAYS_IN_POSTGRESQL)


@pytest.mark.parametrize(
    "source",
    [
        "SQL = \"SELECT (paid_at AT TIME ZONE 'UTC')::date\"",
        "timezone.now().date()",
        "now.date()",
        "dt.date.today()",
        "datetime.today()",
        "timezone.localdate()",
        "SQL = 'SELECT CURRENT_DATE - due_date'",
        "SQL = f'SELECT {column} FROM t WHERE day < now()::date'",
    ],
)
def test_other_ways_to_a_day_are_recognised(source):
    assert list(days_of(ast.parse(source)))


@pytest.mark.parametrize("source", ["days.today()", "today()", "rows.filter(day__date=day)", "'''CURRENT_DATE'''"])
def test_what_is_no_other_way_to_a_day(source):
    assert not list(days_of(ast.parse(source)))


# --- row locks --------------------------------------------------------------------------------------------------------

LOCKS = "skeleton/db/locks.py"

LOCKS_IN_SQL = {
    "parties/services.py": "FOR KEY SHARE keeps a party usable while a document is written: Django has no word for it",
    "inventory/services/ledger.py": "locks many stock rows in their order, in the statement that posts to them",
    "inventory/services/orders.py": "likewise, for all lines of an order",
    "inventory/services/reservations.py": "likewise, in the statement that reserves",
    "skeleton/rest/throttles.py": "counters, locked in their order by the statement that raises them",
}
"""The only files whose SQL locks rows, with the reason for not using `locked_for_update`."""

LOCK_IN_SQL = re.compile(r"\bFOR\s+((NO\s+KEY\s+)?UPDATE|(KEY\s+)?SHARE)\b")


def locks_of(tree):
    """Yield the lines that lock rows with the ORM or with SQL."""
    prose = documentation(tree)
    for node in expressions(tree):
        if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
            yield "orm", node.lineno
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if LOCK_IN_SQL.search(text) and id(node) not in prose:
            yield "sql", node.lineno


def test_rows_are_locked_in_one_place():
    wrong = [
        f"{file}:{line}"
        for file, tree in code()
        for how, line in locks_of(tree)
        if file != LOCKS and (how == "orm" or file not in LOCKS_IN_SQL)
    ]
    assert not wrong, f"call skeleton.db.locks: {wrong}"


def test_every_lock_in_sql_is_still_there():
    found = {file for file, tree in code() for how, _ in locks_of(tree) if how == "sql"}
    assert found == set(LOCKS_IN_SQL)


@pytest.mark.parametrize(
    "source",
    [
        "rows.select_for_update().get(pk=pk)",
        "lock = rows.select_for_update",
        "SQL = 'SELECT 1 FROM t FOR NO KEY UPDATE OF t'",
        "SQL = f'SELECT {name} FROM t FOR KEY SHARE'",
        "SQL = 'SELECT 1 FROM t ' + 'FOR UPDATE'",
    ],
)
def test_other_locks_are_recognised(source):
    assert list(locks_of(ast.parse(source)))
