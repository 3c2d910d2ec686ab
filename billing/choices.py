"""Document states, the actions that each state allows, and payment methods."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InvoiceStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", pgettext_lazy("document", "Issued")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class InvoiceOrigin(TextChoices):
    """Whether an invoice was made here, or taken over from an earlier system with what is open of it."""

    CREATED = "created", pgettext_lazy("invoice", "Created here")
    IMPORTED = "imported", pgettext_lazy("invoice", "Imported")


class CreditNoteStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", pgettext_lazy("document", "Issued")


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


class EmailKind(TextChoices):
    """Whether an e-mail brings a document, or reminds of an invoice that is overdue."""

    DOCUMENT = "document", _("Document")
    REMINDER = "reminder", _("Reminder")


class EmailStatus(TextChoices):
    """What has become of an e-mail. A queued one may have failed before; a reminder of what is settled is cancelled."""

    QUEUED = "queued", pgettext_lazy("e-mail", "Queued")
    SENT = "sent", pgettext_lazy("e-mail", "Sent")
    FAILED = "failed", pgettext_lazy("e-mail", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("e-mail", "Not sent")


def allowed_actions(status: str, *, amount_paid: int = 0) -> list[str]:
    """Return the actions that this state of an invoice allows. Its notes can be changed in any state."""
    if status == InvoiceStatus.DRAFT:
        return ["update", "add_line", "update_line", "delete_line", "send", "cancel"]
    if status == InvoiceStatus.SENT:
        return ["record_payment", "credit", "write_off", *([] if amount_paid else ["cancel"])]
    return ["credit"] if status == InvoiceStatus.PAID else []
