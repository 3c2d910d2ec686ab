from typing import Any

from django import forms
from django.db.models import QuerySet

from billing.choices import CreditNoteStatus, InvoiceOrigin, InvoiceStatus, OrderStatus, PaymentDirection, PaymentMethod
from billing.e_invoices.profiles import Profile
from billing.models import CreditNote, Invoice, Payment
from billing.models.credit_notes import UNALLOCATED as CREDIT_ON_ACCOUNT
from billing.models.invoices import OVERDUE
from billing.models.payments import UNALLOCATED
from skeleton.identity.choices import Language
from skeleton.kernel.money import KNOWN_CURRENCIES
from skeleton.rest.filters import (
    BooleanFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    FromDateFilter,
    SearchFilter,
    TextFilter,
    ToDateFilter,
    UUIDFilter,
)


def _known(code: str) -> None:
    if code not in KNOWN_CURRENCIES:
        raise forms.ValidationError("Unknown currency: use an ISO 4217 code.")


class InvoiceFilterSet(FilterSet):
    status = ChoiceFilter(choices=InvoiceStatus.choices)
    origin = ChoiceFilter(choices=InvoiceOrigin.choices)
    customer_id = UUIDFilter(field_name="customer_id")
    order_id = UUIDFilter(field_name="order_id", label="Created from this order.")
    from_date = DateFilter(field_name="issue_date", lookup_expr="gte", label="Issued on this day or later.")
    to_date = DateFilter(field_name="issue_date", lookup_expr="lte", label="Issued on this day or earlier.")
    overdue = BooleanFilter(method="by_overdue", label="Sent, not fully paid and past the due date.")
    currency = TextFilter(validators=[_known])
    search = SearchFilter(label="Words to find in the number and the customer's name.")

    def by_overdue(self, rows: QuerySet[Invoice], name: str, value: Any) -> QuerySet[Invoice]:
        return rows.filter(OVERDUE) if value else rows.exclude(OVERDUE)


class CreditNoteFilterSet(FilterSet):
    status = ChoiceFilter(choices=CreditNoteStatus.choices)
    customer_id = UUIDFilter(field_name="customer_id")
    invoice_id = UUIDFilter(field_name="invoice_id", label="Corrects this invoice.")
    from_date = DateFilter(field_name="issue_date", lookup_expr="gte", label="Issued on this day or later.")
    to_date = DateFilter(field_name="issue_date", lookup_expr="lte", label="Issued on this day or earlier.")
    unallocated = BooleanFilter(method="by_unallocated", label="Sent, and a part of it is on account.")
    currency = TextFilter(validators=[_known])
    search = SearchFilter(label="Words to find in the number and the customer's name.")

    def by_unallocated(self, rows: QuerySet[CreditNote], name: str, value: Any) -> QuerySet[CreditNote]:
        return rows.filter(CREDIT_ON_ACCOUNT) if value else rows.exclude(CREDIT_ON_ACCOUNT)


class OrderFilterSet(FilterSet):
    status = ChoiceFilter(choices=OrderStatus.choices)
    customer_id = UUIDFilter(field_name="customer_id")
    from_date = FromDateFilter(label="Created on this day or later.")
    to_date = ToDateFilter(label="Created on this day or earlier.")
    search = SearchFilter(label="Words to find in the number and the customer's name.")


class PaymentFilterSet(FilterSet):
    customer_id = UUIDFilter(field_name="customer_id")
    direction = ChoiceFilter(choices=PaymentDirection.choices)
    method = ChoiceFilter(choices=PaymentMethod.choices)
    reference = TextFilter(label="Exactly this reference.")
    external_id = TextFilter(label="Exactly this id of the bank.")
    unallocated = BooleanFilter(method="by_unallocated", label="Came in, stands, and part of it is on account.")
    reversed = BooleanFilter(method="by_reversed")
    from_date = FromDateFilter(field_name="paid_at", label="Paid on this day or later.")
    to_date = ToDateFilter(field_name="paid_at", label="Paid on this day or earlier.")

    def by_unallocated(self, rows: QuerySet[Payment], name: str, value: Any) -> QuerySet[Payment]:
        return rows.filter(UNALLOCATED) if value else rows.exclude(UNALLOCATED)

    def by_reversed(self, rows: QuerySet[Payment], name: str, value: Any) -> QuerySet[Payment]:
        return rows.filter(reversal_day__isnull=not value)


class PdfFilterSet(FilterSet):
    """The parameters of a document."""

    language = ChoiceFilter(choices=Language.choices)


class EInvoiceFilterSet(FilterSet):
    """The parameters of an electronic invoice."""

    profile = ChoiceFilter(choices=Profile.choices)


class HybridPdfFilterSet(PdfFilterSet):
    """The parameters of a document that can have its electronic invoice inside."""

    profile = ChoiceFilter(choices=[(Profile.FACTURX.value, Profile.FACTURX.label)])


class StatementFilterSet(FilterSet):
    """The parameters of a statement of account. Not list filters, but validated in the same way."""

    from_date = DateFilter()
    to_date = DateFilter()
    currency = TextFilter(validators=[_known])
    format = ChoiceFilter(choices=[("json", "JSON"), ("csv", "CSV"), ("pdf", "PDF")])
    language = ChoiceFilter(choices=Language.choices)


class AgingFilterSet(FilterSet):
    """The parameters of a report. Not list filters, but validated in the same way."""

    as_of = DateFilter()
    format = ChoiceFilter(choices=[("json", "JSON"), ("csv", "CSV")])


class VatFilterSet(FilterSet):
    """The parameters of the VAT report. Not list filters, but validated in the same way."""

    from_date = DateFilter()
    to_date = DateFilter()
    format = ChoiceFilter(choices=[("json", "JSON"), ("csv", "CSV")])
