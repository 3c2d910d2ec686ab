"""The kinds and states of a contract, its ways of payment and of delivery, and what can be done with one."""

from django.db.models import TextChoices


class ContractType(TextChoices):
    SUPPLY = "supply"
    SERVICE = "service"
    EMPLOYMENT = "employment"
    PARTNERSHIP = "partnership"
    LEASE = "lease"
    LICENSE = "license"


class ContractStatus(TextChoices):
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    ACTIVE = "active"
    EXPIRED = "expired"
    TERMINATED = "terminated"


class PaymentType(TextChoices):
    PREPAID = "prepaid"
    POSTPAID = "postpaid"
    CREDIT = "credit"


class DeliveryType(TextChoices):
    DELIVERY = "delivery"
    PICKUP = "pickup"
    DIGITAL = "digital"


class Action(TextChoices):
    """Everything that happens to a contract: the verbs of the routes, and `expire`, which only the daily run does."""

    UPDATE = "update"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ACTIVATE = "activate"
    TERMINATE = "terminate"
    RENEW = "renew"
    PAYMENT_TERMS = "payment-terms"
    DELIVERY_TERMS = "delivery-terms"
    EXPIRE = "expire"


class CycleOutcome(TextChoices):
    RENEWED = "renewed"
    EXPIRED = "expired"
