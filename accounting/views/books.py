"""The API of accounts, transactions and periods."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework.request import Request

from accounting.access import ACCOUNTS, ENTRIES, PERIODS
from accounting.filters import AccountFilters, EntryFilters
from accounting.serializers import (
    AccountInput,
    AccountOutput,
    AccountUpdateInput,
    PeriodInput,
    PeriodOutput,
    ReverseInput,
    TransactionInput,
    TransactionOutput,
)
from accounting.services import (
    Posting,
    close_period,
    create_account,
    create_period,
    post_entry,
    reopen_period,
    reverse_entry,
    update_account,
)
from skeleton.rest.listing import NEWEST_FIRST, Sort, Sorting
from skeleton.rest.operations import operation
from skeleton.rest.views import WRITE, ResourceView


class AccountView(ResourceView):
    tag = "Accounting"
    resources = ("accounting",)
    gate = ACCOUNTS
    output = AccountOutput
    filterset = AccountFilters
    sorting = Sorting({"code": "code", "name": Lower("name")}, Sort("code", "code"))

    @operation("POST", "", access=WRITE, summary="Open an account", input=AccountInput, output="output", status=201,
               errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        return self.show(create_account(values=self.parse(), actor=self.actor), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change some fields", input=AccountUpdateInput,
               partial=True, output="output", errors=(404, 409, 422))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        """Type and currency are fixed by the first posting; the code always is."""
        update_account(account_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)


class TransactionView(ResourceView):
    tag = "Accounting"
    resources = ("accounting",)
    gate = ENTRIES
    output = TransactionOutput
    filterset = EntryFilters
    sorting = Sorting({"date": F("date"), "created_at": F("created_at")}, NEWEST_FIRST)

    @operation("POST", "", access=WRITE, summary="Record a transaction", input=TransactionInput, output="output",
               status=201, errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        """Debits equal credits in each currency. A recorded transaction never changes; it can be reversed, once."""
        values = self.parse()
        lines = [_posting(line) for line in values.pop("lines")]
        return self.show(post_entry(**values, lines=lines, actor=self.actor), 201)

    @operation("POST", "/<pk>/reverse", access=WRITE, summary="Undo by the mirror transaction", input=ReverseInput,
               output="output", status=201, errors=(404, 409, 422))  # fmt: skip
    def reverse(self, request: Request, pk: str) -> HttpResponse:
        return self.show(reverse_entry(entry_id=self.pk, actor=self.actor, **self.parse()), 201)


def _posting(line: dict[str, Any]) -> Posting:
    return Posting(
        account=line["account"],
        debit=line.get("debit") or 0,
        credit=line.get("credit") or 0,
        currency=line.get("currency"),
        description=line.get("description"),
    )


class PeriodView(ResourceView):
    tag = "Accounting"
    resources = ("accounting",)
    gate = PERIODS
    output = PeriodOutput
    sorting = Sorting({"start_date": "start_date"}, Sort("start_date", "start_date", descending=True))

    @operation("POST", "", access=WRITE, summary="Create", input=PeriodInput, output="output", status=201,
               errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        return self.show(create_period(**self.parse(), actor=self.actor), 201)

    @operation("POST", "/<pk>/close", access=WRITE, summary="Close: nothing is posted into it any more",
               output="output", errors=(404, 409))  # fmt: skip
    def close(self, request: Request, pk: str) -> HttpResponse:
        close_period(period_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/reopen", access=WRITE, summary="Open again", output="output",
               errors=(404, 409))  # fmt: skip
    def reopen(self, request: Request, pk: str) -> HttpResponse:
        reopen_period(period_id=self.pk, actor=self.actor)
        return self.show(self.pk)
