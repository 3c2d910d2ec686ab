"""Queries of accounting that span tables."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Sum
from django.utils.translation import get_language, override

from accounting.choices import AccountType, PeriodStatus
from accounting.models import NET, Entry, Line, MonthTotal, Period, Total, on_normal_side

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
    number of postings.
    """
    totals = MonthTotal.objects.filter(account__type=AccountType.REVENUE, month__range=(first, last))
    earned: dict[str, dict[dt.date, int]] = {}
    for currency, month, net in totals.values_list("currency", "month").annotate(net=Sum(F("credit") - F("debit"))):
        earned.setdefault(currency, {})[month] = int(net)
    return earned


def is_closed(day: dt.date) -> bool:
    """Return whether `day` is in a closed period."""
    closed = Period.objects.filter(status=PeriodStatus.CLOSED)
    return closed.filter(start_date__lte=day, end_date__gte=day).exists()
