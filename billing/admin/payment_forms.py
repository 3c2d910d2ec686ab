"""The form of a new payment over many open invoices, with a proposal of what it pays of each."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from billing.admin.money import (
    MAX_INVOICES,
    PaidDayMixin,
    method_field,
    open_invoices,
    paid_day_field,
    record_link,
    text_field,
)
from billing.choices import InvoiceStatus
from billing.models import Invoice
from billing.services.payments import spread
from parties.models import Customer, Party
from skeleton.db.search import SEARCH_TEXT, search_rows
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.text import format_text, local_day, local_money
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.forms import AutocompleteField, CurrencyField, RowForm, TableForm
from skeleton.office.numbers import AmountField
from skeleton.office.reports import Column

PROPOSE = "_propose"


class AllocationRow(RowForm):
    """An open invoice, and what the payment pays of it."""

    amount = AmountField(required=False, label=_("Pays"))

    def setup(self) -> None:
        self.fields["amount"].currency = self.record.currency  # type: ignore[attr-defined]

    def cells(self) -> tuple[object, ...]:
        invoice = self.record
        money = (local_money(amount, invoice.currency) for amount in (invoice.total, invoice.amount_due))
        return (record_link(invoice), local_day(invoice.due_date), *money)


class NewPaymentForm(PaidDayMixin, TableForm):
    """A new payment. Once the customer is known, it lists the open invoices with a proposal of what is paid of each.

    The proposal pays the oldest invoices first. `shown_for` is the customer and currency whose invoices the page shows:
    the rows that were posted only count if they are still those of the chosen customer and currency.
    """

    customer_id = AutocompleteField(
        Customer.objects.all(), screen="parties.customer", any_row=True, label=_("Customer")
    )
    amount = AmountField(label=_("Amount"))
    currency = CurrencyField(help_text=_("Empty is the customer's."), label=_("Currency"))
    method = method_field()
    reference = text_field(_("Reference"))
    paid_at = paid_day_field()
    search = text_field(
        _("Only invoices with this in the number"),
        help_text=_("Helps if the customer has many open invoices. Then choose Propose again."),
    )
    shown_for = forms.CharField(required=False, widget=forms.HiddenInput)

    row_form, rows_name = AllocationRow, "allocations"
    columns = (Column(_("Invoice")), Column(_("Due date")), Column(_("Total"), True), Column(_("Due"), True))

    def setup(self) -> None:
        self.not_shown = 0  # how many open invoices there are besides those of the rows
        self.customer: Party | None = self._cleaned("customer_id") if self.is_bound else None
        self.chosen_currency = ""
        if self.customer:
            self.chosen_currency = self.data.get("currency") or self.customer.currency
        self.fields["amount"].currency = self.chosen_currency or "USD"  # type: ignore[attr-defined]
        key = f"{self.customer.pk} {self.chosen_currency}" if self.customer else ""
        self.is_confirmed = bool(key) and self.data.get("shown_for") == key and PROPOSE not in self.data
        if self.is_bound:
            self.data = {**self.data.dict(), "shown_for": key}  # type: ignore[attr-defined]  # a QueryDict

    def _cleaned(self, name: str) -> Any:
        """Return the value of a posted field, or None if it is invalid."""
        try:
            return self.fields[name].clean(self.data.get(name))
        except forms.ValidationError:
            return None

    def rows_are_bound(self) -> bool:
        return self.is_confirmed

    def row_records(self) -> Iterable[tuple[Invoice, Mapping[str, object]]]:
        if self.customer is None:
            return []
        invoices = list(self._invoices(self.customer.pk))
        proposed = {invoice.pk: share for invoice, share in spread(invoices, self._cleaned("amount") or 0)}
        return [(invoice, {"amount": proposed.get(invoice.pk)}) for invoice in invoices]

    def _invoices(self, customer_id: UUID) -> Iterable[Invoice]:
        """Return the open invoices, and those that the page showed: the service says why one can't be paid any more.

        Without those that the page showed, only those whose number has `search` in it, if anything was entered there.
        """
        posted = {parse_uuid(name.removeprefix("row-")[:36]) for name in self.data if name.startswith("row-")} - {None}
        if self.is_confirmed and posted:
            shown = Q(status=InvoiceStatus.SENT) | Q(pk__in=posted)
            rows = Invoice.objects.filter(shown, customer=customer_id, currency=self.chosen_currency)
            first = Case(When(pk__in=posted, then=0), default=1)
            posted_first = rows.order_by(first, "due_date", "pk")[:MAX_INVOICES]
            return sorted(posted_first, key=lambda invoice: (invoice.due_date, invoice.pk))
        open_ones = open_invoices(customer_id, self.chosen_currency)
        if search := self._cleaned("search"):
            open_ones = search_rows(open_ones, search, (SEARCH_TEXT,))
        found = list(open_ones[: MAX_INVOICES + 1])
        if len(found) > MAX_INVOICES:
            self.not_shown = open_ones.count() - MAX_INVOICES
        return found[:MAX_INVOICES]

    @property
    def button(self) -> Text:
        return _("Record payment") if self.customer else _("Next")

    @property
    def second_button(self) -> Mapping[str, object] | None:  # type: ignore[override]
        return {"name": PROPOSE, "title": _("Propose again")} if self.rows or self._cleaned("search") else None

    @property
    def note(self) -> Text:
        """Return what stays on account."""
        if self.customer is None:
            return _("Choose the customer and enter the amount. The open invoices come next.")
        if not self.rows and self._cleaned("search"):
            return _("No open invoice of the customer has this in its number.")
        if not self.rows:
            told = _("The customer has no open invoices in {currency}. All of it stays on account.")
            return format_text(told, currency=self.chosen_currency)
        left = (self._cleaned("amount") or 0) - sum(self._shares())
        rest: Text = _("What you do not allocate stays on account.")
        if left > 0:
            rest = format_text(_("{amount} stays on account."), amount=local_money(left, self.chosen_currency))
        return f"{rest} {self._told_of_others()}".strip()

    def _told_of_others(self) -> Text:
        """Return how many open invoices are not shown, and how to find them."""
        if not self.not_shown:
            return ""
        told = ngettext_lazy(
            "{count} more open invoice, due later, is not shown. To find it, enter a part of its number in the field "
            "above and choose Propose again.",
            "{count} more open invoices, due later, are not shown. To find them, enter a part of their number in the "
            "field above and choose Propose again.",
            self.not_shown,
        )
        return format_text(told, count=self.not_shown)

    def _shares(self) -> Iterable[int]:
        for row in self.rows:
            given = row.cleaned_data if row.is_bound and row.is_valid() else row.initial
            yield given.get("amount") or 0

    def request_body(self) -> Values:
        body = {name: value for name, value in super().request_body().items() if name not in ("shown_for", "search")}
        rows = [{"invoice_id": str(row.record.pk), "amount": row.cleaned_data["amount"]} for row in self.sent_rows()]
        return {**body, "currency": self.chosen_currency, "allocations": rows}
