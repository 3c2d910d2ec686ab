"""One's own notifications: what one was told, and where it leads."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from skeleton.core.admin.acts import act
from skeleton.core.admin.columns import EMPTY, label
from skeleton.core.admin.documents import DocumentAdmin
from skeleton.core.admin.forms import ActForm
from skeleton.notifications.access import NOTIFICATIONS
from skeleton.notifications.links import page_of
from skeleton.notifications.models import Notification
from skeleton.notifications.services import marks


class ReadFilter(DropdownFilter):
    title, parameter_name = _("read"), "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [("no", _("Not yet")), ("yes", _("Already"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(read_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Notification)
class NotificationScreen(DocumentAdmin):
    resources = ("notifications",)
    gate = NOTIFICATIONS
    list_display = ("title", "body", "about", "state", "created_at")
    list_filter = (ReadFilter,)
    acts = bulk_acts = ("mark_read",)
    fields = ("title", "body", "about", ("state", "created_at"))
    readonly_fields = ("title", "body", "about", "state", "created_at")

    @display(description=_("about"))
    def about(self, notification: Notification) -> Any:
        page = page_of(notification.link)
        return format_html('<a class="text-link" href="{}">{}</a>', page, _("Open")) if page else EMPTY

    @display(description=_("status"), ordering="read_at")
    def state(self, notification: Notification) -> Any:
        if notification.read_at:
            return label("read", {}, text=str(_("read")))
        return label("new", {"new": "primary"}, text=str(_("new")))

    @act(_("Mark as read"), needs=("notifications:read",), when=lambda told: told.read_at is None,
         icon="mark_email_read")  # fmt: skip
    def mark_read(self, request: HttpRequest, notification: Notification, form: ActForm) -> str:
        marks.mark_read(notification_id=notification.pk, actor=self.actor(request))
        return str(_("It is read."))
