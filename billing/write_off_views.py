"""The API of write-offs."""

from django.http import HttpResponse
from rest_framework.request import Request

from billing.credit_note_serializers import UndoWriteOffInputSerializer, WriteOffInputSerializer
from billing.services import write_offs
from skeleton.rest.actions import action
from skeleton.rest.viewsets import ApiViewSet


class WriteOffMixin(ApiViewSet):
    """Actions of an invoice that give up what is due on it."""

    @action(
        detail=True,
        methods=["post"],
        url_path="write-off",
        permission="invoices:refund",
        summary="Write off what is due",
        input=WriteOffInputSerializer,
        errors=(404, 409),
    )
    def write_off(self, request: Request, pk: str) -> HttpResponse:
        """Books the amount as bad debt, by default all that is due.

        With `correct_tax`, it is spread over base and tax of each rate, and the tax is taken back. While a part is
        written off, the invoice can't be cancelled. Returns the invoice.
        """
        write_offs.write_off(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)

    @action(
        detail=True,
        methods=["post"],
        url_path="undo-write-off",
        permission="invoices:refund",
        summary="Undo write-offs",
        input=UndoWriteOffInputSerializer,
        errors=(404, 409),
        operation="undoInvoiceWriteOff",
    )
    def undo_write_off(self, request: Request, pk: str) -> HttpResponse:
        """Makes the amount due again. Returns the invoice."""
        write_offs.undo_write_offs(invoice_id=self.pk, **self.parse(), actor=self.actor)
        return self.show(self.pk)
