"""The downloads of electronic invoices on the screens of invoices and credit notes, and the list of those kept."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.e_invoices.profiles import Profile
from billing.models import EInvoice
from billing.services.documents import PdfFile
from billing.services.e_invoices import Source, e_invoice
from skeleton.office.actions import download
from skeleton.office.admins import ReadOnlyInline
from skeleton.rest.http import XML, DownloadResponse, PdfResponse

E_INVOICE_MENU: dict[str, Any] = {
    "title": _("E-invoice"),
    "icon": "data_object",
    "items": ["e_invoice_xrechnung_ubl", "e_invoice_xrechnung_cii", "e_invoice_peppol", "e_invoice_facturx"],
}
"""The actions created by `xml_download` and `facturx_download`, as one menu."""


def xml_download(profile: Profile, source_of: Callable[..., Source]) -> Any:
    """Create the download of the XML in a profile. `source_of` takes the document's id and the actor."""

    def make(screen: Any, request: HttpRequest, document: Any) -> DownloadResponse:
        made = e_invoice(source_of(document.pk, screen.actor(request)), profile)
        return DownloadResponse(made.name, made.xml, XML)

    make.__name__ = f"e_invoice_{profile.value.replace('-', '_')}"
    return download(profile.label, permissions=("invoices:read",))(make)


def facturx_download(written: Callable[..., PdfFile], argument: str) -> Any:
    """Create the download of the PDF with its XML inside. `argument` is the parameter of `written` for the id."""

    def make(screen: Any, request: HttpRequest, document: Any) -> PdfResponse:
        made = written(**{argument: document.pk}, language=None, actor=screen.actor(request))
        return PdfResponse(made.name, made.pdf)

    make.__name__ = "e_invoice_facturx"
    return download(Profile.FACTURX.label, permissions=("invoices:read",))(make)


class EInvoiceInline(ReadOnlyInline):
    """The e-invoices of a sent document that were handed out. One is genuine if its SHA-256 is listed here."""

    model = EInvoice
    verbose_name_plural = _("E-invoices handed out")
    ordering = ("pk",)
    fields = readonly_fields = ("created_at", "profile", "checksum")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EInvoice]:
        rows: QuerySet[EInvoice] = super().get_queryset(request).defer("xml")
        return rows
