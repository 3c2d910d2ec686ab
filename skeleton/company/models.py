"""The company itself: one record with what documents print of the seller, its bank accounts and its logos."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet
from skeleton.files.models import File
from skeleton.kernel.models import Record

PAYMENT_DAYS_MAX = 365
FOOTER_MAX = 1000


class Logo(models.Model):
    """A picture that was set as the company's logo, under the SHA-256 of its contents. Kept for sent documents."""

    checksum = models.CharField(max_length=64, primary_key=True, editable=False, verbose_name=_("checksum"))
    content = models.BinaryField(verbose_name=_("content"))

    class Meta:
        db_table = "company_logo"
        verbose_name = _("logo")
        verbose_name_plural = _("logos")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(checksum__regex=r"^[0-9a-f]{64}$"),
                name="company_logo_checksum_form",
                violation_error_message=_("The checksum must be a SHA-256."),
            ),
        ]

    def __str__(self) -> str:
        return self.checksum


class Company(Record):
    """The company that uses this system, as the seller on documents. There is at most one row.

    Without a row, the environment's values apply (`queries.current_company`). `logo` is the picture of `logo_file`, and
    `time_zone` the zone of the company's days, which the environment sets (`services.adopt_time_zone`).
    """

    legal_name = models.CharField(max_length=255, verbose_name=_("legal name"))
    trade_name = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("trade name"))  # noqa: DJ001 (the API says null, here and below)
    street = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("street"))  # noqa: DJ001
    city = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("city"))  # noqa: DJ001
    region = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("region"))  # noqa: DJ001
    postal_code = models.CharField(max_length=20, null=True, blank=True, verbose_name=_("postal code"))  # noqa: DJ001
    country = models.CharField(max_length=2, null=True, blank=True, verbose_name=_("country"))  # noqa: DJ001
    vat_id = models.CharField(max_length=20, null=True, blank=True, verbose_name=_("VAT id"))  # noqa: DJ001
    tax_number = models.CharField(max_length=50, null=True, blank=True, verbose_name=_("tax number"))  # noqa: DJ001
    registration_number = models.CharField(  # noqa: DJ001
        max_length=100, null=True, blank=True, verbose_name=_("registration number")
    )
    contact_name = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("contact"))  # noqa: DJ001
    phone = models.CharField(max_length=50, null=True, blank=True, verbose_name=_("phone"))  # noqa: DJ001
    email = models.EmailField(_("e-mail"), max_length=254, null=True, blank=True)  # noqa: DJ001
    website = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("website"))  # noqa: DJ001
    logo_file = models.ForeignKey(
        File, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("logo")
    )
    logo = models.ForeignKey(
        Logo,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("logo"),
    )
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    payment_days = models.SmallIntegerField(null=True, blank=True, verbose_name=_("payment days"))
    fiscal_year_start = models.SmallIntegerField(default=1, verbose_name=_("first month of the fiscal year"))
    invoice_footer = models.TextField(null=True, blank=True, verbose_name=_("closing text of invoices"))  # noqa: DJ001
    electronic_address_scheme = models.CharField(  # noqa: DJ001
        max_length=4, null=True, blank=True, verbose_name=_("scheme of the electronic address")
    )
    electronic_address_id = models.CharField(  # noqa: DJ001
        max_length=100, null=True, blank=True, verbose_name=_("electronic address")
    )
    time_zone = models.CharField(max_length=64, default="UTC", editable=False, verbose_name=_("time zone"))

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "company_company"
        verbose_name = _("company")
        verbose_name_plural = _("company")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Value(1),
                name="company_company_single",
                violation_error_message=_("There is one company only. Change its record."),
            ),
            models.CheckConstraint(
                condition=~Q(legal_name=""),
                name="company_company_legal_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="legal_name",
            ),
            models.CheckConstraint(
                condition=Q(country__regex="^[A-Z]{2}$"),
                name="company_company_country_form",
                violation_error_message=_("Must be two capital letters."),
                violation_error_code="country",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="company_company_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
            models.CheckConstraint(
                condition=Q(payment_days__gte=0, payment_days__lte=PAYMENT_DAYS_MAX),
                name="company_company_payment_days_bounded",
                violation_error_message=_("Must be between 0 and 365."),
                violation_error_code="payment_days",
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year_start__gte=1, fiscal_year_start__lte=12),
                name="company_company_fiscal_year_start_month",
                violation_error_message=_("Must be a month, from 1 to 12."),
                violation_error_code="fiscal_year_start",
            ),
            models.CheckConstraint(
                condition=Q(electronic_address_scheme=None, electronic_address_id=None)
                | Q(
                    electronic_address_scheme__isnull=False,
                    electronic_address_scheme__regex=r"^([0-9]{4}|EM)$",
                    electronic_address_id__isnull=False,
                ),
                name="company_company_electronic_address_complete",
                violation_error_message=_("An electronic address has a scheme and an id."),
                violation_error_code="electronic_address",
            ),
            models.CheckConstraint(
                condition=Q(logo_file=None, logo=None) | Q(logo_file__isnull=False, logo__isnull=False),
                name="company_company_logo_fits",
                violation_error_message=_("A logo has a file and its picture."),
                violation_error_code="logo_file_id",
            ),
            models.CheckConstraint(
                condition=~Q(time_zone=""),
                name="company_company_time_zone_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="time_zone",
            ),
        ]

    def __str__(self) -> str:
        return self.trade_name or self.legal_name


class CompanyBankAccount(Record):
    """A bank account of the company. Documents name the default one, or else one in the document's currency."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="bank_accounts", verbose_name=_("company"))
    name = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("name"))  # noqa: DJ001
    bank = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("bank"))  # noqa: DJ001
    iban = models.CharField(_("IBAN"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, null=True, blank=True)  # noqa: DJ001
    currency = models.CharField(max_length=3, null=True, blank=True, verbose_name=_("currency"))  # noqa: DJ001
    is_default = models.BooleanField(default=False, verbose_name=_("default"))

    class Meta:
        db_table = "company_bank_account"
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["iban"],
                name="company_bank_account_iban_unique",
                violation_error_message=_("Each account can be listed once."),
                violation_error_code="bank_accounts",
            ),
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(is_default=True),
                name="company_bank_account_one_default",
                violation_error_message=_("Only one account can be the default."),
                violation_error_code="bank_accounts",
            ),
            models.CheckConstraint(
                condition=Q(iban__regex="^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"),
                name="company_bank_account_iban_form",
                violation_error_message=_("Not a valid IBAN. Check each digit."),
                violation_error_code="bank_accounts",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="company_bank_account_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="bank_accounts",
            ),
        ]

    def __str__(self) -> str:
        return self.iban
