"""Filters of accounting."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounting.choices import AccountType, SourceType, TaxCategory
from accounting.models import Entry, Line
from accounting.tax_code_models import TaxCode
from skeleton.rest.filters import (
    BooleanFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    SearchFilter,
    TextFilter,
    UUIDFilter,
)


class AccountFilterSet(FilterSet):
    type = ChoiceFilter(choices=AccountType.choices)
    parent_id = UUIDFilter(field_name="parent_id", label="Only accounts directly below this account.")
    is_active = BooleanFilter()
    search = SearchFilter("code", "name", label="Words to find in the code and the name.")


class TaxCodeFilterSet(FilterSet):
    category = ChoiceFilter(choices=TaxCategory.choices)
    is_active = BooleanFilter()
    code = TextFilter(label="Exactly this code, in upper case.")
    valid_on = DateFilter(method="valid", label="Only what can be used for supplies on this day.")

    def valid(self, rows: QuerySet[TaxCode], name: str, value: Any) -> QuerySet[TaxCode]:
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=value)
        return rows.filter(begun, Q(valid_to__isnull=True) | Q(valid_to__gte=value))


class EntryFilterSet(FilterSet):
    account_id = UUIDFilter(method="touching", label="Only transactions with a line on this account.")
    from_date = DateFilter(field_name="date", lookup_expr="gte", label="Only what is dated on this day or later.")
    to_date = DateFilter(field_name="date", lookup_expr="lte", label="Only what is dated on this day or earlier.")
    reference = TextFilter()
    source_type = ChoiceFilter(choices=SourceType.choices)
    source_id = UUIDFilter(label="The document that the transaction belongs to.")

    def touching(self, rows: QuerySet[Entry], name: str, value: Any) -> QuerySet[Entry]:
        return rows.filter(Exists(Line.objects.filter(entry=OuterRef("pk"), account=value)))


class LedgerFilterSet(FilterSet):
    from_date = DateFilter(field_name="date", lookup_expr="gte", label="Only what is dated on this day or later.")
    to_date = DateFilter(field_name="date", lookup_expr="lte", label="Only what is dated on this day or earlier.")


class ReportFilterSet(FilterSet):
    """The parameters of a report. Not list filters, but validated in the same way."""

    as_of = DateFilter()
    from_date = DateFilter()
    to_date = DateFilter()
    format = ChoiceFilter(choices=[("json", "JSON"), ("csv", "CSV")])
