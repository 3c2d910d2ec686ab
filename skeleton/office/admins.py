"""The base class of all screens: access, rows and actions. Access is based only on the roles' permissions."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from skeleton.db.search import search_rows
from skeleton.kernel.actors import Actor
from skeleton.office.actions import AdminAction, run_bulk_action
from skeleton.office.changelist import StrictChangeList
from skeleton.office.checks import AdminChecks, require_checked_list, require_own_inline
from skeleton.office.exports import ExportMixin
from skeleton.office.forms import small_textarea
from skeleton.office.links import links_for
from skeleton.office.numbers import FORM_FIELDS, Overrides
from skeleton.office.parameters import (
    AUTOCOMPLETE_PARAMETERS,
    CHANGELIST_FILTERS,
    UNREADABLE,
    BadParameter,
    accepts_parameters,
    clean_search_text,
    page_number,
    validates_parameters,
)


class ReadOnlyAdmin(ExportMixin, ModelAdmin):
    """The list and the detail pages of a model. Read-only; see `ReadOnlyRecordAdmin` and `records`."""

    resources: ClassVar[tuple[str, ...]] = ()
    """The resources whose `read` and `write` permissions give access to the screen. Any one is enough."""

    audit_resource_name: ClassVar[str] = ""
    """The resource name in the audit log. Defaults to the first of `resources`."""

    checks_class = AdminChecks
    change_form_outer_before_template = "skeleton/admin/record_links.html"
    record_actions: ClassVar[tuple[str | dict[str, object], ...]] = ()
    """The names of methods decorated with `@admin_action` or `@download`, shown as buttons on a record's page.

    A menu of several is `{"title": …, "icon": …, "items": [names]}`.
    """

    bulk_actions: ClassVar[tuple[str, ...]] = ()
    """Those `record_actions` that can be applied to several rows of the list. They must have no form fields."""

    ordering: ClassVar[Sequence[str]] = ("-pk",)
    list_per_page = 50
    list_disable_select_all = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a count for each value of each filter
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True
    formfield_overrides: ClassVar[Overrides] = {models.TextField: {"widget": small_textarea()}, **FORM_FIELDS}
    warn_unsaved_form = True

    # access

    def actor(self, request: HttpRequest) -> Actor:
        """Return the actor of the request."""
        actor: Actor | None = self.admin_site.actor_of(request)
        if actor is None:
            raise PermissionDenied
        return actor

    def has_resource_permission(self, request: HttpRequest, action: str) -> bool:
        """Return whether the actor has `<resource>:<action>` for any of the screen's resources."""
        actor: Actor | None = self.admin_site.actor_of(request)
        return actor is not None and actor.can(*(f"{resource}:{action}" for resource in self.resources))

    def can_run(self, request: HttpRequest, action: AdminAction, record: Model | None = None) -> bool:
        """Return whether the actor may run an action or a download on `record`, or on any record without one."""
        if not self.has_view_permission(request, record):
            return False
        if action.permissions:
            return self.actor(request).can(*action.permissions)
        return self.has_action_permission(request)

    def has_action_permission(self, request: HttpRequest) -> bool:
        """Return whether the actor may run actions that have no permissions of their own."""
        return self.has_resource_permission(request, "write")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_resource_permission(request, "read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def can_be_added(self) -> bool:
        """Return whether there is a form for new rows, for those who may use it."""
        return type(self).has_add_permission is not ReadOnlyAdmin.has_add_permission

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: Django's own deletion is never available. Where deletion is possible, it is an action."""
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Refuse: Django would delete without an actor and without a service."""
        raise PermissionDenied

    # rows

    def rows(self, actor: Actor) -> QuerySet[Model]:
        """Return the rows that the actor may see, as in the API (`visible_to`).

        Everything that reads rows starts here: pages, search, actions, exports and imports. Override this to hide rows.
        """
        found: QuerySet[Model] = self.model._default_manager.visible_to(actor)
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return self.rows(self.actor(request)).order_by(*self.get_ordering(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row, cached for the request."""
        if from_field:
            return super().get_object(request, object_id, from_field)
        found = request.__dict__.setdefault("_screen_objects", {})
        key = (self.model, unquote(object_id))
        if key not in found:
            found[key] = super().get_object(request, object_id)
        return found[key]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Return the rows that contain each word in one of the search fields, as in the API (`db.search`)."""
        term = clean_search_text(SEARCH_VAR, search_term)
        return search_rows(queryset, term, self.get_search_fields(request)), False

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[StrictChangeList]:
        return StrictChangeList

    def get_changelist_instance(self, request: HttpRequest) -> StrictChangeList:
        require_checked_list(self.get_changelist(request), StrictChangeList)
        try:
            found: StrictChangeList = super().get_changelist_instance(request)
        except IncorrectLookupParameters as exc:  # Django would redirect to the whole list
            raise BadParameter(next(iter(request.GET), ""), UNREADABLE) from exc
        return found

    def lookup_allowed(self, lookup: str, value: object, request: HttpRequest | None = None) -> bool:
        """Refuse every lookup: `StrictChangeList` accepts the parameters of the declared filters only."""
        return False

    # autocompletion for other screens

    def get_urls(self) -> list[URLPattern]:
        own = (("pick", self.autocomplete_view), ("pick_any", self.autocomplete_any_view))
        views = [
            path(
                f"{name.replace('_', '-')}/", self.admin_site.admin_view(view), name=self._route(name).partition(":")[2]
            )
            for name, view in own
        ]
        return [*views, *super().get_urls()]

    @accepts_parameters(*AUTOCOMPLETE_PARAMETERS)
    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Return the rows that match a search text, for the autocompletion of `forms.AutocompleteField`."""
        return self._autocomplete(request, self.get_autocomplete_queryset)

    @accepts_parameters(*AUTOCOMPLETE_PARAMETERS)
    def autocomplete_any_view(self, request: HttpRequest) -> HttpResponse:
        """Likewise, of all rows, including those that can't be selected for new documents."""
        return self._autocomplete(request, self.get_queryset)

    def _autocomplete(self, request: HttpRequest, rows_for: Callable[[HttpRequest], QuerySet[Model]]) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = clean_search_text("term", request.GET.get("term", ""))
        rows, _ = self.get_search_results(request, rows_for(request), text)
        return autocomplete_response(request, rows)

    def get_autocomplete_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Return the rows that can be selected."""
        return self.get_queryset(request)

    # parts

    def get_inline_instances(self, request: HttpRequest, obj: Model | None = None) -> list[object]:
        for inline in self.get_inlines(request, obj):
            require_own_inline(inline)
        return list(super().get_inline_instances(request, obj))

    # actions

    def get_record_action(self, name: str) -> AdminAction:
        found: AdminAction = getattr(self, name).admin_action
        return found

    @property
    def actions_detail(self) -> tuple[str | dict[str, object], ...]:
        return self.record_actions

    def get_actions_detail(self, request: HttpRequest, object_id: object) -> Iterable[object]:
        record = self.get_object(request, str(object_id))
        return [
            self.get_unfold_action(name)
            for name in self._extract_action_names(self.record_actions)
            if record is not None
            and self.can_run(request, self.get_record_action(name), record)
            and self.get_record_action(name).is_shown_for(record)
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        bulk_actions = {name: self.get_record_action(name) for name in self.bulk_actions}
        available = {
            name: (partial(run_bulk_action, action=action), name, action.title)
            for name, action in bulk_actions.items()
            if self.can_run(request, action)
        }
        found: dict[str, object] = {**super().get_actions(request), **available}
        found.pop("delete_selected", None)  # it would delete without an actor
        return found

    def response_action(self, request: HttpRequest, queryset: QuerySet[Model]) -> HttpResponse | None:
        """Run a bulk action. Raises BadParameter if the id of a selected row is invalid."""
        for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.clean(selected, None)
            except ValidationError as exc:
                raise BadParameter(ACTION_CHECKBOX_NAME, UNREADABLE) from exc
        found: HttpResponse | None = super().response_action(request, queryset)
        return found

    # history comes from the audit log; Django's own log is not written

    @accepts_parameters(CHANGELIST_FILTERS)
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        query = urlencode({"resource": self.audit_resource, "resource_id": unquote(object_id)})
        return HttpResponseRedirect(f"{reverse('admin:audit_auditentry_changelist')}?{query}")

    def construct_change_message(
        self, request: HttpRequest, form: object, formsets: object, add: bool = False
    ) -> list[object]:
        """Return nothing, instead of the message for Django's log."""
        return []

    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> None:
        """Do nothing: triggers write the audit log."""

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> None:
        """Likewise."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Likewise."""

    # pages

    @validates_parameters
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Return the list, titled with the plural. `StrictChangeList` checks its parameters."""
        title = str(capfirst(self.opts.verbose_name_plural))  # Django's "Select … to change" declines no noun
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    @accepts_parameters(CHANGELIST_FILTERS)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if not self.can_be_added():
            raise Http404
        found: HttpResponse = super().add_view(request, form_url, extra_context)
        return found

    @accepts_parameters(CHANGELIST_FILTERS)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        links = links_for(self.opts.label_lower, object_id, self.actor(request))
        context = {"record_links": links, **(extra_context or {})}
        found: HttpResponse = super().change_view(request, object_id, form_url, context)
        return found

    @property
    def audit_resource(self) -> str:
        return self.audit_resource_name or self.resources[0]

    def change_url(self, record: Model) -> str:
        """Return the address of a row's page."""
        return self.change_url_by_pk(record.pk)

    def change_url_by_pk(self, pk: object) -> str:
        return reverse(self._route("change"), args=[pk])

    @property
    def changelist_url(self) -> str:
        return reverse(self._route("changelist"))

    @property
    def add_url(self) -> str:
        """Return the address of the form for a new row."""
        return reverse(self._route("add"))

    def _route(self, name: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}"

    @property
    def media(self) -> forms.Media:
        found: forms.Media = super().media
        return found


class ReadOnlyRecordAdmin(ReadOnlyAdmin):
    """A record without a form: it is changed by actions only, so all its fields are read-only."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> object:
        return self.readonly_fields or [field.name for field in self.opts.fields if not field.primary_key]


class _ChildInlineMixin:
    """Rows that belong to the page's record. They have the same permissions as the record."""

    follows_parent = True
    read_only = False
    extra = 0
    admin_site: Any
    formfield_overrides: ClassVar[Overrides] = FORM_FIELDS

    parent_model: type[Model]

    def _parent_admin(self) -> ModelAdmin:
        return self.admin_site.get_model_admin(self.parent_model)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self._parent_admin().has_view_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        parent = self._parent_admin()
        return bool(parent.has_add_permission(request) if obj is None else parent.has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)


class StackedChildInline(_ChildInlineMixin, StackedInline):
    """Parts as small forms, stacked vertically."""


class TabularChildInline(_ChildInlineMixin, TabularInline):
    """Parts as a table."""

    hide_title = True


class ReadOnlyInline(TabularChildInline):
    """Read-only parts."""

    read_only = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def autocomplete_response(
    request: HttpRequest, rows: QuerySet[Model], text: Callable[[Any], str] = str
) -> JsonResponse:
    """Return a page of `rows`, formatted by `text`, in the format that `forms.AutocompleteField` expects."""
    first = (page_number(request, "page") - 1) * AUTOCOMPLETE_PAGE_SIZE
    found = list(rows[first : first + AUTOCOMPLETE_PAGE_SIZE + 1])
    results = [{"id": str(row.pk), "text": text(row)} for row in found[:AUTOCOMPLETE_PAGE_SIZE]]
    return JsonResponse({"results": results, "pagination": {"more": len(found) > AUTOCOMPLETE_PAGE_SIZE}})


AUTOCOMPLETE_PAGE_SIZE = 20
"""The number of rows per page in an autocomplete field."""
