"""The forms in which the lines of a credit note are chosen: a new one, and a draft."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from billing.admin.money import reason_field
from billing.models import CreditNote, CreditNoteLine, Invoice
from billing.services.credit_lines import creditable_lines, items_of_lines
from billing.shares import CreditableLine
from inventory.models import Warehouse
from skeleton.kernel.text import local_money, local_number
from skeleton.kernel.types import Values
from skeleton.office.dates import LocalizedDateField
from skeleton.office.forms import RowForm, TableForm, as_json, small_textarea
from skeleton.office.numbers import AmountField, LocalizedDecimalField
from skeleton.office.reports import Column

WAREHOUSE = "restock_warehouse_id"


class CreditRow(RowForm):
    """A line of the invoice, and what is credited of it."""

    quantity = LocalizedDecimalField(
        required=False, max_digits=15, decimal_places=3, min_value=0, label=_("Quantity to credit")
    )
    amount = AmountField(required=False, label=_("or amount before tax"))
    restock_warehouse_id = forms.ChoiceField(
        required=False, widget=widgets.UnfoldAdminSelectWidget, label=_("Back into stock")
    )

    def describe(self) -> str:
        return str(self.record.description)

    def cells(self) -> tuple[object, ...]:
        line: CreditableLine = self.record
        left = local_money(line.left, self.fields["amount"].currency)  # type: ignore[attr-defined]
        return (line.description, local_number(line.quantity_left), left)

    @property
    def credits_a_part(self) -> bool:
        """Return whether a quantity or an amount was entered."""
        return any(self.cleaned_data.get(name) is not None for name in ("quantity", "amount"))

    def request_body(self, *, everything: bool) -> Values:
        """Return the line of the request. With `everything`, it is all that is left of the line."""
        line: CreditableLine = self.record
        given = self.cleaned_data
        quantity, amount = given.get("quantity"), given.get("amount")
        if everything:
            quantity, amount = (line.quantity_left, None) if line.quantity_left else (None, line.left)
        values = {"quantity": quantity, "amount": amount, WAREHOUSE: given.get(WAREHOUSE) or None}
        body = {name: as_json(value) for name, value in values.items() if value is not None}
        return {"invoice_line_id": str(line.id), **body}


class CreditLinesForm(TableForm):
    """The lines of a credit note, with a row for each line of the invoice of which something is left."""

    reason = reason_field()
    issue_date = LocalizedDateField(
        required=False,
        label=pgettext_lazy("credit note", "Issue date"),
        help_text=_("Leave empty for the day on which it is issued. Not in the future."),
    )
    notes = forms.CharField(required=False, widget=small_textarea(), label=_("Notes"))

    row_form = CreditRow
    columns = (Column(_("Line")), Column(_("Left"), True), Column(_("Amount left"), True))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = items_of_lines(self.invoice) if self.rows and self.actor.can("inventory:write") else {}
        names = Warehouse.objects.order_by("name").values_list("pk", "name") if items else ()
        choices = [("", gettext("No")), *((str(pk), name) for pk, name in names)]
        for row in self.rows:
            row.fields["amount"].currency = self.invoice.currency  # type: ignore[attr-defined]
            if items:
                row.fields[WAREHOUSE].choices = choices  # type: ignore[attr-defined]
                row.fields[WAREHOUSE].disabled = row.record.id not in items
            else:
                del row.fields[WAREHOUSE]

    @property
    def invoice(self) -> Invoice:
        """Return the invoice that is credited."""
        found: Invoice = self.record
        return found

    @property
    def credits_everything(self) -> bool:
        return False

    def row_key(self, record: CreditableLine) -> object:
        return record.id

    def row_records(self) -> Iterable[tuple[CreditableLine, Mapping[str, object]]]:
        return [(line, {}) for line in creditable_lines(self.invoice) if not line.is_whole]

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if valid and not self.sent_rows():
            self.add_error(None, _("Enter a quantity or an amount in at least one line."))
            return False
        return valid

    def sent_rows(self) -> list[RowForm]:
        return self.rows if self.credits_everything else super().sent_rows()

    def request_body(self) -> Values:
        rows = [
            row.request_body(everything=self.credits_everything)
            for row in self.sent_rows()
            if isinstance(row, CreditRow)
        ]
        return {**super().request_body(), "lines": rows}


class NewCreditNoteForm(CreditLinesForm):
    """A new credit note for a sent invoice."""

    everything = forms.BooleanField(
        required=False,
        widget=widgets.UnfoldBooleanWidget,
        label=_("Credit everything that is left"),
        help_text=_("Then leave the lines empty, except for goods that come back into stock."),
    )
    send = forms.BooleanField(
        required=False,
        widget=widgets.UnfoldBooleanWidget,
        label=_("Issue at once"),
        help_text=_("It gets its number and can no longer be changed. Otherwise it is a draft."),
    )

    @property
    def credits_everything(self) -> bool:
        return bool(self.cleaned_data.get("everything")) if hasattr(self, "cleaned_data") else False

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if (
            valid
            and self.credits_everything
            and any(isinstance(row, CreditRow) and row.credits_a_part for row in self.rows)
        ):
            told = _("Some lines have a quantity or an amount. Clear them to credit everything, or uncheck this.")
            self.add_error("everything", told)
            return False
        return valid

    def request_body(self) -> Values:
        return {name: value for name, value in super().request_body().items() if name != "everything"}


class CreditNoteDraftForm(CreditLinesForm):
    """The lines of a draft."""

    def setup(self) -> None:
        note: CreditNote = self.record
        self.fields["reason"].initial, self.fields["notes"].initial = note.reason, note.notes
        self.fields["issue_date"].initial = note.issue_date if note.issue_date_given else None

    @property
    def invoice(self) -> Invoice:
        note: CreditNote = self.record
        return note.invoice

    def row_records(self) -> Iterable[tuple[CreditableLine, Mapping[str, object]]]:
        present = {line.invoice_line_id: line for line in self.record.lines.all()}
        for line, _initial in super().row_records():
            chosen = present.get(line.id)
            yield line, _shown(chosen) if chosen else {}


def _shown(line: CreditNoteLine) -> Mapping[str, object]:
    amount = line.total if line.quantity is None else None
    return {"quantity": line.quantity, "amount": amount, WAREHOUSE: line.restock_warehouse_id or ""}
