"""The screens of users and roles."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.enums import ActionVariant

from skeleton.identity.models import Role, User
from skeleton.identity.permissions import (
    ACTIONS,
    ALL_PERMISSIONS,
    VALID_PERMISSIONS,
    shown_description,
    shown_role,
)
from skeleton.identity.serializers import NewUserInputSerializer, RoleInputSerializer, UserFormInputSerializer
from skeleton.identity.services import accounts, roles
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, in_zone
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.columns import EMPTY, active_column, label
from skeleton.office.forms import ActionForm, RecordForm
from skeleton.office.records import RecordAdmin

MANAGE = ("roles:manage",)


class NewUserForm(RecordForm):
    password = forms.CharField(
        widget=widgets.UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("At least 8 characters. They can change it once they are signed in."),
        label=_("Password"),
    )

    class Meta:
        model = User
        fields = ("email", "name", "language")


class AssignRoleForm(ActionForm):
    role = forms.ModelChoiceField(Role.objects.none(), widget=widgets.UnfoldAdminSelectWidget, label=_("Role"))

    def setup(self) -> None:
        missing = Role.objects.exclude(holders__user=self.record).order_by("name")
        self.fields["role"].queryset = missing  # type: ignore[attr-defined]


class RemoveRoleForm(ActionForm):
    role = forms.ModelChoiceField(Role.objects.none(), widget=widgets.UnfoldAdminSelectWidget, label=_("Role"))

    def setup(self) -> None:
        held = Role.objects.filter(holders__user=self.record).order_by("name")
        self.fields["role"].queryset = held  # type: ignore[attr-defined]


def _inactive(user: User) -> bool:
    return not user.is_active


def _active(user: User) -> bool:
    return user.is_active


@admin.register(User)
class UserAdmin(RecordAdmin):
    resources = ("users",)
    export_fields = "__all__"
    create_input, update_input = NewUserInputSerializer, UserFormInputSerializer
    list_display = ("email", "name", "role_labels", active_column(), "last_login", "created_at")
    list_filter = ("is_active", ("roles", RelatedDropdownFilter))
    search_fields = ("email", "name")
    record_actions = ("give_role", "take_role", "activate", "deactivate")
    bulk_actions = ("activate", "deactivate")
    add_fieldsets = ((None, {"fields": ("email", "name", "language", "password")}),)
    fieldsets = (
        (None, {"fields": (("email", "name"), ("language", "status"), "roles_held")}),
        (in_zone(_("Times ({zone})")), {"fields": (("created_at", "updated_at"), "last_login")}),
    )
    readonly_fields = ("status", "roles_held", "last_login", "created_at", "updated_at")

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return accounts.create_user(**values, actor=actor).pk

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        accounts.update_user(user_id=pk, values=values, actor=actor)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if change else {**kwargs, "form": NewUserForm}))

    @display(description=_("roles"))
    def role_labels(self, user: Any) -> SafeString | str:
        return _labels(map(shown_role, user.role_names))

    @display(description=_("roles"))
    def roles_held(self, user: Any) -> SafeString | str:
        return _labels(map(shown_role, user.role_names))

    @display(description=_("status"))
    def status(self, user: User) -> Any:
        return active_column()(user)

    @admin_action(_("Give a role"), form=AssignRoleForm, permissions=MANAGE, icon="add_moderator")
    def give_role(self, request: HttpRequest, user: User, form: AssignRoleForm) -> Text:
        role = form.cleaned_data["role"]
        accounts.assign_role(user_id=user.pk, role_id=role.pk, actor=self.actor(request))
        return format_text(_("{name} now has the role {role}."), name=user.name, role=role)

    @admin_action(
        _("Take a role away"),
        form=RemoveRoleForm,
        permissions=MANAGE,
        icon="remove_moderator",
        shown_if=lambda user: bool(user.role_names),
    )
    def take_role(self, request: HttpRequest, user: User, form: RemoveRoleForm) -> Text:
        role = form.cleaned_data["role"]
        accounts.remove_role(user_id=user.pk, role_id=role.pk, actor=self.actor(request))
        return format_text(_("{name} no longer has the role {role}."), name=user.name, role=role)

    @admin_action(
        _("Activate"), shown_if=_inactive, icon="check_circle", question=_("The account can be used again at once.")
    )
    def activate(self, request: HttpRequest, user: User, form: ActionForm) -> Text:
        accounts.activate_user(user_id=user.pk, actor=self.actor(request))
        return format_text(_("{name} can sign in again."), name=user.name)

    @admin_action(
        _("Deactivate"),
        shown_if=_active,
        icon="block",
        variant=ActionVariant.DANGER,
        question=_("The account is switched off, and all its sessions end at once."),
    )
    def deactivate(self, request: HttpRequest, user: User, form: ActionForm) -> Text:
        accounts.deactivate_user(user_id=user.pk, actor=self.actor(request))
        return format_text(_("{name} is signed out everywhere and can no longer sign in."), name=user.name)


def _labels(names: Iterable[Text]) -> SafeString | str:
    return format_html_join(" ", "{}", ((label(str(name), {}, text=name, given=True),) for name in names)) or EMPTY


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the valid permissions, grouped by resource."""
    groups = [
        (resource, [(name, name) for name in VALID_PERMISSIONS if name.partition(":")[0] == resource])
        for resource in ACTIONS
    ]
    return [*groups, ("everything", [(ALL_PERMISSIONS, ALL_PERMISSIONS)])]


class RoleForm(RecordForm):
    permissions = forms.MultipleChoiceField(
        choices=_choices,
        required=False,
        widget=widgets.UnfoldAdminSelect2MultipleWidget,
        help_text=_("What users with this role may do. You can only grant permissions that you hold yourself."),
        label=_("Permissions"),
    )

    class Meta:
        model = Role
        fields = ("name", "description", "permissions")


@admin.register(Role)
class RoleAdmin(RecordAdmin):
    resources = ("roles",)
    export_fields = "__all__"
    create_input = update_input = RoleInputSerializer
    form = RoleForm
    list_display = ("name_shown", "description_shown", "permission_labels", "holder_count")
    search_fields = ("name", "description")
    ordering = ("name",)
    fields: ClassVar[Any] = ("name", "description", "permissions")
    readonly_fields = ("name_shown", "description_shown")
    record_actions = ("remove",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = (*self.readonly_fields, "permissions")
        return shown if isinstance(obj, Role) and obj.is_default else self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(holders_number=Count("holders"))
        return counted

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return roles.create_role(values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        roles.update_role(role_id=pk, values=values, actor=actor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and self.has_resource_permission(request, "manage")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        fixed = isinstance(obj, Role) and obj.is_default
        return not fixed and self.has_add_permission(request)

    @display(description=_("name"), ordering="name")
    def name_shown(self, role: Role) -> Text:
        return shown_role(role.name)

    @display(description=_("description"), ordering="description")
    def description_shown(self, role: Role) -> Text:
        return shown_description(role.name, role.description) or EMPTY

    @display(description=_("permissions"))
    def permission_labels(self, role: Role) -> SafeString | str:
        shown = _labels(role.permissions[:SHOWN])
        more = len(role.permissions) - SHOWN
        return format_html_join(" ", "{}", ((shown,), (f"+ {more}",))) if more > 0 else shown

    @display(description=_("held by"), ordering="holders_number")
    def holder_count(self, role: Any) -> int:
        count: int = role.holders_number
        return count

    @admin_action(
        _("Delete"),
        permissions=MANAGE,
        shown_if=lambda role: not role.is_default,
        icon="delete",
        variant=ActionVariant.DANGER,
        question=_("This deletes the role permanently. Nobody may hold it."),
        deletes_record=True,
    )
    def remove(self, request: HttpRequest, role: Role, form: ActionForm) -> Text:
        roles.delete_role(role_id=role.pk, actor=self.actor(request))
        return format_text(_("The role {role} is deleted."), role=role)


SHOWN = 6
"""The maximum number of permissions of a role in the list."""
