"""The API of e-mail with documents: sending it, reminders, and the log."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from billing.email_serializers import DocumentEmailSerializer, EmailInputSerializer
from billing.models import CreditNote, DocumentEmail, Invoice, Order
from billing.services import emails, reminders
from skeleton.kernel.errors import NotFound
from skeleton.rest.actions import action, describe
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import JsonResponse
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet, ListMixin


class EmailMixin(ApiViewSet):
    """The action of a document that sends it by e-mail."""

    def queue_email(self, values: Any) -> UUID:
        """Call the service for the kind of document, and return the id of the e-mail."""
        raise NotImplementedError

    @action(
        detail=True,
        methods=["post"],
        summary="Send by e-mail",
        input=EmailInputSerializer,
        output=DocumentEmailSerializer,
        status=201,
        location="emails",
        errors=(404, 409),
    )
    def email(self, request: Request, pk: str) -> HttpResponse:
        """Queues an e-mail with the PDF, to the customer unless `to` says otherwise. Not for drafts, nor
        for imported invoices, of which there is no PDF (409).

        Returns the e-mail; `GET …/emails` shows what becomes of it. A document can be e-mailed 20 times an hour (429).
        Without a mail server it is a 409.
        """
        return self.show_email(self.queue_email(self.parse()))

    def show_email(self, pk: UUID) -> HttpResponse:
        """Return the response with the e-mail."""
        return JsonResponse(compiled_query_of(DocumentEmailSerializer).one(DocumentEmail.objects.all(), pk), 201)


class ReminderMixin(EmailMixin):
    """The actions of an invoice that send it, or a reminder of it."""

    def queue_email(self, values: Any) -> UUID:
        return emails.email_invoice(invoice_id=self.pk, values=values, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        summary="Send a reminder",
        input=EmailInputSerializer,
        output=DocumentEmailSerializer,
        status=201,
        location="emails",
        errors=(404, 409),
        operation="sendInvoiceReminder",
    )
    def remind(self, request: Request, pk: str) -> HttpResponse:
        """Queues the next reminder of an overdue invoice: each level once, and at most one a day.

        It is not sent if the invoice is settled before the e-mail leaves. That of an imported invoice has no PDF
        attached. Returns the e-mail.
        """
        values: Any = self.parse()
        return self.show_email(reminders.remind_invoice(invoice_id=self.pk, values=values, actor=self.actor))


class DocumentEmailViewSet(ListMixin):
    """The log of the e-mail with one document."""

    serializer_class = DocumentEmailSerializer
    documents: ClassVar[type[Invoice | CreditNote | Order]]
    """The kind of document."""

    @describe(summary="List e-mails", errors=(400, 404))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """What was sent by e-mail, to whom, and what became of it."""
        return super().list(request, *args, **kwargs)

    def get_paginated_response(self, data: Any) -> Any:
        documents: Any = self.documents
        if not data["items"] and not documents.objects.visible_to(self.actor).filter(pk=self.pk).exists():
            raise NotFound
        return super().get_paginated_response(data)


class InvoiceEmailViewSet(DocumentEmailViewSet):
    tag = "Invoices"
    object_names = ("invoice email", "invoice emails")
    permission_classes = [HasPermission("invoices")]
    documents = Invoice

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return DocumentEmail.objects.visible_to(self.actor).of_invoice(self.pk)


class CreditNoteEmailViewSet(DocumentEmailViewSet):
    tag = "Credit notes"
    object_names = ("credit note email", "credit note emails")
    permission_classes = [HasPermission("invoices")]
    documents = CreditNote

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return DocumentEmail.objects.visible_to(self.actor).of_credit_note(self.pk)


class OrderEmailViewSet(DocumentEmailViewSet):
    tag = "Orders"
    object_names = ("order email", "order emails")
    permission_classes = [HasPermission("orders")]
    documents = Order

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return DocumentEmail.objects.visible_to(self.actor).of_order(self.pk)
