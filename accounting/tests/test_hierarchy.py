"""Accounts have either postings or sub-accounts, and know the balance of all accounts below them."""

import pytest

from accounting.models import Account
from accounting.services import seed_chart
from accounting.tests.factories import account, legacy_child, net, post
from accounting.tests.test_constraints import ENTRY, attack, ids, line  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


def made(client, code, parent, status=201, type="asset"):  # noqa: A002
    body = {"code": code, "name": code, "type": type, "parent_id": parent}
    answer = client.post("/accounts", body)
    return answer.ok(201) if status == 201 else answer.refused(status, "parent_id")


def lines(debit, credit, amount=5):
    return [{"account_id": debit, "debit": amount}, {"account_id": credit, "credit": amount}]


@pytest.fixture
def both():
    """An account that has had both from the time before the rule."""
    account("1700")
    post("1700", "3100", 7)
    legacy_child("1710", parent="1700")


def test_what_was_posted_to_gets_no_children(owner):
    account("1500")
    made(owner, "1501", "1500")
    made(owner, "1502", "1501")
    post("1502", "3100", 5)
    assert "1502" in made(owner, "1503", "1502", 409)["message"]
    other = account("1600")
    owner.patch(f"/accounts/{other.pk}", {"parent_id": "1502"}).refused(409, "parent_id")
    owner.patch(f"/accounts/{other.pk}", {"parent_id": "1500"}).ok()


def test_what_the_settings_name_gets_none_either(owner):
    for code in ("1200", "1300", "3200"):
        made(owner, "1999", code, 409, type=Account.objects.get(code=code).type)


def test_what_has_children_takes_no_posting(owner):
    body = {"description": "No", "lines": lines("1000", "3100")}
    assert "1000" in owner.post("/transactions", body).refused(422, "lines.0.account_id")["message"]
    assert net("1000") == 0


def test_what_had_both_before_stays_open(owner, both):
    owner.post("/transactions", {"description": "On", "lines": lines("1700", "3100")}).ok(201)
    made(owner, "1720", "1700")
    owner.post("/transactions", {"description": "On", "lines": lines("1700", "3100")}).ok(201)
    assert net("1700") == 17


def test_a_parent_may_be_sent_back_as_it_is(owner, both):
    child = Account.objects.get(code="1710")
    owner.put(f"/accounts/{child.pk}", {"parent_id": "1700", "name": "The same"}).ok()


def test_balances_with_children(owner, both):
    post("1710", "3100", 10)
    post("1710", "3100", 1_000, currency="EUR")
    top = owner.get(f"/accounts/{Account.objects.get(code='1700').pk}").ok()
    assert (top["balance"], top["balance_with_children"]) == (7, 17)
    equity = owner.get(f"/accounts/{Account.objects.get(code='3000').pk}").ok()
    assert (equity["balance"], equity["balance_with_children"]) == (0, 17)
    listed = {row["code"]: row["balance_with_children"] for row in owner.get("/accounts", limit=100).ok()["items"]}
    assert (listed["1700"], listed["1710"], listed["3100"], listed["4000"]) == (17, 10, 17, 0)


def test_sums_over_children_can_outgrow_int64(owner):
    top = account("1800")
    for code, equity in (("1801", "3301"), ("1802", "3302")):
        account(code, parent="1800")
        account(equity, "equity")
        post(code, equity, 2**63 - 1)
    assert owner.get(f"/accounts/{top.pk}").ok()["balance_with_children"] == 2 * (2**63 - 1)


def test_a_seeded_account_is_created_beside_a_parent_with_postings():
    Account.objects.filter(code__in=("5100", "5200", "5300", "5400", "5500")).delete()
    post("5000", "1200", 5)
    seed_chart()
    assert set(Account.objects.filter(code__startswith="5").values_list("parent", flat=True)) == {None}


class TestAttacks:
    def test_a_posting_to_what_has_children(self, ids):  # noqa: F811
        refusal = attack(ENTRY, line(1, 5, on="top"), line(2, 0, 5, on="revenue"), **ids)
        assert refusal == ("23514", "accounting_line_account_has_children")

    def test_children_of_what_has_postings(self, ids):  # noqa: F811
        post("1200", "4000", 5)
        new = """INSERT INTO accounting_account (id, created_at, updated_at, code, name, type, is_active, parent_id)
                 VALUES (gen_random_uuid(), now(), now(), '1999', 'Raw', 'asset', true, %(bank)s)"""
        assert attack(new, **ids) == ("23000", "accounting_account_parent_posted")
        moved = "UPDATE accounting_account SET parent_id = %(bank)s WHERE code = '1100'"
        assert attack(moved, **ids) == ("23000", "accounting_account_parent_posted")
