"""The API of electronic invoices, which invoices and credit notes have in common."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from billing.e_invoice_serializers import FindingSerializer
from billing.e_invoices.profiles import Profile
from billing.filters import EInvoiceFilterSet
from billing.services.e_invoices import Source, e_invoice, findings
from skeleton.kernel.translation import in_source_language
from skeleton.rest.actions import action
from skeleton.rest.http import XML, DownloadResponse, JsonResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.viewsets import ApiViewSet

PROFILE = OpenApiParameter(
    "profile",
    {"type": "string", "enum": Profile.values},
    description="The kind of e-invoice. Defaults to the customer's.",
)


class EInvoiceMixin(ApiViewSet):
    """Actions that make and check the electronic invoice of a document."""

    def get_source(self) -> Source:
        """Return the document. Raises NotFound."""
        raise NotImplementedError

    @action(
        detail=True,
        methods=["get"],
        summary="Download the e-invoice",
        envelope="document",
        media=(XML,),
        errors=(400, 404, 409, 422),
        operation="get{One}Xml",
    )
    def xml(self, request: Request, pk: str) -> HttpResponse:
        """XRechnung 3.0, Peppol BIS Billing 3.0, or the XML of Factur-X (profile EN 16931). The ETag is its SHA-256.

        That of a sent document is stored when it is first generated and returned unchanged. An e-invoice that its
        receiver would refuse isn't handed out: that is a 422 with what is missing. An imported invoice has none (409).
        """
        file = e_invoice(self.get_source(), self._profile())
        return DownloadResponse(file.name, file.xml, XML)

    @action(
        detail=True,
        methods=["get"],
        summary="Check the e-invoice",
        output=FindingSerializer,
        envelope="list",
        errors=(400, 404, 409),
    )
    def check(self, request: Request, pk: str) -> HttpResponse:
        """What keeps the e-invoice from being accepted, by business term of EN 16931. Empty if nothing does.

        An imported invoice has no e-invoice (409).
        """
        found = findings(self.get_source(), self._profile())
        rows: list[dict[str, Any]] = [
            {"term": each.term, "field": each.field, "message": in_source_language(each.message)} for each in found
        ]
        return JsonResponse({"data": rows})

    def _profile(self) -> Profile | None:
        asked = parse_filters(self.request.query_params, EInvoiceFilterSet).get("profile")
        return Profile(asked) if asked else None
