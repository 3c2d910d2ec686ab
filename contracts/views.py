"""The API of contracts. Every answer is in `{"data": …}`; lists go by cursor, which is the last id seen."""

from django.http import HttpResponse
from rest_framework.request import Request

from contracts import examples, services
from contracts.access import CONTRACTS
from contracts.filters import ContractFilters
from contracts.serializers import (
    ActivateInput,
    ContractInput,
    ContractOutput,
    ContractRowOutput,
    CreatedOutput,
    DeliveryTermsInput,
    PaymentTermsInput,
    RejectInput,
    RenewInput,
    TerminateInput,
)
from skeleton.rest.operations import operation
from skeleton.rest.serializers import Empty
from skeleton.rest.views import WRITE, ResourceView


class ContractView(ResourceView):
    tag = "Contracts"
    resources = ("contracts", "parties")
    in_data = True
    gate = CONTRACTS
    output = ContractOutput
    list_output = ContractRowOutput
    filterset = ContractFilters
    cursor_only = plain_cursor = True

    @operation("POST", "", access=WRITE, summary="Create a draft", input=ContractInput, output=CreatedOutput,
               status=201, errors=(409,), examples=(examples.CONTRACT,))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        """With an active party of any kind. Answers with the id."""
        return self.answer({"id": services.create_contract(values=self.parse(), actor=self.actor)}, 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change a draft", input=ContractInput, partial=True,
               output=ContractOutput, errors=(404, 409), examples=(examples.UPDATE,))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        """Absent fields stay, null clears. Drafts only; terms can be changed later, too, each by its own route."""
        services.update_contract(contract_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/submit", access=WRITE, summary="Submit for approval", input=Empty,
               output=ContractOutput, errors=(404, 409))  # fmt: skip
    def submit(self, request: Request, pk: str) -> HttpResponse:
        self.parse()
        services.submit_contract(contract_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/approve", access=WRITE, summary="Approve", input=Empty, output=ContractOutput,
               errors=(404, 409))  # fmt: skip
    def approve(self, request: Request, pk: str) -> HttpResponse:
        """Makes it active, signed now. Its author may not, unless they hold `*:*` (403)."""
        self.parse()
        services.approve_contract(contract_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/reject", access=WRITE, summary="Send back to draft", input=RejectInput,
               output=ContractOutput, errors=(404, 409), examples=(examples.REJECT,))  # fmt: skip
    def reject(self, request: Request, pk: str) -> HttpResponse:
        services.reject_contract(contract_id=self.pk, reason=self.parse()["reason"], actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/activate", access=WRITE, summary="Activate", input=ActivateInput, output=ContractOutput,
               errors=(404, 409), examples=(examples.ACTIVATE,))  # fmt: skip
    def activate(self, request: Request, pk: str) -> HttpResponse:
        """From draft, or while it awaits approval. Not once its validity period is over (409)."""
        signed_at = self.parse().get("signed_at")
        services.activate_contract(contract_id=self.pk, signed_at=signed_at, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/terminate", access=WRITE, summary="Terminate", input=TerminateInput,
               output=ContractOutput, errors=(404, 409), examples=(examples.TERMINATE,))  # fmt: skip
    def terminate(self, request: Request, pk: str) -> HttpResponse:
        """From then on it stays as it is."""
        services.terminate_contract(contract_id=self.pk, reason=self.parse()["reason"], actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/renew", access=WRITE, summary="Renew", input=RenewInput, output=ContractOutput,
               errors=(404, 409), examples=(examples.RENEW,))  # fmt: skip
    def renew(self, request: Request, pk: str) -> HttpResponse:
        """Moves the last day on. An expired contract becomes active; one renewed as often as agreed is a 409."""
        services.renew_contract(contract_id=self.pk, new_end_date=self.parse()["new_end_date"], actor=self.actor)
        return self.show(self.pk)

    @operation(("PUT", "PATCH"), "/<pk>/payment-terms", access=WRITE, summary="Change payment terms",
               input=PaymentTermsInput, partial=True, output=ContractOutput, errors=(404, 409),
               examples=(examples.PAYMENT_TERMS,))  # fmt: skip
    def change_payment_terms(self, request: Request, pk: str) -> HttpResponse:
        """Absent fields stay, null clears. In any state but terminated."""
        services.change_payment_terms(contract_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation(("PUT", "PATCH"), "/<pk>/delivery-terms", access=WRITE, summary="Change delivery terms",
               input=DeliveryTermsInput, partial=True, output=ContractOutput, errors=(404, 409),
               examples=(examples.DELIVERY_TERMS,))  # fmt: skip
    def change_delivery_terms(self, request: Request, pk: str) -> HttpResponse:
        """Absent fields stay, null clears. In any state but terminated."""
        services.change_delivery_terms(contract_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)
