"""The API of what a customer owes: balance and statement of account."""

from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, csv_response
from billing.customer_serializers import CustomerBalanceSerializer, StatementSerializer
from billing.document_language import LANGUAGE
from billing.filters import StatementFilterSet
from billing.services.documents import statement_pdf
from billing.statements import StatementPeriod, customer_balance, customer_name, customer_statement, statement_rows
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest
from skeleton.rest.actions import action
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet

_DAY = {"type": "string", "format": "date"}
_STATEMENT = (
    OpenApiParameter(
        "from_date", _DAY, description="The first day. Earlier documents are in the opening balance. Defaults to all."
    ),
    OpenApiParameter("to_date", _DAY, description="The last day. Defaults to today."),
    OpenApiParameter("currency", {"type": "string"}, description="Only this currency."),
    OpenApiParameter(
        "format",
        {"type": "string", "enum": ["json", "csv", "pdf"], "default": "json"},
        description="`csv` and `pdf` have amounts in whole units (1550.00) instead of cents.",
    ),
    LANGUAGE,
)


class CustomerAccountViewSet(ApiViewSet):
    tag = "Customers"
    permission_classes = [HasPermission("invoices")]
    extra_parameters: ClassVar[dict[str, Any]] = {"statement": _STATEMENT}

    @action(
        detail=True,
        methods=["get"],
        summary="Get the balance",
        output=CustomerBalanceSerializer,
        envelope="list",
        errors=(400, 404),
        operation="getCustomerBalance",
    )
    def balance(self, request: Request, pk: str) -> HttpResponse:
        """What is open on sent invoices, how much of it is overdue, and what is on account: paid or credited, but not
        allocated to an invoice. One item for each currency in which anything is open or on account."""
        parse_filters(request.query_params, None)
        customer_name(self.pk, actor=self.actor)
        return JsonResponse({"data": customer_balance(self.pk)})

    @action(
        detail=True,
        methods=["get"],
        summary="Get the statement of account",
        output=StatementSerializer,
        errors=(400, 404),
        media=(CSV, PDF),
        operation="getCustomerStatement",
    )
    def statement(self, request: Request, pk: str) -> HttpResponse | StreamingHttpResponse:
        """Invoices, payments, credit notes, refunds and write-offs by day, with the balance after each.

        A balance is what is open less what is on account. Allocations change neither, so they are not listed.
        """
        asked = parse_filters(request.query_params, StatementFilterSet)
        period = StatementPeriod(asked.get("from_date"), asked.get("to_date") or today())
        if period.first and period.first > period.last:
            raise BadRequest("from_date is after to_date.", details={"from_date": "Must not be after to_date."})
        found = customer_statement(self.pk, period, asked.get("currency"), actor=self.actor)
        if asked.get("format") == "pdf":
            file = statement_pdf(found, language=asked.get("language") or self.actor.language)
            return PdfResponse(file.name, file.pdf)
        if asked.get("format") == "csv":
            return csv_response("statement", statement_rows(found))
        return JsonResponse(found)
