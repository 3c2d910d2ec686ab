"""The API of orders, invoices and the receivables report."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting.tables import CSV, FORMAT, csv_response
from billing.choices import OrderStatus
from billing.credit_note_serializers import CancelledInvoiceSerializer
from billing.document_language import HYBRID, LANGUAGE, wanted_form, wanted_language
from billing.e_invoice_views import PROFILE, EInvoiceMixin
from billing.email_views import EmailMixin, ReminderMixin
from billing.filters import AgingFilterSet, InvoiceFilterSet, OrderFilterSet
from billing.models import Invoice, Order
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
    SendInputSerializer,
    StatusInputSerializer,
)
from billing.services import documents, emails, invoices, orders
from billing.services.e_invoices import Source, facturx_invoice, invoice_of
from billing.services.invoicing import invoice_order
from billing.services.transitions import change_status
from billing.write_off_views import WriteOffMixin
from skeleton.kernel.days import today
from skeleton.kernel.errors import BadRequest
from skeleton.rest.actions import action, describe
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet, ModelViewSet


class OrderViewSet(EmailMixin, ModelViewSet):
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

    @describe(summary="Create a draft", errors=(409,))
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
        location="../{id}",
        errors=(404, 409),
        operation="add{One}Line",
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
        operation="update{One}Line",
    )
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Drafts only. Changing the item keeps the price. Returns the order."""
        orders.update_line(order_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409), operation="delete{One}Line")
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
        operation="changeOrderStatus",
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
        location="../../invoices/{id}",
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
        operation="get{One}Pdf",
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The order confirmation, once the order is confirmed. PDF/A-3, rendered anew. The ETag is its SHA-256."""
        paper = documents.order_pdf(order_id=self.pk, language=wanted_language(self), actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)

    def queue_email(self, values: Any) -> UUID:
        return emails.email_order(order_id=self.pk, values=values, actor=self.actor)


class InvoiceViewSet(EInvoiceMixin, ReminderMixin, WriteOffMixin, ModelViewSet):
    tag = "Invoices"
    permission_classes = [HasPermission("invoices")]
    serializer_class = InvoiceSerializer
    input_serializer_class = InvoiceInputSerializer
    update_input_serializer_class = InvoiceUpdateInputSerializer
    list_serializer_class = InvoiceRowSerializer
    filterset_class = InvoiceFilterSet
    ordering_fields = {"number": "number_key", "total": "total", "due_date": "due_date", "created_at": "created_at"}

    extra_parameters: ClassVar[dict[str, Any]] = {
        "pdf": (LANGUAGE, HYBRID),
        "xml": (PROFILE,),
        "check": (PROFILE,),
    }

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Invoice.objects.visible_to(self.actor)

    def get_source(self) -> Source:
        return invoice_of(self.pk, self.actor)

    @describe(summary="Create a draft", errors=(409,))
    def perform_create(self, serializer: Any) -> Any:
        """The number is assigned now, without gaps: `INV-<year>-<nnn>`, of the year of the issue date. The customer
        must be active.

        Sending gives the invoice the day of sending as its issue date, unless one was given. A due date that is left
        out is counted from it, by the payment days of the customer or the company. `delivery_date`, or `service_start`
        and `service_end`, say when what is billed was supplied.
        """
        return invoices.create_invoice(**serializer.validated_data, actor=self.actor)

    @describe(summary="Change the dates, references or notes", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """The notes can be changed always, everything else in drafts only. A date that is null is no longer given."""
        invoices.update_invoice(invoice_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        url_path="lines",
        summary="Add a line",
        input=LineInputSerializer,
        status=201,
        location="../{id}",
        errors=(404, 409),
        operation="add{One}Line",
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
        operation="update{One}Line",
    )
    def update_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Drafts only. Returns the invoice."""
        invoices.update_line(invoice_id=self.pk, line_id=self.path_id("line_id"), values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @update_line.mapping.delete
    @describe(summary="Delete a line", errors=(404, 409), operation="delete{One}Line")
    def delete_line(self, request: Request, pk: str, line_id: str) -> HttpResponse:
        """Drafts only. Returns the invoice."""
        invoices.delete_line(invoice_id=self.pk, line_id=self.path_id("line_id"), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Send",
        input=SendInputSerializer,
        errors=(404, 409),
    )
    def send(self, request: Request, pk: str) -> HttpResponse:
        """Requires a line. Afterwards only the notes can be changed. An invoice of 0 becomes paid.

        With `use_on_account`, what the customer has on account settles the invoice: credit notes, then payments, each
        oldest first. With `email`, it is e-mailed to the customer.
        """
        invoices.send_invoice(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Cancel",
        input=CancelInputSerializer,
        output=CancelledInvoiceSerializer,
        errors=(404, 409),
    )
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        """Drafts, and sent invoices that nothing but their own credit notes settles.

        A sent invoice is cancelled by a credit note of what is not credited yet: `credit_note_id`.
        """
        note_id = invoices.cancel_invoice(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.answer({**self.read_one(self.pk), "credit_note_id": note_id})

    @action(
        detail=True,
        methods=["get"],
        summary="Download the invoice as PDF",
        envelope="document",
        media=(PDF,),
        errors=(400, 404, 409, 422),
        operation="get{One}Pdf",
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """PDF/A-3 with the payments so far. The ETag is its SHA-256.

        The PDF of a sent invoice is stored when it is first generated and returned unchanged. It shows seller and
        customer as they were when the invoice was sent. With `profile=facturx`, it is the invoice as sent, with its XML
        inside.
        """
        language, is_hybrid = wanted_form(self)
        made = facturx_invoice if is_hybrid else documents.invoice_pdf
        paper = made(invoice_id=self.pk, language=language, actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)


class AgingViewSet(ApiViewSet):
    tag = "Reports"
    permission_classes = [HasPermission("accounting")]
    extra_parameters: ClassVar[dict[str, Any]] = {
        "aging": (
            OpenApiParameter(
                "as_of",
                {"type": "string", "format": "date"},
                description="The situation at the end of this day. Defaults to today.",
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
        operation="getReceivablesAging",
    )
    def aging(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """What each customer owes, by days past due.

        The totals equal the balance of the receivables account, without postings by hand.
        """
        params = {name: values[-1] for name, values in request.query_params.lists()}
        for name in params:
            if name not in AgingFilterSet.base_filters:
                raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})
        asked = AgingFilterSet.clean(params)
        report = receivables_aging(asked.get("as_of") or today())
        if asked.get("format") == "csv":
            return csv_response("receivables-aging", aging_rows(report))
        return JsonResponse(report)
