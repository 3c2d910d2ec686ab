"""Invoices and their lines. PostgreSQL enforces their lifecycle: see the migrations."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.choices import InvoiceOrigin, InvoiceStatus
from billing.models.documents import (
    Document,
    DocumentLine,
    document_constraints,
    document_indexes,
    line_constraints,
    used_tax_codes,
)
from billing.models.orders import Order, OrderLine
from billing.totals import amount_due
from inventory.models import Item
from parties.models import Party
from skeleton.db.compiled_sql import CurrentDate
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet, keyed

_DRAFT, _SENT, _PAID, _CANCELLED = InvoiceStatus
_NEVER_SENT = Q(sent_at=None, paid_at=None)
_NOT_CANCELLED = Q(cancelled_at=None, cancel_reason=None)
_SETTLED = F("amount_paid") + F("amount_credited") + F("amount_written_off")
_UNSETTLED = Q(amount_paid=0, amount_written_off=0)  # a cancelled invoice may be settled by its own credit notes

SUPPLY_MESSAGE = _("Give either the date of supply, or the first and the last day of the service.")

OVERDUE = Q(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
"""Sent, not fully paid and past the due date. Not overdue on the due date itself."""


def supply_date(delivery_date: dt.date | None, service_start: dt.date | None, issue_date: dt.date) -> dt.date | None:
    """Return the day of supply: by default the issue date, None for a service with a period."""
    return delivery_date or (None if service_start else issue_date)


class InvoiceQuerySet(RowLevelQuerySet["Invoice"]):
    """Invoices. Their counts by status are maintained."""

    maintained_count = MaintainedCount("billing_invoice", filter_name="status")

    def visible_to(self, actor: Any) -> Self:
        """Return every invoice, with `is_overdue`. The permission to read invoices covers all of them."""
        return self.with_is_overdue()

    @keyed(keeps_rows=True)
    def with_is_overdue(self) -> "models.QuerySet[Invoice]":
        """Add `is_overdue` to each invoice."""
        return self.annotate(is_overdue=models.ExpressionWrapper(OVERDUE, output_field=models.BooleanField()))


class Invoice(Document):
    """An invoice, optionally for an `order`.

    Sending sets `issue_date`, unless it was given, and `posted_on`, the day in the books. Invoices of the first edition
    were posted later than they were issued. With `payment_days`, the due date is counted from the issue date. Goods
    were supplied on `delivery_date`, services from `service_start` to `service_end`; a draft may leave both open.

    An imported invoice (`origin`) was issued by an earlier system, under a number of any form. Its totals are what was
    open of it when the opening balances were posted (`posted_on`), with a line for each tax.

    Triggers derive `amount_paid`, `amount_credited`, `amount_written_off` and, once sent, the status from its
    settlements. `credited_total` is the sum of its own issued credit notes.
    """

    customer = models.ForeignKey(
        Party, models.PROTECT, related_name="invoices", db_index=False, verbose_name=_("customer")
    )
    order = models.ForeignKey(
        Order,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invoices",
        db_index=False,
        editable=False,
        verbose_name=_("order"),
    )
    origin = models.CharField(
        max_length=8,
        choices=InvoiceOrigin.choices,
        default=InvoiceOrigin.CREATED,
        db_default=InvoiceOrigin.CREATED,
        editable=False,
        verbose_name=_("origin"),
    )
    status = models.CharField(
        max_length=9, choices=InvoiceStatus.choices, default=InvoiceStatus.DRAFT, verbose_name=_("status")
    )
    amount_paid = models.BigIntegerField(default=0, verbose_name=_("amount paid"))
    amount_credited = models.BigIntegerField(default=0, db_default=0, editable=False, verbose_name=_("amount credited"))
    amount_written_off = models.BigIntegerField(
        default=0, db_default=0, editable=False, verbose_name=_("amount written off")
    )
    credited_total = models.BigIntegerField(default=0, db_default=0, editable=False, verbose_name=_("credited total"))
    issue_date = models.DateField(verbose_name=_("issue date"))
    issue_date_given = models.BooleanField(default=False, db_default=False, verbose_name=_("issue date given"))
    posted_on = models.DateField(null=True, blank=True, editable=False, verbose_name=_("posted on"))
    due_date = models.DateField(verbose_name=_("due date"))
    payment_days = models.SmallIntegerField(null=True, blank=True, verbose_name=_("payment days"))
    delivery_date = models.DateField(null=True, blank=True, verbose_name=_("delivery date"))
    service_start = models.DateField(null=True, blank=True, verbose_name=_("service from"))
    service_end = models.DateField(null=True, blank=True, verbose_name=_("service until"))
    buyer_reference = models.CharField(max_length=100, null=True, blank=True, verbose_name=_("buyer reference"))  # noqa: DJ001
    purchase_order_reference = models.CharField(  # noqa: DJ001
        max_length=100, null=True, blank=True, verbose_name=_("purchase order")
    )
    delivery_address = models.JSONField(null=True, blank=True, verbose_name=_("delivery address"))
    sent_at = models.DateTimeField(null=True, blank=True, verbose_name=pgettext_lazy("document", "issued at"))
    paid_at = models.DateTimeField(null=True, blank=True, verbose_name=_("paid at"))
    cancelled_at = models.DateTimeField(null=True, blank=True, verbose_name=_("cancelled at"))
    cancelled_on = models.DateField(null=True, editable=False, verbose_name=_("cancelled on"))
    cancel_reason = models.TextField(null=True, blank=True, verbose_name=_("cancel reason"))  # noqa: DJ001 (the API says null)

    objects = InvoiceQuerySet.as_manager()

    @property
    def is_fully_credited(self) -> bool:
        """Return whether its own credit notes credit all of it. An invoice of 0 is cancelled by its credit note."""
        return self.total > 0 and self.credited_total == self.total

    class Meta:
        db_table = "billing_invoice"
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *document_constraints("billing_invoice"),
            models.CheckConstraint(
                condition=Q(status__in=InvoiceStatus.values),
                name="billing_invoice_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, amount_credited__gte=0, amount_written_off__gte=0)
                & Q(total__gte=_SETTLED, credited_total__gte=0, credited_total__lte=F("total")),
                name="billing_invoice_paid_within_total",
                violation_error_message=_("No more than the total of an invoice can be paid, credited or written off."),
            ),
            models.CheckConstraint(
                condition=Q(_NEVER_SENT, _NOT_CANCELLED, _UNSETTLED, status=_DRAFT, amount_credited=0, credited_total=0)
                | Q(_NOT_CANCELLED, status=_SENT, sent_at__isnull=False, paid_at=None, total__gt=_SETTLED)
                | Q(_NOT_CANCELLED, status=_PAID, sent_at__isnull=False, paid_at__isnull=False, total=_SETTLED)
                | Q(_UNSETTLED, status=_CANCELLED, cancelled_at__isnull=False, paid_at=None),
                name="billing_invoice_status_fits",
                violation_error_message=_("The dates and amounts of the invoice do not fit its status."),
            ),
            models.CheckConstraint(
                condition=Q(origin=InvoiceOrigin.CREATED)
                | Q(origin=InvoiceOrigin.IMPORTED, order=None, total__gt=0)
                & (Q(posted_on=None) | Q(posted_on__gte=F("issue_date"))),
                name="billing_invoice_origin_fits",
                violation_error_message=_("An imported invoice has no order, and is in the books since it was issued."),
            ),
            models.UniqueConstraint(
                Upper("number"),
                name="billing_invoice_imported_number",
                condition=Q(origin=InvoiceOrigin.IMPORTED),
                violation_error_message=_("Another document already has this number."),
                violation_error_code="number",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, posted_on=None) | Q(sent_at__isnull=False, posted_on__isnull=False),
                name="billing_invoice_posted_when_sent",
                violation_error_message=_("An invoice has a day in the books once it is sent, and not before."),
            ),
            models.CheckConstraint(
                condition=Q(service_start=None, service_end=None)
                | Q(delivery_date=None, service_start__isnull=False, service_end__isnull=False)
                & Q(service_end__gte=F("service_start")),
                name="billing_invoice_supply_fits",
                violation_error_message=SUPPLY_MESSAGE,
                violation_error_code="delivery_date",
            ),
            models.CheckConstraint(
                condition=Q(payment_days=None)
                | Q(payment_days__gte=0)
                & Q(due_date=CombinedExpression(F("issue_date"), "+", F("payment_days"), models.DateField())),
                name="billing_invoice_due_date_counted",
                violation_error_message=_("The due date must be the payment days after the issue date."),
                violation_error_code="due_date",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            *document_indexes("billing_invoice"),
            models.Index("currency", "id", name="billing_invoice_currency"),
            models.Index("origin", "id", name="billing_invoice_origin"),
            models.Index("issue_date", "id", name="billing_invoice_issue_date"),
            models.Index("due_date", "id", name="billing_invoice_due_date"),
            models.Index("due_date", "id", name="billing_invoice_open", condition=Q(status=_SENT)),
            # index-only scans for the receivables
            models.Index(
                fields=["currency", "due_date"],
                include=["total", "amount_paid", "amount_credited", "amount_written_off"],
                name="billing_invoice_owed",
                condition=Q(status=_SENT),
            ),
            models.Index("order", "id", name="billing_invoice_order", condition=Q(order__isnull=False)),
            # what a customer owes, for the credit limit (billing/services/credit.py)
            models.Index("customer", name="billing_invoice_owed_by", condition=Q(status=_SENT)),
            # changes after the day of a report (billing/reports.py)
            models.Index("posted_on", "id", name="billing_invoice_posted_on", condition=Q(posted_on__isnull=False)),
            models.Index(
                "cancelled_on",
                "id",
                name="billing_invoice_cancelled_on",
                condition=Q(sent_at__isnull=False, cancelled_on__isnull=False),
            ),
        ]

    @property
    def posting_day(self) -> dt.date:
        """Return the day from which a sent invoice is in the books. What settles it counts from then on."""
        return self.posted_on or self.issue_date

    @property
    def is_imported(self) -> bool:
        """Return whether an earlier system issued the invoice, so that there is no document of it here."""
        return self.origin == InvoiceOrigin.IMPORTED

    @property
    def amount_due(self) -> int:
        """Return what is due, in minor units."""
        return amount_due(self.status, self.total, self.amount_paid, self.amount_credited, self.amount_written_off)


class InvoiceLine(DocumentLine):
    """A line of an invoice. `order_line` is the line it bills, if the invoice was created from an order.

    `item` is what of the catalogue it sells, if anything.
    """

    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("invoice")
    )
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("item")
    )
    order_line = models.ForeignKey(
        OrderLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invoice_lines",
        db_index=False,
        editable=False,
        verbose_name=_("order line"),
    )

    class Meta:
        db_table = "billing_invoice_line"
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        constraints: ClassVar[list[models.BaseConstraint]] = line_constraints("billing_invoice_line", "invoice")
        indexes: ClassVar[list[models.Index]] = [
            models.Index("order_line", name="billing_invoice_line_order", condition=Q(order_line__isnull=False)),
            used_tax_codes("billing_invoice_line"),
        ]
