"""Services of fiscal years: close a year into retained earnings, and reopen it."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounting.choices import RESULT_TYPES, EntryKind, PeriodStatus, Role, SourceType
from accounting.closing_models import YearClosing
from accounting.fiscal_years import FiscalYear, fiscal_year, fiscal_year_of, is_year
from accounting.models import Entry, Period
from accounting.reports import AccountTurnover, DateRange, turnovers
from accounting.services.entries import NewEntry, Posting, post_entries, reverse_entries
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import Conflict, Invalid, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction


def close_year(*, year: int, actor: Actor) -> UUID:
    """Close a fiscal year: move its result to retained earnings, and close all its days. Returns the closing's id.

    Posts one entry for each currency on the year's last day, which clears the accounts of revenue and expenses. Waits
    for postings in progress. Raises NotFound (no such year); Conflict (the last day is closed, an earlier year with
    movements is open, the year has not begun, retained earnings can't be posted to).
    """
    with audited_transaction(actor, "close"):
        _lock_days()  # the first month of fiscal years can't change from here on
        asked = _known_year(year)
        _require_closable(asked)
        closing_id = uuid7()
        _post_closing(asked, closing_id, actor)
        YearClosing.objects.create(
            id=closing_id, year=year, start_date=asked.first, end_date=asked.last, closed_by_id=actor.id
        )
    return closing_id


def reopen_year(*, year: int, actor: Actor) -> UUID:
    """Reopen a closed fiscal year: reverse the entries of its closing on the same day. Returns the closing's id.

    Raises NotFound (no such year), Conflict (it is open, a later year is closed, the last day's period is closed).
    """
    _known_year(year)
    with audited_transaction(actor, "reopen"):
        _lock_days()
        closing = _closed().filter(year=year).first()
        if closing is None:
            raise Conflict(_("This year is not closed."), details={"allowed": ["close"]})
        later = _closed().filter(end_date__gt=closing.end_date).order_by("end_date").first()
        if later:
            told = format_text(_("The later year {year} is closed. Reopen it first."), year=str(later))
            raise Conflict(told, details={"allowed": []})
        _require_open_period(closing.end_date)
        save_changes(closing, {"reopened_at": timezone.now(), "reopened_by_id": actor.id})
        entries = Entry.objects.filter(source_type=SourceType.CLOSING, source_id=closing.pk).order_by("id")
        reverse_entries(list(entries), actor=actor, date=closing.end_date)
    return closing.pk


def _known_year(year: int) -> FiscalYear:
    if not is_year(year):
        raise NotFound
    return fiscal_year(year)


def _lock_days() -> None:
    """Wait for postings in progress, and hold off new ones until commit. The triggers take the same lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounting_period'))")


def _closed() -> QuerySet[YearClosing]:
    return YearClosing.objects.filter(reopened_at=None)


def _require_closable(asked: FiscalYear) -> None:
    """Raise Conflict unless the year has begun, its last day is open, and no earlier year with movements is open."""
    if asked.first > today():
        raise Conflict(_("This year has not begun."), details={"allowed": []})
    closed_until = _closed().aggregate(day=Max("end_date"))["day"]
    if closed_until and closed_until >= asked.last:
        named = {"year": asked.label}
        if _closed().filter(year=asked.year).exists():
            raise Conflict(
                format_text(_("The year {year} is already closed."), **named), details={"allowed": ["reopen"]}
            )
        told = _("A later year is closed, and with it the days of {year}.")
        raise Conflict(format_text(told, **named), details={"allowed": []})
    _require_open_period(asked.last)
    earlier = Entry.objects.filter(date__lt=asked.first)
    if closed_until:
        earlier = earlier.filter(date__gt=closed_until)
    first = earlier.order_by("date").values_list("date", flat=True).first()
    if first:
        told = _("The earlier year {year} has transactions and is open. Close it first.")
        raise Conflict(format_text(told, year=fiscal_year_of(first).label), details={"allowed": []})


def _require_open_period(day: dt.date) -> None:
    """Raise Conflict if a closed accounting period contains the day."""
    closed = Period.objects.filter(status=PeriodStatus.CLOSED, start_date__lte=day, end_date__gte=day).first()
    if closed:
        told = _("The accounting period {period} is closed. Reopen it first: the entries are dated {day}.")
        raise Conflict(format_text(told, period=str(closed), day=day), details={"allowed": []})


def _post_closing(asked: FiscalYear, closing_id: UUID, actor: Actor) -> None:
    """Post the closing entries, if there is anything to clear. Raises Conflict if that isn't possible."""
    left = [row for row in turnovers(DateRange(None, asked.last)) if row.type in RESULT_TYPES and row.balance]
    entries = [
        _closing_entry(asked, closing_id, currency, list(rows))
        for currency, rows in groupby(left, key=lambda row: row.currency)
    ]
    if not entries:
        return
    try:
        post_entries(entries, actor=actor)
    except Invalid as exc:  # the account comes from the settings, not from the user's input
        raise Conflict(format_text(_("The year cannot be closed. {reason}"), reason=exc.message)) from exc


def _closing_entry(asked: FiscalYear, closing_id: UUID, currency: str, left: Sequence[AccountTurnover]) -> NewEntry:
    """Return the entry that clears the accounts `left` with a balance in one currency."""
    cleared = [(row.account_id, int(row.debit - row.credit)) for row in left]
    result = -sum(net for _account, net in cleared)
    lines = [_line(account, -net) for account, net in cleared]
    return NewEntry(
        date=asked.last,
        description=f"Closing of {asked.label}",
        lines=[*lines, *([_line(Role.RETAINED_EARNINGS.code, -result)] if result else [])],
        currency=currency,
        reference=asked.label,
        source_type=SourceType.CLOSING,
        source_id=closing_id,
        purpose=currency,
        kind=EntryKind.CLOSING,
    )


def _line(account: UUID | str, net: int) -> Posting:
    """Return a line that adds `net` (debits minus credits) to the account."""
    return Posting(account, debit=max(net, 0), credit=max(-net, 0))
