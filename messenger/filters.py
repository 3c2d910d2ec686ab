"""Filters of conversations and messages."""

from typing import Any

from django.db.models import QuerySet

from messenger.choices import ConversationType
from messenger.models import Conversation
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet, NumberFilter


class ConversationFilterSet(FilterSet):
    type = ChoiceFilter(choices=ConversationType.choices)
    archived = BooleanFilter(method="in_archive")

    def in_archive(self, rows: QuerySet[Conversation], name: str, value: Any) -> QuerySet[Conversation]:
        return rows.filter(archived_at__isnull=not value)


class MessageFilterSet(FilterSet):
    after = NumberFilter(
        field_name="seq", lookup_expr="gt", min_value=0, max_value=2**63 - 1, label="Only messages after this `seq`."
    )
