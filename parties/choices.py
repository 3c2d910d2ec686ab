"""The kinds of party, and the states and address types that they have in common."""

from django.db.models import TextChoices


class PartyKind(TextChoices):
    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    PARTNER = "partner"
    EMPLOYEE = "employee"


class PartyStatus(TextChoices):
    ACTIVE = "active"
    INACTIVE = "inactive"
    BLACKLISTED = "blacklisted"


class AddressType(TextChoices):
    BILLING = "billing"
    SHIPPING = "shipping"
    OTHER = "other"
