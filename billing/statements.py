"""What a customer owes: the balance now, and the statement of account for a range of days."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from accounting.tables import Row, amount
from billing.movements import MOVEMENTS, ON_ACCOUNT, MovementKind
from parties.models import Customer
from skeleton.db.fetching import fetch
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import NotFound

Json = dict[str, Any]

_BALANCE = f"""
    SELECT currency, sum(open), sum(overdue), sum(on_account)
    FROM (
        SELECT currency, due AS open, CASE WHEN due_date < %s THEN due ELSE 0 END AS overdue, 0 AS on_account
        FROM billing_invoice, LATERAL (SELECT total - amount_paid - amount_credited - amount_written_off AS due) AS owed
        WHERE customer_id = %s AND status = 'sent'
        UNION ALL
        SELECT currency, 0, 0, amount FROM ({ON_ACCOUNT}) AS held WHERE customer_id = %s
    ) AS parts GROUP BY currency ORDER BY currency
"""  # noqa: S608 (constants only)


def customer_name(customer_id: UUID, *, actor: Actor) -> str:
    """Return the name of the customer. Raises NotFound if the actor may not see it."""
    name: str | None = Customer.objects.visible_to(actor).filter(pk=customer_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound
    return name


def customer_balance(customer_id: UUID) -> list[Json]:
    """Return what is open, overdue and on account now: minor units for each currency in which anything is."""
    names = ("currency", "open", "overdue", "on_account")
    return [dict(zip(names, row, strict=True)) for row in fetch(_BALANCE, [today(), customer_id, customer_id])]


# --- the statement ----------------------------------------------------------------------------------------------------


class StatementPeriod(NamedTuple):
    """The days of a statement, both inclusive. Without a first day it starts with the first document."""

    first: dt.date | None
    last: dt.date


class _Movement(NamedTuple):
    """A row of `movements.MOVEMENTS`, or without a kind, the sums of those before the first day."""

    currency: str
    kind: MovementKind | None
    day: dt.date
    id: UUID
    number: str
    reference: str | None
    due_date: dt.date | None
    open: Decimal
    on_account: Decimal

    @property
    def balance(self) -> Decimal:
        """Return the change of the balance."""
        return self.open - self.on_account


_STATEMENT = f"""
    WITH moved AS (
        SELECT * FROM ({MOVEMENTS}) AS movement
        WHERE customer_id = %s AND day <= %s AND (%s::text IS NULL OR currency = %s)
    )
    SELECT currency, NULL AS kind, NULL AS day, NULL AS id, NULL, NULL, NULL, sum(open), sum(on_account), NULL AS moment
    FROM moved WHERE day < %s GROUP BY currency
    UNION ALL
    SELECT currency, kind, day, id, number, reference, due_date, open, on_account, moment
    FROM moved WHERE day >= %s
    ORDER BY currency, day NULLS FIRST, moment, id
"""  # noqa: S608 (constants only)


def customer_statement(customer_id: UUID, period: StatementPeriod, currency: str | None, *, actor: Actor) -> Json:
    """Return the customer's statement: for each currency the opening balance, the documents and the closing balance.

    A balance is what is open less what is on account. Amounts are minor units as Decimals, because turnover can exceed
    the 64 bits of a single amount. Raises NotFound.
    """
    name = customer_name(customer_id, actor=actor)
    first = period.first or dt.date.min
    rows = fetch(_STATEMENT, [customer_id, period.last, currency, currency, first, first])
    by_currency: dict[str, list[_Movement]] = defaultdict(list)
    for row in rows:
        movement = _Movement(*row[:-1])
        by_currency[movement.currency].append(movement)
    parts = [_part(currency, movements) for currency, movements in by_currency.items()]
    return {
        "customer_id": customer_id,
        "customer_name": name,
        "from_date": period.first,
        "to_date": period.last,
        "currencies": [part for part in parts if part["lines"] or part["opening"] or part["on_account"]],
    }


def _part(currency: str, movements: list[_Movement]) -> Json:
    """Return the statement in one currency. The sums before the first day, if any, come first."""
    opening = sum((movement.balance for movement in movements if movement.kind is None), Decimal(0))
    listed = [movement for movement in movements if movement.kind not in (None, MovementKind.ALLOCATION)]
    lines = list(_lines(listed, opening))
    return {
        "currency": currency,
        "opening": opening,
        "lines": lines,
        "total_debit": sum(line["debit"] for line in lines),
        "total_credit": sum(line["credit"] for line in lines),
        "closing": lines[-1]["balance"] if lines else opening,
        "open": sum(movement.open for movement in movements),
        "on_account": sum(movement.on_account for movement in movements),
    }


def _lines(movements: Iterable[_Movement], balance: Decimal) -> Iterator[Json]:
    """Yield a line for each movement, with the balance after it."""
    for movement in movements:
        moved = movement.balance
        balance += moved
        yield {
            "date": movement.day,
            "kind": movement.kind,
            "document_id": movement.id,
            "number": movement.number,
            "reference": movement.reference,
            "due_date": movement.due_date,
            "debit": max(moved, 0),
            "credit": max(-moved, 0),
            "balance": balance,
        }


def statement_rows(found: Json) -> Iterator[Row]:
    """Yield the statement as table rows, with amounts in whole units of the currency."""
    yield ["currency", "date", "kind", "number", "reference", "due_date", "debit", "credit", "balance"]
    for part in found["currencies"]:
        currency = part["currency"]
        yield [currency, found["from_date"] or "", "opening", *[""] * 5, amount(part["opening"], currency)]
        for line in part["lines"]:
            texts = [line[name] or "" for name in ("date", "kind", "number", "reference", "due_date")]
            yield [currency, *texts, *(amount(line[name], currency) for name in ("debit", "credit", "balance"))]
        sums = (amount(part[name], currency) for name in ("total_debit", "total_credit", "closing"))
        yield [currency, found["to_date"], "closing", *[""] * 3, *sums]
