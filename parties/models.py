"""Parties: one table, with a proxy model each for customers, suppliers, partners and employees."""

from typing import ClassVar, cast

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Regex
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from parties.choices import AddressType, EInvoiceProfile, PartyKind, PartyStatus
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.db.search import search_text
from skeleton.identity.choices import Language
from skeleton.kernel.models import Record
from skeleton.kernel.text import text_in_language

PAYMENT_DAYS_MAX = 365
PAYMENT_DAYS_MESSAGE = _("Must be between 0 and 365.")


COUNTRY_SEARCH = ("code", "alpha3", "name")
"""What countries are searched in."""


class Country(Record):
    """A country of ISO 3166-1. `name` maps languages to names; `en` is always present."""

    code = models.CharField(_("alpha-2 code"), max_length=2)
    alpha3 = models.CharField(_("alpha-3 code"), max_length=3, null=True, blank=True)  # noqa: DJ001 (null: not known)
    numeric_code = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("numeric code"))  # noqa: DJ001
    name = models.JSONField(verbose_name=_("name"))
    phone_code = models.CharField(_("calling code"), max_length=10, null=True, blank=True)  # noqa: DJ001
    currency_code = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("currency code"))  # noqa: DJ001
    region = models.CharField(max_length=50, null=True, blank=True, verbose_name=_("region"))  # noqa: DJ001
    flag_emoji = models.CharField(max_length=16, null=True, blank=True, verbose_name=_("flag emoji"))  # noqa: DJ001
    is_active = models.BooleanField(_("active"), default=True)

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "parties_country"
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["code"],
                name="parties_country_code_unique",
                violation_error_message=_("Another country already has this code."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{2}$"),
                name="parties_country_code_form",
                violation_error_message=_("Must be two capital letters."),
                violation_error_code="code",
            ),
            models.CheckConstraint(
                condition=Regex(Coalesce(KT("name__en"), Value(""), output_field=models.TextField()), r"\S"),
                name="parties_country_name_en",
                violation_error_message=_("Needs a name in English."),
                violation_error_code="name",
            ),
        ]

    def __str__(self) -> str:
        """Return the name in the language of the page."""
        return f"{self.flag_emoji or ''} {text_in_language({'en': self.code, **self.name})}".strip()


_NO_INVOICING = Q(
    vat_id=None,
    buyer_reference=None,
    electronic_address_scheme=None,
    language=None,
    payment_days=None,
    e_invoice=EInvoiceProfile.NONE,
)


class PartyQuerySet(RowLevelQuerySet["Party"]):
    """Parties. Their counts by kind are maintained."""

    maintained_count = MaintainedCount("parties_party")

    @keyed(partition="kind")
    def of_kind(self, kind: PartyKind) -> "models.QuerySet[Party]":
        """Return the parties of one kind."""
        return self.filter(kind=kind)


class Party(Record):
    """A person or company that we deal with. Fields of a single kind (credit limit, position) are empty in the others.

    `credit_limit` and `total_purchases` are minor units of `currency`; a limit of 0 means no limit. Billing's triggers
    maintain `total_purchases`. `phone_e164` is the phone as +, country code and digits, where it tells its country.

    `vat_id` to `e_invoice` are what invoices need to know of a customer. The scheme of the electronic address is a code
    of the EAS list.
    """

    kind = models.CharField(max_length=10, choices=PartyKind.choices, editable=False, verbose_name=_("kind"))
    name = models.CharField(max_length=255, verbose_name=_("name"))
    email = models.EmailField(_("e-mail"), max_length=254)
    phone = models.CharField(max_length=50, null=True, blank=True, verbose_name=_("phone"))  # noqa: DJ001 (the API says null)
    tax_id = models.CharField(_("tax id"), max_length=50, null=True, blank=True)  # noqa: DJ001
    website = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("website"))  # noqa: DJ001
    social_media = models.JSONField(default=dict, blank=True, verbose_name=_("social media"))
    status = models.CharField(
        max_length=11, choices=PartyStatus.choices, default=PartyStatus.ACTIVE, verbose_name=_("status")
    )
    credit_limit = models.BigIntegerField(default=0, verbose_name=_("credit limit"))
    currency = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("currency"))  # noqa: DJ001
    total_purchases = models.BigIntegerField(default=0, editable=False, verbose_name=_("total purchases"))
    vat_id = models.CharField(_("VAT id"), max_length=20, null=True, blank=True)  # noqa: DJ001
    buyer_reference = models.CharField(max_length=100, null=True, blank=True, verbose_name=_("buyer reference"))  # noqa: DJ001
    electronic_address_scheme = models.CharField(  # noqa: DJ001
        max_length=4, null=True, blank=True, verbose_name=_("scheme of the electronic address")
    )
    electronic_address_id = models.CharField(  # noqa: DJ001
        max_length=100, null=True, blank=True, verbose_name=_("electronic address")
    )
    language = models.CharField(  # noqa: DJ001
        max_length=2, choices=Language.choices, null=True, blank=True, verbose_name=_("language of documents")
    )
    payment_days = models.SmallIntegerField(null=True, blank=True, verbose_name=_("payment days"))
    e_invoice = models.CharField(
        max_length=9,
        choices=EInvoiceProfile.choices,
        default=EInvoiceProfile.NONE,
        db_default=EInvoiceProfile.NONE,
        verbose_name=_("e-invoice"),
    )
    position = models.CharField(  # noqa: DJ001
        max_length=255, null=True, blank=True, verbose_name=pgettext_lazy("employee", "position")
    )
    phone_e164 = models.GeneratedField(
        expression=Func(F("phone"), function="skeleton_e164", output_field=models.CharField(max_length=16)),
        output_field=models.CharField(max_length=16),
        db_persist=True,
        verbose_name=_("phone in E.164"),
    )
    search_text = search_text("name", "email", numbers=("tax_id", "vat_id", "phone"))

    objects = PartyQuerySet.as_manager()

    class Meta:
        db_table = "parties_party"
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="parties_party_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=~Q(email=""),
                name="parties_party_email_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="email",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PartyKind.values),
                name="parties_party_kind_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="kind",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PartyStatus.values),
                name="parties_party_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0),
                name="parties_party_credit_limit_positive",
                violation_error_message=_("Must be 0 or more."),
                violation_error_code="credit_limit",
            ),
            models.CheckConstraint(
                condition=Q(kind=PartyKind.CUSTOMER, currency__isnull=False)
                | (~Q(kind=PartyKind.CUSTOMER) & Q(credit_limit=0, total_purchases=0, currency__isnull=True)),
                name="parties_party_customer_money",
                violation_error_message=_("Only a customer has a currency, a credit limit and purchases."),
            ),
            models.CheckConstraint(
                condition=Q(kind=PartyKind.CUSTOMER) | _NO_INVOICING,
                name="parties_party_customer_invoicing",
                violation_error_message=_("Only a customer has fields for invoices."),
            ),
            models.CheckConstraint(
                condition=Q(electronic_address_scheme=None, electronic_address_id=None)
                | Q(electronic_address_scheme__isnull=False, electronic_address_scheme__regex="^([0-9]{4}|EM)$")
                & Q(Q(electronic_address_id__isnull=False), ~Q(electronic_address_id="")),
                name="parties_party_electronic_address_complete",
                violation_error_message=_("An electronic address has a scheme and an id."),
                violation_error_code="electronic_address",
            ),
            models.CheckConstraint(
                condition=Q(payment_days__gte=0, payment_days__lte=PAYMENT_DAYS_MAX),
                name="parties_party_payment_days_bounds",
                violation_error_message=PAYMENT_DAYS_MESSAGE,
                violation_error_code="payment_days",
            ),
            models.CheckConstraint(
                condition=Q(language=None) | Q(language__in=Language.values),
                name="parties_party_language_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="language",
            ),
            models.CheckConstraint(
                condition=Q(e_invoice__in=EInvoiceProfile.values),
                name="parties_party_e_invoice_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="e_invoice",
            ),
            models.CheckConstraint(
                condition=Q(kind=PartyKind.EMPLOYEE) | Q(position__isnull=True),
                name="parties_party_employee_position",
                violation_error_message=_("Only an employee has a position."),
                violation_error_code="position",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("kind", "id", name="parties_party_kind"),
            models.Index("kind", "status", "id", name="parties_party_kind_status"),
            models.Index("kind", Lower("name"), "id", name="parties_party_kind_name"),
            models.Index("kind", Lower("email"), "id", name="parties_party_kind_email"),
            models.Index("kind", "created_at", "id", name="parties_party_kind_created_at"),
            # for all kinds: prepared statements have a parameter for the kind and couldn't use a partial index
            models.Index("kind", "credit_limit", "id", name="parties_party_credit_limit"),
            models.Index("kind", "total_purchases", "id", name="parties_party_total_purchases"),
            models.Index("kind", "currency", "total_purchases", "id", name="parties_party_purchases_in"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="parties_party_search"),
            models.Index("phone_e164", "id", name="parties_party_phone", condition=Q(phone_e164__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Address(Record):
    """An address of a party. The primary one is the first billing address, else the first of all."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="addresses", verbose_name=_("party"))
    type = models.CharField(
        max_length=8, choices=AddressType.choices, default=AddressType.BILLING, verbose_name=_("type")
    )
    street = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("street"))  # noqa: DJ001
    city = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("city"))  # noqa: DJ001
    region = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("region"))  # noqa: DJ001
    postal_code = models.CharField(max_length=20, null=True, blank=True, verbose_name=_("postal code"))  # noqa: DJ001
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("country")
    )

    class Meta:
        db_table = "parties_address"
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(type__in=AddressType.values),
                name="parties_address_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="type",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["country", "party"], name="parties_address_country"),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.city, self.postal_code) if part)


PartyManager = models.Manager.from_queryset(PartyQuerySet)


class PartyKindManager(PartyManager[Party]):
    """The parties of one kind."""

    def __init__(self, kind: PartyKind) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> PartyQuerySet:
        return cast(PartyQuerySet, super().get_queryset()).of_kind(self.kind)


class Customer(Party):
    objects: ClassVar[PartyKindManager] = PartyKindManager(PartyKind.CUSTOMER)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        proxy = True


class Supplier(Party):
    objects: ClassVar[PartyKindManager] = PartyKindManager(PartyKind.SUPPLIER)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        proxy = True


class Partner(Party):
    objects: ClassVar[PartyKindManager] = PartyKindManager(PartyKind.PARTNER)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        proxy = True


class Employee(Party):
    objects: ClassVar[PartyKindManager] = PartyKindManager(PartyKind.EMPLOYEE)

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        proxy = True


KINDS: dict[PartyKind, type[Party]] = {
    PartyKind.CUSTOMER: Customer,
    PartyKind.SUPPLIER: Supplier,
    PartyKind.PARTNER: Partner,
    PartyKind.EMPLOYEE: Employee,
}
"""The proxy model of each kind."""
