"""Filters of notifications."""

from django.db.models import QuerySet

from skeleton.notifications.models import Notification
from skeleton.rest.filters import BooleanFilter, FilterSet


class NotificationFilterSet(FilterSet):
    unread_only = BooleanFilter(method="unread", label="Only unread notifications.")

    def unread(self, rows: QuerySet[Notification], name: str, value: bool) -> QuerySet[Notification]:
        return rows.filter(read_at=None) if value else rows
