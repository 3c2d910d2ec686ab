"""The examples of contracts in the API reference, as printed."""

import pytest
from django.db import connection

from parties.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db

CREATE = {
    "contract_type": "supply",
    "payment_type": "credit",
    "credit_days": 30,
    "currency": "UAH",
    "delivery_type": "delivery",
    "estimated_days": 5,
    "start_date": "2026-01-15",
    "end_date": "2027-01-14",
    "credit_limit": 500000000,
}

AS_PRINTED = {
    "id",
    "contract_type",
    "status",
    "party_id",
    "payment_terms",
    "delivery_terms",
    "validity_period",
    "credit_limit",
    "currency",
    "auto_renewal",
    "renewal_period_days",
    "renewal_count",
    "max_renewals",
    "version",
    "created_by",
    "created_at",
    "updated_at",
    "signed_at",
}


@pytest.fixture
def party():
    return CustomerFactory.create(name="Acme Corp", currency="UAH")


def test_the_examples_one_after_the_other(owner, party):
    created = owner.post("/contracts", {**CREATE, "party_id": str(party.pk)}).ok(201)
    assert set(created) == {"data"}
    assert set(created["data"]) == {"id"}
    path = f"/contracts/{created['data']['id']}"

    draft = owner.get(path).ok()["data"]
    assert (draft["status"], draft["version"], draft["signed_at"], draft["versions"]) == ("draft", 1, None, [])
    assert draft["payment_terms"] == {
        "payment_type": "credit",
        "credit_days": 30,
        "penalty_rate": None,
        "discount_rate": None,
        "currency": "UAH",
    }
    assert draft["delivery_terms"] == {
        "delivery_type": "delivery",
        "estimated_days": 5,
        "shipping_cost": None,
        "insurance": False,
        "shipping_currency": None,
    }
    assert draft["validity_period"] == {"start_date": "2026-01-15", "end_date": "2027-01-14"}

    activated = owner.post(f"{path}/activate", {"signed_at": "2026-01-20T10:00:00+02:00"}).ok()["data"]
    assert (activated["status"], activated["signed_at"]) == ("active", "2026-01-20T08:00:00Z")
    assert activated["version"] == 1

    body = {"payment_type": "credit", "credit_days": 45, "currency": "UAH"}
    changed = owner.put(f"{path}/payment-terms", body).ok()["data"]
    assert (changed["payment_terms"]["credit_days"], changed["version"]) == (45, 2)

    changed = owner.put(f"{path}/delivery-terms", {"delivery_type": "delivery", "estimated_days": 7}).ok()["data"]
    assert (changed["delivery_terms"]["estimated_days"], changed["version"]) == (7, 3)

    renewed = owner.post(f"{path}/renew", {"new_end_date": "2028-01-14"}).ok()["data"]
    assert renewed["validity_period"] == {"start_date": "2026-01-15", "end_date": "2028-01-14"}
    assert (renewed["renewal_count"], renewed["version"]) == (1, 4)

    terminated = owner.post(f"{path}/terminate", {"reason": "Breach of terms"}).ok()["data"]
    assert (terminated["status"], terminated["termination_reason"]) == ("terminated", "Breach of terms")
    assert terminated["allowed_actions"] == []


def test_the_list_is_as_printed(owner, party):
    body = {
        **CREATE,
        "party_id": str(party.pk),
        "penalty_rate": 0.5,
        "discount_rate": 2,
        "shipping_cost": 5000000,
        "shipping_currency": "UAH",
        "insurance": True,
        "auto_renewal": True,
        "renewal_period_days": 30,
        "max_renewals": 3,
    }
    for _ in range(3):
        created = owner.post("/contracts", body).ok(201)["data"]
        owner.post(f"/contracts/{created['id']}/activate", {}).ok()
    answer = owner.get("/contracts", status="active", contract_type="supply", limit=2).ok()
    assert set(answer) == {"data"}
    assert set(answer["data"]) == {"items", "next_cursor", "has_more", "limit"}
    assert (answer["data"]["limit"], answer["data"]["has_more"]) == (2, True)
    shown = answer["data"]["items"][0]
    assert set(shown) >= AS_PRINTED
    assert shown["id"] == created["id"]
    assert shown["payment_terms"] == {
        "payment_type": "credit",
        "credit_days": 30,
        "penalty_rate": 0.5,
        "discount_rate": 2,
        "currency": "UAH",
    }
    assert shown["delivery_terms"] == {
        "delivery_type": "delivery",
        "estimated_days": 5,
        "shipping_cost": 5000000,
        "insurance": True,
        "shipping_currency": "UAH",
    }
    expected = {"auto_renewal": True, "renewal_period_days": 30, "renewal_count": 0, "max_renewals": 3, "version": 1}
    assert {name: shown[name] for name in expected} == expected
    assert (shown["credit_limit"], shown["currency"]) == (500000000, "UAH")
    assert shown["created_by"] == str(owner.user.pk)
    assert not {"days_remaining", "allowed_actions", "versions"} & set(shown)

    cursor = answer["data"]["next_cursor"]
    assert cursor == answer["data"]["items"][-1]["id"]
    rest = owner.get("/contracts", status="active", cursor=cursor).ok()["data"]
    assert [len(rest["items"]), rest["next_cursor"], rest["has_more"], rest["limit"]] == [1, None, False, 20]


def test_the_period_is_a_daterange_and_money_is_bigint(owner, party):
    owner.post("/contracts", {**CREATE, "party_id": str(party.pk)}).ok(201)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_typeof(validity_period)::text, validity_period::text, pg_typeof(credit_limit)::text, "
            "pg_typeof(shipping_cost)::text FROM contracts_contract"
        )
        assert cursor.fetchall() == [("daterange", "[2026-01-15,2027-01-15)", "bigint", "bigint")]
