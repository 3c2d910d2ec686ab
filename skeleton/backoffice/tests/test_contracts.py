"""Contracts in the back office: creating and editing drafts, and the actions of the services."""

import datetime as dt
import re

import pytest

from contracts.models import Contract
from contracts.tests.factories import IN_STATE, active, draft, pending, today
from parties.tests.factories import CustomerFactory, EmployeeFactory, SupplierFactory, blacklisted
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import actor_of

pytestmark = pytest.mark.django_db

CONTRACTS = "/admin/contracts/contract/"
ACTS = {"submit", "approve", "reject", "activate", "renew", "payment-terms", "delivery-terms", "terminate"}
OFFERED = {
    "draft": {"submit", "activate", "payment-terms", "delivery-terms"},
    "pending_approval": {"approve", "reject", "activate", "terminate", "payment-terms", "delivery-terms"},
    "active": {"terminate", "renew", "payment-terms", "delivery-terms"},
    "expired": {"terminate", "renew", "payment-terms", "delivery-terms"},
    "terminated": set(),
}


def text(response):
    return response.content.decode()


def page(contract, action="change"):
    return f"{CONTRACTS}{contract.pk}/{action}/"


def posted(**fields):
    return {
        "contract_type": "supply",
        "first_day": "2026-01-15",
        "last_day": "2099-01-14",
        "notes": "",
        "payment_type": "credit",
        "credit_days": "30",
        "penalty_rate": "0.5",
        "discount_rate": "",
        "currency": "UAH",
        "credit_limit": "5000000.00",
        "delivery_type": "delivery",
        "estimated_days": "5",
        "shipping_cost": "1000",
        "shipping_currency": "JPY",
        "max_renewals": "0",
        "renewal_period_months": "",
        "renewal_period_days": "",
        "notice_days": "",
        **fields,
    }


def last_entry():
    return AuditEntry.objects.filter(resource="contracts").order_by("-id").first()


def test_a_draft_is_written(clerk):
    party = SupplierFactory.create()
    response = clerk.post(f"{CONTRACTS}add/", posted(party_id=party.pk))
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Contract.objects.get()
    assert (made.party_id, made.status, made.created_by) == (party.pk, "draft", clerk.user)
    assert (str(made.start_date), str(made.end_date)) == ("2026-01-15", "2099-01-14")
    assert (made.credit_limit, made.shipping_cost, made.shipping_currency) == (500000000, 1000, "JPY")
    assert (last_entry().action, last_entry().actor_email) == ("create", "carl@example.com")


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"last_day": "2026-01-14"}, "last_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
        ({"first_day": ""}, "first_day"),
        ({"credit_days": ""}, "credit_days"),
        ({"credit_days": "0"}, "credit_days"),
        ({"penalty_rate": "101"}, "penalty_rate"),
        ({"currency": ""}, "currency"),
        ({"shipping_cost": "10.5"}, "shipping_cost"),
        ({"auto_renewal": "on"}, "renewal_period_days"),
        ({"party_id": ""}, "party_id"),
    ],
)
def test_a_mistake_is_told_at_its_field(clerk, fields, field):
    body = posted(party_id=CustomerFactory.create().pk, notes="Keep me") | fields
    response = clerk.post(f"{CONTRACTS}add/", body)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert "Keep me" in text(response)
    assert not Contract.objects.exists()


def test_a_blacklisted_party_is_refused_in_a_sentence(clerk):
    response = clerk.post(f"{CONTRACTS}add/", posted(party_id=blacklisted(CustomerFactory.create()).pk))
    assert "blacklisted. Activate it first" in text(response)


def test_a_draft_is_edited(clerk):
    contract = draft(estimated_days=5, notes="Old", credit_limit=5, shipping_cost=100)
    shown = text(clerk.get(page(contract)))
    assert 'value="2099-01-14"' in shown
    assert 'value="0.05"' in shown
    assert 'value="1.00"' in shown
    fields = {"last_day": "2098-12-31", "estimated_days": "", "shipping_cost": "2.50", "shipping_currency": ""}
    body = posted(party_id=contract.party_id, notes="New", **fields)
    response = clerk.post(page(contract), body)
    assert response.status_code == 302, response.context["adminform"].form.errors
    contract = Contract.objects.get()
    assert (str(contract.end_date), contract.estimated_days, contract.notes) == ("2098-12-31", None, "New")
    assert (contract.shipping_cost, contract.shipping_currency) == (250, None)
    assert last_entry().action == "update"


@pytest.mark.parametrize("state", OFFERED)
def test_each_state_offers_what_it_allows(clerk, guest, state):
    contract = IN_STATE[state]()
    shown = text(clerk.get(page(contract)))
    assert {name for name in ACTS if page(contract, name) in shown} == OFFERED[state]
    assert ('name="_save"' in shown) == (state == "draft")
    seen = text(guest.get(page(contract)))
    assert not {name for name in ACTS if page(contract, name) in seen}
    assert 'name="_save"' not in seen
    if state != "draft":
        assert clerk.post(page(contract), posted(party_id=contract.party_id)).status_code == 403


def test_the_story_by_its_buttons(clerk, chief):
    contract = draft(actor=actor_of(clerk.user))
    assert clerk.get(page(contract, "submit")).status_code == 200, "a link only asks"
    assert Contract.objects.get().status == "draft"
    clerk.post(page(contract, "submit"))
    assert "You created this contract" in text(clerk.post(page(contract, "approve")))
    chief.post(page(contract, "reject"), {"reason": "Too dear"})
    assert "Too dear" in text(clerk.get(page(contract)))
    clerk.post(page(contract, "submit"))
    assert "The contract is active." in text(chief.post(page(contract, "approve"), follow=True))
    assert (last_entry().action, last_entry().actor_email) == ("approve", "olha@example.com")

    asked = text(clerk.get(page(contract, "payment-terms")))
    assert re.search(r'name="credit_days"[^>]*value="30"|value="30"[^>]*name="credit_days"', asked)
    terms = {
        "payment_type": "credit",
        "credit_days": "45",
        "penalty_rate": "0.5",
        "discount_rate": "",
        "currency": "UAH",
    }
    clerk.post(page(contract, "payment-terms"), terms)
    refused = clerk.post(page(contract, "payment-terms"), {**terms, "credit_days": ""})
    assert list(refused.context["form"].errors) == ["credit_days"]
    terms = {"delivery_type": "pickup", "estimated_days": "", "shipping_cost": "12.50", "shipping_currency": "USD"}
    clerk.post(page(contract, "delivery-terms"), {**terms, "insurance": "on"})
    refused = clerk.post(page(contract, "renew"), {"new_end_date": "2099-01-14"})
    assert list(refused.context["form"].errors) == ["new_end_date"]
    clerk.post(page(contract, "renew"), {"new_end_date": "2100-01-14"})

    shown = text(clerk.get(page(contract)))
    for part in (
        "Credit, 30 days, UAH",
        "Credit, 45 days, penalty 0.5 %, UAH",
        "Pickup, insured",
        "12.50 USD",
        "15 Jan 2026 – 14 Jan 2100",
        "Payment terms changed",
        "Renewed",
    ):
        assert part in shown, part
    clerk.post(page(contract, "terminate"), {"reason": "Breach of terms"})
    ended = Contract.objects.get()
    assert (ended.status, ended.termination_reason, ended.version) == ("terminated", "Breach of terms", 5)
    again = clerk.post(page(contract, "terminate"), {"reason": "Again"})
    assert "This contract has been terminated. Create a new one instead." in text(again)


def test_a_contract_without_end_that_is_given_notice(clerk):
    body = posted(party_id=CustomerFactory.create().pk, last_day="", notice_days="30", renewal_period_months="")
    assert clerk.post(f"{CONTRACTS}add/", body).status_code == 302
    contract = Contract.objects.get()
    assert (contract.end_date, contract.notice_days) == (None, 30)
    clerk.post(page(contract, "activate"))
    shown = text(clerk.get(page(contract)))
    assert "from 15 Jan 2026, without end" in shown
    assert page(contract, "renew") not in shown
    assert "without end" in text(clerk.get(CONTRACTS))
    day = today() + dt.timedelta(days=29)
    refused = clerk.post(page(contract, "terminate"), {"reason": "Moved", "effective_date": str(day)})
    assert list(refused.context["form"].errors) == ["effective_date"]
    day += dt.timedelta(days=1)
    clerk.post(page(contract, "terminate"), {"reason": "Moved", "effective_date": str(day)})
    contract.refresh_from_db()
    assert (contract.status, contract.terminates_on) == ("active", day)


def test_a_signature_of_another_day(clerk):
    contract = draft()
    clerk.post(page(contract, "activate"), {"signed_at_0": "2026-01-20", "signed_at_1": "08:00"})
    assert Contract.objects.get().signed_at == dt.datetime(2026, 1, 20, 8, tzinfo=dt.UTC)


def test_many_are_approved_at_once(clerk):
    fine, own, early = pending(), pending(actor=actor_of(clerk.user)), draft()
    body = {"action": "approve", "_selected_action": [str(one.pk) for one in (fine, own, early)]}
    told = text(clerk.post(CONTRACTS, body, follow=True))
    assert "Approve: done for 1." in told
    assert "You created this contract" in told
    assert Contract.objects.filter(status="active").get() == fine


def names(answer):
    return {one["text"] for one in answer.json()["results"]}


def test_parties_to_choose_from(clerk, guest, staff):
    CustomerFactory.create(name="Acme One")
    EmployeeFactory.create(name="Acme Two")
    blacklisted(SupplierFactory.create(name="Acme Three"))
    SupplierFactory.create(name="Other")
    found = clerk.get(f"{CONTRACTS}parties/", {"term": "ACME"})
    assert names(found) == {"Acme One (customer)", "Acme Two (employee)"}
    assert guest.get(f"{CONTRACTS}parties/").status_code == 403
    seller = staff("contracts:read", "contracts:write", "customers:read")
    assert names(seller.get(f"{CONTRACTS}parties/", {"term": "acme"})) == {"Acme One (customer)"}
    assert names(staff("contracts:read", "contracts:write").get(f"{CONTRACTS}parties/")) == set()


def test_lists_are_searched_and_filtered(clerk):
    soon = active(end_date=today() + dt.timedelta(days=5), party_id=CustomerFactory.create(name="Велика Груша").pk)
    later = active(end_date=today() + dt.timedelta(days=50), party_id=CustomerFactory.create(name="Small Apple").pk)
    for query in ({"q": "ГРУША"}, {"expiring": "7"}):
        shown = text(clerk.get(CONTRACTS, query))
        assert str(soon.pk) in shown
        assert str(later.pk) not in shown
    assert str(later.pk) in text(clerk.get(CONTRACTS, {"status__exact": "active"}))
