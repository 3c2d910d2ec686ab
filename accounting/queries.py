"""Queries of accounting that span tables."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import BooleanField, F, Func, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language, override

from accounting.choices import CONTROL_ACCOUNTS, AccountType, EntryKind, PeriodStatus
from accounting.closing_models import YearClosing
from accounting.models import NET, Entry, Line, MonthTotal, Period, Total, on_normal_side
from accounting.tax_code_models import TaxCode

TAKES_POSTINGS = Func(F("pk"), function="accounting_takes_postings", output_field=BooleanField())
"""Whether an account takes postings: it has no sub-accounts, or has had postings beside them from the start."""

_CHUNK = 500


def balances_of_account() -> QuerySet[Total]:
    """Return the balances by currency of the account at `OuterRef("pk")`, each as `balance`."""
    totals = Total.objects.filter(account=OuterRef("pk")).order_by("currency")
    return totals.annotate(balance=on_normal_side(NET, "account__"))


def lines_of_entry() -> QuerySet[Line]:
    """Return the lines of the entry at `OuterRef("pk")`, in order."""
    return Line.objects.filter(entry=OuterRef("pk")).order_by("position")


def described(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return lines of a ledger with the descriptions of their entries in the language that is active now."""
    return _described(iter(items), get_language())


def _described(items: Iterator[dict[str, Any]], language: str | None) -> Iterator[dict[str, Any]]:
    while chunk := list(islice(items, _CHUNK)):
        entries = Entry.objects.select_related("reverses").in_bulk([item["transaction_id"] for item in chunk])
        with override(language):  # a file is written after the request
            texts = {str(pk): entry.shown_as for pk, entry in entries.items()}
        yield from ({**item, "description": texts[str(item["transaction_id"])]} for item in chunk)


def revenue_by_month(first: dt.date, last: dt.date) -> dict[str, dict[dt.date, int]]:
    """Return revenue by currency and month (its first day) in minor units: credits minus debits of revenue accounts.

    `first` and `last` are first days of months. Reads the maintained monthly totals, so the cost doesn't depend on the
    number of postings. The closing of years is left out.
    """
    net = Sum(F("credit") - F("debit"))
    totals = MonthTotal.objects.filter(account__type=AccountType.REVENUE, month__range=(first, last))
    cleared = Line.objects.filter(entry__kind=EntryKind.CLOSING, account__type=AccountType.REVENUE)
    cleared = cleared.filter(entry__date__range=(first, month_after(last) - dt.timedelta(days=1)))
    earned: dict[str, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for currency, month, amount in totals.values_list("currency", "month").annotate(net=net):
        earned[currency][month] += int(amount)
    for currency, month, amount in cleared.values_list("currency", TruncMonth("date")).annotate(net=net):
        earned[currency][month] -= int(amount)
    return {currency: dict(months) for currency, months in earned.items()}


def month_after(month: dt.date) -> dt.date:
    """Return the first day of the month after the month with this first day."""
    return (month + dt.timedelta(days=31)).replace(day=1)


def control_account_codes() -> tuple[str, ...]:
    """Return the codes of the accounts that documents are compared with: those of roles, and those of tax codes.

    Posting to them by hand must be intended.
    """
    of_tax_codes = TaxCode.objects.filter(account__isnull=False).order_by("account__code")
    named = (*(role.code for role in CONTROL_ACCOUNTS), *of_tax_codes.values_list("account__code", flat=True))
    return tuple(dict.fromkeys(named))


def is_closed(day: dt.date) -> bool:
    """Return whether nothing can be posted on `day`: it is in a closed period, or not after the last closed year."""
    in_period = Period.objects.filter(status=PeriodStatus.CLOSED, start_date__lte=day, end_date__gte=day)
    return in_period.exists() or YearClosing.objects.filter(reopened_at=None, end_date__gte=day).exists()
