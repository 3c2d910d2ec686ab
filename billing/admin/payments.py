"""The screen of payments. Read-only: what settles, reverses and refunds them are services of the API."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from billing.choices import PaymentDirection
from billing.models import Payment, Settlement
from skeleton.office.admins import ReadOnlyInline, ReadOnlyRecordAdmin
from skeleton.office.columns import format_money_html, money_column, status_column
from skeleton.office.filters import CurrencyFilter, DateRangeFilter, RelatedRecordFilter

COLOURS: dict[str, str] = {PaymentDirection.IN: "success", PaymentDirection.OUT: "warning"}
AMOUNT = money_column("amount", _("amount"))


class AllocationInline(ReadOnlyInline):
    """The invoices that the payment settles."""

    model = Settlement
    verbose_name_plural = _("allocations")
    ordering = ("pk",)
    fields = readonly_fields = ("day", "invoice", "sum", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        rows: QuerySet[Settlement] = super().get_queryset(request).filter(undone_at=None)
        return rows.select_related("invoice", "created_by")

    @admin.display(description=_("amount"))
    def sum(self, settlement: Settlement) -> Any:
        return format_money_html(settlement.amount, settlement.invoice.currency)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyRecordAdmin):
    resources = ("invoices",)
    list_display = (
        "number",
        "customer",
        status_column("direction", COLOURS, _("direction")),
        AMOUNT,
        "on_account",
        "method",
        "reference",
        "paid_at",
        "reversed_at",
    )
    list_select_related = ("customer",)
    list_filter = (
        ("direction", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        CurrencyFilter,
        ("customer", RelatedRecordFilter),
        ("paid_at", DateRangeFilter),
    )
    inlines = (AllocationInline,)

    @admin.display(description=_("on account"))
    def on_account(self, payment: Payment) -> Any:
        return format_money_html(0 if payment.reversed_at else payment.unallocated, payment.currency)
