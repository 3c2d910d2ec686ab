"""Payments: money that came in from a customer, or went out as a refund. Only reversing changes a payment, once."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import PaymentDirection, PaymentMethod
from billing.models.credit_notes import CreditNote
from billing.models.documents import number_key
from billing.models.invoices import Invoice
from parties.models import Party
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.db.search import search_text
from skeleton.kernel.ids import uuid7

_IN, _OUT = PaymentDirection
_OF_PAYMENT = Q(refund_of_payment__isnull=False, refund_of_credit_note=None)
_OF_CREDIT_NOTE = Q(refund_of_payment=None, refund_of_credit_note__isnull=False)
_OF_NOTHING = Q(refund_of_payment=None, refund_of_credit_note=None)

UNALLOCATED = Q(direction=PaymentDirection.IN, reversed_at=None, amount__gt=F("allocated") + F("refunded"))
"""Payments of which part is on account: received, not reversed, and neither allocated nor refunded in full."""


class PaymentQuerySet(RowLevelQuerySet["Payment"]):
    """Payments of customers."""

    @keyed
    def of_invoice(self, invoice_id: Any) -> "models.QuerySet[Payment]":
        """Return the payments that settle an invoice, with `settled_invoice_id` and `settled`, the part for it."""
        return self.filter(settlements__invoice_id=invoice_id, settlements__undone_at=None).annotate(
            settled_invoice_id=F("settlements__invoice_id"), settled=models.Sum("settlements__amount")
        )


class Payment(models.Model):
    """Money received from or refunded to a customer: `amount` in minor units of `currency`, `day` that of `paid_at`.

    Triggers maintain `allocated`, the part that settles invoices, and `refunded`. The rest of a payment that came in is
    on account.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, editable=False, verbose_name=_("number"))
    direction = models.CharField(
        max_length=3, choices=PaymentDirection.choices, default=PaymentDirection.IN, verbose_name=_("direction")
    )
    customer = models.ForeignKey(
        Party, models.PROTECT, related_name="payments", db_index=False, verbose_name=_("customer")
    )
    invoices = models.ManyToManyField(
        Invoice, through="billing.Settlement", related_name="payments", verbose_name=_("invoices")
    )
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    amount = models.BigIntegerField(verbose_name=_("amount"))
    allocated = models.BigIntegerField(default=0, db_default=0, editable=False, verbose_name=_("allocated"))
    refunded = models.BigIntegerField(default=0, db_default=0, editable=False, verbose_name=_("refunded"))
    method = models.CharField(max_length=13, choices=PaymentMethod.choices, verbose_name=_("method"))
    reference = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("reference"))  # noqa: DJ001 (the API says null)
    external_id = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("external id"))  # noqa: DJ001 (the API says null)
    paid_at = models.DateTimeField(verbose_name=_("paid at"))
    day = models.DateField(editable=False, verbose_name=_("day"))
    refund_of_payment = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        db_index=False,
        verbose_name=_("refund of payment"),
    )
    refund_of_credit_note = models.ForeignKey(
        CreditNote,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        db_index=False,
        verbose_name=_("refund of credit note"),
    )
    reversed_at = models.DateTimeField(null=True, blank=True, verbose_name=_("reversed at"))
    reversal_day = models.DateField(null=True, blank=True, verbose_name=_("reversal day"))
    reversal_reason = models.TextField(null=True, blank=True, verbose_name=_("reversal reason"))  # noqa: DJ001 (the API says null)
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
    number_key = number_key()
    search_text = search_text(numbers=("number", "reference", "external_id"))

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
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="billing_payment_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
            models.UniqueConstraint(
                fields=["number"],
                name="billing_payment_number_unique",
                violation_error_message=_("Another payment already has this number."),
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                name="billing_payment_external_id_unique",
                condition=Q(external_id__isnull=False),
                violation_error_message=_("A payment with this external id has already been recorded."),
                violation_error_code="external_id",
            ),
            models.CheckConstraint(
                condition=Q(allocated__gte=0, refunded__gte=0, amount__gte=F("allocated") + F("refunded")),
                name="billing_payment_within_amount",
                violation_error_code="amount",
                violation_error_message=_("No more than the amount of a payment can be allocated and refunded."),
            ),
            models.CheckConstraint(
                condition=Q(_OF_NOTHING, direction=_IN)
                | Q(_OF_PAYMENT | _OF_CREDIT_NOTE, direction=_OUT, allocated=0, refunded=0),
                name="billing_payment_direction_fits",
                violation_error_message=_("A refund pays back exactly one payment or credit note."),
            ),
            models.CheckConstraint(
                condition=Q(reversed_at=None, reversal_day=None, reversal_reason=None)
                | Q(
                    reversed_at__isnull=False,
                    reversal_day__isnull=False,
                    reversal_reason__isnull=False,
                    allocated=0,
                    refunded=0,
                ),
                name="billing_payment_reversal_fits",
                violation_error_message=_("A reversed payment has a day and a reason, and settles nothing."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("customer", "id", name="billing_payment_customer"),
            models.Index("number_key", "id", name="billing_payment_number"),
            models.Index("amount", "id", name="billing_payment_amount"),
            models.Index("paid_at", "id", name="billing_payment_paid_at"),
            models.Index("created_at", "id", name="billing_payment_created_at"),
            models.Index("direction", "id", name="billing_payment_direction"),
            models.Index("method", "id", name="billing_payment_method"),
            models.Index("reference", "id", name="billing_payment_reference", condition=Q(reference__isnull=False)),
            models.Index(
                "reversal_day", "id", name="billing_payment_reversed", condition=Q(reversal_day__isnull=False)
            ),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="billing_payment_search"),
            # what is on account
            models.Index("customer", "currency", "id", name="billing_payment_unallocated", condition=UNALLOCATED),
            models.Index(
                "refund_of_payment",
                "id",
                name="billing_payment_refund_of",
                condition=Q(refund_of_payment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def unallocated(self) -> int:
        """Return what of the payment neither settles an invoice nor was refunded, in minor units. 0 for a refund.

        It is on account, unless the payment is reversed.
        """
        return self.amount - self.allocated - self.refunded if self.direction == _IN else 0
