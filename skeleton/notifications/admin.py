"""Back-office screens for the user's own notifications and preferences, and for administrators the deliveries."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST
from unfold import widgets
from unfold.contrib.filters.admin import DropdownFilter
from unfold.paginator import InfinitePaginator

from skeleton.identity.choices import Language
from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text
from skeleton.notifications.choices import Channel, DeliveryStatus, Event
from skeleton.notifications.links import back_office_path
from skeleton.notifications.models import Delivery, Notification, Preferences
from skeleton.notifications.queries import preferences_by_user_id, unread_count
from skeleton.notifications.serializers import PreferencesInputSerializer, known_zones
from skeleton.notifications.services import reading
from skeleton.notifications.services.delivery import retry_delivery
from skeleton.notifications.services.preferences import update_preferences
from skeleton.office.actions import AdminAction, admin_action
from skeleton.office.admins import ReadOnlyAdmin, ReadOnlyRecordAdmin
from skeleton.office.columns import EMPTY, label, status_column
from skeleton.office.forms import ActionForm, RecordForm
from skeleton.office.records import SingleRecordAdmin


class OwnRecordsAdmin(ReadOnlyAdmin):
    """A screen of the user's own objects. As in the API, it requires no permission."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.actor_of(request) is not None

    def can_run(self, request: HttpRequest, action: AdminAction, record: Any = None) -> bool:
        return self.has_view_permission(request, record)


# --- preferences ------------------------------------------------------------------------------------------------------


def _clock(example: str) -> forms.Widget:
    attributes = {"placeholder": example, "size": 5, "autocomplete": "off"}
    return widgets.UnfoldAdminTextInputWidget(attrs=attributes)  # type: ignore[no-any-return]


class PreferencesForm(RecordForm):
    language = forms.ChoiceField(choices=Language.choices, widget=widgets.UnfoldAdminSelectWidget, label=_("Language"))
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        initial="UTC",
        choices=lambda: [(name, name) for name in sorted(known_zones())],
        widget=widgets.UnfoldAdminSelect2Widget,
    )

    class Meta:
        model = Preferences
        fields = (
            "email_enabled",
            "sms_enabled",
            "push_enabled",
            "quiet_hours_start",
            "quiet_hours_end",
            "timezone",
        )
        labels = {
            "email_enabled": _("E-mail"),
            "sms_enabled": _("SMS"),
            "push_enabled": _("Push"),
            "quiet_hours_start": _("From"),
            "quiet_hours_end": _("Until"),
        }
        widgets = {
            "quiet_hours_start": _clock("22:00"),
            "quiet_hours_end": _clock("08:00"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.user_id:
            self.initial["language"] = self.instance.user.language


@admin.register(Preferences)
class PreferencesAdmin(OwnRecordsAdmin, SingleRecordAdmin):
    """The user's own preferences. There is one row per user."""

    resources = ("notifications",)
    export_fields = "__all__"
    create_input = update_input = PreferencesInputSerializer
    form = PreferencesForm
    fieldsets = (
        (
            _("Other channels"),
            {"fields": (("email_enabled", "sms_enabled", "push_enabled"), "language")},
        ),
        (
            _("Quiet hours"),
            {"fields": (("quiet_hours_start", "quiet_hours_end"), "timezone")},
        ),
    )

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        update_preferences(values=values, actor=actor)
        return preferences_by_user_id(actor.user_id).pk

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        update_preferences(values=values, actor=actor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the initial data: the user's current language."""
        return {"language": preferences_by_user_id(self.actor(request).user_id).user.language}


# --- notifications ----------------------------------------------------------------------------------------------------


class ReadFilter(DropdownFilter):
    title, parameter_name = _("read"), "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [("no", _("Not yet")), ("yes", _("Already"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(read_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Notification)
class NotificationAdmin(OwnRecordsAdmin, ReadOnlyRecordAdmin):
    resources = ("notifications",)
    export_fields = "__all__"
    list_before_template = "skeleton/notifications/inbox.html"
    list_display = ("title", "body", "about", "state", "created_at")
    list_filter = (ReadFilter,)
    record_actions = bulk_actions = ("mark_read",)
    fields = ("title", "body", "about", ("state", "created_at"))
    readonly_fields = ("title", "body", "about", "state", "created_at")

    def get_urls(self) -> list[Any]:
        read_all = self.admin_site.admin_view(require_POST(self.read_all))
        return [path("read-all/", read_all, name="notifications_notification_read_all"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        unread = unread_count(self.actor(request).user_id)
        found: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "unread": unread})
        return found

    def read_all(self, request: HttpRequest) -> HttpResponse:
        """Mark all notifications as read, and return to the list."""
        reading.mark_all_read(actor=self.actor(request))
        messages.success(request, _("All notifications are marked as read."))
        return HttpResponseRedirect(self.changelist_url)

    @display(description=_("about"))
    def about(self, notification: Notification) -> Any:
        page = back_office_path(notification.link)
        return (
            format_html('<a class="text-link" href="{}">{}</a>', page, pgettext_lazy("verb", "Open")) if page else EMPTY
        )

    @display(description=_("status"), ordering="read_at")
    def state(self, notification: Notification) -> Any:
        if notification.read_at:
            return label("read", {}, text=str(_("read")))
        return label("new", {"new": "primary"}, text=str(_("new")))

    @admin_action(_("Mark as read"), shown_if=lambda notification: notification.read_at is None, icon="mark_email_read")
    def mark_read(self, request: HttpRequest, notification: Notification, form: ActionForm) -> str:
        reading.mark_read(notification_id=notification.pk, actor=self.actor(request))
        return str(_("The notification is marked as read."))


# --- deliveries -------------------------------------------------------------------------------------------------------

COLOURS: dict[str, str] = {
    DeliveryStatus.WAITING: "info",
    DeliveryStatus.SENT: "success",
    DeliveryStatus.SKIPPED: "warning",
    DeliveryStatus.FAILED: "danger",
}


class StatusFilter(DropdownFilter):
    """Filters by status. By default, only waiting and failed deliveries are shown."""

    title, parameter_name = _("status"), "status"
    all_option: ClassVar[Any] = ["", _("Waiting, failed")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [*DeliveryStatus.choices, ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        wanted = self.value()
        if wanted == "all":
            return queryset
        open_ones = [DeliveryStatus.WAITING, DeliveryStatus.FAILED]
        return queryset.filter(status__in=[wanted] if wanted in DeliveryStatus.values else open_ones)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyRecordAdmin):
    """The deliveries, for users with `*:*`. No role can have a permission on `deliveries`, because none is defined."""

    resources = ("deliveries",)
    export_fields = "__all__"
    paginator = InfinitePaginator  # counting would be slow: there is one for every e-mail ever sent
    list_display = ("event", "to", "channel_name", status_column("status", COLOURS), "attempts", "error", "updated_at")
    list_filter = (StatusFilter, "channel")
    fields = (
        ("event", "to"),
        ("channel_name", "status"),
        ("attempts", "error"),
        ("created_at", "updated_at", "sent_at"),
    )
    readonly_fields = (
        "event",
        "to",
        "channel_name",
        "status",
        "attempts",
        "error",
        "created_at",
        "updated_at",
        "sent_at",
    )
    record_actions = bulk_actions = ("send_again",)

    @display(description=_("event"))
    def event(self, delivery: Delivery) -> Text:
        return Event(delivery.notification.type).label

    @display(description=_("recipient"))
    def to(self, delivery: Delivery) -> str:
        return delivery.notification.user.email

    @display(description=_("channel"), ordering="channel")
    def channel_name(self, delivery: Delivery) -> Text:
        return Channel(delivery.channel).label

    @admin_action(
        _("Send again"),
        shown_if=lambda delivery: delivery.status == DeliveryStatus.FAILED,
        icon="send",
        question=_("It will be tried again at once, and at intervals if that fails."),
    )
    def send_again(self, request: HttpRequest, delivery: Delivery, form: ActionForm) -> str:
        retry_delivery(delivery_id=delivery.pk, actor=self.actor(request))
        return str(_("The delivery will be sent again."))
