"""An account's ledger: its lines, with the balance after each.

The balance at the edge of a page is computed from the maintained monthly totals, plus the lines between the page and
the month's edge: those before the page when reading forwards, those after it when reading backwards.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounting.choices import DEBIT_NORMAL
from accounting.filters import LedgerFilterSet
from accounting.models import Account, Line
from accounting.serializers import LedgerLineSerializer
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.rest.compiled import CompiledQuery
from skeleton.rest.listing import ListQuery, Ordering, parse_cursor

BY_DATE = Ordering("date", "date")
NEWEST_DATE_FIRST = Ordering("date", "date", descending=True)

CHUNK = 1000
"""Lines read at once when the whole ledger is read."""

_LEDGER_QUERY = CompiledQuery(LedgerLineSerializer, LedgerFilterSet)


def ledger_page(account_id: UUID, query: ListQuery, *, actor: Actor) -> dict[str, Any]:
    """Return a page of the account's lines (by cursor), each with its `balance`. Raises NotFound."""
    return _page(account_id, _side_of(account_id), query, actor)


def _side_of(account_id: UUID) -> int:
    """Return 1 if debit balances are positive, -1 if credit balances are. Raises NotFound."""
    type_ = Account.objects.filter(pk=account_id).values_list("type", flat=True).first()
    if type_ is None:
        raise NotFound
    return 1 if type_ in DEBIT_NORMAL else -1


def _page(account_id: UUID, side: int, query: ListQuery, actor: Actor) -> dict[str, Any]:
    page = _LEDGER_QUERY.cursor_page(Line.objects.visible_to(actor).of_account(account_id), query)
    backwards = query.ordering.descending
    balances = _balances_at_edge(account_id, page["items"], backwards=backwards)
    for item in page["items"]:
        moved, currency = item["debit"] - item["credit"], item["currency"]
        if not backwards:
            balances[currency] += moved
        item["balance"] = side * balances[currency]
        if backwards:
            balances[currency] -= moved
    return page


@dataclass(frozen=True, slots=True)
class CurrencyLedger:
    """The lines of one currency, oldest first, with the balances before and after (positive on the normal side)."""

    currency: str
    before: Decimal
    items: list[dict[str, Any]]
    after: Decimal


def ledger_by_currency(account_id: UUID, query: ListQuery, *, actor: Actor) -> tuple[list[CurrencyLedger], str | None]:
    """Return a page of the lines as one ledger per currency, and the next cursor. `query` must order oldest first.

    On the first page, every currency with a balance gets a ledger, even without lines. Raises NotFound.
    """
    side = _side_of(account_id)
    page = _page(account_id, side, query, actor)
    opening = _opening(account_id, side, query)
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in page["items"]:
        lines[item["currency"]].append(item)
    ledgers = [_currency_ledger(currency, side, lines[currency], opening) for currency in sorted({*lines, *opening})]
    return ledgers, page["next_cursor"]


def _opening(account_id: UUID, side: int, query: ListQuery) -> dict[str, Decimal]:
    """Return the nonzero balances before the first requested day. Empty after the first page."""
    first = query.filters.get("from_date")
    if first is None or query.cursor is None or not query.cursor.starts:
        return {}
    balances = _balances_before(account_id, first, UUID(int=0))
    return {currency: side * balance for currency, balance in balances.items() if balance}


def _currency_ledger(
    currency: str, side: int, items: list[dict[str, Any]], opening: dict[str, Decimal]
) -> CurrencyLedger:
    if not items:
        return CurrencyLedger(currency, opening[currency], items, opening[currency])
    first, last = items[0], items[-1]
    return CurrencyLedger(
        currency, first["balance"] - side * (first["debit"] - first["credit"]), items, last["balance"]
    )


def iter_ledger(account_id: UUID, query: ListQuery, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Yield all lines that match the query's filters, oldest first. The first step may raise NotFound."""
    cursor: str | None = ""
    while cursor is not None:
        asked = replace(query, ordering=BY_DATE, limit=CHUNK, cursor=parse_cursor(cursor, BY_DATE))
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
_ADD_EARLIER = _EDGE.format(
    lines="""
        SELECT currency, debit, credit FROM accounting_line
        WHERE account_id = %s AND date >= %s AND (date, id) < (%s, %s)"""
)
_SUBTRACT_LATER = _EDGE.format(
    lines="""
        SELECT currency, -debit, -credit FROM accounting_line
        WHERE account_id = %s AND date < %s AND (date, id) > (%s, %s)"""
)


def _balances_at_edge(account_id: UUID, items: list[dict[str, Any]], *, backwards: bool) -> dict[str, Decimal]:
    """Return debits minus credits by currency: before the first item, or after it when reading backwards."""
    if not items:
        return defaultdict(Decimal)
    day, line_id = items[0]["date"], items[0]["id"]
    return (_balances_until if backwards else _balances_before)(account_id, day, line_id)


def _balances_before(account_id: UUID, day: dt.date, line_id: UUID) -> dict[str, Decimal]:
    """Return debits minus credits by currency, of everything before the line with this day and id."""
    return _balances(_ADD_EARLIER, account_id, day.replace(day=1), day, line_id)


def _balances_until(account_id: UUID, day: dt.date, line_id: UUID) -> dict[str, Decimal]:
    """Return the same, including the line itself."""
    following = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return _balances(_SUBTRACT_LATER, account_id, following, day, line_id)


def _balances(sql: str, account_id: UUID, month: dt.date, day: dt.date, line_id: UUID) -> dict[str, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_id, month, account_id, month, day, line_id])
        return defaultdict(Decimal, cursor.fetchall())
