"""The form that the PDF of a document is requested in."""

from drf_spectacular.utils import OpenApiParameter

from billing.e_invoices.profiles import Profile
from billing.filters import HybridPdfFilterSet, PdfFilterSet
from skeleton.identity.choices import Language
from skeleton.rest.listing import parse_filters
from skeleton.rest.viewsets import ApiViewSet

LANGUAGE = OpenApiParameter(
    "language",
    {"type": "string", "enum": Language.values},
    description="The language of the document. Defaults to the customer's, or else to your own.",
)


def wanted_language(view: ApiViewSet) -> str | None:
    """Return the requested language of a document, or None. Raises BadRequest."""
    asked: str | None = parse_filters(view.request.query_params, PdfFilterSet).get("language")
    return asked


HYBRID = OpenApiParameter(
    "profile",
    {"type": "string", "enum": [Profile.FACTURX.value]},
    description="`facturx`: as it was sent, with the e-invoice inside the PDF (Factur-X, ZUGFeRD).",
)


def wanted_form(view: ApiViewSet) -> tuple[str | None, bool]:
    """Return the requested language of a document, or None, and whether its e-invoice goes inside.

    Raises BadRequest.
    """
    asked = parse_filters(view.request.query_params, HybridPdfFilterSet)
    return asked.get("language"), asked.get("profile") == Profile.FACTURX
