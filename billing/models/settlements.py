"""Settlements: what pays, credits or writes off an invoice. Rows are added, and undone once; nothing else changes."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import SettlementKind
from billing.models.credit_notes import CreditNote
from billing.models.invoices import Invoice
from billing.models.payments import Payment
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import local_day

_OF_PAYMENT = Q(kind=SettlementKind.PAYMENT, payment__isnull=False, credit_note=None, reason=None, tax__isnull=True)
_OF_CREDIT_NOTE = Q(
    kind=SettlementKind.CREDIT_NOTE, payment=None, credit_note__isnull=False, reason=None, tax__isnull=True
)
_WRITE_OFF = Q(kind=SettlementKind.WRITE_OFF, payment=None, credit_note=None, reason__isnull=False, tax__isnull=False)


class SettlementQuerySet(RowLevelQuerySet["Settlement"]):
    """Settlements. Those that were undone stay in the table."""

    @keyed
    def standing(self) -> "models.QuerySet[Settlement]":
        """Return the settlements that are not undone."""
        return self.filter(undone_at=None)


class Settlement(models.Model):
    """A part of an invoice that a payment, a credit note or a write-off settles.

    `amount` is in minor units of the invoice's currency. It counts from `day` until before `undone_day`. One
    made `at_once`, with its payment or credit note and for the same day, is part of the entry of that; others have
    entries of their own.
    `reason` and `tax` (base and tax of each rate) belong to write-offs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="settlements", db_index=False, verbose_name=_("invoice")
    )
    kind = models.CharField(max_length=11, choices=SettlementKind.choices, verbose_name=_("kind"))
    payment = models.ForeignKey(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        db_index=False,
        verbose_name=_("payment"),
    )
    credit_note = models.ForeignKey(
        CreditNote,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        db_index=False,
        verbose_name=_("credit note"),
    )
    amount = models.BigIntegerField(verbose_name=_("amount"))
    day = models.DateField(verbose_name=_("day"))
    at_once = models.BooleanField(default=False, db_default=False, verbose_name=_("at once"))
    undone_at = models.DateTimeField(null=True, blank=True, verbose_name=_("undone at"))
    undone_day = models.DateField(null=True, blank=True, verbose_name=_("undone on"))
    reason = models.TextField(null=True, blank=True, verbose_name=_("reason"))  # noqa: DJ001 (the API says null)
    tax = models.JSONField(null=True, blank=True, verbose_name=_("tax"))
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

    objects = SettlementQuerySet.as_manager()

    class Meta:
        db_table = "billing_settlement"
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="billing_settlement_amount_positive",
                violation_error_code="amount",
                violation_error_message=_("Must be over 0."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SettlementKind.values),
                name="billing_settlement_kind_known",
                violation_error_code="kind",
                violation_error_message=_("Is not one of the values to choose from."),
            ),
            models.CheckConstraint(
                condition=_OF_PAYMENT | _OF_CREDIT_NOTE | _WRITE_OFF,
                name="billing_settlement_source_fits",
                violation_error_message=_("A settlement names exactly one payment, credit note or reason."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_day=None)
                | Q(undone_at__isnull=False, undone_day__isnull=False, undone_day__gte=models.F("day")),
                name="billing_settlement_undone_fits",
                violation_error_message=_("A settlement cannot be undone before its own day."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("invoice", "id", name="billing_settlement_invoice"),
            models.Index("payment", "id", name="billing_settlement_payment", condition=Q(payment__isnull=False)),
            models.Index(
                "credit_note",
                "id",
                name="billing_settlement_credit_note",
                condition=Q(credit_note__isnull=False),
            ),
            # changes after the day of a report (billing/reports.py)
            models.Index("day", "id", name="billing_settlement_day"),
            models.Index(
                "undone_day", "id", name="billing_settlement_undone_day", condition=Q(undone_day__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {local_day(self.day)}"


def standing_of(**of: Any) -> "models.QuerySet[Settlement]":
    """Return the settlements of one invoice or credit note that are not undone, oldest first."""
    return Settlement.objects.filter(**of, undone_at=None).order_by("id")
