"""The API of accounting reports and account ledgers, as JSON or CSV."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting import tables
from accounting.filters import LedgerFilterSet, ReportFilterSet
from accounting.fiscal_years import fiscal_year_of
from accounting.ledger import NEWEST_DATE_FIRST, iter_ledger, ledger_page
from accounting.reports import DateRange, balance_sheet, income_statement, trial_balance
from accounting.serializers import (
    BalanceSheetSerializer,
    IncomeStatementSerializer,
    LedgerSerializer,
    TrialBalanceSerializer,
)
from accounting.tables import CSV, FORMAT
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest
from skeleton.rest.actions import action
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import parse_list_query
from skeleton.rest.pagination import CursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet

Answer = HttpResponse | StreamingHttpResponse

_DAY = {"type": "string", "format": "date"}
_SPAN = (
    OpenApiParameter(
        "as_of",
        _DAY,
        description="Everything up to and including this day. Can't be combined with from_date or to_date.",
    ),
    OpenApiParameter("from_date", _DAY, description="Only what is dated on this day or later."),
    OpenApiParameter("to_date", _DAY, description="Only what is dated on this day or earlier. Defaults to today."),
    FORMAT,
)


class ReportViewSet(ApiViewSet):
    tag = "Reports"
    permission_classes = [HasPermission("accounting")]
    extra_parameters: ClassVar[dict[str, Any]] = {
        "trial_balance": _SPAN,
        "balance_sheet": _SPAN,
        "income_statement": _SPAN,
    }

    @action(
        detail=False,
        methods=["get"],
        url_path="trial-balance",
        summary="Get the trial balance",
        output=TrialBalanceSerializer,
        errors=(400,),
        media=(CSV,),
        operation="getTrialBalance",
    )
    def trial_balance(self, request: Request) -> Answer:
        """As of a day (today by default): the balance of each account, as a debit or a credit.

        For a period (`from_date`, `to_date`): the total debits and credits of each account. Both with opening balance,
        movement and closing balance: of the period, or of the fiscal year until the day.
        """
        return self._answer("trial-balance", trial_balance, tables.trial_balance_rows)

    @action(
        detail=False,
        methods=["get"],
        url_path="balance-sheet",
        summary="Get the balance sheet",
        output=BalanceSheetSerializer,
        errors=(400,),
        media=(CSV,),
        operation="getBalanceSheet",
    )
    def balance_sheet(self, request: Request) -> Answer:
        """As of a day (today by default): assets, liabilities and equity. For a period: how they changed."""
        return self._answer("balance-sheet", balance_sheet, tables.balance_sheet_rows)

    @action(
        detail=False,
        methods=["get"],
        url_path="income-statement",
        summary="Get the income statement",
        output=IncomeStatementSerializer,
        errors=(400,),
        media=(CSV,),
        operation="getIncomeStatement",
    )
    def income_statement(self, request: Request) -> Answer:
        """Revenue and expenses of a period, without the closing of years. Defaults to this fiscal year until today."""
        return self._answer("income-statement", income_statement, tables.income_statement_rows, this_year=True)

    def _answer(
        self,
        name: str,
        report: Callable[[DateRange], dict[str, Any]],
        rows: Callable[[dict[str, Any]], Iterable[tables.Row]],
        *,
        this_year: bool = False,
    ) -> Answer:
        asked = self._asked()
        found = report(_span(asked, this_year=this_year))
        if asked.get("format") == "csv":
            return tables.csv_response(name, rows(found))
        return JsonResponse(found)

    def _asked(self) -> dict[str, Any]:
        params = {name: values[-1] for name, values in self.request.query_params.lists()}
        for name in params:
            if name not in ReportFilterSet.base_filters:
                raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})
        return ReportFilterSet.clean(params)


def _span(asked: dict[str, Any], *, this_year: bool) -> DateRange:
    """Return the requested period. Raises BadRequest."""
    present = today()
    as_of: dt.date | None = asked.get("as_of")
    first: dt.date | None = asked.get("from_date")
    last: dt.date | None = asked.get("to_date")
    if as_of and (first or last):
        raise BadRequest("Give as_of, or from_date and to_date.", details={"as_of": "Not with from_date or to_date."})
    if as_of or not (first or last):
        return DateRange(None if as_of or not this_year else fiscal_year_of(present).first, as_of or present)
    if first and last and first > last:
        raise BadRequest("from_date is after to_date.", details={"from_date": "Must not be after to_date."})
    return DateRange(first, last or max(present, first or present))


class LedgerViewSet(ApiViewSet):
    tag = "Accounting"
    permission_classes = [HasPermission("accounting")]
    filterset_class = LedgerFilterSet
    ordering = NEWEST_DATE_FIRST
    pagination_class = CursorPagination
    extra_parameters: ClassVar[dict[str, Any]] = {"ledger": (FORMAT,)}

    @action(
        detail=True,
        methods=["get"],
        summary="List the account's ledger lines",
        output=LedgerSerializer,
        envelope="cursor",
        errors=(400, 404),
        media=(CSV,),
        operation="getAccountLedger",
    )
    def ledger(self, request: Request, pk: str) -> Answer:
        """Newest first, each line with the balance after it. The CSV has all lines, oldest first."""
        query = parse_list_query(
            request.query_params,
            filterset=LedgerFilterSet,
            ordering=NEWEST_DATE_FIRST,
            cursor_only=True,
            extra=("format",),
        )
        given = request.query_params.get("format", "")
        page = ledger_page(self.pk, query, actor=self.actor)
        if ReportFilterSet.clean({"format": given}).get("format") == "csv":
            return tables.csv_response("ledger", tables.ledger_rows(iter_ledger(self.pk, query, actor=self.actor)))
        return JsonResponse(page)
