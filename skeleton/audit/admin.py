"""The read-only back-office screen of the audit log."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, TextField, UUIDField, Value, When
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.paginator import InfinitePaginator

from skeleton.audit.actions import label_of
from skeleton.audit.models import AuditEntry
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.translation import Text
from skeleton.office.admins import ReadOnlyAdmin, ReadOnlyRecordAdmin
from skeleton.office.columns import EMPTY, label
from skeleton.office.filters import DateTimeRangeFilter
from skeleton.office.form_errors import field_label

SHOWN_FIELDS = 5
"""The number of fields that the list names."""

_CREATING = ("create", "insert")
COLOURS = {
    "create": "success",
    "insert": "success",
    "delete": "danger",
    "deactivate": "warning",
    "cancel": "warning",
}


def admins_by_resource() -> dict[str, list[ReadOnlyAdmin]]:
    """Return the admins that show each resource of the audit log. Several kinds of record can share a resource."""
    found: dict[str, list[ReadOnlyAdmin]] = {}
    for screen in admin.site._registry.values():
        if isinstance(screen, ReadOnlyAdmin):
            found.setdefault(screen.audit_resource, []).append(screen)
    return found


def _names(screens: Iterable[ReadOnlyAdmin]) -> str:
    return capfirst(", ".join(str(screen.opts.verbose_name_plural) for screen in screens))


def _shows_record(screen: ReadOnlyAdmin, actor: Actor) -> Exists | Q:
    key: Any = screen.opts.pk
    has_uuid = isinstance(getattr(key, "target_field", key), UUIDField)
    return Exists(screen.rows(actor).filter(pk=OuterRef("resource_id"))) if has_uuid else Q()


def with_screen(entries: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Add `screen`, the label of the model whose page shows the entry's record. Empty if the actor may not see it.

    An entry only has its resource and an id, and ids are unique among all kinds of record. Numbered records (jobs)
    have an id for the log alone, which their page understands.
    """
    shown = (
        When(_shows_record(screen, actor) & Q(resource=resource), then=Value(screen.opts.label))
        for resource, screens in admins_by_resource().items()
        for screen in screens
    )
    found: QuerySet[Any] = entries.annotate(screen=Case(*shown, default=Value(""), output_field=TextField()))
    return found


class ResourceFilter(DropdownFilter):
    title, parameter_name = _("resource"), "resource"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {resource: _names(screens) for resource, screens in admins_by_resource().items()}
        return sorted(names.items(), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(resource=self.value()) if self.value() else queryset


class ExactFilter(TextFilter):
    """Filters by an exact text, so that an index can be used."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        typed = (self.value() or "").strip()
        return queryset.filter(**{str(self.parameter_name): typed}) if typed else queryset


class ActionFilter(ExactFilter):
    title, parameter_name = _("action"), "action"


class ActorFilter(ExactFilter):
    title, parameter_name = _("actor's e-mail"), "actor_email"


class ObjectFilter(ExactFilter):
    title, parameter_name = _("object's id"), "resource_id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        typed = (self.value() or "").strip()
        if not typed:
            return queryset
        found = parse_uuid(typed)
        return queryset.filter(resource_id=found) if found else queryset.none()


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyRecordAdmin):
    resources = ("audit",)
    export_fields = "__all__"
    paginator = InfinitePaginator  # counting an append-only log would cost more than reading a page
    list_display = ("created_at", "who", "what", "resource_shown", "object_link", "changed")
    list_filter = (ResourceFilter, ActionFilter, ActorFilter, ObjectFilter, ("created_at", DateTimeRangeFilter))
    readonly_fields = ("created_at", "who", "what", "object_link", "ip", "request_id", "changes_table")
    fieldsets = (
        (None, {"fields": (("created_at", "who"), ("what", "object_link"), ("ip", "request_id"))}),
        (_("Changes"), {"fields": ("changes_table",)}),
    )

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Render an entry without a history link, as the log has no history of its own."""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "show_history": False})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_screen(super().get_queryset(request), self.actor(request))

    @display(description=_("who"))
    def who(self, entry: AuditEntry) -> Text:
        return pgettext_lazy("audit log", "System") if entry.actor_email == SYSTEM.email else entry.actor_email or EMPTY

    @display(description=_("action"))
    def what(self, entry: AuditEntry) -> SafeString:
        action = "update" if entry.action in _CREATING and _changes_what_was(entry) else entry.action
        return label(action, COLOURS, text=label_of(action))

    @display(description=_("resource"), ordering="resource")
    def resource_shown(self, entry: Any) -> str:
        if entry.screen:
            return capfirst(str(apps.get_model(entry.screen)._meta.verbose_name_plural))
        return _names(admins_by_resource().get(entry.resource, ())) or entry.resource

    @display(description=_("object"))
    def object_link(self, entry: Any) -> SafeString | str:
        short = str(entry.resource_id)[-12:]  # the random part, enough to distinguish them
        if not entry.screen:
            return format_html('<span title="{}">{}</span>', entry.resource_id, short)
        screen = self.admin_site.get_model_admin(apps.get_model(entry.screen))
        page = screen.change_url_by_pk(entry.resource_id)
        return format_html('<a class="text-link" href="{}" title="{}">{}</a>', page, entry.resource_id, short)

    @display(description=_("fields"))
    def changed(self, entry: AuditEntry) -> SafeString:
        names = [capfirst(_field_name(entry, name)) for name in entry.changes]
        more = f" +{len(names) - SHOWN_FIELDS}" if len(names) > SHOWN_FIELDS else ""
        shown = format_html("{}{}", ", ".join(names[:SHOWN_FIELDS]), more) if names else EMPTY
        return format_html('<span class="wrapping" title="{}">{}</span>', ", ".join(names), shown)

    @display(description=_("changes"))
    def changes_table(self, entry: AuditEntry) -> SafeString | str:
        lines = (
            (capfirst(_field_name(entry, name)), *before_and_after(change)) for name, change in entry.changes.items()
        )
        rows = format_html_join("", '<tr><th scope="row">{}</th><td class="before">{}</td><td>{}</td></tr>', lines)
        head = format_html_join("", "<th>{}</th>", ((title,) for title in (_("Field"), _("Before"), _("After"))))
        return format_html('<table class="changes"><tr>{}</tr>{}</table>', head, rows) if rows else EMPTY


def _changes_what_was(entry: AuditEntry) -> bool:
    """Return whether the row existed before: creating one record can change others, such as a customer's totals."""
    pairs = (change for change in entry.changes.values() if isinstance(change, list) and len(change) == 2)
    return any(before not in (None, []) for before, _after in pairs)


def _field_name(entry: Any, name: str) -> str:
    """Return what people call a field or a list of parts. Its own name where no model has such a field."""
    screens = admins_by_resource().get(entry.resource, ())
    model = apps.get_model(entry.screen) if entry.screen else None
    models = [model] if model else [screen.model for screen in screens]
    return next((text for text in (field_label(each, name) for each in models) if text), name)


def before_and_after(change: Any) -> tuple[str, str]:
    """Return the values before and after a change as texts."""
    before, after = change if isinstance(change, list) and len(change) == 2 else (None, change)
    return _text(before), _text(after)


def _text(value: Any) -> str:
    if value in (None, "", []):
        return EMPTY
    if isinstance(value, list):
        return "; ".join(_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items() if item not in (None, ""))
    return str(value)
