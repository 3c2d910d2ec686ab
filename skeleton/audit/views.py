"""The API of the audit log. Read-only."""

from typing import Any

from django.db.models import QuerySet

from skeleton.audit.filters import AuditFilterSet
from skeleton.audit.models import AuditEntry
from skeleton.audit.serializers import AuditEntrySerializer
from skeleton.rest.pagination import CursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ListMixin


class AuditViewSet(ListMixin):
    tag = "Audit"
    object_names = ("audit entry", "audit entries")
    permission_classes = [HasPermission("audit")]
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilterSet
    pagination_class = CursorPagination

    def get_queryset(self) -> QuerySet[Any]:
        return AuditEntry.objects.visible_to(self.actor)
