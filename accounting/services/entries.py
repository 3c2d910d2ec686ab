"""Journal entries: posted once, and undone only by their mirror.

Everything here is checked again by PostgreSQL (`migrations/0002_guards.py`); these checks are for the words.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounting.choices import SourceType
from accounting.models import Entry, Line
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.moments import require_within_a_year
from skeleton.kernel.money import require_offered, within_int64
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.transactions import verb
from skeleton.kernel.translation import Text


@dataclass(frozen=True, slots=True)
class Posting:
    """A line to post: either `debit` or `credit`, minor units over 0, to the account with this id or code."""

    account: UUID | str
    debit: int = 0
    credit: int = 0
    currency: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class _Account:
    id: UUID
    code: str
    is_active: bool
    currency: str | None


def post_entry(
    *,
    description: str,
    lines: Sequence[Posting],
    actor: Actor,
    date: dt.date | None = None,
    currency: str | None = None,
    reference: str | None = None,
    source_type: SourceType = SourceType.MANUAL,
    source_id: UUID | None = None,
    purpose: str = "",
) -> UUID:
    """Record a journal entry; its id. `date` is today (UTC) by default.

    A line without a currency has the entry's `currency`, else the installation's. A document (`source_type`,
    `source_id`) is posted once for each `purpose`. The kept totals stay locked until the caller's transaction ends:
    post late, and only one entry in a transaction.

    Raises Invalid (a day more than a year ahead, lines, accounts, the balance), Conflict (a closed period, a document
    that is posted already; both as IntegrityError by the constraint's name).
    """
    fallback = currency or settings.SKELETON_CURRENCY
    currencies = [line.currency or fallback for line in lines]
    day = date or timezone.now().date()
    require_within_a_year(day, field="date")
    if source_type == SourceType.MANUAL:  # a document of before is settled in its own currency
        _require_offered(lines, fallback, day)
    _require_balance(lines, currencies)
    with verb(actor, "post"):
        accounts = _accounts_of(lines, currencies)
        entry_id = uuid7()
        _insert_entry((entry_id, day, description, reference, source_type, source_id, purpose, None, actor.id))
        _insert_lines(entry_id, day, lines, accounts, currencies)
    return entry_id


def reverse_entry(
    *,
    entry_id: UUID,
    actor: Actor,
    date: dt.date | None = None,
    description: str | None = None,
    reference: str | None = None,
) -> UUID:
    """Record the mirror of an entry, once; its id. `date` is today by default, or the entry's own where that is later.

    Raises NotFound, Conflict (reversed already, a closed period), Invalid (an inactive account, a date before the
    entry's).
    """
    with verb(actor, "reverse"):
        entry = Entry.objects.filter(pk=entry_id).first()
        if entry is None:
            raise NotFound
        if Entry.objects.filter(reverses=entry).exists():  # the constraint decides; this spares the log a rollback
            raise Conflict(_("This transaction has already been reversed."), details={"allowed": []})
        day = date or max(timezone.now().date(), entry.date)
        if day < entry.date:
            raise Invalid(
                details={"date": format_text(_("Must not be before the entry's own date, {day}."), day=entry.date)}
            )
        if day > entry.date:  # an entry that was posted far ahead is reversed on its own day
            require_within_a_year(day, field="date")
        lines = _mirrored(entry_id)
        currencies = [line.currency or "" for line in lines]
        accounts = _accounts_of(lines, currencies)
        undoing = uuid7()
        text = description or f"Reversal: {entry.description}"[: Entry._meta.get_field("description").max_length]
        _insert_entry(
            (undoing, day, text, reference or entry.reference, SourceType.REVERSAL, entry_id, "", entry_id, actor.id)
        )
        _insert_lines(undoing, day, lines, accounts, currencies)
    return undoing


def _mirrored(entry_id: UUID) -> list[Posting]:
    """The lines of the entry with their sides exchanged."""
    rows = Line.objects.filter(entry=entry_id).order_by("position")
    return [
        Posting(account, debit=credit, credit=debit, currency=currency, description=description)
        for account, debit, credit, currency, description in rows.values_list(
            "account", "debit", "credit", "currency", "description"
        )
    ]


def _require_offered(lines: Sequence[Posting], fallback: str, day: dt.date) -> None:
    """Raises Invalid, naming the line, unless every currency was in use on that day."""
    require_offered({"currency": fallback}, day=day)
    for index, line in enumerate(lines):
        require_offered({"currency": line.currency}, day=day, path=f"lines.{index}.")


def _require_balance(lines: Sequence[Posting], currencies: Sequence[str]) -> None:
    """Raises Invalid unless there are two lines, each with one side over 0, and both sides agree in each currency."""
    if len(lines) < 2:
        raise Invalid(details={"lines": _("At least 2 needed.")})
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for index, (line, currency) in enumerate(zip(lines, currencies, strict=True)):
        if (line.debit > 0) == (line.credit > 0) or line.debit < 0 or line.credit < 0:
            raise Invalid(details={f"lines.{index}.debit": _("Exactly one of debit and credit must be over 0.")})
        sums[currency][0] += line.debit
        sums[currency][1] += line.credit
    for currency, (debit, credit) in sums.items():
        if debit != credit:
            raise Invalid(
                format_text(
                    _("Debits and credits are not equal: {debit} against {credit}."),
                    debit=Money(debit, currency),
                    credit=Money(credit, currency),
                ),
                details={"currency": currency, "debit": debit, "credit": credit},
            )
        within_int64(debit, field="lines")


_ACCOUNTS = "SELECT id, code, is_active, currency FROM accounting_account WHERE id = ANY(%s) OR code = ANY(%s)"


def _accounts_of(lines: Sequence[Posting], currencies: Sequence[str]) -> list[UUID]:
    """The id of each line's account. Raises Invalid, naming the line, for one that is unknown or does not take it."""
    named = {line.account for line in lines}
    ids = [name for name in named if isinstance(name, UUID)]
    codes = [name for name in named if isinstance(name, str)]
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [ids, codes])
        found = [_Account(*row) for row in cursor.fetchall()]
    accounts: dict[UUID | str, _Account] = {account.id: account for account in found}
    accounts |= {account.code: account for account in found}
    errors = dict(_refusals(lines, currencies, accounts))
    if errors:
        raise Invalid(next(iter(errors.values())), details=errors)
    return [accounts[line.account].id for line in lines]


def _refusals(
    lines: Sequence[Posting], currencies: Sequence[str], accounts: dict[UUID | str, _Account]
) -> Iterable[tuple[str, Text]]:
    for index, (line, currency) in enumerate(zip(lines, currencies, strict=True)):
        account = accounts.get(line.account)
        if account is None:
            yield f"lines.{index}.account_id", format_text(_("Unknown account: {account}."), account=line.account)
        elif not account.is_active:
            yield f"lines.{index}.account_id", format_text(_("Account {code} is inactive."), code=account.code)
        elif account.currency and account.currency != currency:
            told = _("Account {code} takes {currency} only.")
            yield f"lines.{index}.currency", format_text(told, code=account.code, currency=account.currency)


_ENTRY = """
    INSERT INTO accounting_entry (id, date, description, reference, source_type, source_id, purpose, reverses_id,
                                  created_by_id, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())
"""

_LINES = """
    INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency, description)
    SELECT l.id, %s, l.position, l.account_id, %s, l.debit, l.credit, l.currency, l.description
    FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[]) WITH ORDINALITY
        AS l (id, account_id, debit, credit, currency, description, position)
"""


def _insert_entry(values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRY, values)


def _insert_lines(
    entry_id: UUID, day: dt.date, lines: Sequence[Posting], accounts: Sequence[UUID], currencies: Sequence[str]
) -> None:
    """All lines in one statement, so that the totals are raised once and in one order."""
    columns: list[list[Any]] = [
        [uuid7() for _ in lines],
        list(accounts),
        [line.debit for line in lines],
        [line.credit for line in lines],
        list(currencies),
        [line.description for line in lines],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [entry_id, day, *columns])
