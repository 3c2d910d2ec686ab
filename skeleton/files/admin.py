"""The back-office screen for files: the user's own, or all files with the permission `files:*`."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from unfold.enums import ActionVariant

from skeleton.files import services
from skeleton.files.downloads import download_of
from skeleton.files.models import File
from skeleton.kernel.errors import ServiceUnavailable
from skeleton.office.acts import act, download
from skeleton.office.documents import DocumentAdmin
from skeleton.office.filters import TimesFilter
from skeleton.office.words import say


@admin.register(File)
class FileScreen(DocumentAdmin):
    resources = ("files",)
    list_display = ("name", "mime_type", "size_shown", "purpose", "owner", "created_at")
    list_filter = (("created_at", TimesFilter),)
    search_fields = ("name", "purpose")
    list_select_related = ("owner",)
    readonly_fields = ("name", "mime_type", "size_shown", "purpose", "owner", "created_at", "checksum")
    fieldsets = (
        (None, {"fields": (("name", "purpose"), ("mime_type", "size_shown"), ("owner", "created_at"), "checksum")}),
    )
    acts: ClassVar[Any] = ("download", "remove")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("owner")
        return rows

    @display(description="size", ordering="size")
    def size_shown(self, file: File) -> str:
        return filesizeformat(file.size)

    @download("Download", needs=("files:read",), icon="download")
    def download(self, request: HttpRequest, file: File) -> HttpResponseBase:
        try:
            return download_of(file, request.META)
        except FileNotFoundError:
            messages.error(request, say("The content of this file is missing from the storage."))
        except ServiceUnavailable as away:
            messages.error(request, say(away.message))
        return HttpResponseRedirect(self.page_of(file))

    @act(
        "Delete",
        question="The file will be gone for good.",
        icon="delete",
        variant=ActionVariant.DANGER,
        leaves=True,
    )
    def remove(self, request: HttpRequest, file: File, form: Any) -> str:
        services.delete_file(file_id=file.pk, actor=self.actor(request))
        return f"{file.name} is deleted."
