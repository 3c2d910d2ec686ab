"""The API of orders, invoices, payments and the receivables report."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, FORMAT, csv_response
from billing.choices import OrderStatus
from billing.examples import CONFIRM, INVOICE, LINE, ORDER, ORDER_LINE, PAYMENT
from billing.filters import AgingFilterSet, InvoiceFilterSet, OrderFilterSet, PdfFilterSet
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
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.listing import parse_filters
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import EmptySerializer
from skeleton.rest.viewsets import ApiViewSet, CreateMixin, ListMixin, ModelViewSet

LANGUAGE = OpenApiParameter(
    "language",
    {"type": "string", "enum": Language.values},
    description="The language of the document. Defaults to your own.",
)


def wanted_language(view: ApiViewSet) -> str:
    """Return the requested language of a document, or else the user's own. Raises BadRequest."""
    asked = parse_filters(view.request.query_params, PdfFilterSet)
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

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Order.objects.visible_to(self.actor)

    @describe(summary="Create a draft", errors=(409,), examples=(ORDER,))
    def perform_create(self, serializer: Any) -> Any:
        """The number is assigned now, without gaps: `ORD-<year>-<nnnnnn>`. Customer and items must be active."""
        return orders.create_order(**serializer.validated_data, actor=self.actor)

    @describe(summary="Change the notes or the shipping address", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """Drafts only. The address is merged field by field; null clears all of it."""
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
        """Drafts only. Returns the order."""
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
        """Drafts only. Changing the item keeps the price. Returns the order."""
        orders.update_line(order_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409))
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Drafts only. Returns the order."""
        orders.delete_line(order_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["patch"],
        url_path="status",
        summary="Change the status",
        input=StatusInputSerializer,
        errors=(404, 409),
        examples=(CONFIRM,),
    )
    def change_status(self, request: Request, pk: str) -> HttpResponse:
        """draft → pending, confirmed, cancelled; pending → confirmed, cancelled; confirmed → shipped, cancelled;
        shipped → delivered. `allowed_transitions` lists what is possible now.

        Confirming requires a line and an active customer, and reserves stock for every line. Too little stock is a 409
        with `available`. Exceeding the customer's credit limit, if there is one, is a 409 with `credit_limit`,
        `exposure` (the amount due on sent invoices, plus the part of confirmed orders that is not on a sent invoice
        yet) and `order_total`, in minor units. Shipping issues the reserved stock. Cancelling releases it, and is
        refused while the order has an invoice that is not cancelled."""
        values = self.parse()
        values["status"] = OrderStatus(values["status"])
        change_status(order_id=self.pk, **values, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        permission="invoices:write",
        summary="Invoice the unbilled quantities",
        input=InvoiceOrderInputSerializer,
        output=InvoiceSerializer,
        status=201,
        errors=(404, 409),
    )
    def invoice(self, request: Request, pk: str) -> HttpResponse:
        """Creates a draft invoice for the unbilled quantities of a confirmed order.

        Quantities that are removed from the draft can be billed by the next invoice, and so can everything on a
        cancelled one. Nothing left to bill is a 409.
        """
        made = invoice_order(order_id=self.pk, **self.parse(), actor=self.actor)
        return JsonResponse(compiled_query_of(InvoiceSerializer).one(Invoice.objects.visible_to(self.actor), made), 201)

    @action(
        detail=True,
        methods=["get"],
        summary="Download the order as PDF",
        envelope="document",
        media=(PDF,),
        errors=(400, 404),
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The order confirmation, once the order is confirmed. PDF/A-3, rendered anew. The ETag is its SHA-256."""
        paper = documents.order_pdf(order_id=self.pk, language=wanted_language(self), actor=self.actor)
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

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Invoice.objects.visible_to(self.actor)

    @describe(summary="Create a draft", errors=(409,), examples=(INVOICE,))
    def perform_create(self, serializer: Any) -> Any:
        """The number is assigned now, without gaps: `INV-<year>-<nnn>`. The customer must be active."""
        return invoices.create_invoice(**serializer.validated_data, actor=self.actor)

    @describe(summary="Change the due date or the notes", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """The due date can be changed in drafts only, the notes always."""
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
        """Drafts only. Returns the invoice."""
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
        """Drafts only. Returns the invoice."""
        invoices.update_line(invoice_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409))
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Drafts only. Returns the invoice."""
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
        """Requires a line. Afterwards only the notes can be changed. An invoice of 0 becomes paid."""
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
        """Drafts, and sent invoices without payments."""
        invoices.cancel_invoice(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["get"],
        summary="Download the invoice as PDF",
        envelope="document",
        media=(PDF,),
        errors=(400, 404),
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """PDF/A-3 with the payments so far. The ETag is its SHA-256.

        The PDF of a sent invoice is stored when it is first generated and returned unchanged. It shows seller and
        customer as they were when the invoice was sent.
        """
        paper = documents.invoice_pdf(invoice_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


class InvoicePaymentViewSet(CreateMixin, ListMixin):
    """The payments of an invoice."""

    tag = "Invoices"
    permission_classes = [HasPermission("invoices")]
    serializer_class = PaymentSerializer
    input_serializer_class = PaymentInputSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return Payment.objects.visible_to(self.actor).of_invoice(self.pk)

    @describe(summary="List payments", errors=(400, 404))
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
        """Sent invoices only, up to the amount due. When nothing is left to pay, the invoice becomes paid."""
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
                description="The situation at the end of this day (UTC). Defaults to today.",
            ),
            FORMAT,
        )
    }

    @action(
        detail=False,
        url_path="receivables-aging",
        summary="Get the receivables aging report",
        output=AgingSerializer,
        errors=(400,),
        media=(CSV,),
    )
    def aging(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """What each customer owes, by days past due. The totals equal the balance of the receivables account."""
        params = {name: values[-1] for name, values in request.query_params.lists()}
        for name in params:
            if name not in AgingFilterSet.base_filters:
                raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})
        asked = AgingFilterSet.clean(params)
        report = receivables_aging(asked.get("as_of") or today())
        if asked.get("format") == "csv":
            return csv_response("receivables-aging", aging_rows(report))
        return JsonResponse(report)
