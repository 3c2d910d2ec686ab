"""System checks of admin classes: refuse Django's hooks that have no effect here, and name the ones that do."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.checks import Error
from django.forms import BaseForm
from unfold.checks import UnfoldModelAdminChecks

from skeleton.db.search import kind_of_text
from skeleton.office.forms import RecordForm
from skeleton.office.tables.table import table_for_model
from skeleton.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from skeleton.office.admins import ReadOnlyAdmin

UNUSED = {
    "date_hierarchy": "Declare a DateRangeFilter in list_filter instead.",
    "list_editable": "Lists are read-only; offer an action instead.",
    "autocomplete_fields": "Use an AutocompleteField in the form instead, which reads the other screen's rows.",
    "raw_id_fields": "Use an AutocompleteField in the form instead, which reads the other screen's rows.",
    "save_as": "Records are created from an empty form only.",
}
"""Options of ModelAdmin that have no effect here, and what to use instead."""

_ACTIONS = "Use record_actions and bulk_actions with @admin_action or @download, which ask can_run()."

UNASKED_ACTIONS = {
    "actions_detail": "replaces record_actions and does not ask can_run()",
    "actions_submit_line": "has no effect: a form only writes the body of an API request",
}
"""Actions of unfold that are refused."""

ACTIONS = ("actions", "actions_row", "actions_list")
"""Actions of Django and unfold, which do not ask `can_run`."""

_SAVING = (
    "A form writes the body of an API request: override create_record(values, actor) and update_record(pk, values, "
    "actor), or create_from_form() and update_from_form()."
)
_DELETING = "Deleting is an action (@admin_action with deletes_record=True): call the service there."

WRITES = {
    "save_form": _SAVING,
    "save_model": _SAVING,
    "save_related": _SAVING,
    "save_formset": "Child rows are part of the record's body: override create_record() and update_record().",
    "has_delete_permission": _DELETING,
    "delete_view": _DELETING,
    "delete_model": _DELETING,
    "delete_queryset": _DELETING,
    "get_deleted_objects": _DELETING,
    "response_delete": _DELETING,
    "log_deletions": _DELETING,
    "lookup_allowed": "Lists accept the parameters of list_filter only.",
    "get_autocomplete_fields": "Use an AutocompleteField in the form instead.",
}
"""Methods of ModelAdmin that would not be called, or whose result would be ignored."""

FORM_WRITES = ("save", "save_m2m", "_save_m2m")
FORMSET_WRITES = ("save", "save_new", "save_existing", "delete_existing")

SHOWN_FIELDS = (
    "fields",
    "fieldsets",
    "exclude",
    "list_display",
    "get_fields",
    "get_fieldsets",
    "get_exclude",
    "get_list_display",
    "get_form",
    "formfield_for_dbfield",
    "form",
    "inlines",
    "get_inlines",
    "get_inline_instances",
    "get_formsets_with_inlines",
)
"""Declarations of what the pages show, which a file doesn't follow."""

WRITING_PERMISSIONS = (
    ("has_add_permission", "create_input", "create_from_form", "add_view"),
    ("has_change_permission", "update_input", "update_from_form", "change_view"),
)
"""Permissions of Django, the input serializer that each needs, and the method or the page that can do without it."""


class AdminChecks(UnfoldModelAdminChecks):
    """The checks of Django and unfold, and errors for hooks that would be ignored."""

    def check(self, admin_obj: "ReadOnlyAdmin", **kwargs: object) -> list[object]:
        misnamed = list(_misnamed_actions(admin_obj))
        if misnamed:
            return misnamed  # other checks need the actions
        found: list[object] = super().check(admin_obj, **kwargs)
        rules = (_unused, _overridden, _foreign_inlines, _forms, _files, _access, _permissions, _search)
        return [*found, *(error for rule in rules for error in rule(admin_obj))]


def _unused(screen: object) -> Iterator[Error]:
    for name, hint in UNUSED.items():
        if getattr(screen, name, None):
            yield admin_error(screen, "E101", f"{name!r} has no effect in this back office.", hint)


def _search(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    for path in screen.search_fields:
        if kind_of_text(screen.model, path) is None:
            text = f"search_fields: {path!r} is no text, so it can't be searched."
            yield admin_error(screen, "E110", text, "Name columns only: `db.search` folds them and finds the words.")


def _overridden(screen: object) -> Iterator[Error]:
    for name in overridden(type(screen), WRITES):
        yield admin_error(screen, "E102", f"{name}() would have no effect.", WRITES[name])


def _foreign_inlines(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    for inline in screen.inlines:
        if not getattr(inline, "follows_parent", False):
            yield admin_error(screen, "E103", _foreign(inline), _OWN_INLINE)
        elif hasattr(screen, "create_from_form") and not (inline.read_only or _is_list(inline)):
            yield admin_error(screen, "E103", f"{inline.__name__} {SAVES_NOTHING}", _SAVING_INLINE)


def _is_list(inline: Any) -> bool:
    """Return whether the inline's formset is a ChildListFormSet."""
    return hasattr(inline.formset, "request_body")


def _forms(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    """Refuse forms that would be expected to save: the record's, and those of its parts."""
    if hasattr(screen, "create_from_form") and not issubclass(screen.form, RecordForm):
        yield admin_error(screen, "E104", f"{screen.form.__name__} must subclass RecordForm.", _OWN_FORM)
    for name in ("create_input", "update_input"):
        body = getattr(screen, name, None)
        if body is not None and not (isinstance(body, type) and issubclass(body, InputSerializer)):
            hint = "Derive it from skeleton.rest.serializers.InputSerializer."
            yield admin_error(screen, "E104", f"{name} {body} is not an InputSerializer.", hint)
    for form in (screen.form, *(inline.form for inline in screen.inlines)):
        for name in overridden(form, FORM_WRITES):
            yield admin_error(screen, "E104", f"{form.__name__}.{name}() would have no effect.", _SAVING)
    for formset in (inline.formset for inline in screen.inlines):
        for name in overridden(formset, FORMSET_WRITES):
            yield admin_error(screen, "E104", f"{formset.__name__}.{name}() would have no effect.", _SAVING)


def _files(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    """Refuse a class that limits what its pages show, without a decision about its files."""
    hint = "Declare export_fields in the same class: the names of the columns, or '__all__'."
    for name in newer(screen, SHOWN_FIELDS, than=("export_fields", "table")):
        yield admin_error(screen, "E105", f"{name} does not limit the columns of exports and imports.", hint)
    if screen.export_fields != "__all__":
        known = (screen.table or table_for_model(screen.model)).names
        unknown = ", ".join(sorted(set(screen.export_fields).difference(known)))
        if unknown:
            hint = f"The known ones are {', '.join(known)}."
            yield admin_error(screen, "E105", f"export_fields has unknown columns: {unknown}.", hint)


def _access(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    if isinstance(screen.resources, str):
        hint = f"Write resources = ({screen.resources!r},)."
        yield admin_error(screen, "E106", "resources must be a tuple: each letter would be one.", hint)
    if not screen.resources:
        hint = 'Declare them: resources = ("customers",), the first part of permissions such as customers:read.'
        yield admin_error(screen, "E106", "Without resources, nobody may see this screen.", hint)
    manager = screen.model._default_manager
    if not hasattr(manager, "visible_to") and not any(overridden(type(screen), ("rows",))):
        hint = "Add visible_to(actor) to the model's queryset, or override rows(actor)."
        yield admin_error(screen, "E106", f"{screen.model.__name__} does not say which rows an actor may see.", hint)


def _permissions(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    """Refuse permissions for forms that write nothing, and those that an action would not ask."""
    for name, body, writer, page in WRITING_PERMISSIONS:
        declared = getattr(screen, body, None) is not None or any(overridden(type(screen), (writer,)))
        writes = (declared and hasattr(screen, writer)) or any(overridden(type(screen), (page,)))
        if not writes and any(overridden(type(screen), (name,))):
            hint = f"Subclass RecordAdmin and set {body}, or remove the method."
            yield admin_error(screen, "E107", f"{name}() would have no effect: there is no form to write.", hint)
    for name in overridden(type(screen), UNASKED_ACTIONS):
        yield admin_error(screen, "E107", f"{name} {UNASKED_ACTIONS[name]}.", _ACTIONS)
    if any(overridden(type(screen), ("can_run",))):
        for name in overridden(type(screen), ACTIONS):
            if getattr(screen, name):
                yield admin_error(screen, "E107", f"{name} would not ask can_run().", _ACTIONS)
    for action in _own_permission_actions(screen):
        for name in newer(screen, ("has_change_permission",), than=(action, "can_run")):
            text = f"The action {action!r} has permissions of its own and does not ask {name}()."
            yield admin_error(screen, "E107", text, "Override can_run(request, action, record) in the same class too.")


def _misnamed_actions(screen: "ReadOnlyAdmin") -> Iterator[object]:
    for name in screen.bulk_actions:  # unfold refuses unknown `record_actions` when it makes their addresses
        if not hasattr(getattr(screen, name, None), "admin_action"):
            hint = "Name a method that is decorated with @admin_action or @download."
            yield admin_error(screen, "E109", f"There is no action {name!r}.", hint)


def _own_permission_actions(screen: "ReadOnlyAdmin") -> Iterator[str]:
    for name in {*screen._extract_action_names(screen.record_actions), *screen.bulk_actions}:
        action = screen.get_record_action(name)
        if action.permissions and action.changes_record:
            yield name


# --- which class declares what ----------------------------------------------------------------------------------------


def overridden(kind: type, names: Collection[str]) -> Iterator[str]:
    """Yield those of `names` that a class outside of Django, unfold and our bases declares."""
    for name in names:
        owner = _owner(kind, name)
        if owner is not None and not _is_base(owner):
            yield name


def newer(screen: object, names: Collection[str], *, than: Collection[str]) -> Iterator[str]:
    """Yield those of `names` that a more derived class declares than the one that declares any of `than`."""
    kind = type(screen)
    decided = min(_distance(kind, name) for name in than)
    for name in overridden(kind, names):
        if _distance(kind, name) < decided:
            yield name


def _owner(kind: type, name: str) -> type | None:
    return next((base for base in kind.__mro__ if name in vars(base)), None)


def _distance(kind: type, name: str) -> int:
    """Return how far from `kind` the class is that declares `name`: 0 is `kind` itself."""
    owner = _owner(kind, name)
    return len(kind.__mro__) if owner is None else kind.__mro__.index(owner)


def _is_base(owner: type) -> bool:
    return owner.__module__.startswith(("django.", "unfold.", "skeleton.office.", "skeleton.importexport.import_admin"))


def admin_error(screen: object, number: str, text: str, hint: str) -> Error:
    """Return an error about an admin class. `hint` says what to do."""
    return Error(text, hint=hint, obj=type(screen), id=f"skeleton.{number}")


# --- what is only known when a page is opened -------------------------------------------------------------------------

_OWN_INLINE = (
    "Subclass TabularChildListInline or StackedChildListInline of skeleton.office.records, or ReadOnlyInline of"
    " skeleton.office.admins: they ask the parent's permissions."
)
SAVES_NOTHING = "is not a list in the record's body, and would save nothing."
_SAVING_INLINE = (
    "Set its formset to a ChildListFormSet with the name of the list in the input serializer, or subclass"
    " ReadOnlyInline."
)
_OWN_FORM = "It converts what was entered to the body of an API request, which is what is written."


def _foreign(inline: type) -> str:
    return f"The inline {inline.__name__} would be shown to nobody."


def require_own_inline(inline: type) -> None:
    """Raise TypeError for an inline class that would be shown to nobody."""
    if not getattr(inline, "follows_parent", False):
        raise TypeError(f"{_foreign(inline)} {_OWN_INLINE}")


def require_record_form(form: type[BaseForm]) -> None:
    """Raise TypeError for a form class that is no RecordForm, or that would save by itself."""
    if not issubclass(form, RecordForm):
        raise TypeError(f"{form.__name__} must subclass RecordForm. {_OWN_FORM}")
    for name in overridden(form, FORM_WRITES):
        raise TypeError(f"{form.__name__}.{name}() would have no effect. {_SAVING}")


def require_checked_list(kind: type[ChangeList], ours: type[ChangeList]) -> type[ChangeList]:
    """Return `kind` if it checks its parameters. Raises TypeError otherwise, as it would accept every lookup."""
    if not issubclass(kind, ours):
        raise TypeError(f"{kind.__name__} must subclass {ours.__name__}, or its list would accept any lookup.")
    return kind
