"""The API of fiscal years: closing and reopening them."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.serializers import YearSerializer
from accounting.services import close_year, reopen_year
from accounting.year_queries import fiscal_years
from skeleton.kernel.errors import NotFound
from skeleton.rest.actions import action, describe
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet

_YEAR = OpenApiParameter(
    "year",
    {"type": "integer", "minimum": 1900, "maximum": 2998},
    OpenApiParameter.PATH,
    description="The calendar year in which the fiscal year begins.",
)


class YearViewSet(ApiViewSet):
    tag = "Accounting"
    object_names = ("fiscal year", "fiscal years")
    permission_classes = [HasPermission("accounting")]
    extra_parameters: ClassVar[dict[str, Any]] = {"close": (_YEAR,), "reopen": (_YEAR,)}

    @describe(summary="List fiscal years", output=YearSerializer, envelope="list", errors=(400,))
    def list(self, request: Request) -> HttpResponse:
        """The current fiscal year, and all that have transactions or are closed. Newest first, complete."""
        parse_filters(request.query_params, None)
        return JsonResponse({"data": fiscal_years()})

    @action(
        detail=False,
        methods=["post"],
        url_path="<year>/close",
        summary="Close a fiscal year",
        output=YearSerializer,
        errors=(404, 409),
    )
    def close(self, request: Request, year: str) -> HttpResponse:
        """Moves the year's result to retained earnings, by one `closing` transaction for each currency on its last day,
        and closes all its days. Until the year is reopened, nothing can be posted on that day or before.

        Refused (409) while that day is closed, or an earlier year with transactions is open.
        """
        close_year(year=_number(year), actor=self.actor)
        return self._show(year)

    @action(
        detail=False,
        methods=["post"],
        url_path="<year>/reopen",
        summary="Reopen a fiscal year",
        output=YearSerializer,
        errors=(404, 409),
    )
    def reopen(self, request: Request, year: str) -> HttpResponse:
        """Opens the days of the year, and reverses the transactions of its closing on the same day.

        Refused (409) while a later year is closed.
        """
        reopen_year(year=_number(year), actor=self.actor)
        return self._show(year)

    @staticmethod
    def _show(year: str) -> HttpResponse:
        """Return the year. One without transactions, which was reopened, is among the years, too."""
        return JsonResponse(next(row for row in fiscal_years(also=_number(year)) if row["year"] == _number(year)))


def _number(text: str) -> int:
    """Return the year in a path. Raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise NotFound
    return int(text)
