"""The terms of contracts and of their versions as columns."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contracts.models import ContractTerms, ContractVersion, period_text
from skeleton.audit.actions import label_of
from skeleton.kernel.text import local_number
from skeleton.kernel.translation import Text
from skeleton.office.admins import ReadOnlyInline
from skeleton.office.columns import EMPTY, format_money_html


def _days(number: int) -> str:
    return ngettext("{number} day", "{number} days", number).format(number=number)


def _percent_of(name: str, rate: Any) -> str:
    return f"{name} {local_number(rate)} %"


class TermsDisplayMixin:
    """The columns that a contract and its versions have in common."""

    @admin.display(description=_("payment"))
    def payment(self, agreed: ContractTerms) -> str:
        parts = [agreed.get_payment_type_display()]
        parts += [_days(agreed.credit_days)] if agreed.credit_days else []
        parts += [_percent_of(gettext("penalty"), agreed.penalty_rate)] if agreed.penalty_rate else []
        parts += [_percent_of(gettext("discount"), agreed.discount_rate)] if agreed.discount_rate else []
        return ", ".join([*parts, agreed.currency])

    @admin.display(description=pgettext_lazy("contract", "delivery"))
    def delivery(self, agreed: ContractTerms) -> Any:
        parts = [agreed.get_delivery_type_display()]
        parts += [_days(agreed.estimated_days)] if agreed.estimated_days is not None else []
        parts += [gettext("insured")] if agreed.insurance else []
        cost = format_money_html(agreed.shipping_cost, agreed.shipping_currency or agreed.currency)
        return ", ".join(parts) if agreed.shipping_cost is None else format_html("{}, {}", ", ".join(parts), cost)

    @admin.display(description=_("validity"), ordering="end_date")
    def validity(self, agreed: ContractTerms) -> str:
        return period_text(agreed.start_date, agreed.end_date)

    @admin.display(description=_("credit limit"), ordering="credit_limit")
    def limit(self, agreed: ContractTerms) -> Any:
        return format_money_html(agreed.credit_limit, agreed.currency) if agreed.credit_limit else EMPTY


class VersionInline(TermsDisplayMixin, ReadOnlyInline):
    model = ContractVersion
    ordering = ("-version",)
    fields = readonly_fields = (
        "version",
        "changed_at",
        "act",
        "changed_by",
        "validity",
        "payment",
        "delivery",
        "limit",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractVersion]:
        rows: QuerySet[ContractVersion] = super().get_queryset(request).select_related("changed_by")
        return rows

    @admin.display(description=_("by"))
    def act(self, version: ContractVersion) -> Text:
        return label_of(version.action)
