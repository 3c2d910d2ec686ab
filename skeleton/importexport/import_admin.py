"""Admin base class for lists with imports. An import uses the serializers, services and permissions of the form."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from skeleton.importexport.checks import ImportableAdminChecks
from skeleton.importexport.forms import READ_AGAIN, Reading, ReadingForm, UploadForm
from skeleton.importexport.imports import apply_import, read_again, start_import
from skeleton.importexport.models import Import, ImportState
from skeleton.importexport.processing import RowPlan
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import DomainError
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.office.csv_formats import dialect_for
from skeleton.office.exports import FORMATS
from skeleton.office.records import RecordAdmin
from skeleton.office.tables.spreadsheets import table_response
from skeleton.office.tables.table import Table
from skeleton.rest.serializers import InputSerializer


class ImportableAdmin(RecordAdmin):
    """An admin whose list supports imports. Its `table` must have a key.

    A large file is processed by a job, which has no request. So rows come from `rows(actor)`, permission from
    `can_import(actor)`, and columns from `table`, `export_fields` and `readonly_fields`.
    """

    checks_class = ImportableAdminChecks
    table: ClassVar[Table]
    create_input: ClassVar[type[InputSerializer]]
    update_input: ClassVar[type[InputSerializer]]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("import/", view(self._import), name=self.url_name("import")),
            *(
                path(f"import/template.{kind}", view(self._template), {"kind": kind}, self.url_name("template", kind))
                for kind in FORMATS
            ),
            path("import/<import_id>/", view(self._show), name=self.url_name("import", "show")),
            path("import/<import_id>/progress/", view(self._progress), name=self.url_name("import", "progress")),
        ]
        return [*own, *super().get_urls()]

    # rows of a file

    def can_import(self, actor: Actor) -> bool:
        """Return whether the actor may read and write the records. Checked on each page, and before processing."""
        resources = self.resources
        return all(actor.can(*(f"{name}:{action}" for name in resources)) for action in ("read", "write"))

    def create_row(self, body: dict[str, Any], actor: Actor) -> UUID:
        """Create a record from a request body, as the API would, and return its id."""
        return self.create_record(self.create_input.parse(body, actor=actor), actor)

    def update_row(self, record: Any, body: dict[str, Any], actor: Actor) -> None:
        """Partially update a record from a request body, as the API would."""
        values = self.update_input.parse(body, partial=True, actor=actor, find_instance=lambda: record)
        self.update_record(record.pk, values, actor)

    def lock_order_key(self, plan: RowPlan) -> Any:
        """Return the sort key of a row: existing records by id, so that two imports cannot deadlock, then new ones."""
        return (plan.record is None, str(plan.record.pk) if plan.record else "", plan.row.number)

    @cached_property
    def file_table(self) -> Table:
        """The columns of exports and imports. Those in `readonly_fields` are not imported."""
        return super().file_table.read_only([name for name in self.readonly_fields if isinstance(name, str)])

    # pages

    def import_link(self, request: HttpRequest) -> str | None:
        return self.url_for("import") if self._may_import(request) else None

    def _may_import(self, request: HttpRequest) -> bool:
        """Return whether the actor may import, and use the list and both forms, as an import does what they do."""
        return (
            self.has_view_permission(request)
            and self.has_add_permission(request)
            and self.has_change_permission(request)
            and self.can_import(self.actor(request))
        )

    def _importer(self, request: HttpRequest) -> Actor:
        actor: Actor = self.actor(request)
        if not self._may_import(request):
            raise PermissionDenied
        return actor

    def _import(self, request: HttpRequest) -> HttpResponse:
        """Show the upload form, or start the import of the uploaded file."""
        actor = self._importer(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                started = start_import(
                    screen=self,
                    name=file.name,
                    content=file.read(),
                    actor=actor,
                    **form.chosen,
                )
            except DomainError as refusal:
                form.add_error("file", str(refusal.message))
            else:
                return HttpResponseRedirect(self.url_for("import", "show", args=[started]))
        templates = [(kind.upper(), self.url_for("template", kind)) for kind in FORMATS]
        return self._page(request, "exchange/upload.html", _("Import"), {"form": form, "templates": templates})

    def _template(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        self._importer(request)
        name = f"{self.opts.verbose_name_plural}-template".replace(" ", "-")
        rows = self.file_table.template()
        return table_response(name, rows, xlsx=kind == "xlsx", dialect=dialect_for(request))

    def _show(self, request: HttpRequest, import_id: str) -> HttpResponse:
        """Show the import's progress, preview or errors. A POST applies it, or reads the file again in another way."""
        actor = self._importer(request)
        import_ = self._own(import_id, actor)
        if request.method == "POST":
            return HttpResponseRedirect(self._next_page(request, import_, actor))
        context = {
            "import_": import_,
            "working": import_.state in (ImportState.CHECKING, ImportState.APPLYING),
            "progress_link": self.url_for("import", "progress", args=[import_.pk]),
            "report": import_.report,
            "message": gettext(import_.message) if import_.message else "",
            "again": self.url_for("import"),
            "reading": Reading.of(import_),
        }
        return self._page(
            request, "exchange/import.html", format_text(_("Import: {file}"), file=import_.file_name), context
        )

    def _next_page(self, request: HttpRequest, import_: Import, actor: Actor) -> str:
        form = ReadingForm(request.POST)
        try:
            if READ_AGAIN not in request.POST:
                apply_import(import_id=import_.pk, actor=actor)
            elif form.is_valid():
                started = read_again(screen=self, import_id=import_.pk, actor=actor, **form.chosen)
                return self.url_for("import", "show", args=[started])
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
        return request.path

    def _progress(self, request: HttpRequest, import_id: str) -> HttpResponse:
        import_ = self._own(import_id, self._importer(request))
        return JsonResponse({"state": import_.state, "done": import_.done, "total": import_.total})

    def _own(self, import_id: str, actor: Actor) -> Import:
        own = Import.objects.defer("content").filter(owner=actor.user_id, screen=self.opts.label_lower)
        pk = parse_uuid(import_id)
        found = own.filter(pk=pk).first() if pk else None
        if found is None:
            raise Http404
        return found

    def _page(self, request: HttpRequest, template: str, title: Text, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "subtitle": None,
                "columns": [(column, column.help) for column in self.file_table.columns],
                "key": self.file_table.key,
                "list_page": self.changelist_url,
                "media": self.media,
                **context,
            },
        )
