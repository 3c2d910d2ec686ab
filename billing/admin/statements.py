"""The statement of account of a customer as a page, CSV and PDF. Its lines link to their documents."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy
from django.utils.translation import gettext as _

from accounting.tables import Row
from billing.documents.statement_labels import STATEMENT_LABELS
from billing.models import Settlement
from billing.movements import MovementKind
from billing.services.documents import statement_pdf
from billing.statements import StatementPeriod, customer_statement, statement_rows
from parties.models import Customer
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, local_day, local_money
from skeleton.office.forms import AutocompleteField, CurrencyField
from skeleton.office.pages import register
from skeleton.office.reports import (
    CSV,
    PDF,
    Column,
    OpenStartDateRangeForm,
    Parameters,
    ReportPage,
    ReportResult,
    Table,
    build_lines,
    days_in_words,
    format_amount_cell,
    link,
    total_line,
)
from skeleton.rest.http import PdfResponse

_SCREENS = {
    MovementKind.INVOICE: "invoice",
    MovementKind.CANCELLATION: "invoice",
    MovementKind.PAYMENT: "payment",
    MovementKind.PAYMENT_REVERSED: "payment",
    MovementKind.REFUND: "payment",
    MovementKind.REFUND_REVERSED: "payment",
    MovementKind.CREDIT_NOTE: "creditnote",
}
"""The screen of each kind of document. A write-off links to its invoice instead."""


class StatementForm(OpenStartDateRangeForm):
    customer = AutocompleteField(
        Customer.objects.all(), screen="parties.customer", any_row=True, label=gettext_lazy("Customer")
    )
    currency = CurrencyField(label=gettext_lazy("Currency"), help_text=gettext_lazy("Leave empty for all."))
    field_order = ("customer", "from_date", "to_date", "currency")


@register
class CustomerStatementPage(ReportPage):
    name, title, resources = "customer-statement", gettext_lazy("Statement of account"), ("invoices",)
    form = StatementForm
    formats = (CSV, PDF)

    def build(self, parameters: Parameters, actor: Actor) -> ReportResult:
        found = _statement(parameters, actor)
        address_of = _addresses(found)
        tables = [_table(part, address_of) for part in found["currencies"]]
        return ReportResult(
            days_in_words(parameters["from_date"], parameters["to_date"]), tables, subject=found["customer_name"]
        )

    def csv_rows(self, parameters: Parameters, actor: Actor) -> Iterable[Row]:
        return statement_rows(_statement(parameters, actor))

    def download_pdf(self, parameters: Parameters, actor: Actor) -> HttpResponseBase:
        file = statement_pdf(_statement(parameters, actor), language=get_language() or actor.language)
        return PdfResponse(file.name, file.pdf)


def _statement(parameters: Parameters, actor: Actor) -> dict[str, Any]:
    period = StatementPeriod(parameters["from_date"], parameters["to_date"])
    return customer_statement(parameters["customer"].pk, period, parameters["currency"], actor=actor)


def _addresses(found: dict[str, Any]) -> Callable[[dict[str, Any]], str]:
    """Return a function for the address of a line's document. Reads the invoices of all write-offs at once."""
    lines = [line for part in found["currencies"] for line in part["lines"]]
    written_off = [line["document_id"] for line in lines if line["kind"] not in _SCREENS]
    invoices: dict[UUID, UUID] = {}
    if written_off:
        invoices = dict(Settlement.objects.filter(pk__in=written_off).values_list("pk", "invoice_id"))

    def address_of(line: dict[str, Any]) -> str:
        screen, pk = _SCREENS.get(line["kind"], "invoice"), line["document_id"]
        return reverse(f"admin:billing_{screen}_change", args=[invoices.get(pk, pk)])

    return address_of


def _table(part: dict[str, Any], address_of: Callable[[dict[str, Any]], str]) -> Table:
    currency = part["currency"]
    titles = (_("Debit"), _("Credit"), _("Balance"))
    columns = (
        *(Column(_("Date")), Column(_("Document")), Column(_("Due date")), Column(_("Reference"))),
        *(Column(title, figures=True) for title in titles),
    )
    rows = (
        (
            local_day(line["date"]),
            _document(line, address_of),
            local_day(line["due_date"]) if line["due_date"] else "",
            line["reference"] or "",
            *(format_amount_cell(line[name], currency, blank=True) for name in ("debit", "credit")),
            format_amount_cell(line["balance"], currency),
        )
        for line in part["lines"]
    )
    opening = total_line("", _("Opening balance"), *[""] * 4, format_amount_cell(part["opening"], currency))
    sums = (format_amount_cell(part[name], currency) for name in ("total_debit", "total_credit", "closing"))
    closing = total_line("", _("Closing balance"), "", "", *sums)
    note = format_text(
        gettext("Open on invoices: {open}. On account: {on_account}."),
        open=local_money(part["open"], currency),
        on_account=local_money(part["on_account"], currency),
    )
    return Table(currency, columns, [opening, *build_lines(rows), closing], str(note))


def _document(line: dict[str, Any], address_of: Callable[[dict[str, Any]], str]) -> SafeString:
    """Return the document as the PDF names it, with a link."""
    kinds: dict[str, str] = STATEMENT_LABELS[get_language() or "en"]["kinds"]
    return link(address_of(line), kinds[line["kind"]].format(number=line["number"]))
