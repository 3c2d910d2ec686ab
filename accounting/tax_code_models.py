"""Tax codes: how the lines of documents are taxed, in the categories of EN 16931."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.db.models.lookups import Regex
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounting.choices import EXEMPT, TaxCategory
from skeleton.db.querysets import RowLevelQuerySet
from skeleton.kernel.models import Record

_EXEMPTION = Q(exemption_code__isnull=False) | Q(exemption_reason__isnull=False)


def _has_english(column: str) -> Regex:
    """Return the condition that an object of texts by language has one in English."""
    return Regex(Coalesce(KT(f"{column}__en"), Value(""), output_field=models.TextField()), r"\S")


class TaxCode(Record):
    """A way of taxing a line: a category with its rate in percent, and why nothing is charged where that is so.

    `name` and `exemption_reason` map languages to texts; `en` is always present. `account` is where its tax is posted,
    if not to the account of the settings. It is valid for supplies from `valid_from` to `valid_to`, both included.

    Lines have the rate of their code: a foreign key on both columns holds that. Once a document uses it, a trigger of
    billing keeps its category, exemption and account as they are.
    """

    code = models.CharField(max_length=20, verbose_name=_("code"))
    name = models.JSONField(verbose_name=_("name"))
    category = models.CharField(max_length=2, choices=TaxCategory.choices, verbose_name=_("category"))
    rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0), verbose_name=_("rate"))
    exemption_code = models.CharField(max_length=30, null=True, blank=True, verbose_name=_("exemption code"))  # noqa: DJ001 (the API says null)
    exemption_reason = models.JSONField(null=True, blank=True, verbose_name=_("exemption reason"))
    account = models.ForeignKey(
        "accounting.Account",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tax_codes",
        verbose_name=_("account"),
    )
    valid_from = models.DateField(null=True, blank=True, verbose_name=_("valid from"))
    valid_to = models.DateField(null=True, blank=True, verbose_name=_("valid to"))
    is_active = models.BooleanField(pgettext_lazy("tax code", "active"), default=True)

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "accounting_tax_code"
        verbose_name = _("tax code")
        verbose_name_plural = _("tax codes")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["code"],
                name="accounting_tax_code_code_unique",
                violation_error_message=_("Another tax code already has this code."),
                violation_error_code="code",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9.-]*$"),
                name="accounting_tax_code_code_form",
                violation_error_message=_("Only capital letters, digits, dots and hyphens."),
                violation_error_code="code",
            ),
            models.CheckConstraint(
                condition=_has_english("name"),
                name="accounting_tax_code_name_en",
                violation_error_message=_("Needs a name in English."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=Q(category__in=TaxCategory.values),
                name="accounting_tax_code_category_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="category",
            ),
            models.CheckConstraint(
                condition=Q(category=TaxCategory.STANDARD, rate__gt=0, rate__lte=100)
                | (~Q(category=TaxCategory.STANDARD) & Q(rate=0)),
                name="accounting_tax_code_rate_fits",
                violation_error_message=_("Category S has a rate over 0 and up to 100 percent, every other one 0."),
                violation_error_code="rate",
            ),
            models.CheckConstraint(
                condition=(Q(category__in=EXEMPT) & _EXEMPTION) | (~Q(category__in=EXEMPT) & ~_EXEMPTION),
                name="accounting_tax_code_exemption_fits",
                violation_error_message=_(
                    "Categories E, AE, K, G and O need an exemption reason: why no tax is charged. S and Z have none."
                ),
                violation_error_code="exemption_reason",
            ),
            models.CheckConstraint(
                condition=Q(exemption_reason__isnull=True) | Q(_has_english("exemption_reason")),
                name="accounting_tax_code_exemption_en",
                violation_error_message=_("Needs a text in English."),
                violation_error_code="exemption_reason",
            ),
            models.CheckConstraint(
                condition=Q(exemption_code__isnull=True) | Q(exemption_code__regex=r"^VATEX-[A-Z0-9-]+$"),
                name="accounting_tax_code_exemption_form",
                violation_error_message=_("Must be a code of the VATEX list, such as VATEX-EU-AE."),
                violation_error_code="exemption_code",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="accounting_tax_code_validity_ordered",
                violation_error_message=_("Must not be before valid_from."),
                violation_error_code="valid_to",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("category", "code", "id", name="accounting_tax_code_category"),
            models.Index("created_at", "id", name="accounting_tax_code_created_at"),
        ]

    def __str__(self) -> str:
        return self.code
