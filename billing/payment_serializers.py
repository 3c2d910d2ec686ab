"""Serializers of payments and settlements. Money is in minor units (cents)."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef

from billing.choices import InvoiceStatus, PaymentDirection, PaymentMethod, SettlementKind
from billing.models import Settlement
from skeleton.rest.computed_fields import Children, FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateField,
    DateTimeField,
    ListField,
    MoneyField,
    TextField,
    UUIDField,
)
from skeleton.rest.serializers import InputSerializer, Serializer

MAX_LINES = 500
LONG_TEXT = 10_000
DAY_HELP = (
    "Defaults to today. Not in the future, and not before the payment, the invoice, or the last day on which a "
    "settlement or refund of either was undone."
)


class InvoicePaymentSerializer(Serializer):
    """A payment, as far as it settles one invoice."""

    id = UUIDField()
    invoice_id = UUIDField(source="settled_invoice_id")
    payment_number = TextField(source="number")
    amount = MoneyField(source="settled", help_text="The part that settles this invoice.")
    payment_amount = MoneyField(source="amount", help_text="The whole payment.")
    currency = CurrencyField()
    method = ChoiceField(PaymentMethod.choices)
    reference = TextField(allow_null=True)
    paid_at = DateTimeField()
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()


class RecordedPaymentSerializer(InvoicePaymentSerializer):
    """A new payment, and the resulting state of the invoice."""

    invoice_status = ChoiceField(InvoiceStatus.choices)
    amount_due = MoneyField()


def _first(payment_number: str | None, note_number: str | None) -> str | None:
    return payment_number or note_number


class SettlementSerializer(Serializer):
    """What settles a part of an invoice. What was undone is not listed."""

    id = UUIDField()
    kind = ChoiceField(SettlementKind.choices)
    number = FromColumns(
        TextField(allow_null=True, help_text="Of the payment or credit note. Null for a write-off."),
        "payment__number",
        "credit_note__number",
        compute=_first,
    )
    amount = MoneyField()
    day = DateField(help_text="The settlement counts from this day.")


class AllocationSerializer(Serializer):
    """A part of a payment that settles an invoice."""

    id = UUIDField()
    invoice_id = UUIDField()
    invoice_number = TextField(source="invoice.number")
    amount = MoneyField()
    day = DateField(help_text="The allocation counts from this day.")


class RefundedSerializer(Serializer):
    """What a refund pays back."""

    kind = ChoiceField([("payment", "Payment"), ("credit_note", "Credit note")])
    id = UUIDField()
    number = TextField()


def _refund_of(
    payment_id: UUID | None, payment_number: str | None, note_id: UUID | None, note_number: str | None
) -> dict[str, Any] | None:
    if payment_id:
        return {"kind": "payment", "id": payment_id, "number": payment_number}
    return {"kind": "credit_note", "id": note_id, "number": note_number} if note_id else None


def _unallocated(direction: str, amount: int, allocated: int, refunded: int) -> int:
    return amount - allocated - refunded if direction == PaymentDirection.IN else 0


class PaymentSerializer(Serializer):
    """Money that came in from a customer, or went out as a refund."""

    id = UUIDField()
    number = TextField()
    customer_id = UUIDField()
    customer_name = TextField(source="customer.name", help_text="The customer's current name.")
    direction = ChoiceField(PaymentDirection.choices)
    amount = MoneyField()
    allocated = MoneyField(help_text="The part that settles invoices.")
    refunded = MoneyField()
    unallocated = FromColumns(
        MoneyField(help_text="`amount` − `allocated` − `refunded`: on account, unless the payment is reversed."),
        "direction",
        "amount",
        "allocated",
        "refunded",
        compute=_unallocated,
    )
    currency = CurrencyField()
    method = ChoiceField(PaymentMethod.choices)
    reference = TextField(allow_null=True)
    external_id = TextField(allow_null=True, help_text="The bank's id of the payment. Unique.")
    paid_at = DateTimeField()
    allocations = Children(
        AllocationSerializer, Settlement.objects.filter(payment=OuterRef("pk"), undone_at=None).order_by("id")
    )
    refund_of = FromColumns(
        RefundedSerializer(allow_null=True),
        "refund_of_payment_id",
        "refund_of_payment__number",
        "refund_of_credit_note_id",
        "refund_of_credit_note__number",
        compute=_refund_of,
    )
    reversed_at = DateTimeField(allow_null=True)
    reversal_reason = TextField(allow_null=True, max_length=LONG_TEXT)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()


class InvoicePaymentInputSerializer(InputSerializer):
    output_serializer_class = InvoicePaymentSerializer
    amount = MoneyField(min_value=1)
    method = ChoiceField(PaymentMethod.choices)
    currency = CurrencyField(required=False, help_text="Must be the invoice's currency.")
    reference = TextField(required=False, allow_null=True)
    external_id = TextField(required=False, allow_null=True, help_text="The bank's id of the payment. Unique.")
    paid_at = DateTimeField(required=False, help_text="Defaults to now. At most 5 minutes ahead.")


class AllocationInputSerializer(InputSerializer):
    output_serializer_class = AllocationSerializer
    invoice_id = UUIDField(help_text="A sent invoice of the customer, in the payment's currency.")
    amount = MoneyField(min_value=1)


class PaymentInputSerializer(InputSerializer):
    output_serializer_class = PaymentSerializer
    customer_id = UUIDField()
    amount = MoneyField(min_value=1)
    currency = CurrencyField()
    method = ChoiceField(PaymentMethod.choices)
    reference = TextField(required=False, allow_null=True)
    external_id = TextField(required=False, allow_null=True, help_text="The bank's id of the payment. Unique.")
    paid_at = DateTimeField(required=False, help_text="Defaults to now. At most 5 minutes ahead.")
    allocations = ListField(
        child=AllocationInputSerializer(),
        max_length=MAX_LINES,
        required=False,
        help_text="What of the payment settles which invoice. The rest is on account.",
    )
    auto_allocate = BooleanField(
        required=False, help_text="Settle the customer's open invoices, oldest due date first. Not with `allocations`."
    )


class AllocateInputSerializer(InputSerializer):
    invoice_id = UUIDField(help_text="A sent invoice of the customer, in the payment's currency.")
    amount = MoneyField(min_value=1, required=False, help_text="Defaults to as much as fits.")
    date = DateField(required=False, help_text=DAY_HELP)


class UnallocateInputSerializer(InputSerializer):
    invoice_id = UUIDField(help_text="An invoice that the payment settles.")
    date = DateField(required=False, help_text=DAY_HELP)


class PaymentReversalInputSerializer(InputSerializer):
    reason = TextField(max_length=LONG_TEXT)
    date = DateField(required=False, help_text=DAY_HELP)


class RefundInputSerializer(InputSerializer):
    amount = MoneyField(min_value=1, help_text="At most what is unallocated.")
    method = ChoiceField(PaymentMethod.choices)
    reference = TextField(required=False, allow_null=True)
    date = DateField(required=False, help_text=DAY_HELP)
