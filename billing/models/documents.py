"""Base models of orders and invoices: numbered documents of a customer, with priced lines and totals."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from accounting.tax_code_models import TaxCode
from skeleton.db.search import search_text
from skeleton.kernel.models import Record
from skeleton.kernel.units import DEFAULT_UNIT, UNIT_FORM, UNKNOWN_UNIT


def number_key() -> models.GeneratedField:
    """Return a column with the number in a form that sorts numerically: INV-2026-1000 comes after INV-2026-999."""
    return models.GeneratedField(
        expression=Func(
            F("number"),
            template="(split_part(%(expressions)s, '-', 2) || lpad(split_part(%(expressions)s, '-', 3), 12, '0'))",
        ),
        output_field=models.TextField(),
        db_persist=True,
        verbose_name=_("number key"),
    )


class Document(Record):
    """A numbered document. Amounts are minor units of `currency`.

    Triggers keep `customer_name` up to date while the document is a draft. Afterwards it stays the same, as on the
    issued PDF.
    """

    number = models.CharField(max_length=40, editable=False, verbose_name=_("number"))
    customer_name = models.CharField(max_length=255, editable=False, verbose_name=_("customer name"))
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    subtotal = models.BigIntegerField(default=0, verbose_name=_("subtotal"))
    tax_total = models.BigIntegerField(_("tax"), default=0)
    tax_breakdown = models.JSONField(default=list, verbose_name=_("tax breakdown"))
    total = models.BigIntegerField(default=0, verbose_name=_("total"))
    notes = models.TextField(null=True, blank=True, verbose_name=_("notes"))  # noqa: DJ001 (the API says null)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    search_text = search_text("customer_name", numbers=("number",))
    number_key = number_key()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class DocumentLine(Record):
    """A line of a document, before `tax_rate` percent tax. With a `tax_code`, that is the code's rate.

    `item_number` is the SKU of its item at the time the line was written, as `description` is the item's name.
    `unit_price` is the price of `price_base_quantity` units (`unit_code`, UN/ECE Rec 20). `total` is
    round(quantity × unit_price ÷ price_base_quantity) − discount.
    """

    position = models.IntegerField(verbose_name=_("position"))
    item_number = models.CharField(max_length=64, null=True, blank=True, verbose_name=_("item number"))  # noqa: DJ001 (the API says null)
    description = models.CharField(max_length=1000, verbose_name=_("description"))
    quantity = models.DecimalField(max_digits=15, decimal_places=3, verbose_name=_("quantity"))
    unit_code = models.CharField(
        max_length=3, default=DEFAULT_UNIT, db_default=DEFAULT_UNIT, verbose_name=_("unit code")
    )
    unit_price = models.BigIntegerField(verbose_name=_("unit price"))
    price_base_quantity = models.DecimalField(
        max_digits=15, decimal_places=3, default=Decimal(1), db_default=Decimal(1), verbose_name=_("price for")
    )
    discount = models.BigIntegerField(default=0, verbose_name=_("discount"))
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0), verbose_name=_("tax rate"))
    tax_code = models.ForeignKey(
        TaxCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("tax code"),
    )
    total = models.BigIntegerField(verbose_name=_("total"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.description


def document_constraints(table: str) -> list[models.BaseConstraint]:
    """Return the constraints on the number, the currency and the totals of a document."""
    return [
        models.UniqueConstraint(
            fields=["number"],
            name=f"{table}_number_unique",
            violation_error_message=_("Another document already has this number."),
            violation_error_code="number",
        ),
        models.CheckConstraint(
            condition=Q(total=F("subtotal") + F("tax_total")),
            name=f"{table}_total_is_sum",
            violation_error_message=_("The total must be the subtotal plus the tax."),
        ),
        models.CheckConstraint(
            condition=Q(subtotal__gte=0, tax_total__gte=0),
            name=f"{table}_positive",
            violation_error_message=_("The totals must not be negative."),
        ),
        models.CheckConstraint(
            condition=Q(currency__regex="^[A-Z]{3}$"),
            name=f"{table}_currency_form",
            violation_error_message=_("Must be a currency code of three capital letters."),
            violation_error_code="currency",
        ),
    ]


def document_indexes(table: str) -> list[models.Index]:
    """Return the indexes for the filters and orderings that all document lists have."""
    return [
        models.Index("status", "id", name=f"{table}_status"),
        models.Index("customer", "id", name=f"{table}_customer"),
        models.Index("number_key", "id", name=f"{table}_number"),
        models.Index("total", "id", name=f"{table}_total"),
        models.Index("created_at", "id", name=f"{table}_created_at"),
        GinIndex(OpClass("search_text", name="gin_trgm_ops"), name=f"{table}_search"),
    ]


def used_tax_codes(table: str) -> models.Index:
    """Return the index by which a tax code finds the lines that use it."""
    return models.Index("tax_code", name=f"{table}_tax", condition=Q(tax_code__isnull=False))


def line_constraints(table: str, document: str) -> list[models.BaseConstraint]:
    """Return the constraints on a priced line: its values are in bounds, and its total follows from them."""
    return [
        *shared_line_constraints(table, document, quantity=F("quantity")),
        models.CheckConstraint(
            condition=Q(unit_price__gte=0, discount__gte=0, total__gte=0),
            name=f"{table}_positive",
            violation_error_message=_("Price, discount and total must not be negative."),
        ),
    ]


def shared_line_constraints(
    table: str, document: str, *, quantity: models.expressions.Combinable
) -> list[models.BaseConstraint]:
    """Return the constraints on all lines. `quantity` is what the price is multiplied with."""
    base = F("price_base_quantity")
    product = Func(  # the quotient rounded half up, exactly: div() cuts off
        2 * quantity * F("unit_price") + base, 2 * base, function="div", output_field=models.DecimalField()
    )
    return [
        models.UniqueConstraint(
            fields=[document, "position"],
            name=f"{table}_position_unique",
            violation_error_message=_("Two lines cannot have the same position."),
        ),
        models.CheckConstraint(
            condition=~Q(description=""),
            name=f"{table}_description_present",
            violation_error_message=_("Must not be empty."),
            violation_error_code="description",
        ),
        models.CheckConstraint(
            condition=Q(position__gte=1),
            name=f"{table}_position_positive",
            violation_error_message=_("Positions begin at 1."),
        ),
        models.CheckConstraint(
            condition=Q(quantity__gt=0),
            name=f"{table}_quantity_positive",
            violation_error_code="quantity",
            violation_error_message=_("Must be over 0."),
        ),
        models.CheckConstraint(
            condition=Q(tax_rate__gte=0, tax_rate__lte=100),
            name=f"{table}_tax_rate_bounds",
            violation_error_code="tax_rate",
            violation_error_message=_("Must be from 0 to 100."),
        ),
        models.CheckConstraint(
            condition=Q(total=product - F("discount")),
            name=f"{table}_total_fits",
            violation_error_message=_("The total of a line must be its quantity times its price, minus the discount."),
        ),
        models.CheckConstraint(
            condition=Q(price_base_quantity__gt=0),
            name=f"{table}_price_base_positive",
            violation_error_code="price_base_quantity",
            violation_error_message=_("Must be over 0."),
        ),
        models.CheckConstraint(
            condition=Q(unit_code__regex=UNIT_FORM),
            name=f"{table}_unit_code_form",
            violation_error_code="unit_code",
            violation_error_message=UNKNOWN_UNIT,
        ),
    ]
