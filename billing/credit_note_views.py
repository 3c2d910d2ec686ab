"""The API of credit notes and write-offs."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from billing.credit_note_serializers import (
    CreditAllocateInputSerializer,
    CreditNoteInputSerializer,
    CreditNoteRowSerializer,
    CreditNoteSerializer,
    CreditNoteUpdateInputSerializer,
)
from billing.document_language import HYBRID, LANGUAGE, wanted_form
from billing.e_invoice_views import PROFILE, EInvoiceMixin
from billing.email_serializers import SendCreditNoteInputSerializer
from billing.email_views import EmailMixin
from billing.filters import CreditNoteFilterSet
from billing.models import CreditNote, Payment
from billing.payment_serializers import PaymentSerializer, RefundInputSerializer, UnallocateInputSerializer
from billing.services import credit_notes, documents, emails, note_allocations
from billing.services.e_invoices import Source, credit_note_of, facturx_credit_note
from skeleton.rest.actions import action, describe
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import PDF, JsonResponse, PdfResponse
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin


class InvoiceCreditNoteViewSet(CreateMixin):
    """The credit notes of an invoice."""

    tag = "Credit notes"
    permission_classes = [HasPermission("invoices")]
    serializer_class = CreditNoteSerializer
    input_serializer_class = CreditNoteInputSerializer

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return CreditNote.objects.visible_to(self.actor)

    @describe(
        summary="Credit an invoice",
        errors=(403, 404, 409),
        operation="createCreditNote",
        location="../../credit-notes/{id}",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Creates a draft that corrects a sent invoice, or sends it at once. By default it credits all that is left.

        A line credits a quantity or an amount of one line of the invoice. Shares are cumulative: partial credits add
        up to exactly the line, and their taxes to the invoice's tax. A draft has no number yet.
        """
        made = credit_notes.create_credit_note(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.answer(self.read_one(made), 201)


class CreditNoteViewSet(EInvoiceMixin, EmailMixin, ListMixin, RetrieveMixin, UpdateMixin, DestroyMixin):
    tag = "Credit notes"
    permission_classes = [HasPermission("invoices")]
    serializer_class = CreditNoteSerializer
    list_serializer_class = CreditNoteRowSerializer
    update_input_serializer_class = CreditNoteUpdateInputSerializer
    filterset_class = CreditNoteFilterSet
    ordering_fields = {"number": "number_key", "total": "total", "created_at": "created_at"}
    extra_parameters: ClassVar[dict[str, Any]] = {
        "pdf": (LANGUAGE, HYBRID),
        "xml": (PROFILE,),
        "check": (PROFILE,),
    }

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return CreditNote.objects.visible_to(self.actor)

    def get_source(self) -> Source:
        return credit_note_of(self.pk, self.actor)

    @describe(summary="Change a draft", errors=(403, 404, 409))
    def perform_update(self, serializer: Any) -> None:
        """Drafts only. `lines` replaces all lines."""
        credit_notes.update_credit_note(credit_note_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @describe(summary="Delete a draft", errors=(404, 409))
    def perform_destroy(self, instance: Any) -> None:
        """Drafts only."""
        credit_notes.delete_credit_note(credit_note_id=self.pk, actor=self.actor)

    @action(detail=True, methods=["post"], summary="Send", input=SendCreditNoteInputSerializer, errors=(403, 404, 409))
    def send(self, request: Request, pk: str) -> HttpResponse:
        """Numbers the credit note, works out its shares as they are now, and posts it. Nothing changes afterwards.

        It settles its invoice first. What exceeds the amount due is on account: it can be allocated to another invoice
        of the customer, or refunded. Crediting more than is left is a 409. With `email`, it is e-mailed to the
        customer.
        """
        credit_notes.send_credit_note(credit_note_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Settle another invoice",
        input=CreditAllocateInputSerializer,
        errors=(404, 409),
    )
    def allocate(self, request: Request, pk: str) -> HttpResponse:
        """Settles a sent invoice of the customer with what is on account of a sent credit note."""
        note_allocations.allocate_credit_note(credit_note_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        summary="Undo an allocation",
        input=UnallocateInputSerializer,
        errors=(404, 409),
    )
    def unallocate(self, request: Request, pk: str) -> HttpResponse:
        """Puts what settles an invoice back on account. Not from the credit note's own invoice."""
        note_allocations.unallocate_credit_note(credit_note_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        permission="invoices:refund",
        summary="Refund",
        input=RefundInputSerializer,
        output=PaymentSerializer,
        status=201,
        location="../../payments/{id}",
        errors=(404, 409),
    )
    def refund(self, request: Request, pk: str) -> HttpResponse:
        """Pays back what is on account: a payment `out`, of at most what is unallocated."""
        made = note_allocations.refund_credit_note(credit_note_id=self.pk, **self.parse(), actor=self.actor)
        return JsonResponse(compiled_query_of(PaymentSerializer).one(Payment.objects.visible_to(self.actor), made), 201)

    @action(
        detail=True,
        methods=["get"],
        summary="Download the credit note as PDF",
        envelope="document",
        media=(PDF,),
        errors=(400, 404, 422),
        operation="get{One}Pdf",
    )
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """PDF/A-3. That of a sent credit note is stored when it is first generated and returned unchanged.

        With `profile=facturx`, its XML is inside.
        """
        language, is_hybrid = wanted_form(self)
        made = facturx_credit_note if is_hybrid else documents.credit_note_pdf
        paper = made(credit_note_id=self.pk, language=language, actor=self.actor)
        return PdfResponse(paper.name, paper.pdf)

    def queue_email(self, values: Any) -> UUID:
        return emails.email_credit_note(credit_note_id=self.pk, values=values, actor=self.actor)
