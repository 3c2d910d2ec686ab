"""What lists of the books are narrowed by."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounting.choices import AccountType, SourceType
from accounting.models import Account, Entry, Line
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
    parent_id = UUIDFilter(field_name="parent_id", label="The account directly above.")
    is_active = BooleanFilter()
    search = SearchFilter(method="matching", label="In the code or the name, without regard to case.")

    def matching(self, rows: QuerySet[Account], name: str, value: Any) -> QuerySet[Account]:
        return rows.filter(Q(code__lower__matches=value) | Q(name__lower__matches=value))


class EntryFilterSet(FilterSet):
    account_id = UUIDFilter(method="touching", label="Transactions with a line on this account.")
    from_date = DateFilter(field_name="date", lookup_expr="gte", label="Dated on this day or later.")
    to_date = DateFilter(field_name="date", lookup_expr="lte", label="Dated on this day or earlier.")
    reference = TextFilter()
    source_type = ChoiceFilter(choices=SourceType.choices)
    source_id = UUIDFilter(label="The document that the transaction is for.")

    def touching(self, rows: QuerySet[Entry], name: str, value: Any) -> QuerySet[Entry]:
        return rows.filter(Exists(Line.objects.filter(entry=OuterRef("pk"), account=value)))


class LedgerFilterSet(FilterSet):
    from_date = DateFilter(field_name="date", lookup_expr="gte", label="Dated on this day or later.")
    to_date = DateFilter(field_name="date", lookup_expr="lte", label="Dated on this day or earlier.")


class ReportFilterSet(FilterSet):
    """Not filters of a list, but cleaned and refused like them."""

    as_of = DateFilter()
    from_date = DateFilter()
    to_date = DateFilter()
    format = ChoiceFilter(choices=[("json", "JSON"), ("csv", "CSV")])
