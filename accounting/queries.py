"""Reads of the books that span tables."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from accounting.choices import DEBIT_NORMAL, AccountType
from accounting.models import Account, Entry, Line, MonthTotal, Total

_NET = Cast(F("debit") - F("credit"), BigIntegerField())
"""Debits less credits: within int64, as a constraint holds."""


def _on_normal_side(net: Any, account: str = "") -> "ExpressionWrapper[Any]":
    """`net` as people say it: positive on the normal side of its account's type; `account` is the path to that."""
    debit_normal = When(**{f"{account}type__in": DEBIT_NORMAL}, then=Value(1))
    return ExpressionWrapper(net * Case(debit_normal, default=Value(-1)), output_field=BigIntegerField())


def accounts_with_balances() -> QuerySet[Account]:
    """Accounts, each with its `balance`: minor units of its currency, or of the installation's where it has none.

    Positive on the normal side of the account's type.
    """
    currency = Coalesce(OuterRef("currency"), Value(settings.SKELETON_CURRENCY))
    net = Total.objects.filter(account=OuterRef("pk"), currency=currency).values(net=_NET)
    return Account.objects.annotate(balance=_on_normal_side(Coalesce(Subquery(net), Value(0))))


def balances_of_account() -> QuerySet[Total]:
    """The balance per currency of the account at `OuterRef("pk")`, each as `balance`."""
    totals = Total.objects.filter(account=OuterRef("pk")).order_by("currency")
    return totals.annotate(balance=_on_normal_side(_NET, "account__"))


def entries_with_reversals() -> QuerySet[Entry]:
    """Entries, each with `reversed_by_id`: the one that undoes it, if there is one."""
    undone = Entry.objects.filter(reverses=OuterRef("pk")).values("pk")
    return Entry.objects.annotate(reversed_by_id=Subquery(undone))


def lines_of_entry() -> QuerySet[Line]:
    """The lines of the entry at `OuterRef("pk")`, in their order."""
    return Line.objects.filter(entry=OuterRef("pk")).order_by("position")


def revenue_by_month(first: dt.date, last: dt.date) -> dict[str, dict[dt.date, int]]:
    """What was earned, per currency and month (its first day), in minor units: credits less debits of revenue accounts.

    `first` and `last` are first days of months. From the totals that are kept by month, however much was posted.
    """
    totals = MonthTotal.objects.filter(account__type=AccountType.REVENUE, month__range=(first, last))
    earned: dict[str, dict[dt.date, int]] = {}
    for currency, month, net in totals.values_list("currency", "month").annotate(net=Sum(F("credit") - F("debit"))):
        earned.setdefault(currency, {})[month] = int(net)
    return earned
