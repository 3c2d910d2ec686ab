"""Document states, the actions that each state allows, and payment methods."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InvoiceStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class CreditNoteStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")


class OrderStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    PENDING = "pending", _("Pending")
    CONFIRMED = "confirmed", _("Confirmed")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentMethod(TextChoices):
    BANK_TRANSFER = "bank_transfer", _("Bank Transfer")
    CARD = "card", _("Card")
    CASH = "cash", _("Cash")
    CHECK = "check", pgettext_lazy("way of payment", "Check")
    CRYPTO = "crypto", _("Crypto")
    OTHER = "other", _("Other")


class PaymentDirection(TextChoices):
    """Whether money came in from the customer, or went out as a refund."""

    IN = "in", pgettext_lazy("payment", "In")
    OUT = "out", pgettext_lazy("payment", "Out")


class SettlementKind(TextChoices):
    """What settles a part of an invoice."""

    PAYMENT = "payment", _("Payment")
    CREDIT_NOTE = "credit_note", _("Credit note")
    WRITE_OFF = "write_off", _("Write-off")


def allowed_actions(status: str, *, amount_paid: int = 0) -> list[str]:
    """Return the actions that this state of an invoice allows. Its notes can be changed in any state."""
    if status == InvoiceStatus.DRAFT:
        return ["update", "add_line", "update_line", "delete_line", "send", "cancel"]
    if status == InvoiceStatus.SENT:
        return ["record_payment", "credit", "write_off", *([] if amount_paid else ["cancel"])]
    return ["credit"] if status == InvoiceStatus.PAID else []
