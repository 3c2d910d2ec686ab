"""The data of the dashboard: the user, the currency, and the figures that several of its parts share."""

import datetime as dt
from functools import cached_property

from django.db.models import QuerySet
from django.http import HttpRequest

from accounting.queries import revenue_by_month
from billing.queries import invoices_by_status, orders_by_status
from billing.reports import NO_RECEIVABLES, Receivables, current_receivables
from contracts.models import Contract
from contracts.queries import expiring
from inventory.queries import low_stock
from skeleton.backoffice.lists import ListLinks
from skeleton.company.queries import default_currency
from skeleton.db.counting import CappedCount
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.money import KNOWN_CURRENCIES
from skeleton.notifications.models import Notification
from skeleton.office.parameters import NOT_A_CHOICE, BadParameter

CURRENCY = "currency"
"""The query parameter for the page's currency."""

MONTHS = 12
ENDING_WITHIN_DAYS = 30
"""Days within which a contract counts as ending soon."""

REVENUE, INVOICES = "accounting.entry", "billing.invoice"
"""The lists behind the amounts on the page."""


class DashboardData:
    """The data of one request for the dashboard. Everything is read on demand and only once."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.actor, self.lists = actor, ListLinks(request)
        self.today = today()
        self._wanted = request.GET.get(CURRENCY)
        if self._wanted and self._wanted not in KNOWN_CURRENCIES:
            raise BadParameter(CURRENCY, NOT_A_CHOICE)

    # Amounts in different currencies are never added up, so the page shows a single currency.

    @cached_property
    def currencies(self) -> list[str]:
        """Return the currencies in use, with the company's own one first."""
        revenue = self.revenue_by_currency if self.lists.can_view(REVENUE) else {}
        owed = self.receivables_by_currency if self.lists.can_view(INVOICES) else {}
        own = default_currency()
        used = {*revenue, *owed} or {own}
        return sorted(used, key=lambda code: (code != own, code))

    @cached_property
    def currency(self) -> str:
        """Return the requested currency if it is in use, otherwise the first one."""
        return self._wanted if self._wanted in self.currencies else self.currencies[0]

    @property
    def in_currency(self) -> dict[str, str]:
        """Return the list parameter for the page's currency, or nothing if the page shows all documents."""
        return {CURRENCY: self.currency} if len(self.currencies) > 1 else {}

    # figures

    @cached_property
    def months(self) -> list[dt.date]:
        """Return the first days of the last MONTHS months, including the current one."""
        count = self.today.year * 12 + self.today.month - 1
        return [dt.date(n // 12, n % 12 + 1, 1) for n in range(count - MONTHS + 1, count + 1)]

    @cached_property
    def revenue_by_currency(self) -> dict[str, dict[dt.date, int]]:
        return revenue_by_month(self.months[0], self.months[-1])

    @property
    def monthly_revenue(self) -> list[int]:
        """Return the revenue of each month in minor units of the page's currency."""
        found = self.revenue_by_currency.get(self.currency, {})
        return [found.get(month, 0) for month in self.months]

    @cached_property
    def receivables_by_currency(self) -> dict[str, Receivables]:
        return current_receivables()

    @property
    def receivables(self) -> Receivables:
        """Return the receivables in the page's currency."""
        return self.receivables_by_currency.get(self.currency, NO_RECEIVABLES)

    @cached_property
    def invoice_counts(self) -> dict[str, int]:
        """Return the number of invoices by status."""
        return invoices_by_status(**self.in_currency)

    @cached_property
    def order_counts(self) -> dict[str, int]:
        """Return the number of orders by status."""
        return orders_by_status(**self.in_currency)

    @property
    def unread(self) -> QuerySet[Notification]:
        """Return the user's unread notifications, newest first."""
        return Notification.objects.visible_to(self.actor).filter(read_at=None).order_by("-pk")

    @cached_property
    def low_stock_count(self) -> CappedCount:
        return CappedCount.count(low_stock())

    @cached_property
    def ending_contracts_count(self) -> CappedCount:
        """Return the capped count of contracts that end soon."""
        return CappedCount.count(expiring(Contract.objects.visible_to(self.actor), ENDING_WITHIN_DAYS))
