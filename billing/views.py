"""The API of orders, invoices and payments, and of what is owed."""

from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, FORMAT, csv_answer
from billing.access import INVOICES, ORDERS, PAYMENTS
from billing.choices import OrderStatus
from billing.examples import CONFIRM, INVOICE, LINE, ORDER, ORDER_LINE, PAYMENT
from billing.filters import AgingFilters, InvoiceFilters, OrderFilters, PaperFilters, PaymentFilters
from billing.reports import aging_rows, receivables_aging
from billing.serializers import (
    AgingOutput,
    CancelInput,
    InvoiceInput,
    InvoiceOrderInput,
    InvoiceOutput,
    InvoiceRowOutput,
    InvoiceUpdateInput,
    LineInput,
    OrderInput,
    OrderLineInput,
    OrderOutput,
    OrderRowOutput,
    OrderUpdateInput,
    PaymentInput,
    PaymentOutput,
    RecordedPaymentOutput,
    StatusInput,
)
from billing.services import documents, invoices, orders, payments
from billing.services.invoicing import invoice_order
from billing.services.transitions import change_status
from skeleton.db.access import visible
from skeleton.identity.choices import Language
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest, NotFound
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.listing import NEWEST_FIRST, Sorting, parse_filters, parse_list_query
from skeleton.rest.operations import operation
from skeleton.rest.permissions import needs
from skeleton.rest.reading import Reader
from skeleton.rest.serializers import Empty
from skeleton.rest.views import READ, WRITE, ApiView, ResourceView

LANGUAGE = OpenApiParameter(
    "language",
    {"type": "string", "enum": Language.values},
    description="Of the document; one's own by default.",
)


def wanted_language(view: ApiView) -> str:
    """The language that a document is asked for in, else that of whoever asks. Raises BadRequest."""
    asked = parse_filters(view.request.query_params, PaperFilters)
    return asked.get("language") or view.actor.language


class OrderView(ResourceView):
    tag = "Orders"
    resources = ("orders",)
    gate = ORDERS
    output = OrderOutput
    list_output = OrderRowOutput
    filterset = OrderFilters
    sorting = Sorting(keys={"number": "number_key", "total": "total", "created_at": "created_at"}, default=NEWEST_FIRST)
    extra_parameters: ClassVar[dict[str, Any]] = {"pdf": (LANGUAGE,)}

    @operation("POST", "", access=WRITE, summary="Create a draft", input=OrderInput, output=OrderOutput, status=201,
               errors=(409,), examples=(ORDER,))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        """Numbered at once, `ORD-<year>-<nnnnnn>`, without gaps. The customer and the items must be active."""
        return self.show(orders.create_order(**self.parse(), actor=self.actor), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change notes or shipping address",
               input=OrderUpdateInput, partial=True, output=OrderOutput, errors=(404, 409))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        """Of drafts only. The address merges field by field; null clears the whole of it."""
        orders.update_order(order_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/lines", access=WRITE, summary="Add a line", input=OrderLineInput, output=OrderOutput,
               status=201, errors=(404, 409), examples=(ORDER_LINE,))  # fmt: skip
    def add_line(self, request: Request, pk: str) -> HttpResponse:
        """To drafts only. Answers with the order."""
        orders.add_line(order_id=self.pk, values=self.parse(), actor=self.actor)  # type: ignore[arg-type]
        return self.show(self.pk, 201)

    @operation(("PUT", "PATCH"), "/<pk>/lines/<line_id>", access=WRITE, summary="Change a line", input=OrderLineInput,
               partial=True, output=OrderOutput, errors=(404, 409))  # fmt: skip
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only; another item keeps the price. Answers with the order."""
        orders.update_line(order_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("DELETE", "/<pk>/lines/<line_id>", access=WRITE, summary="Delete a line", output=OrderOutput,
               errors=(404, 409))  # fmt: skip
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the order."""
        orders.delete_line(order_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/status", access=WRITE, summary="Bring it into another state", input=StatusInput,
               output=OrderOutput, errors=(404, 409), examples=(CONFIRM,))  # fmt: skip
    def change_status(self, request: Request, pk: str) -> HttpResponse:
        """draft → pending, confirmed, cancelled; pending → confirmed, cancelled; confirmed → shipped, cancelled;
        shipped → delivered. `allowed_transitions` says what is possible now.

        Confirming needs a line and an active customer. It holds stock for every line; too little is a 409 with
        `available`. It needs room within the customer's credit limit, where there is one; else 409 with `credit_limit`,
        `exposure` (what is due on sent invoices, and what of confirmed orders no sent invoice asks for yet) and
        `order_total`, in minor units. Shipping issues what is held. Cancelling lets go of it, and is refused while an
        invoice of the order stands."""
        values = self.parse()
        values["status"] = OrderStatus(values["status"])
        change_status(order_id=self.pk, **values, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/invoice", access=needs("invoices:write"), summary="Invoice what is not invoiced yet",
               input=InvoiceOrderInput, output=InvoiceOutput, status=201, errors=(404, 409))  # fmt: skip
    def invoice(self, request: Request, pk: str) -> HttpResponse:
        """A draft invoice, once the order is confirmed. A line that is taken off it, or bills less, is left for the
        next one; cancelling it leaves all of its lines. Nothing left is a 409."""
        made = invoice_order(order_id=self.pk, **self.parse(), actor=self.actor)
        return JsonResponse(InvoiceView.reader().one(self.actor, made), 201)

    @operation("GET", "/<pk>/pdf", access=READ, summary="The order as PDF", envelope="document", media=(PDF,),
               errors=(400, 404))  # fmt: skip
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The confirmation of an order, once it is confirmed; PDF/A-3, made anew each time. ETag is its SHA-256."""
        paper = documents.paper_of_order(order_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


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

    extra_parameters: ClassVar[dict[str, Any]] = {"pdf": (LANGUAGE,)}

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

    @operation("GET", "/<pk>/pdf", access=READ, summary="The invoice as PDF", envelope="document", media=(PDF,),
               errors=(400, 404))  # fmt: skip
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """PDF/A-3, with the payments so far; ETag is its SHA-256.

        That of a sent invoice is kept as it was handed out, and shows seller and customer as they were at the sending.
        """
        paper = documents.paper_of_invoice(invoice_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


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
        report = receivables_aging(asked.get("as_of") or today())
        if asked.get("format") == "csv":
            return csv_answer("receivables-aging", aging_rows(report))
        return JsonResponse(report)
