"""Credit notes and their lines. PostgreSQL enforces their lifecycle and their shares: see the migrations."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.choices import CreditNoteStatus
from billing.models.documents import (
    Document,
    DocumentLine,
    document_constraints,
    document_indexes,
    shared_line_constraints,
    used_tax_codes,
)
from billing.models.invoices import Invoice, InvoiceLine
from inventory.models import Movement, Warehouse
from parties.models import Party
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet, keyed

_DRAFT, _SENT = CreditNoteStatus

UNALLOCATED = Q(status=_SENT, total__gt=F("allocated") + F("refunded"))
"""Sent, and a part of it is on account."""


class CreditNoteQuerySet(RowLevelQuerySet["CreditNote"]):
    """Credit notes. Their number is maintained."""

    counted = MaintainedCount("billing_credit_note")

    @keyed(keeps_rows=True)
    def visible_to(self, actor: Any) -> Self:
        """Return every credit note. The permission to read invoices covers all of them."""
        return self.all()


class CreditNote(Document):
    """A document that corrects a sent invoice. It is numbered when it is issued; a draft is a proposal without one.

    `allocated` is what of it settles invoices, `refunded` what was paid out; triggers maintain both. `seller` and
    `buyer` are kept as they were when it was issued.
    """

    number = models.CharField(max_length=40, null=True, blank=True, editable=False, verbose_name=_("number"))  # type: ignore[assignment]  # noqa: DJ001 (unique)
    number_key = models.GeneratedField(
        expression=Coalesce(
            Func(
                F("number"),
                template="(split_part(%(expressions)s, '-', 2) || lpad(split_part(%(expressions)s, '-', 3), 12, '0'))",
            ),
            models.Value(""),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
        verbose_name=_("number key"),
    )
    customer = models.ForeignKey(
        Party, models.PROTECT, related_name="credit_notes", db_index=False, verbose_name=_("customer")
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="credit_notes", db_index=False, verbose_name=_("invoice")
    )
    status = models.CharField(
        max_length=5, choices=CreditNoteStatus.choices, default=CreditNoteStatus.DRAFT, verbose_name=_("status")
    )
    reason = models.TextField(null=True, blank=True, verbose_name=_("reason"))  # noqa: DJ001 (the API says null)
    issue_date = models.DateField(verbose_name=pgettext_lazy("credit note", "issue date"))
    issue_date_given = models.BooleanField(default=False, db_default=False, verbose_name=_("issue date given"))
    allocated = models.BigIntegerField(default=0, editable=False, verbose_name=_("allocated"))
    refunded = models.BigIntegerField(default=0, editable=False, verbose_name=_("refunded"))
    sent_at = models.DateTimeField(null=True, blank=True, verbose_name=pgettext_lazy("document", "issued at"))
    seller = models.JSONField(null=True, blank=True, editable=False, verbose_name=_("seller"))
    buyer = models.JSONField(null=True, blank=True, editable=False, verbose_name=_("buyer"))

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        db_table = "billing_credit_note"
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *document_constraints("billing_credit_note"),
            models.CheckConstraint(
                condition=Q(status__in=CreditNoteStatus.values),
                name="billing_credit_note_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(reason=None) | ~Q(reason=""),
                name="billing_credit_note_reason_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="reason",
            ),
            models.CheckConstraint(
                condition=Q(allocated__gte=0, refunded__gte=0, total__gte=F("allocated") + F("refunded")),
                name="billing_credit_note_used_within_total",
                violation_error_message=_("What is allocated and refunded must not exceed the credit note's total."),
            ),
            models.CheckConstraint(
                condition=Q(
                    status=_DRAFT,
                    number=None,
                    sent_at=None,
                    seller__isnull=True,
                    buyer__isnull=True,
                    allocated=0,
                    refunded=0,
                )
                | Q(
                    status=_SENT,
                    number__isnull=False,
                    sent_at__isnull=False,
                    seller__isnull=False,
                    buyer__isnull=False,
                ),
                name="billing_credit_note_status_fits",
                violation_error_message=_("The number and the dates of the credit note do not fit its status."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            *document_indexes("billing_credit_note"),
            models.Index("invoice", "id", name="billing_credit_note_invoice"),
            models.Index("currency", "id", name="billing_credit_note_currency"),
            models.Index("issue_date", "id", name="billing_credit_note_issue_date"),
            # what is on account, by customer
            models.Index(
                "customer",
                "id",
                name="billing_credit_note_on_account",
                condition=UNALLOCATED,
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Draft"))

    @property
    def unallocated(self) -> int:
        """What of it is on account: neither settles an invoice nor was refunded. 0 for a draft."""
        return self.total - self.allocated - self.refunded if self.status == _SENT else 0


class CreditNoteLine(DocumentLine):
    """What a credit note takes of one line of its invoice: a quantity of it, or an amount without a quantity.

    `discount` is what makes quantity × price come to the share, and may be negative. `restock_warehouse` takes the
    quantity back into stock when the note is issued; `restock_movement` is the receipt.
    """

    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("credit note")
    )
    invoice_line = models.ForeignKey(
        InvoiceLine, models.PROTECT, related_name="credit_note_lines", db_index=False, verbose_name=_("invoice line")
    )
    quantity = models.DecimalField(  # type: ignore[assignment]
        max_digits=15, decimal_places=3, null=True, blank=True, verbose_name=_("quantity")
    )
    restock_warehouse = models.ForeignKey(
        Warehouse,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("restock in warehouse"),
    )
    restock_movement = models.OneToOneField(
        Movement,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("restocking receipt"),
    )

    class Meta:
        db_table = "billing_credit_note_line"
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *shared_line_constraints("billing_credit_note_line", "credit_note", quantity=Coalesce("quantity", 1)),
            models.UniqueConstraint(
                fields=["credit_note", "invoice_line"],
                name="billing_credit_note_line_once",
                violation_error_message=_("A credit note can only have one line for each line of its invoice."),
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0, total__gte=0),
                name="billing_credit_note_line_positive",
                violation_error_message=_("Price and total must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=False) | Q(discount=0, total__gt=0),
                name="billing_credit_note_line_amount_alone",
                violation_error_message=_("A line without a quantity has an amount over 0 and no discount."),
            ),
            models.CheckConstraint(
                condition=Q(restock_warehouse=None, restock_movement=None)
                | Q(restock_warehouse__isnull=False, quantity__isnull=False),
                name="billing_credit_note_line_restocks_quantity",
                violation_error_message=_("Only a quantity can be taken back into stock."),
                violation_error_code="restock_warehouse_id",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("invoice_line", name="billing_credit_note_line_of"),
            used_tax_codes("billing_credit_note_line"),
        ]
