"""The API of contracts. Every response is wrapped in `{"data": …}`; lists use cursors (the last id seen)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from contracts import services
from contracts.filters import ContractFilterSet
from contracts.models import Contract
from contracts.serializers import (
    ActivateInputSerializer,
    ContractInputSerializer,
    ContractRowSerializer,
    ContractSerializer,
    CreatedSerializer,
    DeliveryTermsInputSerializer,
    PaymentTermsInputSerializer,
    RejectInputSerializer,
    RenewInputSerializer,
    TerminateInputSerializer,
)
from skeleton.rest.actions import action, describe
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.pagination import PlainCursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import EmptySerializer
from skeleton.rest.viewsets import ModelViewSet


class ContractViewSet(ModelViewSet):
    tag = "Contracts"
    permission_classes = [HasPermission("contracts", "parties")]
    in_data = True
    serializer_class = ContractSerializer
    input_serializer_class = ContractInputSerializer
    list_serializer_class = ContractRowSerializer
    filterset_class = ContractFilterSet
    pagination_class = PlainCursorPagination

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Contract.objects.visible_to(self.actor)

    @describe(summary="Create a draft", output=CreatedSerializer, errors=(409,))
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The party must be active; its kind doesn't matter. Returns the id."""
        return self.answer({"id": services.create_contract(values=self.parse(), actor=self.actor)}, 201)

    @describe(summary="Change a draft", errors=(404, 409))
    def perform_update(self, serializer: Any) -> None:
        """Drafts only. Absent fields stay, null clears. Later, terms have routes of their own."""
        services.update_contract(contract_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        summary="Submit for approval",
        input=EmptySerializer,
        errors=(404, 409),
    )
    def submit(self, request: Request, pk: str) -> HttpResponse:
        self.parse()
        services.submit_contract(contract_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Approve",
        input=EmptySerializer,
        errors=(404, 409),
    )
    def approve(self, request: Request, pk: str) -> HttpResponse:
        """Activates the contract, signed now. Its author can't approve it without `*:*` (403)."""
        self.parse()
        services.approve_contract(contract_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Send back to draft",
        input=RejectInputSerializer,
        errors=(404, 409),
    )
    def reject(self, request: Request, pk: str) -> HttpResponse:
        services.reject_contract(contract_id=self.pk, reason=self.parse()["reason"], actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Activate",
        input=ActivateInputSerializer,
        errors=(404, 409),
    )
    def activate(self, request: Request, pk: str) -> HttpResponse:
        """Drafts and contracts that await approval only. Not after the end of the validity period (409)."""
        signed_at = self.parse().get("signed_at")
        services.activate_contract(contract_id=self.pk, signed_at=signed_at, actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Terminate",
        input=TerminateInputSerializer,
        errors=(404, 409),
    )
    def terminate(self, request: Request, pk: str) -> HttpResponse:
        """Now, or on a later day (`effective_date`), until which the contract stays active with `terminates_on`.

        A terminated contract can't be changed.
        """
        services.terminate_contract(contract_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Renew",
        input=RenewInputSerializer,
        errors=(404, 409),
    )
    def renew(self, request: Request, pk: str) -> HttpResponse:
        """Extends the last day, and withdraws a termination on a later day. An expired contract becomes active again.

        409 if no renewals are left, or the contract has no last day.
        """
        services.renew_contract(contract_id=self.pk, new_end_date=self.parse()["new_end_date"], actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["put", "patch"],
        url_path="payment-terms",
        summary="Change payment terms",
        input=PaymentTermsInputSerializer,
        partial=True,
        errors=(404, 409),
        operation="updatePaymentTerms",
    )
    def change_payment_terms(self, request: Request, pk: str) -> HttpResponse:
        """Absent fields stay, null clears. Possible in any state except terminated."""
        services.change_payment_terms(contract_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["put", "patch"],
        url_path="delivery-terms",
        summary="Change delivery terms",
        input=DeliveryTermsInputSerializer,
        partial=True,
        errors=(404, 409),
        operation="updateDeliveryTerms",
    )
    def change_delivery_terms(self, request: Request, pk: str) -> HttpResponse:
        """Absent fields stay, null clears. Possible in any state except terminated."""
        services.change_delivery_terms(contract_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)
