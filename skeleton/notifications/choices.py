"""Events that users are notified of, and the channels of delivery."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.TextChoices):
    """An event that users are notified of. Its texts are in `languages/`, their placeholders in `EVENT_VALUES`."""

    INVOICE_SENT = "invoice.sent", _("Invoice issued")
    INVOICE_PAID = "invoice.paid", _("Invoice paid")
    INVOICE_OVERDUE = "invoice.overdue", _("Invoice overdue")
    CREDIT_NOTE_SENT = "credit_note.sent", _("Credit note issued")
    EMAIL_FAILED = "email.failed", _("E-mail not sent")
    ORDER_STATUS = "order.status", _("Status of an order")
    CONTRACT_EXPIRING = "contract.expiring", _("Contract ends soon")
    CONTRACT_EXPIRED = "contract.expired", _("Contract expired")
    CONTRACT_RENEWED = "contract.renewed", _("Contract renewed")
    LOW_STOCK = "stock.low", _("Low stock")
    MESSAGE = "message.received", _("Message")
    ROLE_GRANTED = "account.role_granted", _("Role given")
    ROLE_REMOVED = "account.role_removed", _("Role taken away")
    ACCOUNT_ACTIVATED = "account.activated", _("Account switched on")
    ACCOUNT_DEACTIVATED = "account.deactivated", _("Account switched off")


EVENT_VALUES: dict[Event, frozenset[str]] = {
    Event.INVOICE_SENT: frozenset({"number", "customer", "total", "due_date"}),
    Event.INVOICE_PAID: frozenset({"number", "customer", "total"}),
    Event.INVOICE_OVERDUE: frozenset({"number", "customer", "due", "due_date"}),
    Event.CREDIT_NOTE_SENT: frozenset({"number", "customer", "total", "invoice"}),
    Event.EMAIL_FAILED: frozenset({"number", "to", "error"}),
    Event.ORDER_STATUS: frozenset({"number", "customer", "status"}),
    Event.CONTRACT_EXPIRING: frozenset({"party", "contract_type", "end_date", "days", "renews"}),
    Event.CONTRACT_EXPIRED: frozenset({"party", "contract_type", "end_date"}),
    Event.CONTRACT_RENEWED: frozenset({"party", "contract_type", "end_date"}),
    Event.LOW_STOCK: frozenset({"item", "sku", "warehouse", "available", "reorder_point"}),
    Event.MESSAGE: frozenset({"sender", "text"}),
    Event.ROLE_GRANTED: frozenset({"role", "by"}),
    Event.ROLE_REMOVED: frozenset({"role", "by"}),
    Event.ACCOUNT_ACTIVATED: frozenset({"by"}),
    Event.ACCOUNT_DEACTIVATED: frozenset({"by"}),
}
"""The exact set of values of each event.

Amounts of money are (minor units, currency), dates are dates, and quantities are decimals. Statuses and kinds are the
API's codes, which the texts translate.
"""


class Channel(models.TextChoices):
    """A channel of delivery outside the system. Notifications in the system itself need none."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Not wanted")
    FAILED = "failed", _("Failed")
