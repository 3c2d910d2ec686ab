"""The API of notifications: everybody's own, for everybody who is signed in."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from skeleton.notifications.access import NOTIFICATIONS
from skeleton.notifications.examples import PREFERENCES
from skeleton.notifications.filters import NotificationFilters
from skeleton.notifications.queries import preferences_of, unread_count
from skeleton.notifications.serializers import (
    MarkedOutput,
    NotificationOutput,
    PreferencesInput,
    PreferencesOutput,
)
from skeleton.notifications.services import marks
from skeleton.notifications.services.preferences import update_preferences
from skeleton.rest.operations import operation
from skeleton.rest.permissions import SIGNED_IN, Needs
from skeleton.rest.views import ResourceView


class NotificationView(ResourceView):
    tag = "Notifications"
    gate = NOTIFICATIONS
    output = NotificationOutput
    filterset = NotificationFilters
    aside_schema: ClassVar[dict[str, dict[str, Any]]] = {"unread_count": {"type": "integer", "minimum": 0}}

    @property
    def read_access(self) -> Needs:
        return SIGNED_IN

    def aside(self) -> dict[str, Any]:
        return {"unread_count": unread_count(self.actor.user_id)}

    @operation("PATCH", "/<pk>/read", access=SIGNED_IN, summary="Mark one as read", output="output", errors=(404,))
    def read(self, request: Request, pk: str) -> HttpResponse:
        """One that was read already stays as it is."""
        marks.mark_read(notification_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/read-all", access=SIGNED_IN, summary="Mark all as read", output=MarkedOutput)
    def read_all(self, request: Request) -> HttpResponse:
        updated = marks.mark_all_read(actor=self.actor)
        return self.answer({"updated": updated, "unread_count": unread_count(self.actor.user_id)})

    @operation("GET", "/preferences", access=SIGNED_IN, summary="What you are sent, and when", output=PreferencesOutput)
    def preferences(self, request: Request) -> HttpResponse:
        return self._preferences()

    @operation(("PATCH", "PUT"), "/preferences", access=SIGNED_IN, summary="Change what you are sent, and when",
               input=PreferencesInput, partial=True, output=PreferencesOutput, examples=(PREFERENCES,))  # fmt: skip
    def change_preferences(self, request: Request) -> HttpResponse:
        """They count for what is sent from now on, also for what waits already. The list of notifications itself is
        always complete."""
        update_preferences(values=self.parse(), actor=self.actor)
        return self._preferences()

    def _preferences(self) -> HttpResponse:
        return self.answer(PreferencesOutput(preferences_of(self.actor.user_id)).data)
