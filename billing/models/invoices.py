"""Invoices and their lines. What may happen to them is held by PostgreSQL: see the migrations."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Lower

from billing.choices import InvoiceStatus
from parties.models import Party
from skeleton.core.models import Record

_GAP = Value("\n")
"""Between the searched fields: a text that is searched for has no line break, so no match spans both."""

_DRAFT, _SENT, _PAID, _CANCELLED = InvoiceStatus
_NEVER_SENT = Q(sent_at=None, paid_at=None)
_NOT_CANCELLED = Q(cancelled_at=None, cancel_reason=None)


class Invoice(Record):
    """A demand for money: in minor units of `currency`, issued on the UTC day of its creation.

    `customer_name` follows the customer while the invoice is a draft (triggers keep it) and stays as it is from the
    sending on, as on the paper that went out. `number_key` is the number as a text that sorts as people count:
    INV-2026-1000 comes after INV-2026-999.
    """

    number = models.CharField(max_length=40, editable=False)
    customer = models.ForeignKey(Party, models.PROTECT, related_name="invoices", db_index=False)
    customer_name = models.CharField(max_length=255, editable=False)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, choices=InvoiceStatus.choices, default=InvoiceStatus.DRAFT)
    subtotal = models.BigIntegerField(default=0)
    tax_total = models.BigIntegerField("tax", default=0)
    tax_breakdown = models.JSONField(default=list)
    total = models.BigIntegerField(default=0)
    amount_paid = models.BigIntegerField(default=0)
    issue_date = models.DateField()
    due_date = models.DateField()
    notes = models.TextField(null=True, blank=True)  # noqa: DJ001 (the API says null)
    sent_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.TextField(null=True, blank=True)  # noqa: DJ001
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    search_text = models.GeneratedField(
        expression=Lower(Concat("number", _GAP, "customer_name", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )
    number_key = models.GeneratedField(
        expression=Func(
            F("number"),
            template="(split_part(%(expressions)s, '-', 2) || lpad(split_part(%(expressions)s, '-', 3), 12, '0'))",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    class Meta:
        db_table = "billing_invoice"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["number"], name="billing_invoice_number_unique"),
            models.CheckConstraint(condition=Q(status__in=InvoiceStatus.values), name="billing_invoice_status_known"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax_total")), name="billing_invoice_total_is_sum"
            ),
            models.CheckConstraint(condition=Q(subtotal__gte=0, tax_total__gte=0), name="billing_invoice_positive"),
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, amount_paid__lte=F("total")), name="billing_invoice_paid_within_total"
            ),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="billing_invoice_currency_form"),
            models.CheckConstraint(
                condition=Q(_NEVER_SENT, _NOT_CANCELLED, status=_DRAFT, amount_paid=0)
                | Q(_NOT_CANCELLED, status=_SENT, sent_at__isnull=False, paid_at=None, amount_paid__lt=F("total"))
                | Q(_NOT_CANCELLED, status=_PAID, sent_at__isnull=False, paid_at__isnull=False, amount_paid=F("total"))
                | Q(status=_CANCELLED, cancelled_at__isnull=False, paid_at=None, amount_paid=0),
                name="billing_invoice_status_fits",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("status", "id", name="billing_invoice_status"),
            models.Index("customer", "id", name="billing_invoice_customer"),
            models.Index("currency", "id", name="billing_invoice_currency"),
            models.Index("issue_date", "id", name="billing_invoice_issue_date"),
            models.Index("number_key", "id", name="billing_invoice_number"),
            models.Index("total", "id", name="billing_invoice_total"),
            models.Index("due_date", "id", name="billing_invoice_due_date"),
            models.Index("created_at", "id", name="billing_invoice_created_at"),
            models.Index("due_date", "id", name="billing_invoice_open", condition=Q(status=_SENT)),
            # what is owed, without a look at the table itself
            models.Index(
                fields=["currency", "due_date"],
                include=["total", "amount_paid"],
                name="billing_invoice_owed",
                condition=Q(status=_SENT),
            ),
            # what happened after the day of a report (billing/reports.py)
            models.Index("sent_at", "id", name="billing_invoice_sent_at", condition=Q(sent_at__isnull=False)),
            models.Index(
                "cancelled_at",
                "id",
                name="billing_invoice_cancelled_at",
                condition=Q(sent_at__isnull=False, cancelled_at__isnull=False),
            ),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="billing_invoice_search"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(Record):
    """One position of an invoice. `total` is round(quantity × unit_price) − discount, before `tax_rate` percent tax."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", db_index=False)
    position = models.IntegerField()
    description = models.CharField(max_length=1000)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    unit_price = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    total = models.BigIntegerField()

    class Meta:
        db_table = "billing_invoice_line"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["invoice", "position"], name="billing_invoice_line_position_unique"),
            models.CheckConstraint(condition=~Q(description=""), name="billing_invoice_line_description_present"),
            models.CheckConstraint(condition=Q(position__gte=1), name="billing_invoice_line_position_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="billing_invoice_line_quantity_positive",
                violation_error_code="quantity",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0, discount__gte=0, total__gte=0), name="billing_invoice_line_positive"
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lte=100),
                name="billing_invoice_line_tax_rate_bounds",
                violation_error_code="tax_rate",
            ),
            models.CheckConstraint(
                condition=Q(
                    total=Func(F("quantity") * F("unit_price"), function="round", output_field=models.DecimalField())
                    - F("discount")
                ),
                name="billing_invoice_line_total_fits",
            ),
        ]

    def __str__(self) -> str:
        return self.description
