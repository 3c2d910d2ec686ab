"""The API of the VAT report."""

from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.reports import DateRange
from accounting.serializers import PlainSerializer, SignedMoneyField
from accounting.tables import CSV, FORMAT, csv_response
from billing.filters import VatFilterSet
from billing.vat_report import vat_report, vat_rows
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest
from skeleton.rest.actions import action
from skeleton.rest.fields import CurrencyField, DateField, NumberField, TextField, UUIDField
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet

_DAY = {"type": "string", "format": "date"}


class VatRowSerializer(PlainSerializer):
    category = TextField(allow_null=True, help_text="Of EN 16931: S, Z, E, AE, K, G or O. Null for 0 without a code.")
    rate = NumberField(places=4, help_text="Percent.")
    base = SignedMoneyField()
    tax = SignedMoneyField()


class VatDocumentSerializer(VatRowSerializer):
    date = DateField(help_text="The day of its entry.")
    kind = TextField(help_text="invoice, credit_note, cancellation, write_off or write_off_undone.")
    document_id = UUIDField(help_text="Of a write-off and its undoing, the invoice's.")
    number = TextField()
    customer_id = UUIDField()
    customer_name = TextField()


class VatInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    rows = VatRowSerializer(many=True)
    total_base = SignedMoneyField()
    total_tax = SignedMoneyField()
    booked = SignedMoneyField(help_text="The movement of the tax accounts.")
    difference = SignedMoneyField(help_text="`booked` − `total_tax`: what was posted to the tax accounts by hand.")
    documents = VatDocumentSerializer(many=True)


class VatReportSerializer(PlainSerializer):
    from_date = DateField()
    to_date = DateField()
    currencies = VatInCurrencySerializer(many=True)


class VatReportViewSet(ApiViewSet):
    tag = "Reports"
    permission_classes = [HasPermission("accounting")]
    extra_parameters: ClassVar[dict[str, Any]] = {
        "vat": (
            OpenApiParameter("from_date", _DAY, description="The first day. Defaults to 1 January of the last day."),
            OpenApiParameter("to_date", _DAY, description="The last day. Defaults to today."),
            FORMAT,
        )
    }

    @action(
        detail=False,
        url_path="vat",
        summary="Get the VAT report",
        output=VatReportSerializer,
        errors=(400,),
        media=(CSV,),
        operation="getVatReport",
    )
    def vat(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """Base and tax by category and rate, with the documents behind, each on the day of its entry.

        Credit notes, write-offs that correct the tax, and invoices that were cancelled before there were credit notes
        are negative.
        """
        asked = parse_filters(request.query_params, VatFilterSet)
        last = asked.get("to_date") or today()
        first = asked.get("from_date") or last.replace(month=1, day=1)
        if first > last:
            raise BadRequest(_("from_date is after to_date."), details={"from_date": _("Must not be after to_date.")})
        report = vat_report(DateRange(first, last))
        if asked.get("format") == "csv":
            return csv_response("vat", vat_rows(report))
        return JsonResponse(report)
