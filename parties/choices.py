"""The kinds of party, and their common states and address types."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PartyKind(TextChoices):
    CUSTOMER = "customer", _("Customer")
    SUPPLIER = "supplier", _("Supplier")
    PARTNER = "partner", _("Partner")
    EMPLOYEE = "employee", _("Employee")


class PartyStatus(TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    BLACKLISTED = "blacklisted", _("Blacklisted")


class AddressType(TextChoices):
    BILLING = "billing", _("Billing")
    SHIPPING = "shipping", _("Shipping")
    OTHER = "other", _("Other")


class EInvoiceProfile(TextChoices):
    """The kind of e-invoice that a customer gets."""

    NONE = "none", pgettext_lazy("e-invoice", "None")
    XRECHNUNG = "xrechnung", "XRechnung"
    PEPPOL = "peppol", "Peppol BIS 3"
    FACTURX = "facturx", "Factur-X (ZUGFeRD)"
