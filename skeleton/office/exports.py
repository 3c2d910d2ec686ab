"""Export of lists to files, with exactly the rows that match the filters, the search and `visible_to`."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from skeleton.office.csv_formats import csv_format_choices, dialect_for
from skeleton.office.parameters import BadParameter, validates_parameters
from skeleton.office.tables.spreadsheets import table_response
from skeleton.office.tables.table import Table, table_for_model

FORMATS = ("csv", "xlsx")

PAGE_PARAMETERS = (PAGE_VAR, ALL_VAR)
"""List parameters that the export doesn't accept, because it contains all pages."""

NO_PAGES_MESSAGE = _("An export contains all pages. Remove this parameter from the address.")


class ExportMixin:
    """Mixin of all screens: export buttons above the list."""

    table: ClassVar[Table | None] = None
    """The columns. By default, the model's own fields, read-only."""

    export_fields: ClassVar[Sequence[str] | Literal["__all__"]] = "__all__"
    """The names of those columns that exports and imports have.

    Neither the form's fields nor the list's columns limit them. So a class that declares which fields its pages show
    declares this (or `table`) as well, or `manage.py check` refuses it.
    """

    change_list_template = "skeleton/admin/change_list.html"
    opts: Any
    model: Any
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        exports = [path(f"export.{kind}", view, {"kind": kind}, self.url_name("export", kind)) for kind in FORMATS]
        return [*exports, *super().get_urls()]  # type: ignore[misc]

    def url_name(self, *parts: str) -> str:
        """Return the name of one of the admin's URLs."""
        return "_".join((self.opts.app_label, self.opts.model_name, *parts))

    def url_for(self, *parts: str, **kwargs: Any) -> str:
        """Return the URL of one of the screen's pages."""
        return reverse(f"{self.admin_site.name}:{self.url_name(*parts)}", **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        kept = request.GET.copy()
        for name in PAGE_PARAMETERS:
            kept.pop(name, None)
        query = f"?{kept.urlencode()}" if kept else ""
        links = {
            "exports": [(kind.upper(), self.url_for("export", kind) + query) for kind in FORMATS],
            "csv_formats": csv_format_choices(request),
            "import_link": self.import_link(request),
        }
        return super().changelist_view(request, {**links, **(extra_context or {})})  # type: ignore[misc,no-any-return]

    def import_link(self, request: HttpRequest) -> str | None:
        """Return the address of the import page if the user may import (`skeleton.importexport.import_admin`)."""
        return None

    @cached_property
    def file_table(self) -> Table:
        """The columns of exports and imports: those of `table` that `export_fields` names."""
        table = self.table or table_for_model(self.model)
        return table if self.export_fields == "__all__" else table.only(self.export_fields)

    def export_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the records that `table` shows for the rows of the list: by default the same."""
        return rows

    @validates_parameters
    def export(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Stream all pages of the current list as CSV or XLSX."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        for name in PAGE_PARAMETERS:
            if name in request.GET:
                raise BadParameter(name, NO_PAGES_MESSAGE)
        rows = self.export_rows(self.get_changelist_instance(request).queryset)  # type: ignore[attr-defined]
        name = str(self.opts.verbose_name_plural).replace(" ", "-")
        return table_response(name, self.file_table.lines(rows), xlsx=kind == "xlsx", dialect=dialect_for(request))
