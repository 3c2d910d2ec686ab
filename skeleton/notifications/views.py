"""The API of notifications. Every signed-in user has access to their own."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from skeleton.notifications.filters import NotificationFilterSet
from skeleton.notifications.models import Notification
from skeleton.notifications.queries import preferences_by_user_id, unread_count
from skeleton.notifications.serializers import (
    MarkedSerializer,
    NotificationSerializer,
    PreferencesInputSerializer,
    PreferencesSerializer,
)
from skeleton.notifications.services import reading
from skeleton.notifications.services.preferences import update_preferences
from skeleton.rest.actions import action, describe
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import SIGNED_IN, HasPermission
from skeleton.rest.viewsets import ReadOnlyModelViewSet


class NotificationViewSet(ReadOnlyModelViewSet):
    tag = "Notifications"
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilterSet
    permission_classes = [HasPermission(SIGNED_IN)]
    list_extra_schema: ClassVar[dict[str, dict[str, Any]]] = {"unread_count": {"type": "integer", "minimum": 0}}

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Notification.objects.visible_to(self.actor)

    def get_paginated_response(self, data: Any) -> Any:
        return super().get_paginated_response({**data, "unread_count": unread_count(self.actor.user_id)})

    @action(detail=True, methods=["patch"], summary="Mark as read", errors=(404,), operation="markNotificationRead")
    def read(self, request: Request, pk: str) -> HttpResponse:
        """A notification that is already read stays unchanged."""
        reading.mark_read(notification_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=False,
        methods=["post"],
        url_path="read-all",
        summary="Mark all as read",
        output=MarkedSerializer,
        operation="markAllNotificationsRead",
    )
    def read_all(self, request: Request) -> HttpResponse:
        updated = reading.mark_all_read(actor=self.actor)
        return self.answer({"updated": updated, "unread_count": unread_count(self.actor.user_id)})

    @action(
        detail=False,
        methods=["get"],
        summary="Get your notification preferences",
        output=PreferencesSerializer,
        operation="getNotificationPreferences",
    )
    def preferences(self, request: Request) -> HttpResponse:
        return self._preferences()

    @preferences.mapping.put
    @preferences.mapping.patch
    @describe(
        summary="Change your notification preferences",
        input=PreferencesInputSerializer,
        partial=True,
        output=PreferencesSerializer,
        operation="updateNotificationPreferences",
    )
    def change_preferences(self, request: Request) -> HttpResponse:
        """They apply to everything sent from now on, including what is already waiting. The list of notifications
        is always complete."""
        update_preferences(values=self.parse(), actor=self.actor)
        return self._preferences()

    def _preferences(self) -> HttpResponse:
        return self.answer(PreferencesSerializer(preferences_by_user_id(self.actor.user_id)).data)
