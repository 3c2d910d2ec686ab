"""System checks of admins with imports: refuse hooks that an import would not ask, as a job has no request."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.checks import Error

from skeleton.office.checks import AdminChecks, admin_error, newer, overridden

if TYPE_CHECKING:
    from skeleton.importexport.import_admin import ImportableAdmin

_ROWS = "Override rows(actor), which pages, exports and imports read."
_PERMISSION = "Override can_import(actor) in the same class too; rows(actor) hides single rows."
_FORM = (
    "Override create_record(values, actor) and update_record(pk, values, actor), or create_row() and update_row() too."
)

ROWS = ("get_queryset", "get_object")
"""Hooks for the rows of a request, which an import doesn't find."""

NOT_ASKED: dict[str, tuple[tuple[str, ...], str]] = {
    "has_view_permission": (("can_import",), _PERMISSION),
    "has_add_permission": (("can_import",), _PERMISSION),
    "has_change_permission": (("can_import",), _PERMISSION),
    "get_readonly_fields": (
        ("table", "export_fields"),
        "Declare readonly_fields, which are not imported, or a table with read-only columns.",
    ),
    "create_from_form": (("create_row",), _FORM),
    "update_from_form": (("update_row",), _FORM),
}
"""Hooks that depend on a request or a form, those that an import asks instead, and what to do."""


class ImportableAdminChecks(AdminChecks):
    """The checks of all admins, and errors for hooks that an import would not ask."""

    def check(self, admin_obj: "ImportableAdmin", **kwargs: object) -> list[object]:
        return [*super().check(admin_obj, **kwargs), *_not_asked(admin_obj)]


def _not_asked(screen: "ImportableAdmin") -> Iterator[Error]:
    for name in overridden(type(screen), ROWS):
        yield admin_error(screen, "E108", f"Imports do not call {name}().", _ROWS)
    for name, (instead, hint) in NOT_ASKED.items():
        for hook in newer(screen, (name,), than=instead):
            yield admin_error(screen, "E108", f"Imports do not call {hook}().", hint)
