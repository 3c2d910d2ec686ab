"""The types, states, payment and delivery methods and actions of a contract."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ContractType(TextChoices):
    SUPPLY = "supply", pgettext_lazy("kind of contract", "Supply")
    SERVICE = "service", pgettext_lazy("kind of contract", "Service")
    EMPLOYMENT = "employment", pgettext_lazy("kind of contract", "Employment")
    PARTNERSHIP = "partnership", pgettext_lazy("kind of contract", "Partnership")
    LEASE = "lease", pgettext_lazy("kind of contract", "Lease")
    LICENSE = "license", pgettext_lazy("kind of contract", "License")


class ContractStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    PENDING_APPROVAL = "pending_approval", _("Pending Approval")
    ACTIVE = "active", _("Active")
    EXPIRED = "expired", pgettext_lazy("contract", "Expired")
    TERMINATED = "terminated", _("Terminated")


class PaymentType(TextChoices):
    PREPAID = "prepaid", pgettext_lazy("way of payment", "Prepaid")
    POSTPAID = "postpaid", pgettext_lazy("way of payment", "Postpaid")
    CREDIT = "credit", pgettext_lazy("way of payment", "Credit")


class DeliveryType(TextChoices):
    DELIVERY = "delivery", pgettext_lazy("way of delivery", "Delivery")
    PICKUP = "pickup", pgettext_lazy("way of delivery", "Pickup")
    DIGITAL = "digital", pgettext_lazy("way of delivery", "Digital")


class Action(TextChoices):
    """The actions on a contract: those of the routes, and `expire`, which only the daily run performs."""

    UPDATE = "update", pgettext_lazy("contract action", "Change")
    SUBMIT = "submit", pgettext_lazy("contract action", "Submit")
    APPROVE = "approve", pgettext_lazy("contract action", "Approve")
    REJECT = "reject", pgettext_lazy("contract action", "Reject")
    ACTIVATE = "activate", pgettext_lazy("contract action", "Activate")
    TERMINATE = "terminate", pgettext_lazy("contract action", "Terminate")
    RENEW = "renew", pgettext_lazy("contract action", "Renew")
    PAYMENT_TERMS = "payment-terms", pgettext_lazy("contract action", "Payment terms")
    DELIVERY_TERMS = "delivery-terms", pgettext_lazy("contract action", "Delivery terms")
    EXPIRE = "expire", pgettext_lazy("contract action", "Expire")


class CycleOutcome(TextChoices):
    RENEWED = "renewed", _("Renewed")
    EXPIRED = "expired", pgettext_lazy("contract", "Expired")
