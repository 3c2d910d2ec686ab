"""The language that a document is requested in."""

from drf_spectacular.utils import OpenApiParameter

from billing.filters import PdfFilterSet
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
