"""The API of orders, invoices and payments, and of what is owed."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, FORMAT, csv_answer
from billing.choices import OrderStatus
from billing.examples import CONFIRM, INVOICE, LINE, ORDER, ORDER_LINE, PAYMENT
from billing.filters import AgingFilterSet, InvoiceFilterSet, OrderFilterSet, PaperFilterSet
from billing.models import Invoice, Order, Payment
from billing.reports import aging_rows, receivables_aging
from billing.serializers import (
    AgingSerializer,
    CancelInputSerializer,
    InvoiceInputSerializer,
    InvoiceOrderInputSerializer,
    InvoiceRowSerializer,
    InvoiceSerializer,
    InvoiceUpdateInputSerializer,
    LineInputSerializer,
    OrderInputSerializer,
    OrderLineInputSerializer,
    OrderRowSerializer,
    OrderSerializer,
    OrderUpdateInputSerializer,
    PaymentInputSerializer,
    PaymentSerializer,
    RecordedPaymentSerializer,
    StatusInputSerializer,
)
from billing.services import documents, invoices, orders, payments
from billing.services.invoicing import invoice_order
from billing.services.transitions import change_status
from skeleton.identity.choices import Language
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest, NotFound
from skeleton.rest.actions import action, describe
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.permissions import HasPermission
from skeleton.rest.reading import reader_of
from skeleton.rest.serializers import EmptySerializer
from skeleton.rest.viewsets import ApiViewSet, CreateMixin, ListMixin, ModelViewSet

LANGUAGE = OpenApiParameter(
    "language",
    {"type": "string", "enum": Language.values},
    description="Of the document; one's own by default.",
)


def wanted_language(view: ApiViewSet) -> str:
    """The language that a document is asked for in, else that of whoever asks. Raises BadRequest."""
    asked = parse_filters(view.request.query_params, PaperFilterSet)
    return asked.get("language") or view.actor.language


class OrderViewSet(ModelViewSet):
    tag = "Orders"
    permission_classes = [HasPermission("orders")]
    serializer_class = OrderSerializer
    input_serializer_class = OrderInputSerializer
    update_input_serializer_class = OrderUpdateInputSerializer
    list_serializer_class = OrderRowSerializer
    filterset_class = OrderFilterSet
    ordering_fields = {"number": "number_key", "total": "total", "created_at": "created_at"}
    extra_parameters: ClassVar[dict[str, Any]] = {"pdf": (LANGUAGE,)}

    def get_queryset(self) -> QuerySet[Any]:
        return Order.objects.visible_to(self.actor)

    @describe(summary="Create a draft", errors=(409,), examples=(ORDER,))
    def perform_create(self, serializer: Any) -> Any:
        """Numbered at once, `ORD-<year>-<nnnnnn>`, without gaps. The customer and the items must be active."""
        return orders.create_order(**serializer.validated_data, actor=self.actor)

    @describe(summary="Change notes or shipping address", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """Of drafts only. The address merges field by field; null clears the whole of it."""
        orders.update_order(order_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        url_path="lines",
        summary="Add a line",
        input=OrderLineInputSerializer,
        status=201,
        errors=(404, 409),
        examples=(ORDER_LINE,),
    )
    def add_line(self, request: Request, pk: str) -> HttpResponse:
        """To drafts only. Answers with the order."""
        orders.add_line(order_id=self.pk, values=self.parse(), actor=self.actor)  # type: ignore[arg-type]
        return self.show(self.pk, 201)

    @action(
        detail=True,
        methods=["put", "patch"],
        url_path="lines/<line_id>",
        summary="Change a line",
        input=OrderLineInputSerializer,
        partial=True,
        errors=(404, 409),
    )
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only; another item keeps the price. Answers with the order."""
        orders.update_line(order_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409))
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the order."""
        orders.delete_line(order_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["patch"],
        url_path="status",
        summary="Bring it into another state",
        input=StatusInputSerializer,
        errors=(404, 409),
        examples=(CONFIRM,),
    )
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

    @action(
        detail=True,
        methods=["post"],
        permission="invoices:write",
        summary="Invoice what is not invoiced yet",
        input=InvoiceOrderInputSerializer,
        output=InvoiceSerializer,
        status=201,
        errors=(404, 409),
    )
    def invoice(self, request: Request, pk: str) -> HttpResponse:
        """A draft invoice, once the order is confirmed. A line that is taken off it, or bills less, is left for the
        next one; cancelling it leaves all of its lines. Nothing left is a 409."""
        made = invoice_order(order_id=self.pk, **self.parse(), actor=self.actor)
        return JsonResponse(reader_of(InvoiceSerializer).one(Invoice.objects.visible_to(self.actor), made), 201)

    @action(
        detail=True, methods=["get"], summary="The order as PDF", envelope="document", media=(PDF,), errors=(400, 404)
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The confirmation of an order, once it is confirmed; PDF/A-3, made anew each time. ETag is its SHA-256."""
        paper = documents.paper_of_order(order_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


class InvoiceViewSet(ModelViewSet):
    tag = "Invoices"
    permission_classes = [HasPermission("invoices")]
    serializer_class = InvoiceSerializer
    input_serializer_class = InvoiceInputSerializer
    update_input_serializer_class = InvoiceUpdateInputSerializer
    list_serializer_class = InvoiceRowSerializer
    filterset_class = InvoiceFilterSet
    ordering_fields = {"number": "number_key", "total": "total", "due_date": "due_date", "created_at": "created_at"}

    extra_parameters: ClassVar[dict[str, Any]] = {"pdf": (LANGUAGE,)}

    def get_queryset(self) -> QuerySet[Any]:
        return Invoice.objects.visible_to(self.actor)

    @describe(summary="Create a draft", errors=(409,), examples=(INVOICE,))
    def perform_create(self, serializer: Any) -> Any:
        """Numbered at once, `INV-<year>-<nnn>`, without gaps. The customer must be active."""
        return invoices.create_invoice(**serializer.validated_data, actor=self.actor)

    @describe(summary="Change due date or notes", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """The due date of drafts only, the notes always."""
        invoices.update_invoice(invoice_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        url_path="lines",
        summary="Add a line",
        input=LineInputSerializer,
        status=201,
        errors=(404, 409),
        examples=(LINE,),
    )
    def add_line(self, request: Request, pk: str) -> HttpResponse:
        """To drafts only. Answers with the invoice."""
        invoices.add_line(invoice_id=self.pk, values=self.parse(), actor=self.actor)  # type: ignore[arg-type]
        return self.show(self.pk, 201)

    @action(
        detail=True,
        methods=["put", "patch"],
        url_path="lines/<line_id>",
        summary="Change a line",
        input=LineInputSerializer,
        partial=True,
        errors=(404, 409),
    )
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the invoice."""
        invoices.update_line(invoice_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409))
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Of drafts only. Answers with the invoice."""
        invoices.delete_line(invoice_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Send",
        input=EmptySerializer,
        errors=(404, 409),
    )
    def send(self, request: Request, pk: str) -> HttpResponse:
        """Needs a line. From now on only the notes can be changed. An invoice of 0 is paid at once."""
        self.parse()
        invoices.send_invoice(invoice_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Cancel",
        input=CancelInputSerializer,
        errors=(404, 409),
    )
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        """A draft, or a sent invoice without payments."""
        invoices.cancel_invoice(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True, methods=["get"], summary="The invoice as PDF", envelope="document", media=(PDF,), errors=(400, 404)
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """PDF/A-3, with the payments so far; ETag is its SHA-256.

        That of a sent invoice is kept as it was handed out, and shows seller and customer as they were at the sending.
        """
        paper = documents.paper_of_invoice(invoice_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


class InvoicePaymentViewSet(CreateMixin, ListMixin):
    """The payments of one invoice."""

    tag = "Invoices"
    permission_classes = [HasPermission("invoices")]
    serializer_class = PaymentSerializer
    input_serializer_class = PaymentInputSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return Payment.objects.visible_to(self.actor).of_invoice(self.pk)

    @describe(summary="List the payments", errors=(400, 404))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().list(request, *args, **kwargs)

    def get_paginated_response(self, data: Any) -> Any:
        if not data["items"] and not Invoice.objects.visible_to(self.actor).filter(pk=self.pk).exists():
            raise NotFound
        return super().get_paginated_response(data)

    @describe(
        summary="Record a payment",
        output=RecordedPaymentSerializer,
        errors=(404, 409),
        examples=(PAYMENT,),
        operation="record",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Of a sent invoice, at most what is due; with the last of it the invoice is paid."""
        recorded = payments.record_payment(invoice_id=self.pk, **self.parse(), actor=self.actor)
        left = {"invoice_status": recorded.invoice_status, "amount_due": recorded.amount_due}
        return self.answer({**self.read_one(recorded.id), **left}, 201)


class AgingViewSet(ApiViewSet):
    tag = "Reports"
    permission_classes = [HasPermission("accounting")]
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

    @action(
        detail=False,
        url_path="receivables-aging",
        summary="Receivables aging",
        output=AgingSerializer,
        errors=(400,),
        media=(CSV,),
    )
    def aging(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """What each customer owes, by days past due. The totals are the balance of the receivable account."""
        params = {name: values[-1] for name, values in request.query_params.lists()}
        for name in params:
            if name not in AgingFilterSet.base_filters:
                raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})
        asked = AgingFilterSet.clean(params)
        report = receivables_aging(asked.get("as_of") or today())
        if asked.get("format") == "csv":
            return csv_answer("receivables-aging", aging_rows(report))
        return JsonResponse(report)
