"""The back-office screen for files: the user's own, or all files with the permission `files:*`."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from skeleton.files import services
from skeleton.files.downloads import download_response
from skeleton.files.models import File
from skeleton.kernel.errors import ServiceUnavailable
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action, download
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.filters import DateTimeRangeFilter


@admin.register(File)
class FileAdmin(ReadOnlyRecordAdmin):
    resources = ("files",)
    export_fields = "__all__"
    list_display = ("name", "mime_type", "size_shown", "purpose", "owner", "created_at")
    list_filter = (("created_at", DateTimeRangeFilter),)
    search_fields = ("name", "purpose")
    list_select_related = ("owner",)
    readonly_fields = ("name", "mime_type", "size_shown", "purpose", "owner", "created_at", "checksum")
    fieldsets = (
        (None, {"fields": (("name", "purpose"), ("mime_type", "size_shown"), ("owner", "created_at"), "checksum")}),
    )
    record_actions: ClassVar[Any] = ("download", "remove")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("owner")
        return rows

    @display(description=_("size"), ordering="size")
    def size_shown(self, file: File) -> str:
        return filesizeformat(file.size)

    @download(_("Download"), permissions=("files:read",), icon="download")
    def download(self, request: HttpRequest, file: File) -> HttpResponseBase:
        try:
            return download_response(file, request.META)
        except FileNotFoundError:
            messages.error(request, _("The content of this file is missing from the storage."))
        except ServiceUnavailable as away:
            messages.error(request, away.message)
        return HttpResponseRedirect(self.change_url(file))

    @admin_action(
        _("Delete"),
        question=_("This deletes the file permanently."),
        icon="delete",
        variant=ActionVariant.DANGER,
        deletes_record=True,
    )
    def remove(self, request: HttpRequest, file: File, form: Any) -> Text:
        services.delete_file(file_id=file.pk, actor=self.actor(request))
        return format_text(_("{name} is deleted."), name=file.name)
