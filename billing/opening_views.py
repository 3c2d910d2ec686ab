"""The API for taking over the books of an earlier system."""

from django.http import HttpResponse
from rest_framework.request import Request

from billing.opening_serializers import OpeningInputSerializer, OpeningSerializer
from billing.services.opening import take_over
from skeleton.rest.actions import action
from skeleton.rest.http import JsonResponse
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ApiViewSet


class OpeningViewSet(ApiViewSet):
    tag = "Accounting"
    permission_classes = [HasPermission("accounting")]

    @action(
        detail=False,
        methods=["post"],
        summary="Take over opening balances and open invoices",
        input=OpeningInputSerializer,
        output=OpeningSerializer,
        status=201,
        location="../transactions",
        errors=(409,),
        operation="postOpeningBalances",
    )
    def opening(self, request: Request) -> HttpResponse:
        """Posts `opening` transactions, all or nothing. What the balances of a currency lack is posted to the account
        of opening balances, and so is each open invoice: receivables against it, without revenue and tax.

        The balances of receivables and customer advances follow from documents and are refused. An imported invoice
        (`origin: imported`) is paid, credited and written off like others. It is not in the VAT report, but corrections
        of its tax are.
        """
        made = take_over(**self.parse(), actor=self.actor)
        return JsonResponse(
            {"id": made.id, "date": made.date, "transaction_ids": made.entry_ids, "invoices": made.invoices}, 201
        )
