"""States of documents, what each state allows, and ways to pay."""

from django.db.models import TextChoices


class InvoiceStatus(TextChoices):
    DRAFT = "draft"
    SENT = "sent"
    PAID = "paid"
    CANCELLED = "cancelled"


class OrderStatus(TextChoices):
    DRAFT = "draft"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentMethod(TextChoices):
    BANK_TRANSFER = "bank_transfer"
    CARD = "card"
    CASH = "cash"
    CHECK = "check"
    CRYPTO = "crypto"
    OTHER = "other"


class Purpose(TextChoices):
    """What a document is posted to the books for, once each."""

    SEND = "send"
    RECEIVE = "receive"


def allowed_actions(status: str, *, amount_paid: int = 0) -> list[str]:
    """What may be done with an invoice in this state; the notes may be changed in any."""
    if status == InvoiceStatus.DRAFT:
        return ["update", "add_line", "update_line", "delete_line", "send", "cancel"]
    if status == InvoiceStatus.SENT:
        return ["record_payment"] if amount_paid else ["record_payment", "cancel"]
    return []
