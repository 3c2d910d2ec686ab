"""Fields of a contract: invalid values, and the rules of partial updates."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Contract
from contracts.tests.factories import active, draft, expired, pending, terminated
from parties.choices import PartyKind
from parties.tests.factories import FACTORIES, CustomerFactory, blacklisted, deactivated
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.strategies import clean_texts

pytestmark = pytest.mark.django_db

MAX = 2**63 - 1


def body(**fields):
    return {
        "contract_type": "supply",
        "party_id": fields.pop("party_id", None) or str(CustomerFactory.create().pk),
        "payment_type": "prepaid",
        "currency": "UAH",
        "delivery_type": "pickup",
        "start_date": "2026-01-15",
        "end_date": "2027-01-14",
        **fields,
    }


# --- with whom --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PartyKind)
def test_any_kind_of_party_has_contracts(owner, kind):
    owner.post("/contracts", body(party_id=str(FACTORIES[kind].create().pk))).ok(201)


@pytest.mark.parametrize("kind", PartyKind)
@pytest.mark.parametrize("become", [blacklisted, deactivated])
def test_a_party_that_is_not_active_gets_no_contract(owner, kind, become):
    party = become(FACTORIES[kind].create())
    refused = owner.post("/contracts", body(party_id=str(party.pk))).refused(409)
    assert party.status in refused["message"]
    contract = draft()
    owner.patch(f"/contracts/{contract.pk}", {"party_id": str(party.pk)}).refused(409)
    assert Contract.objects.get().party_id == contract.party_id


def test_a_contract_outlives_the_favour_of_its_party(owner):
    """Existing contracts continue: only new ones are refused."""
    contract = draft()
    blacklisted(contract.party)
    path = f"/contracts/{contract.pk}"
    owner.put(path, {"party_id": str(contract.party_id), "notes": "still theirs"}).ok()
    owner.post(f"{path}/activate").ok()
    owner.post(f"{path}/terminate", {"reason": "Blacklisted"}).ok()


def test_a_draft_can_be_turned_over_to_another_party(owner):
    contract, other = draft(), CustomerFactory.create()
    assert owner.put(f"/contracts/{contract.pk}", {"party_id": str(other.pk)}).ok()["data"]["party_id"] == str(other.pk)


# --- what is refused --------------------------------------------------------------------------------------------------

DAYS = [-1, 36501, 2**40, 1.5, "5", True, [1], {}]
MONEY = [-1, MAX + 1, 1.0, 1.5, "5", True]
RATES = [-0.1, 100.0001, 1e300, "5", True, 0.00001]

WRONG: dict[str, list[Any]] = {
    "contract_type": [None, "", "rent", 5, True, ["supply"]],
    "party_id": [None, "", "nonsense", 5, str(uuid.uuid4()), str(uuid.uuid4()).replace("-", "")],
    "payment_type": [None, "", "cash", 5],
    "credit_days": DAYS,
    "penalty_rate": RATES,
    "discount_rate": RATES,
    "currency": [None, "", "uah", "XXXX", "ZZZ", 5],
    "delivery_type": [None, "", "post", 5],
    "estimated_days": DAYS,
    "shipping_cost": MONEY,
    "shipping_currency": ["uah", "ZZZ", 5],
    "insurance": ["true", 1, 0, "no"],
    "start_date": [None, "", "2026-02-29", "15.01.2026", "2026-01-15T00:00:00Z", 20260115, "10000-01-01"],
    "end_date": ["2026-02-29", "2026-1-5", 5, "2026-01-14", "9999-12-31"],
    "credit_limit": MONEY,
    "auto_renewal": ["true", 1],
    "renewal_period_months": [0, 1201, *DAYS],
    "renewal_period_days": [0, *DAYS],
    "notice_days": DAYS,
    "max_renewals": DAYS,
    "notes": [5, True, ["a"], "x" * 10_001, "a\x00b"],
}


@pytest.mark.parametrize("field", WRONG)
def test_wrong_values_are_refused_on_creation_and_on_change(owner, field):
    contract = draft()
    before = Contract.objects.values().get()
    complete = body()
    for value in WRONG[field]:
        owner.post("/contracts", {**complete, field: value}).refused(422, field)
        owner.patch(f"/contracts/{contract.pk}", {field: value}).refused(422, field)
    assert Contract.objects.values().get() == before


@pytest.mark.parametrize(
    "field", ["contract_type", "party_id", "payment_type", "currency", "delivery_type", "start_date", "end_date"]
)
def test_what_must_be_there(owner, field):
    complete = body()
    del complete[field]
    owner.post("/contracts", complete).refused(422, field)


def test_everything_that_is_missing_is_named(owner):
    owner.post("/contracts", {}).refused(
        422, "contract_type", "party_id", "payment_type", "currency", "delivery_type", "start_date", "end_date"
    )


def test_what_contradicts_itself(owner):
    owner.post("/contracts", body(payment_type="credit")).refused(422, "credit_days")
    owner.post("/contracts", body(payment_type="credit", credit_days=0)).refused(422, "credit_days")
    owner.post("/contracts", body(payment_type="credit", credit_days=None)).refused(422, "credit_days")
    owner.post("/contracts", body(auto_renewal=True)).refused(422, "renewal_period_days")
    periods = {"renewal_period_days": 30, "renewal_period_months": 1}
    owner.post("/contracts", body(**periods)).refused(422, "renewal_period_months")
    owner.post("/contracts", body(auto_renewal=True, renewal_period_months=1, end_date=None)).refused(422, "end_date")
    owner.post("/contracts", body(end_date="2026-01-14")).refused(422, "end_date")
    contract = draft(auto_renewal=True, renewal_period_days=30)
    path = f"/contracts/{contract.pk}"
    owner.put(path, {"credit_days": None}).refused(422, "credit_days")
    owner.put(f"{path}/payment-terms", {"credit_days": 0}).refused(422, "credit_days")
    owner.put(path, {"renewal_period_days": None}).refused(422, "renewal_period_days")
    owner.put(path, {"start_date": "2099-01-15"}).refused(422, "end_date")
    owner.put(path, {"credit_days": None, "payment_type": "postpaid"}).ok()


def test_a_contract_of_one_day_and_of_all_days(owner):
    one = owner.post("/contracts", body(start_date="2028-02-29", end_date="2028-02-29")).ok(201)["data"]["id"]
    assert owner.get(f"/contracts/{one}").ok()["data"]["validity_period"] == {
        "start_date": "2028-02-29",
        "end_date": "2028-02-29",
    }
    whole = owner.post("/contracts", body(start_date="0001-01-01", end_date="9999-12-30")).ok(201)["data"]["id"]
    assert owner.get(f"/contracts/{whole}").ok()["data"]["validity_period"] == {
        "start_date": "0001-01-01",
        "end_date": "9999-12-30",
    }


def test_the_greatest_amounts(owner):
    made = owner.post("/contracts", body(credit_limit=MAX, shipping_cost=MAX, penalty_rate=0.0001)).ok(201)
    shown = owner.get(f"/contracts/{made['data']['id']}").ok()["data"]
    assert (shown["credit_limit"], shown["delivery_terms"]["shipping_cost"]) == (MAX, MAX)
    assert shown["payment_terms"]["penalty_rate"] == 0.0001


def test_unknown_fields_and_bodies_that_are_none(owner):
    contract = draft()
    path = f"/contracts/{contract.pk}"
    owner.post("/contracts", {**body(), "credit_dais": 5}).refused(422, "credit_dais")
    owner.put(path, {"credit_dais": 5}).refused(422, "credit_dais")
    owner.put(f"{path}/payment-terms", {"estimated_days": 5}).refused(422, "estimated_days")
    owner.put(f"{path}/delivery-terms", {"credit_days": 5}).refused(422, "credit_days")
    owner.post(f"{path}/submit", {"why": "so"}).refused(422, "why")
    owner.post(f"{path}/activate", {"signed_at": "yesterday"}).refused(422, "signed_at")
    owner.post(f"{path}/activate", {"signed_at": 5}).refused(422, "signed_at")
    for moment in ("2099-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        owner.post(f"{path}/activate", {"signed_at": moment}).refused(422, "signed_at")
    owner.post(f"{path}/renew", {}).refused(422, "new_end_date")
    owner.post(f"{path}/renew", {"new_end_date": None}).refused(422, "new_end_date")
    for wrong in (b"{", b"[]", b'"a"'):
        owner.call("PUT", path, wrong).refused(400)


def test_what_was_received_can_be_sent_back(owner):
    contract = draft()
    path = f"/contracts/{contract.pk}"
    shown = owner.get(path).ok()["data"]
    assert owner.put(path, shown).ok()["data"] == shown
    assert owner.put(f"{path}/payment-terms", shown["payment_terms"]).ok()["data"] == shown
    assert owner.put(f"{path}/delivery-terms", shown["delivery_terms"]).ok()["data"] == shown
    assert owner.patch(path, {}).ok()["data"] == shown


def test_ids_that_name_nothing(owner):
    for pk in (str(uuid.uuid4()), "nonsense", "0"):
        owner.get(f"/contracts/{pk}").refused(404)
        owner.put(f"/contracts/{pk}", {}).refused(404)
        owner.put(f"/contracts/{pk}/payment-terms", {}).refused(404)
        for verb in ("submit", "approve", "activate"):
            owner.post(f"/contracts/{pk}/{verb}").refused(404)


# --- absent keeps, a value sets, null clears --------------------------------------------------------------------------

PAYMENT = {
    "payment_type": st.sampled_from(["prepaid", "postpaid", "credit"]),
    "credit_days": st.none() | st.integers(0, 36500),
    "penalty_rate": st.none() | st.integers(0, 1_000_000).map(lambda n: n / 10_000),
    "discount_rate": st.none() | st.sampled_from([0, 2, 0.5, 33.3333, 100]),
    "currency": st.sampled_from(["UAH", "USD", "EUR"]),
}
DELIVERY = {
    "delivery_type": st.sampled_from(["delivery", "pickup", "digital"]),
    "estimated_days": st.none() | st.integers(0, 36500),
    "shipping_cost": st.none() | st.integers(0, MAX),
    "shipping_currency": st.none() | st.sampled_from(["UAH", "USD"]),
    "insurance": st.none() | st.booleans(),
}
REST = {
    "contract_type": st.sampled_from(["supply", "lease"]),
    "credit_limit": st.none() | st.integers(0, MAX),
    "auto_renewal": st.none() | st.booleans(),
    "renewal_period_days": st.none() | st.integers(1, 36500),
    "renewal_period_months": st.none() | st.integers(1, 1200),
    "notice_days": st.none() | st.integers(0, 36500),
    "max_renewals": st.none() | st.integers(0, 36500),
    "notes": st.none() | clean_texts(max_size=20),
    "start_date": st.dates().map(str),
    "end_date": st.none() | st.dates().map(str),
}
CLEARED = {"insurance": False, "credit_limit": 0, "auto_renewal": False, "max_renewals": 0}

patches = st.lists(
    st.tuples(
        st.sampled_from(["PUT", "PATCH"]),
        st.one_of(
            st.tuples(st.just("/payment-terms"), st.fixed_dictionaries({}, optional=PAYMENT)),
            st.tuples(st.just("/delivery-terms"), st.fixed_dictionaries({}, optional=DELIVERY)),
            st.tuples(st.just(""), st.fixed_dictionaries({}, optional={**PAYMENT, **DELIVERY, **REST})),
        ),
    ),
    min_size=1,
    max_size=6,
)


def flat(shown):
    return {**shown, **shown["payment_terms"], **shown["delivery_terms"], **shown["validity_period"]}


def meant(state, patch):
    """Return the state after the patch, or None if it violates one of the rules."""
    after = dict(state)
    for name, sent in patch.items():
        value = (sent.strip() or None) if isinstance(sent, str) else sent  # an empty string means null
        after[name] = CLEARED.get(name) if value is None else value
    sound = (
        (after["end_date"] is None or after["start_date"] <= after["end_date"] <= "9999-12-30")
        and (after["payment_type"] != "credit" or after["credit_days"])
        and (not after["auto_renewal"] or after["renewal_period_days"] or after["renewal_period_months"])
        and not (after["renewal_period_days"] and after["renewal_period_months"])
        and not (after["auto_renewal"] and after["end_date"] is None)
    )
    return after if sound else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=patches)
def test_partial_updates(db, sequence):
    client = _client()
    path = f"/contracts/{draft(credit_limit=5, notes='n').pk}"
    state = flat(client.get(path).ok()["data"])
    fields = [*PAYMENT, *DELIVERY, *REST]
    for method, (route, patch) in sequence:
        answer = client.call(method, f"{path}{route}", patch)
        after = meant(state, patch)
        if after is None:
            answer.refused(422)
        else:
            answer.ok()
            state = after
        shown = flat(client.get(path).ok()["data"])
        assert {name: shown[name] for name in fields} == {name: state[name] for name in fields}


def _client():
    return client_of(user_in_role("super_admin"))


# --- in which state ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make, version", [(draft, 1), (pending, 1), (active, 2), (expired, 3)])
def test_terms_merge_in_every_state_but_terminated(owner, make, version):
    contract = make(estimated_days=5, shipping_cost=100, shipping_currency="UAH")
    path = f"/contracts/{contract.pk}"
    shown = owner.put(f"{path}/delivery-terms", {"estimated_days": None}).ok()["data"]
    assert shown["delivery_terms"] == {
        "delivery_type": "delivery",
        "estimated_days": None,
        "shipping_cost": 100,
        "insurance": False,
        "shipping_currency": "UAH",
    }
    assert (shown["status"], shown["version"]) == (contract.status, version)
    owner.patch(f"/contracts/{terminated().pk}/delivery-terms", {}).refused(409)
