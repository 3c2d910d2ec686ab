"""The API of invoices and payments, and of what is owed."""

from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, FORMAT, csv_answer
from billing.access import INVOICES, PAYMENTS
from billing.examples import INVOICE, LINE, PAYMENT
from billing.filters import AgingFilters, InvoiceFilters, PaymentFilters
from billing.reports import aging_rows, receivables_aging
from billing.serializers import (
    AgingOutput,
    CancelInput,
    InvoiceInput,
    InvoiceOutput,
    InvoiceRowOutput,
    InvoiceUpdateInput,
    LineInput,
    PaymentInput,
    PaymentOutput,
    RecordedPaymentOutput,
)
from billing.services import invoices, payments
from skeleton.core.access import visible
from skeleton.core.errors import BadRequest, NotFound
from skeleton.core.http import JsonResponse
from skeleton.core.listing import NEWEST_FIRST, Sorting, parse_list_query
from skeleton.core.operations import operation
from skeleton.core.reading import Reader
from skeleton.core.serializers import Empty
from skeleton.core.views import READ, WRITE, ApiView, ResourceView


class InvoiceView(ResourceView):
    tag = "Invoices"
    resources = ("invoices",)
    gate = INVOICES
    output = InvoiceOutput
    list_output = InvoiceRowOutput
    filterset = InvoiceFilters
    sorting = Sorting(
        keys={"number": "number_key", "total": "total", "due_date": "due_date", "created_at": "created_at"},
        default=NEWEST_FIRST,
    )

    @operation("POST", "", access=WRITE, summary="Create a draft", input=InvoiceInput, output=InvoiceOutput,
               status=201, errors=(409,), examples=(INVOICE,))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        """Numbered at once, `INV-<year>-<nnn>`, without gaps. The customer must be active."""
        return self.show(invoices.create_invoice(**self.parse(), actor=self.actor), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change due date or notes", input=InvoiceUpdateInput,
               partial=True, output=InvoiceOutput, errors=(404, 409))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        """The due date of drafts only, the notes always."""
        invoices.update_invoice(invoice_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/lines", access=WRITE, summary="Add a line", input=LineInput, output=InvoiceOutput,
               status=201, errors=(404, 409), examples=(LINE,))  # fmt: skip
    def add_line(self, request: Request, pk: str) -> HttpResponse:
        """To drafts only. Answers with the invoice."""
        invoices.add_line(invoice_id=self.pk, values=self.parse(), actor=self.actor)  # type: ignore[arg-type]
        return self.show(self.pk, 201)

    @operation(("PUT", "PATCH"), "/<pk>/lines/<line_id>", access=WRITE, summary="Change a line", input=LineInput,
               partial=True, output=InvoiceOutput, errors=(404, 409))  # fmt: skip
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the invoice."""
        invoices.update_line(
            invoice_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor
        )  # fmt: skip
        return self.show(self.pk)

    @operation("DELETE", "/<pk>/lines/<line_id>", access=WRITE, summary="Delete a line", output=InvoiceOutput,
               errors=(404, 409))  # fmt: skip
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the invoice."""
        invoices.delete_line(invoice_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/send", access=WRITE, summary="Send", input=Empty, output=InvoiceOutput,
               errors=(404, 409))  # fmt: skip
    def send(self, request: Request, pk: str) -> HttpResponse:
        """Needs a line. From now on only the notes can be changed. An invoice of 0 is paid at once."""
        self.parse()
        invoices.send_invoice(invoice_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/cancel", access=WRITE, summary="Cancel", input=CancelInput, output=InvoiceOutput,
               errors=(404, 409))  # fmt: skip
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        """A draft, or a sent invoice without payments."""
        invoices.cancel_invoice(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)


class InvoicePaymentView(ApiView):
    """The payments of one invoice."""

    tag = "Invoices"
    resources = ("invoices",)
    sorting = Sorting(keys={}, default=NEWEST_FIRST)
    filterset = None
    cursor_only = False
    payments: ClassVar[Reader] = Reader(PAYMENTS, PaymentOutput, filterset=PaymentFilters)

    @operation("GET", "", access=READ, summary="List the payments", output=PaymentOutput, envelope="page",
               errors=(400, 404))  # fmt: skip
    def list(self, request: Request, pk: str) -> HttpResponse:
        asked = parse_list_query(request.query_params, filterset=None, sorting=self.sorting)
        query = replace(asked, filters={"invoice_id": self.pk})
        read = self.payments.page if query.cursor is None else self.payments.after
        found = read(self.actor, query)
        if not found["items"] and not visible(INVOICES, self.actor).filter(pk=self.pk).exists():
            raise NotFound
        return JsonResponse(found)

    @operation("POST", "", access=WRITE, summary="Record a payment", input=PaymentInput, output=RecordedPaymentOutput,
               status=201, errors=(404, 409), examples=(PAYMENT,))  # fmt: skip
    def record(self, request: Request, pk: str) -> HttpResponse:
        """Of a sent invoice, at most what is due; with the last of it the invoice is paid."""
        recorded = payments.record_payment(invoice_id=self.pk, **self.parse(), actor=self.actor)
        payment = self.payments.one(self.actor, recorded.id)
        left = {"invoice_status": recorded.invoice_status, "amount_due": recorded.amount_due}
        return JsonResponse({**payment, **left}, 201)


class AgingView(ApiView):
    tag = "Reports"
    resources = ("accounting",)
    extra_parameters: ClassVar[dict[str, Any]] = {
        "aging": (
            OpenApiParameter(
                "as_of",
                {"type": "string", "format": "date"},
                description="At the end of this day (UTC), whatever happened later; today by default.",
            ),
            FORMAT,
        )
    }

    @operation("GET", "", access=READ, summary="Receivables aging", output=AgingOutput, errors=(400,),
               media=(CSV,))  # fmt: skip
    def aging(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """What each customer owes, by days past due. The totals are the balance of the receivable account."""
        params = {name: values[-1] for name, values in request.query_params.lists()}
        for name in params:
            if name not in AgingFilters.base_filters:
                raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})
        asked = AgingFilters.clean(params)
        report = receivables_aging(asked.get("as_of") or timezone.now().date())
        if asked.get("format") == "csv":
            return csv_answer("receivables-aging", aging_rows(report))
        return JsonResponse(report)
