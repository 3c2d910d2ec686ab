"""The API of payments."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from billing.filters import PaymentFilterSet
from billing.models import Invoice, Payment
from billing.payment_serializers import (
    AllocateInputSerializer,
    InvoicePaymentInputSerializer,
    InvoicePaymentSerializer,
    PaymentInputSerializer,
    PaymentReversalInputSerializer,
    PaymentSerializer,
    RecordedPaymentSerializer,
    RefundInputSerializer,
    UnallocateInputSerializer,
)
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.payments import receive_payment, record_payment
from skeleton.kernel.errors import NotFound
from skeleton.rest.actions import action, describe
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import CreateMixin, ListMixin, ReadOnlyModelViewSet


class PaymentViewSet(CreateMixin, ReadOnlyModelViewSet):
    tag = "Payments"
    permission_classes = [HasPermission("invoices")]
    serializer_class = PaymentSerializer
    input_serializer_class = PaymentInputSerializer
    filterset_class = PaymentFilterSet
    ordering_fields = {
        "number": F("number_key"),
        "amount": F("amount"),
        "paid_at": F("paid_at"),
        "created_at": F("created_at"),
    }

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Payment.objects.visible_to(self.actor)

    @describe(summary="Record a payment of a customer", errors=(409,))
    def perform_create(self, serializer: Any) -> Any:
        """One payment can settle several invoices of the customer. What it does not settle is on account.

        Inactive and blacklisted customers may pay as well. More than is due on an invoice is a 422.
        """
        return receive_payment(**serializer.validated_data, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        summary="Allocate to an invoice",
        input=AllocateInputSerializer,
        errors=(404, 409),
    )
    def allocate(self, request: Request, pk: str) -> HttpResponse:
        """Settles an invoice with what is on account. Returns the payment."""
        allocate_payment(payment_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Undo the allocation to an invoice",
        input=UnallocateInputSerializer,
        errors=(404, 409),
    )
    def unallocate(self, request: Request, pk: str) -> HttpResponse:
        """What the payment settles of the invoice is on account again. Returns the payment."""
        unallocate_payment(payment_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        permission="invoices:refund",
        summary="Reverse",
        input=PaymentReversalInputSerializer,
        errors=(404, 409, 503),
    )
    def reverse(self, request: Request, pk: str) -> HttpResponse:
        """Undoes the payment and its allocations, once. Reversing a refund puts the money back on account.

        A payment that was refunded is a 409: reverse the refund first. Returns the payment.
        """
        reverse_payment(payment_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        permission="invoices:refund",
        summary="Refund",
        input=RefundInputSerializer,
        status=201,
        location="../{id}",
        errors=(404, 409),
    )
    def refund(self, request: Request, pk: str) -> HttpResponse:
        """Pays back at most what is on account. Returns the refund: a payment with the direction `out`."""
        return self.show(refund_payment(payment_id=self.pk, **self.parse(), actor=self.actor), 201)


class InvoicePaymentViewSet(CreateMixin, ListMixin):
    """The payments that settle an invoice."""

    tag = "Invoices"
    object_names = ("invoice payment", "invoice payments")
    permission_classes = [HasPermission("invoices")]
    serializer_class = InvoicePaymentSerializer
    input_serializer_class = InvoicePaymentInputSerializer

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Payment.objects.visible_to(self.actor).of_invoice(self.pk)

    @describe(summary="List payments", errors=(400, 404))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The payments that settle the invoice. What was undone is not listed."""
        return super().list(request, *args, **kwargs)

    def get_paginated_response(self, data: Any) -> Any:
        if not data["items"] and not Invoice.objects.visible_to(self.actor).filter(pk=self.pk).exists():
            raise NotFound
        return super().get_paginated_response(data)

    @describe(
        summary="Record a payment",
        output=RecordedPaymentSerializer,
        errors=(404, 409),
        operation="recordInvoicePayment",
        location="../../payments/{id}",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sent invoices only, up to the amount due. When nothing is left to pay, the invoice becomes paid.

        More than is due is a 422: record the whole payment with `POST /payments`, where the rest is on account.
        """
        recorded = record_payment(invoice_id=self.pk, **self.parse(), actor=self.actor)
        left = {"invoice_status": recorded.invoice_status, "amount_due": recorded.amount_due}
        return self.answer({**self.read_one(recorded.id), **left}, 201)
