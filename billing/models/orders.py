"""Orders, their lines and their status history. PostgreSQL enforces their lifecycle."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, OrderStatus
from billing.models.documents import (
    Document,
    DocumentLine,
    document_constraints,
    document_indexes,
    line_constraints,
    used_tax_codes,
)
from inventory.models import Item
from parties.models import Party
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7

FULLY_CREDITED = models.Q(total__gt=0, credited_total=models.F("total"))
"""Of an invoice: its own credit notes credit all of it, so it bills nothing, whatever its status."""


class OrderQuerySet(RowLevelQuerySet["Order"]):
    """Orders. Their counts are maintained."""

    maintained_count = MaintainedCount("billing_order")

    def visible_to(self, actor: Any) -> Self:
        """Return every order, with `invoiced`. The permission to read orders covers all of them."""
        return self.with_invoiced()

    @keyed(keeps_rows=True)
    def with_invoiced(self) -> "models.QuerySet[Order]":
        """Add `invoiced`: the total of the order's invoices that bill something, or None if there are none.

        Cancelled and fully credited invoices bill nothing.
        """
        invoices: Any = self.model._meta.get_field("invoices").related_model
        of_order = invoices.objects.filter(order=models.OuterRef("pk"))
        standing = of_order.exclude(status=InvoiceStatus.CANCELLED).exclude(FULLY_CREDITED)
        sums = standing.order_by().values("order").annotate(sum=models.Sum("total")).values("sum")
        return self.annotate(invoiced=models.Subquery(sums))


class Order(Document):
    """A sales order. Stock is reserved for it from confirmation to shipping (inventory.Reservation).

    `shipping_address` is stored as submitted, plus `country_id`. `unbilled_total` is the part that isn't on a sent
    invoice yet, in minor units; only above 0 once confirmed, and maintained by triggers. `status_reason` is the reason
    for the current state.
    """

    customer = models.ForeignKey(
        Party, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("customer")
    )
    status = models.CharField(
        max_length=9, choices=OrderStatus.choices, default=OrderStatus.DRAFT, verbose_name=_("status")
    )
    status_reason = models.TextField(null=True, blank=True, verbose_name=_("status reason"))  # noqa: DJ001 (the API says null)
    shipping_address = models.JSONField(null=True, blank=True, verbose_name=_("shipping address"))
    unbilled_total = models.BigIntegerField(default=0, editable=False, verbose_name=_("unbilled total"))

    objects = OrderQuerySet.as_manager()

    class Meta:
        db_table = "billing_order"
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *document_constraints("billing_order"),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values),
                name="billing_order_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(unbilled_total=0)
                | Q(
                    unbilled_total__gt=0,
                    status__in=[OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED],
                ),
                name="billing_order_unbilled_fits",
                violation_error_message=_("Only a binding order has an amount left to bill."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            *document_indexes("billing_order"),
            models.Index("customer", name="billing_order_unbilled", condition=Q(unbilled_total__gt=0)),
        ]


class OrderLine(DocumentLine):
    """A line of an order. `description` is the item's name at the time the line was written."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("order"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False, verbose_name=_("item"))

    class Meta:
        db_table = "billing_order_line"
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints: ClassVar[list[models.BaseConstraint]] = line_constraints("billing_order_line", "order")
        indexes: ClassVar[list[models.Index]] = [used_tax_codes("billing_order_line")]


class OrderStatusChange(models.Model):
    """A status change of an order: when, by whom and why. Written by a trigger, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="history", db_index=False, verbose_name=_("order"))
    from_status = models.CharField(max_length=9, choices=OrderStatus.choices, verbose_name=_("from status"))
    status = models.CharField(max_length=9, choices=OrderStatus.choices, verbose_name=_("status"))
    reason = models.TextField(null=True, blank=True, verbose_name=_("reason"))  # noqa: DJ001 (the API says null)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("changed by"),
    )
    changed_at = models.DateTimeField(verbose_name=_("changed at"))

    class Meta:
        db_table = "billing_order_status_change"
        verbose_name = _("order status change")
        verbose_name_plural = _("order status changes")
        indexes: ClassVar[list[models.Index]] = [
            models.Index("order", "id", name="billing_order_status_change_of"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.status}"
