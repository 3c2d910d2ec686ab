"""Compiled reads compared with ordinary ones, and their query counts."""

import datetime as dt

import pytest

from accounting.models import Account
from accounting.services import create_period, reverse_entry
from accounting.tests.factories import account, post, tax_code
from accounting.views.books import AccountViewSet, PeriodViewSet, TransactionViewSet
from accounting.views.tax_codes import TaxCodeViewSet
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


@pytest.fixture
def entries():
    found = [post("1200", "4000", 10**number, f"2026-0{number + 1}-01", reference=f"R{number}") for number in range(5)]
    return [*found, reverse_entry(entry_id=found[0], actor=SYSTEM)]


@pytest.fixture
def periods():
    return [
        create_period(start_date=dt.date(2026, month, 1), end_date=dt.date(2026, month, 28), actor=SYSTEM)
        for month in range(1, 6)
    ]


def test_reads_agree_with_the_ordinary_way(owner, entries, periods):
    account("1010", currency="EUR", parent="1000")
    actor = actor_of(owner.user)
    top = str(Account.objects.get(code="1000").pk)
    check_reads(AccountViewSet, actor, parent_id=[top], search=["BANK", "12", "%"])
    check_reads(
        TransactionViewSet,
        actor,
        account_id=[str(Account.objects.get(code="1200").pk)],
        from_date=["2026-02-01"],
        to_date=["2026-02-01"],
        reference=["R1", "r1"],
        source_id=[str(entries[0])],
    )
    check_reads(PeriodViewSet, actor)
    for code in "ABCD":
        tax_code(code)
    tax_code("E", "E", valid_to=dt.date(2026, 1, 1))
    check_reads(TaxCodeViewSet, actor, code=["A"], valid_on=["2026-01-02"])


def test_the_numbers_of_queries_are_pinned(owner, entries, periods):
    bank, codes = Account.objects.get(code="1200").pk, [tax_code() for _ in range(5)]
    check_query_counts(
        "accounting",
        owner,
        {
            "/accounts/{id}": f"/accounts/{bank}",
            "/accounts/{id}/ledger": f"/accounts/{bank}/ledger",
            "/transactions/{id}": f"/transactions/{entries[0]}",
            "/tax-codes/{id}": f"/tax-codes/{codes[0].pk}",
            "/accounting/periods/{id}": f"/accounting/periods/{periods[0]}",
        },
    )
