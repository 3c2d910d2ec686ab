"""The receivables aging and VAT reports as pages. Customers link to their open invoices, documents to their pages."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounting.choices import TaxCategory
from accounting.reports import DateRange
from accounting.tables import Row
from billing.choices import InvoiceStatus
from billing.documents.statement_labels import STATEMENT_LABELS
from billing.movements import MovementKind
from billing.reports import COLUMNS, aging_rows, receivables_aging
from billing.vat_report import vat_report, vat_rows
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import local_day, local_number
from skeleton.office.columns import EMPTY
from skeleton.office.pages import register
from skeleton.office.reports import (
    Column,
    DateForm,
    DateRangeForm,
    Line,
    Parameters,
    ReportPage,
    ReportResult,
    Table,
    days_in_words,
    format_amount_cell,
    link,
    total_line,
)

SHOWN = 1000
"""Rows per table on the page. The CSV has all of them."""


@register
class AgingPage(ReportPage):
    name, title, resources = "receivables-aging", gettext_lazy("Receivables aging"), ("accounting",)
    form = DateForm

    def build(self, parameters: Parameters, actor: Actor) -> ReportResult:
        report = receivables_aging(parameters["as_of"])
        days = _("As of %(day)s") % {"day": local_day(parameters["as_of"])}
        return ReportResult(days, [_table(part, linked=actor.can("invoices:read")) for part in report["currencies"]])

    def csv_rows(self, parameters: Parameters, actor: Actor) -> Iterable[Row]:
        return aging_rows(receivables_aging(parameters["as_of"]))


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


@register
class VatPage(ReportPage):
    name, title, resources = "vat", gettext_lazy("VAT report"), ("accounting",)
    form = DateRangeForm

    def build(self, parameters: Parameters, actor: Actor) -> ReportResult:
        days = _days(parameters)
        tables = []
        for part in vat_report(days)["currencies"]:
            tables += [_vat_sums(part), _vat_documents(part, linked=actor.can("invoices:read"))]
        return ReportResult(days_in_words(days.first, days.last), tables)

    def csv_rows(self, parameters: Parameters, actor: Actor) -> Iterable[Row]:
        return vat_rows(vat_report(_days(parameters)))


def _days(parameters: Parameters) -> DateRange:
    return DateRange(parameters["from_date"], parameters["to_date"])


def _vat_sums(part: dict[str, Any]) -> Table:
    """Return base and tax by category and rate, and the difference to the books."""
    currency = part["currency"]
    titles = (_("Rate"), _("Net amount"), _("Tax"))
    rows = [Line((_category(row), *_tax_cells(row, currency))) for row in part["rows"]]
    amounts = {
        name: format_amount_cell(part[name], currency) for name in ("total_base", "total_tax", "booked", "difference")
    }
    sums = [
        total_line(_("Total"), "", amounts["total_base"], amounts["total_tax"]),
        total_line(_("Movement of the tax accounts"), "", "", amounts["booked"]),
        total_line(_("Difference"), "", "", amounts["difference"]),
    ]
    note = _("The difference was posted to the tax accounts by hand.") if part["difference"] else ""
    return Table(currency, (Column(_("Category")), *(Column(name, True) for name in titles)), [*rows, *sums], note)


def _vat_documents(part: dict[str, Any], *, linked: bool) -> Table:
    currency, documents = part["currency"], part["documents"]
    texts = (_("Date"), _("Document"), _("Customer"), _("Category"))
    columns = (*map(Column, texts), *(Column(name, True) for name in (_("Rate"), _("Net amount"), _("Tax"))))
    found = [
        Line(
            (
                local_day(one["date"]),
                _document(one, linked=linked),
                one["customer_name"],
                _category(one),
                *_tax_cells(one, currency),
            )
        )
        for one in documents[:SHOWN]
    ]
    hidden = len(documents) - len(found)
    note = _("%(count)s more rows are in the CSV; the totals are of all.") % {"count": hidden} if hidden else ""
    return Table(_("Documents in %(currency)s") % {"currency": currency}, columns, found, note)


def _category(row: dict[str, Any]) -> str:
    """Return the code of a category with its name."""
    code = row["category"]
    return f"{code} · {TaxCategory(code).label}" if code else EMPTY


def _document(one: dict[str, Any], *, linked: bool) -> Any:
    """Return the document as statements name it, with a link to its page."""
    kinds: dict[str, str] = STATEMENT_LABELS[get_language() or "en"]["kinds"]
    name = kinds[one["kind"]].format(number=one["number"])
    if not linked:
        return name
    model = "creditnote" if one["kind"] == MovementKind.CREDIT_NOTE else "invoice"
    return link(reverse(f"admin:billing_{model}_change", args=[one["document_id"]]), name)


def _tax_cells(row: dict[str, Any], currency: str) -> tuple[str, ...]:
    amounts = (format_amount_cell(row[name], currency) for name in ("base", "tax"))
    return f"{local_number(row['rate'])} %", *amounts
