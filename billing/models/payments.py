"""Payments of invoices: only ever added."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.choices import PaymentMethod
from billing.models.invoices import Invoice
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7


class PaymentQuerySet(RowLevelQuerySet["Payment"]):
    """Payments of invoices."""

    @keyed
    def of_invoice(self, invoice_id: Any) -> "models.QuerySet[Payment]":
        """Return the payments of one invoice."""
        return self.filter(invoice_id=invoice_id)


class Payment(models.Model):
    """Money received for an invoice: `amount` in minor units of the invoice's currency, `paid_at` in UTC."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments", db_index=False)
    amount = models.BigIntegerField()
    method = models.CharField(max_length=13, choices=PaymentMethod.choices)
    reference = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (the API says null)
    paid_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        db_table = "billing_payment"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="billing_payment_amount_positive", violation_error_code="amount"
            ),
            models.CheckConstraint(condition=Q(method__in=PaymentMethod.values), name="billing_payment_method_known"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("invoice", "id", name="billing_payment_invoice"),
            models.Index("paid_at", "id", name="billing_payment_paid_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.reference or ''}".strip()
