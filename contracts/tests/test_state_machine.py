"""Every pair of state and action: what is allowed works, all else is a 409 and changes nothing."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from contracts import services
from contracts.choices import Action, ContractStatus
from contracts.models import Contract, ContractVersion
from contracts.state_machine import TRANSITIONS, USER_ACTIONS, ContractState, allowed_actions, days_remaining
from contracts.tests.factories import END, IN_STATE, active, draft, expired, pending, today
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

# Written independently from the contract's table, not read from the state machine.
CONTRACT = {
    "update": {"draft": "draft"},
    "submit": {"draft": "pending_approval"},
    "approve": {"pending_approval": "active"},
    "reject": {"pending_approval": "draft"},
    "activate": {"draft": "active", "pending_approval": "active"},
    "terminate": {"pending_approval": "terminated", "active": "terminated", "expired": "terminated"},
    "renew": {"active": "active", "expired": "active"},
    "payment-terms": {state: state for state in ("draft", "pending_approval", "active", "expired")},
    "delivery-terms": {state: state for state in ("draft", "pending_approval", "active", "expired")},
}

CALLS = {
    "update": ("PUT", "", {"notes": "changed"}),
    "submit": ("POST", "/submit", None),
    "approve": ("POST", "/approve", None),
    "reject": ("POST", "/reject", {"reason": "Not yet"}),
    "activate": ("POST", "/activate", {}),
    "terminate": ("POST", "/terminate", {"reason": "Breach of terms"}),
    "renew": ("POST", "/renew", {"new_end_date": "2100-01-14"}),
    "payment-terms": ("PUT", "/payment-terms", {"credit_days": 45}),
    "delivery-terms": ("PUT", "/delivery-terms", {"estimated_days": 7}),
}

STATES = [status.value for status in ContractStatus]


def row(contract):
    found = Contract.objects.filter(pk=contract.pk).values().get()
    versions = list(ContractVersion.objects.filter(contract=contract).order_by("version").values())
    return found, versions


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("state", STATES)
def test_every_pair(owner, state, action):
    contract = IN_STATE[state]()
    before = row(contract)
    offered = owner.get(f"/contracts/{contract.pk}").ok()["data"]["allowed_actions"]
    method, path, body = CALLS[action]
    answer = owner.call(method, f"/contracts/{contract.pk}{path}", body)
    target = CONTRACT[action].get(state)
    if target:
        assert action in offered
        assert answer.ok()["data"]["status"] == target
        assert row(contract) != before
    else:
        assert action not in offered
        refused = answer.refused(409)
        assert refused["details"]["allowed"] == offered
        assert row(contract) == before


def test_the_machine_is_the_contract():
    assert {action.value: targets for action, targets in TRANSITIONS.items() if action in USER_ACTIONS} == CONTRACT
    assert TRANSITIONS[Action.EXPIRE] == {"active": "expired"}
    assert set(Action) - set(USER_ACTIONS) == {Action.EXPIRE}


def moves():
    """Return the transitions that PostgreSQL should allow."""
    return {(source, target) for targets in TRANSITIONS.values() for source, target in targets.items()}


@pytest.mark.parametrize("source, target", list(itertools.permutations(STATES, 2)))
def test_postgresql_knows_the_same_moves(source, target):
    contract = IN_STATE[source]()
    changes = {
        "draft": "signed_at = NULL",
        "pending_approval": "signed_at = NULL",
        "active": "signed_at = coalesce(signed_at, now())",
        "expired": "signed_at = coalesce(signed_at, now())",
        "terminated": "terminated_at = now(), termination_reason = 'x'",
    }[target]
    if (source, target) == ("expired", "active"):
        changes += ", renewal_count = 1, validity_period = daterange(lower(validity_period), '2100-01-01')"
    sql = f"UPDATE contracts_contract SET status = %s, {changes} WHERE id = %s"  # noqa: S608
    if (ContractStatus(source), ContractStatus(target)) in moves():
        with connection.cursor() as cursor:
            cursor.execute(sql, [target, contract.pk])
        return
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [target, contract.pk])
    expected = "contracts_contract_terminated" if source == "terminated" else "contracts_contract_transition"
    assert database_error(caught.value).diag.constraint_name == expected


# --- what depends on more than the state ------------------------------------------------------------------------------


def test_a_period_that_is_over_is_not_activated(owner):
    over: dict[str, Any] = {"start_date": dt.date(2024, 1, 1), "end_date": today() - dt.timedelta(days=1)}
    for contract, verb in ((draft(**over), "activate"), (pending(**over), "activate"), (pending(**over), "approve")):
        shown = owner.get(f"/contracts/{contract.pk}").ok()["data"]
        assert not {"activate", "approve"} & set(shown["allowed_actions"])
        assert shown["days_remaining"] == 0
        refused = owner.post(f"/contracts/{contract.pk}/{verb}", {}).refused(409)
        assert refused["details"]["allowed"] == shown["allowed_actions"]


def test_the_last_day_still_counts(owner):
    contract = draft(end_date=today())
    path = f"/contracts/{contract.pk}"
    shown = owner.get(path).ok()["data"]
    assert (shown["days_remaining"], "activate" in shown["allowed_actions"]) == (0, True)
    assert owner.post(f"{path}/activate").ok()["data"]["status"] == "active"
    assert services.run_cycle(today=today()).settled == []
    assert services.run_cycle(today=today() + dt.timedelta(days=1)).settled != []
    assert owner.get(path).ok()["data"]["status"] == "expired"


def test_days_remaining(owner):
    contract = active(end_date=today() + dt.timedelta(days=40))
    assert owner.get(f"/contracts/{contract.pk}").ok()["data"]["days_remaining"] == 40
    services.terminate_contract(contract_id=contract.pk, reason="x", actor=SYSTEM)
    assert owner.get(f"/contracts/{contract.pk}").ok()["data"]["days_remaining"] == 0


@pytest.mark.parametrize(
    "end, day, left",
    [
        ("2028-02-29", "2028-02-28", 1),
        ("2028-02-29", "2028-02-29", 0),
        ("2028-02-29", "2028-03-01", 0),
        ("2028-03-01", "2028-02-28", 2),
        ("2027-03-01", "2027-02-28", 1),
        ("2028-12-31", "2027-12-31", 366),
    ],
)
def test_days_remaining_across_leap_years(end, day, left):
    assert days_remaining("active", dt.date.fromisoformat(end), None, dt.date.fromisoformat(day)) == left


def test_a_contract_without_end_is_never_renewed(owner):
    contract = active(end_date=None)
    path = f"/contracts/{contract.pk}"
    shown = owner.get(path).ok()["data"]
    assert (shown["validity_period"]["end_date"], shown["days_remaining"]) == (None, None)
    assert "renew" not in shown["allowed_actions"]
    refused = owner.post(f"{path}/renew", {"new_end_date": "2100-01-14"}).refused(409)
    assert "no last day" in refused["message"]


def in_days(number):
    return str(today() + dt.timedelta(days=number))


def test_a_termination_on_a_later_day_leaves_the_contract_active(owner):
    contract = active(notice_days=30)
    path = f"/contracts/{contract.pk}"
    owner.post(f"{path}/terminate", {"reason": "x", "effective_date": in_days(29)}).refused(422, "effective_date")
    shown = owner.post(f"{path}/terminate", {"reason": "Moved", "effective_date": in_days(30)}).ok()["data"]
    assert (shown["status"], shown["terminates_on"], shown["terminated_at"]) == ("active", in_days(30), None)
    assert (shown["termination_reason"], shown["days_remaining"], shown["version"]) == ("Moved", 29, 2)
    for day, hits in ((in_days(29), 1), (in_days(30), 0)):
        assert len(owner.get("/contracts", active_on=day).ok()["data"]["items"]) == hits
    shown = owner.post(f"{path}/renew", {"new_end_date": "2100-01-14"}).ok()["data"]
    assert (shown["terminates_on"], shown["termination_reason"]) == (None, None), "renewing withdraws it"
    owner.post(f"{path}/terminate", {"reason": "Moved", "effective_date": in_days(40)}).ok()
    shown = owner.post(f"{path}/terminate", {"reason": "Breach"}).ok()["data"]
    assert (shown["status"], shown["terminates_on"], shown["termination_reason"]) == ("terminated", None, "Breach")


def test_a_termination_today_is_immediate(owner):
    contract = active()
    path = f"/contracts/{contract.pk}/terminate"
    owner.post(path, {"reason": "x", "effective_date": in_days(-1)}).refused(422, "effective_date")
    shown = owner.post(path, {"reason": "x", "effective_date": in_days(0)}).ok()["data"]
    assert (shown["status"], shown["terminates_on"]) == ("terminated", None)


def test_a_termination_is_not_later_than_the_end(owner):
    end = today() + dt.timedelta(days=10)
    body = {"reason": "x", "effective_date": in_days(12)}
    owner.post(f"/contracts/{active(end_date=end).pk}/terminate", body).refused(422, "effective_date")
    renewing = active(end_date=end, auto_renewal=True, renewal_period_months=1)
    owner.post(f"/contracts/{renewing.pk}/terminate", body).ok()
    body["effective_date"] = in_days(11)
    owner.post(f"/contracts/{active(end_date=end).pk}/terminate", body).ok()


@pytest.mark.parametrize("make", [pending, expired])
def test_only_an_active_contract_terminates_later(owner, make):
    path = f"/contracts/{make().pk}/terminate"
    owner.post(path, {"reason": "x", "effective_date": in_days(1)}).refused(409)
    assert owner.post(path, {"reason": "x"}).ok()["data"]["status"] == "terminated"


def test_renewals_come_to_an_end(owner):
    contract = active(max_renewals=2)
    path = f"/contracts/{contract.pk}"
    owner.post(f"{path}/renew", {"new_end_date": "2100-01-14"}).ok()
    shown = owner.post(f"{path}/renew", {"new_end_date": "2101-01-14"}).ok()["data"]
    assert (shown["renewal_count"], "renew" in shown["allowed_actions"]) == (2, False)
    refused = owner.post(f"{path}/renew", {"new_end_date": "2102-01-14"}).refused(409)
    assert refused["details"]["allowed"] == ["terminate", "payment-terms", "delivery-terms"]
    assert owner.get(path).ok()["data"]["validity_period"]["end_date"] == "2101-01-14"


def test_no_cap_is_no_cap():
    state = ContractState("active", END, renewal_count=1000, max_renewals=0, today=today())
    assert "renew" in allowed_actions(state)


def test_an_expired_contract_is_renewed(owner):
    contract = expired()
    shown = owner.post(f"/contracts/{contract.pk}/renew", {"new_end_date": "2098-02-01"}).ok()["data"]
    assert (shown["status"], shown["renewal_count"], shown["version"]) == ("active", 1, 3)
    assert services.run_cycle(today=dt.date(2098, 2, 1)).settled == []
    assert services.run_cycle(today=dt.date(2098, 2, 2)).expired != []


@pytest.mark.parametrize("day", ["2098-12-31", "2099-01-14", "0001-01-01", "9999-12-31"])
def test_a_new_end_is_later_than_the_present_one(owner, day):
    contract = active()
    owner.post(f"/contracts/{contract.pk}/renew", {"new_end_date": day}).refused(422, "new_end_date")
    owner.post(f"/contracts/{contract.pk}/renew", {"new_end_date": "2099-01-15"}).ok()


def test_a_new_end_is_not_past(owner):
    contract = active(end_date=today())
    with without_triggers() as cursor:  # as if it had ended ten days ago and the daily run were late
        cursor.execute(
            "UPDATE contracts_contract SET validity_period = daterange('2026-01-15', CURRENT_DATE - 9) WHERE id = %s",
            [contract.pk],
        )
    path = f"/contracts/{contract.pk}/renew"
    owner.post(path, {"new_end_date": str(today() - dt.timedelta(days=1))}).refused(422, "new_end_date")
    owner.post(path, {"new_end_date": str(today())}).ok()


# --- four eyes --------------------------------------------------------------------------------------------------------


def test_the_author_does_not_approve(colleague, owner, holding):
    other = holding("contracts:write")
    for approver in (other, owner):
        contract = pending(actor=actor_of(colleague.user))
        path = f"/contracts/{contract.pk}/approve"
        colleague.post(path).refused(403)
        assert Contract.objects.get(pk=contract.pk).status == "pending_approval"
        approved = approver.post(path).ok()
        assert approved["data"]["status"] == "active"
        assert approved["data"]["signed_at"] is not None


def test_who_may_do_everything_approves_their_own(owner):
    contract = pending(actor=actor_of(owner.user))
    assert owner.post(f"/contracts/{contract.pk}/approve").ok()["data"]["status"] == "active"


def test_a_rejection_says_why_until_it_is_submitted_again(owner):
    contract = pending()
    path = f"/contracts/{contract.pk}"
    assert owner.post(f"{path}/reject", {"reason": "Too dear"}).ok()["data"]["rejection_reason"] == "Too dear"
    assert owner.post(f"{path}/submit").ok()["data"]["rejection_reason"] is None
    for wrong in ({}, {"reason": None}, {"reason": " "}, {"reason": 5}):
        owner.post(f"{path}/reject", wrong).refused(422, "reason")
        owner.post(f"{path}/terminate", wrong).refused(422, "reason")
