"""The receivables aging report as a page. Customers link to their open invoices."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.tables import csv_response
from billing.choices import InvoiceStatus
from billing.reports import COLUMNS, aging_rows, receivables_aging
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import local_day
from skeleton.office.pages import register
from skeleton.office.reports import (
    Column,
    DateForm,
    Line,
    Parameters,
    ReportPage,
    ReportResult,
    Table,
    format_amount_cell,
    link,
    total_line,
)

SHOWN = 1000
"""Customers per currency on the page. The CSV has all of them."""


@register
class AgingPage(ReportPage):
    name, title, resources = "receivables-aging", gettext_lazy("Receivables aging"), ("accounting",)
    form = DateForm

    def build(self, parameters: Parameters, actor: Actor) -> ReportResult:
        report = receivables_aging(parameters["as_of"])
        days = _("As of %(day)s") % {"day": local_day(parameters["as_of"])}
        return ReportResult(days, [_table(part, linked=actor.can("invoices:read")) for part in report["currencies"]])

    def download(self, parameters: Parameters, actor: Actor) -> HttpResponseBase:
        return csv_response(self.name, aging_rows(receivables_aging(parameters["as_of"])))


def _table(part: dict[str, Any], *, linked: bool) -> Table:
    currency, customers = part["currency"], part["customers"]
    titles = (_("Current"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("Over 90 days"), _("Total"))
    columns = (Column(_("Customer")), *(Column(name, figures=True) for name in titles))
    found = [
        Line(
            (
                _invoices_of(one) if linked else one["customer_name"],
                *(format_amount_cell(one[name], currency, blank=name != "total") for name in COLUMNS),
            )
        )
        for one in customers[:SHOWN]
    ]
    sums = total_line(_("Total"), *(format_amount_cell(part["totals"][name], currency) for name in COLUMNS))
    hidden = len(customers) - len(found)
    note = _("%(count)s more customers are in the CSV; the totals are of all.") % {"count": hidden} if hidden else ""
    return Table(currency, columns, [*found, sums], note)


def _invoices_of(one: dict[str, Any]) -> Any:
    """Return the customer's name, linked to the open invoices."""
    parameters = {"customer__id__exact": one["customer_id"], "status__exact": InvoiceStatus.SENT.value}
    return link(f"{reverse('admin:billing_invoice_changelist')}?{urlencode(parameters)}", one["customer_name"])
