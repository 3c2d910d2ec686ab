"""An account's ledger: its lines, with the balance after each.

The balance at the edge of a page comes from the kept totals of whole months and the lines of that one month between the
page and the month's edge: before the page when reading forwards, behind it when reading backwards.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounting.access import LEDGER
from accounting.choices import DEBIT_NORMAL
from accounting.filters import LedgerReadFilters
from accounting.models import Account
from accounting.serializers import LedgerLineOutput
from skeleton.core.actors import Actor
from skeleton.core.errors import NotFound
from skeleton.core.listing import ListQuery, Sort, parse_cursor
from skeleton.core.reading import Reader

BY_DATE = Sort("date", "date")
NEWEST_DATE_FIRST = Sort("date", "date", descending=True)

CHUNK = 1000
"""Lines that are read at once where all are wanted."""

_READER = Reader(LEDGER, LedgerLineOutput, filterset=LedgerReadFilters)


def ledger_page(account_id: UUID, query: ListQuery, *, actor: Actor) -> dict[str, Any]:
    """A page by cursor of the account's lines, each with its `balance`. Raises NotFound."""
    type_ = Account.objects.filter(pk=account_id).values_list("type", flat=True).first()
    if type_ is None:
        raise NotFound
    side = 1 if type_ in DEBIT_NORMAL else -1
    page = _READER.after(actor, replace(query, filters={**query.filters, "account_id": account_id}))
    backwards = query.sort.descending
    balances = _balances_at_edge(account_id, page["items"], backwards=backwards)
    for item in page["items"]:
        moved, currency = item["debit"] - item["credit"], item["currency"]
        if not backwards:
            balances[currency] += moved
        item["balance"] = side * balances[currency]
        if backwards:
            balances[currency] -= moved
    return page


def whole_ledger(account_id: UUID, query: ListQuery, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """All lines that the query's filters leave, oldest first. Raises NotFound at the first one."""
    cursor: str | None = ""
    while cursor is not None:
        asked = replace(query, sort=BY_DATE, limit=CHUNK, cursor=parse_cursor(cursor, BY_DATE))
        page = ledger_page(account_id, asked, actor=actor)
        yield from page["items"]
        cursor = page["next_cursor"]


_EDGE = """
    SELECT currency, sum(debit - credit)
    FROM (
        SELECT currency, debit, credit FROM accounting_month_total WHERE account_id = %s AND month < %s
        UNION ALL
        {lines}
    ) AS parts GROUP BY currency
"""
_WITH_THOSE_BEFORE = _EDGE.format(
    lines="""
        SELECT currency, debit, credit FROM accounting_line
        WHERE account_id = %s AND date >= %s AND (date, id) < (%s, %s)"""
)
_WITHOUT_THOSE_BEHIND = _EDGE.format(
    lines="""
        SELECT currency, -debit, -credit FROM accounting_line
        WHERE account_id = %s AND date < %s AND (date, id) > (%s, %s)"""
)


def _balances_at_edge(account_id: UUID, items: list[dict[str, Any]], *, backwards: bool) -> dict[str, Decimal]:
    """Debits less credits by currency: before the first item, or when reading backwards, after it."""
    balances: dict[str, Decimal] = defaultdict(Decimal)
    if not items:
        return balances
    day, line_id = items[0]["date"], items[0]["id"]
    start = day.replace(day=1)
    month = (start + dt.timedelta(days=32)).replace(day=1) if backwards else start
    sql = _WITHOUT_THOSE_BEHIND if backwards else _WITH_THOSE_BEFORE
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_id, month, account_id, month, day, line_id])
        balances.update(cursor.fetchall())
    return balances
