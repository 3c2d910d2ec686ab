"""The actions that correct a sent invoice: credit note, write-off, and settling it with what is on account."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.enums import ActionVariant

from billing.admin.credit_forms import NewCreditNoteForm
from billing.admin.emails import issued_message
from billing.admin.money import day_field, page_of, reason_field, select_field
from billing.choices import InvoiceStatus, SettlementKind
from billing.credit_note_serializers import (
    CreditAllocateInputSerializer,
    CreditNoteInputSerializer,
    UndoWriteOffInputSerializer,
    WriteOffInputSerializer,
)
from billing.models import CreditNote, Invoice, Payment
from billing.models.credit_notes import UNALLOCATED as CREDIT_ON_ACCOUNT
from billing.models.payments import UNALLOCATED as PAYMENT_ON_ACCOUNT
from billing.services import write_offs
from billing.services.allocations import allocate_payment
from billing.services.credit_notes import create_credit_note
from billing.services.note_allocations import allocate_credit_note
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, local_day, local_money
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.actions import ActionResult, admin_action
from skeleton.office.forms import ActionForm
from skeleton.office.numbers import AmountField

MAX_SOURCES = 100
"""The maximum number of payments and of credit notes to choose from."""


# --- forms ------------------------------------------------------------------------------------------------------------


class UseOnAccountForm(ActionForm):
    """What is on account of the invoice's customer. The choice names the kind of document and its id."""

    source = select_field(pgettext_lazy("on account", "From"))
    amount = AmountField(required=False, label=_("Amount"), help_text=_("Leave empty for as much as fits."))
    date = day_field()

    def setup(self) -> None:
        payments, notes = _sources(self.record)
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            *((f"{SettlementKind.PAYMENT} {one.pk}", _on_account(one)) for one in payments[:MAX_SOURCES]),
            *((f"{SettlementKind.CREDIT_NOTE} {one.pk}", _on_account(one)) for one in notes[:MAX_SOURCES]),
        ]
        self.fields["amount"].currency = self.record.currency  # type: ignore[attr-defined]

    def request_body(self) -> Values:
        body = {name: value for name, value in super().request_body().items() if name != "source"}
        return {**body, "invoice_id": str(self.record.pk)}


def _sources(invoice: Invoice) -> tuple[QuerySet[Payment], QuerySet[CreditNote]]:
    """Return what is on account of the invoice's customer in its currency, oldest first."""
    of = {"customer": invoice.customer_id, "currency": invoice.currency}
    payments = Payment.objects.filter(PAYMENT_ON_ACCOUNT, **of).order_by("pk")
    return payments, CreditNote.objects.filter(CREDIT_ON_ACCOUNT, **of).order_by("pk")


def has_sources(invoice: Invoice) -> bool:
    """Return whether an open invoice can be settled with what its customer has on account."""
    if invoice.status != InvoiceStatus.SENT:
        return False
    payments, notes = (rows.order_by().values("pk") for rows in _sources(invoice))
    return payments.union(notes).exists()


def _on_account(document: Payment | CreditNote) -> str:
    money = local_money(document.unallocated, document.currency)
    return gettext("{number}: {amount} on account").format(number=document, amount=money)


class WriteOffForm(ActionForm):
    """What is given up of an invoice."""

    amount = AmountField(label=_("Amount"))
    reason = reason_field()
    correct_tax = forms.BooleanField(
        required=False,
        widget=widgets.UnfoldBooleanWidget,
        label=_("Correct the tax"),
        help_text=_("Takes the tax in the amount back. Otherwise all of it is bad debt."),
    )
    date = day_field()

    def setup(self) -> None:
        amount = self.fields["amount"]
        amount.currency = self.record.currency  # type: ignore[attr-defined]
        amount.initial = self.record.amount_due or None
        due = local_money(self.record.amount_due, self.record.currency)
        amount.help_text = gettext("{amount} is due.").format(amount=due)
        self.fields["correct_tax"].initial = settings.SKELETON_WRITE_OFF_CORRECTS_TAX


class UndoWriteOffForm(ActionForm):
    """The write-offs of an invoice."""

    settlement_id = select_field(_("Write-off"), required=False)
    date = day_field()

    def setup(self) -> None:
        found = self.record.settlements.filter(kind=SettlementKind.WRITE_OFF, undone_at=None).order_by("pk")
        choices = [
            (str(one.pk), f"{local_day(one.day)}: {local_money(one.amount, self.record.currency)} · {one.reason}")
            for one in found
        ]
        self.fields["settlement_id"].choices = [("", gettext("All")), *choices]  # type: ignore[attr-defined]


# --- actions ----------------------------------------------------------------------------------------------------------


def is_creditable(invoice: Invoice) -> bool:
    """Return whether something of the invoice can still be credited."""
    if invoice.status not in (InvoiceStatus.SENT, InvoiceStatus.PAID):
        return False
    return invoice.total == 0 or invoice.credited_total + invoice.amount_written_off < invoice.total


class CorrectionActions:
    """Actions of the screen of invoices."""

    actor: Any

    @admin_action(
        _("Create credit note"),
        form=NewCreditNoteForm,
        shown_if=is_creditable,
        icon="assignment_return",
        question=_("Choose what is credited. What is no longer due on the invoice afterwards is on account."),
    )
    def credit(self, request: HttpRequest, invoice: Invoice, form: NewCreditNoteForm) -> ActionResult:
        values = CreditNoteInputSerializer.parse(form.request_body())
        note_id: UUID = create_credit_note(invoice_id=invoice.pk, **values, actor=self.actor(request))
        note = CreditNote.objects.get(pk=note_id)
        if note.number is None:
            return ActionResult(_("The credit note is a draft. Check it and issue it."), page_of(note))
        return ActionResult(issued_message(note.number), page_of(note))

    @admin_action(
        _("Use on account"),
        form=UseOnAccountForm,
        shown_if=has_sources,
        icon="join_inner",
        question=_("Settles the invoice with what the customer has paid or was credited before."),
    )
    def use_on_account(self, request: HttpRequest, invoice: Invoice, form: UseOnAccountForm) -> Text:
        values = CreditAllocateInputSerializer.parse(form.request_body())
        kind, _space, pk = form.cleaned_data["source"].partition(" ")
        actor: Actor = self.actor(request)
        if kind == SettlementKind.PAYMENT:
            allocate_payment(payment_id=UUID(pk), **values, actor=actor)
        else:
            allocate_credit_note(credit_note_id=UUID(pk), **values, actor=actor)
        return _("The invoice is settled with what was on account.")

    @admin_action(
        _("Write off"),
        form=WriteOffForm,
        shown_if=lambda invoice: invoice.status == InvoiceStatus.SENT,
        permissions=("invoices:refund",),
        icon="money_off",
        variant=ActionVariant.DANGER,
        question=_("Gives up what is still due and books it as bad debt. This can be undone."),
    )
    def write_off(self, request: HttpRequest, invoice: Invoice, form: WriteOffForm) -> Text:
        values = WriteOffInputSerializer.parse(form.request_body())
        write_offs.write_off(invoice_id=invoice.pk, **values, actor=self.actor(request))
        money = local_money(values["amount"], invoice.currency)
        return format_text(_("{amount} of {number} is written off."), amount=money, number=invoice.number)

    @admin_action(
        _("Undo write-off"),
        form=UndoWriteOffForm,
        shown_if=lambda invoice: invoice.amount_written_off > 0,
        permissions=("invoices:refund",),
        icon="undo",
        question=_("What was written off is due again."),
    )
    def undo_write_off(self, request: HttpRequest, invoice: Invoice, form: UndoWriteOffForm) -> Text:
        values = UndoWriteOffInputSerializer.parse(form.request_body())
        write_offs.undo_write_offs(invoice_id=invoice.pk, **values, actor=self.actor(request))
        return format_text(_("{number} is due again."), number=invoice.number)
