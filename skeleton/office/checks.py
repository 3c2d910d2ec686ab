"""System checks of admin classes: refuse Django's hooks that have no effect here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib.admin.views.main import ChangeList
from django.core.checks import Error
from unfold.checks import UnfoldModelAdminChecks

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

WRITES = {
    "save_formset": "Child rows are part of the record's body: override create_record() and update_record().",
    "delete_model": "Deleting is an action: call the service there.",
    "delete_queryset": "Deleting is an action: call the service there.",
    "lookup_allowed": "Lists accept the parameters of list_filter only.",
    "get_deleted_objects": "Deleting is an action: call the service there.",
    "get_autocomplete_fields": "Use an AutocompleteField in the form instead.",
}
"""Methods of ModelAdmin that would not be called, or whose result would be ignored."""


class AdminChecks(UnfoldModelAdminChecks):
    """The checks of Django and unfold, and errors for hooks that would be ignored."""

    def check(self, admin_obj: "ReadOnlyAdmin", **kwargs: object) -> list[object]:
        found: list[object] = super().check(admin_obj, **kwargs)
        return [*found, *_unused(admin_obj), *_overridden(admin_obj), *_foreign_inlines(admin_obj)]


def _unused(screen: object) -> Iterator[Error]:
    for name, hint in UNUSED.items():
        if getattr(screen, name, None):
            yield _error(screen, "E101", f"{name!r} has no effect in this back office.", hint)


def _overridden(screen: object) -> Iterator[Error]:
    for name, hint in WRITES.items():
        owner = next((base for base in type(screen).__mro__ if name in vars(base)), None)
        if owner is not None and not _is_base(owner):
            yield _error(screen, "E102", f"{name}() would never be called.", hint)


def _foreign_inlines(screen: "ReadOnlyAdmin") -> Iterator[Error]:
    for inline in screen.inlines:
        if not getattr(inline, "follows_parent", False):
            hint = "Subclass an inline class of skeleton.office.admins, which asks the parent's permissions."
            yield _error(screen, "E103", f"The inline {inline.__name__} would be shown to nobody.", hint)


def _is_base(owner: type) -> bool:
    return owner.__module__.startswith(("django.", "unfold.", "skeleton.office."))


def _error(screen: object, number: str, text: str, hint: str) -> Error:
    return Error(text, hint=hint, obj=type(screen), id=f"skeleton.{number}")


def require_checked_list(kind: type[ChangeList], ours: type[ChangeList]) -> type[ChangeList]:
    """Return `kind` if it checks its parameters. Raises TypeError otherwise, as it would accept every lookup."""
    if not issubclass(kind, ours):
        raise TypeError(f"{kind.__name__} must subclass {ours.__name__}, or its list would accept any lookup.")
    return kind
