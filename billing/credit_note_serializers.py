"""Serializers of credit notes and write-offs. Money is in minor units (cents)."""

from decimal import Decimal

from django.db.models import OuterRef

from accounting.serializers import SignedMoneyField
from billing.choices import CreditNoteStatus
from billing.models import CreditNoteLine, Settlement
from billing.payment_serializers import DAY_HELP, LONG_TEXT, MAX_LINES, AllocationSerializer
from billing.serializers import InvoiceSerializer, SharedLineSerializer, TaxSerializer
from inventory.models import Warehouse
from skeleton.rest.computed_fields import Children, FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateField,
    DateTimeField,
    ListField,
    MoneyField,
    NumberField,
    ReferenceField,
    TextField,
    UUIDField,
)
from skeleton.rest.serializers import InputSerializer, Serializer


def _unallocated(status: str, total: int, allocated: int, refunded: int) -> int:
    return total - allocated - refunded if status == CreditNoteStatus.SENT else 0


def _amount_alone(quantity: Decimal | None, total: int) -> int | None:
    return total if quantity is None else None


class CreditNoteLineSerializer(SharedLineSerializer):
    """What is credited of one line of the invoice."""

    id = UUIDField()
    invoice_line_id = UUIDField()
    item_id = UUIDField(source="invoice_line.item_id", allow_null=True)
    description = TextField(max_length=1000)
    quantity = NumberField(allow_null=True, help_text="Null if an amount is credited.")
    amount = FromColumns(
        MoneyField(allow_null=True, help_text="The amount that is credited without a quantity, before tax, or null."),
        "quantity",
        "total",
        compute=_amount_alone,
    )
    currency = CurrencyField(source="credit_note.currency")
    discount = SignedMoneyField(help_text="What makes quantity × price come to the line's share. May be negative.")
    total = MoneyField(help_text="The share of the invoice's line, before tax.")
    restock_warehouse_id = UUIDField(allow_null=True, help_text="The warehouse that takes the quantity back.")


class CreditNoteRowSerializer(Serializer):
    """A credit note in a list, without its lines."""

    id = UUIDField()
    number = TextField(allow_null=True, help_text="Assigned when it is sent: `CN-<year>-<nnn>`.")
    invoice_id = UUIDField(help_text="The invoice that it corrects.")
    invoice_number = TextField(source="invoice.number")
    customer_id = UUIDField()
    customer_name = TextField(help_text="The customer's current name. Once it is sent, the name at that time.")
    status = ChoiceField(CreditNoteStatus.choices)
    reason = TextField(allow_null=True, max_length=LONG_TEXT)
    currency = CurrencyField()
    subtotal = MoneyField(help_text="The sum of the lines before tax.")
    tax_total = MoneyField()
    tax_breakdown = ListField(child=TaxSerializer(), max_length=MAX_LINES, help_text="One row for each rate.")
    total = MoneyField()
    allocated = MoneyField(help_text="The part that settles invoices.")
    refunded = MoneyField()
    unallocated = FromColumns(
        MoneyField(help_text="`total` − `allocated` − `refunded`: on account. 0 for a draft."),
        "status",
        "total",
        "allocated",
        "refunded",
        compute=_unallocated,
    )
    issue_date = DateField(help_text="Of a draft, the day of its creation unless it was given.")
    notes = TextField(allow_null=True, max_length=LONG_TEXT)
    sent_at = DateTimeField(allow_null=True)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class CreditNoteSerializer(CreditNoteRowSerializer):
    """A credit note with its lines, and the invoices that it settles."""

    lines = Children(
        CreditNoteLineSerializer, CreditNoteLine.objects.filter(credit_note=OuterRef("pk")).order_by("position")
    )
    allocations = Children(
        AllocationSerializer, Settlement.objects.filter(credit_note=OuterRef("pk"), undone_at=None).order_by("id")
    )


class CancelledInvoiceSerializer(InvoiceSerializer):
    """A cancelled invoice, with the credit note that cancelled it."""

    credit_note_id = UUIDField(allow_null=True, help_text="The credit note. Null if the invoice was a draft.")


_ISSUE_DATE = "Defaults to the day of sending. Not in the future, in a closed period or before the invoice."


class CreditNoteLineInputSerializer(InputSerializer):
    output_serializer_class = CreditNoteLineSerializer
    invoice_line_id = UUIDField()
    quantity = NumberField(
        places=3, over=0, required=False, allow_null=True, help_text="Either the quantity to credit …"
    )
    amount = MoneyField(
        min_value=1, required=False, allow_null=True, help_text="… or the amount before tax, without a quantity."
    )
    restock_warehouse_id = ReferenceField(
        to=Warehouse,
        required=False,
        allow_null=True,
        help_text="Takes the quantity back into stock: at most what was shipped. Needs `inventory:write`.",
    )


class CreditNoteUpdateInputSerializer(InputSerializer):
    output_serializer_class = CreditNoteSerializer
    issue_date = DateField(required=False, allow_null=True, help_text=_ISSUE_DATE)
    reason = TextField(max_length=LONG_TEXT)
    notes = TextField(required=False, allow_null=True, max_length=LONG_TEXT)
    lines = ListField(
        child=CreditNoteLineInputSerializer(), max_length=MAX_LINES, required=False, help_text="Replaces all lines."
    )


class CreditNoteInputSerializer(InputSerializer):
    output_serializer_class = CreditNoteSerializer
    issue_date = DateField(required=False, allow_null=True, help_text=_ISSUE_DATE)
    reason = TextField(max_length=LONG_TEXT)
    notes = TextField(required=False, allow_null=True, max_length=LONG_TEXT)
    lines = ListField(
        child=CreditNoteLineInputSerializer(),
        max_length=MAX_LINES,
        required=False,
        help_text="Defaults to all that is left of the invoice.",
    )
    send = BooleanField(required=False, help_text="Send it at once.")


class CreditAllocateInputSerializer(InputSerializer):
    invoice_id = UUIDField(help_text="A sent invoice of the customer, in the credit note's currency.")
    amount = MoneyField(min_value=1, required=False, help_text="Defaults to as much as fits.")
    date = DateField(required=False, help_text=DAY_HELP)


class WriteOffInputSerializer(InputSerializer):
    reason = TextField(max_length=LONG_TEXT)
    amount = MoneyField(min_value=1, required=False, help_text="Defaults to all that is due.")
    correct_tax = BooleanField(
        required=False,
        help_text="Take the share of tax back from the tax account. Defaults to the installation's setting.",
    )
    date = DateField(
        required=False,
        help_text="Defaults to today. Not in the future, and not before the invoice or a later undoing on it.",
    )


class UndoWriteOffInputSerializer(InputSerializer):
    settlement_id = UUIDField(required=False, help_text="The write-off. Defaults to all of the invoice.")
    date = DateField(
        required=False,
        help_text="Defaults to today. Not in the future, and not before the write-off or a later undoing.",
    )
