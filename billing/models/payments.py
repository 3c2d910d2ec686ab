"""Payments of invoices. Append-only."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="payments", db_index=False, verbose_name=_("invoice")
    )
    amount = models.BigIntegerField(verbose_name=_("amount"))
    method = models.CharField(max_length=13, choices=PaymentMethod.choices, verbose_name=_("method"))
    reference = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("reference"))  # noqa: DJ001 (the API says null)
    paid_at = models.DateTimeField(verbose_name=_("paid at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))

    objects = PaymentQuerySet.as_manager()

    class Meta:
        db_table = "billing_payment"
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="billing_payment_amount_positive",
                violation_error_code="amount",
                violation_error_message=_("Must be over 0."),
            ),
            models.CheckConstraint(
                condition=Q(method__in=PaymentMethod.values),
                name="billing_payment_method_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="method",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("invoice", "id", name="billing_payment_invoice"),
            models.Index("paid_at", "id", name="billing_payment_paid_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.reference or ''}".strip()
