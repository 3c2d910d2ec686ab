"""The API of accounts, transactions and accounting periods."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework.request import Request

from accounting.filters import AccountFilterSet, EntryFilterSet
from accounting.models import Account, Entry, Period
from accounting.serializers import (
    AccountInputSerializer,
    AccountSerializer,
    AccountUpdateInputSerializer,
    PeriodInputSerializer,
    PeriodSerializer,
    ReverseInputSerializer,
    TransactionInputSerializer,
    TransactionSerializer,
)
from accounting.services import (
    close_period,
    create_account,
    create_period,
    post_entry,
    posting_of,
    reopen_period,
    reverse_entry,
    update_account,
)
from skeleton.rest.actions import action, describe
from skeleton.rest.listing import Ordering
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import CreateMixin, ModelViewSet, ReadOnlyModelViewSet


class AccountViewSet(ModelViewSet):
    tag = "Accounting"
    permission_classes = [HasPermission("accounting")]
    serializer_class = AccountSerializer
    input_serializer_class = AccountInputSerializer
    update_input_serializer_class = AccountUpdateInputSerializer
    filterset_class = AccountFilterSet
    ordering_fields = {"code": "code", "name": Lower("name")}
    ordering = Ordering("code", "code")

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Account.objects.visible_to(self.actor)

    @describe(summary="Open an account")
    def perform_create(self, serializer: Any) -> Any:
        return create_account(values=serializer.validated_data, actor=self.actor)

    def perform_update(self, serializer: Any) -> None:
        """The code can't be changed, and the type and currency only until the first posting."""
        update_account(account_id=self.pk, values=serializer.validated_data, actor=self.actor)


class TransactionViewSet(CreateMixin, ReadOnlyModelViewSet):
    tag = "Accounting"
    object_names = ("transaction", "transactions")
    permission_classes = [HasPermission("accounting")]
    serializer_class = TransactionSerializer
    input_serializer_class = TransactionInputSerializer
    filterset_class = EntryFilterSet
    ordering_fields = {"date": F("date"), "created_at": F("created_at")}

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Entry.objects.visible_to(self.actor)

    @describe(summary="Record a transaction")
    def perform_create(self, serializer: Any) -> Any:
        """Debits must equal credits in each currency. A recorded transaction can't be changed, only reversed once."""
        values = serializer.validated_data
        lines = [posting_of(line) for line in values.pop("lines")]
        return post_entry(**values, lines=lines, actor=self.actor)

    @action(
        detail=True,
        methods=["post"],
        summary="Reverse with a mirror transaction",
        input=ReverseInputSerializer,
        status=201,
        location="../{id}",
        errors=(404, 409, 422),
    )
    def reverse(self, request: Request, pk: str) -> HttpResponse:
        return self.show(reverse_entry(entry_id=self.pk, actor=self.actor, **self.parse()), 201)


class PeriodViewSet(CreateMixin, ReadOnlyModelViewSet):
    tag = "Accounting"
    permission_classes = [HasPermission("accounting")]
    serializer_class = PeriodSerializer
    input_serializer_class = PeriodInputSerializer
    ordering_fields = {"start_date": "start_date"}
    ordering = Ordering("start_date", "start_date", descending=True)

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Period.objects.visible_to(self.actor)

    def perform_create(self, serializer: Any) -> Any:
        return create_period(**serializer.validated_data, actor=self.actor)

    @action(detail=True, methods=["post"], summary="Close the period to postings", errors=(404, 409))
    def close(self, request: Request, pk: str) -> HttpResponse:
        close_period(period_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["post"], summary="Reopen the period", errors=(404, 409))
    def reopen(self, request: Request, pk: str) -> HttpResponse:
        reopen_period(period_id=self.pk, actor=self.actor)
        return self.show(self.pk)
