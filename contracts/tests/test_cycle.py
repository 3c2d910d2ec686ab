"""The daily run: expiry and renewal, once per cycle, and catching up after an outage."""

import datetime as dt
import io

import pytest
from django.core.management import call_command

from contracts import services
from contracts.models import Contract, ContractCycle, ContractVersion
from contracts.tests.factories import active, draft, pending, terminated, today
from skeleton.audit.models import AuditEntry
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def day(text):
    return dt.date.fromisoformat(text)


def renewing(**fields):
    period = {} if "renewal_period_months" in fields else {"renewal_period_days": 30}
    return active(**{"auto_renewal": True, "end_date": day("2099-01-14"), **period, **fields})


def run(text):
    return services.run_cycle(today=day(text), actor=SYSTEM)


def state(contract):
    found = Contract.objects.get(pk=contract.pk)
    return found.status, str(found.end_date), found.renewal_count, found.version


def test_nothing_ends_on_its_last_day():
    contract = renewing()
    assert run("2099-01-14").settled == []
    assert state(contract) == ("active", "2099-01-14", 0, 1)


def test_expiry():
    contract = active(end_date=day("2099-01-14"))
    summary = run("2099-01-15")
    assert [(one.contract_id, one.renewed_until) for one in summary.expired] == [(contract.pk, None)]
    assert (summary.renewed, summary.failed) == ([], [])
    assert state(contract) == ("expired", "2099-01-14", 0, 2)
    assert run("2099-01-15").settled == []
    assert run("2100-01-15").settled == []
    cycle = ContractCycle.objects.get()
    assert (str(cycle.ended_on), cycle.outcome, cycle.renewed_until) == ("2099-01-14", "expired", None)


def test_renewal_counts_from_the_old_end_once_a_cycle():
    contract = renewing()
    for _ in range(3):
        run("2099-01-20")
    assert state(contract) == ("active", "2099-02-13", 1, 2)
    assert ContractCycle.objects.count() == 1
    run("2099-02-13")
    assert state(contract) == ("active", "2099-02-13", 1, 2)
    run("2099-02-14")
    assert state(contract) == ("active", "2099-03-15", 2, 3)


def test_after_an_outage_the_cycles_are_caught_up_one_by_one():
    contract = renewing()
    summary = run("2099-05-01")
    assert [(str(one.ended_on), str(one.renewed_until)) for one in summary.renewed] == [
        ("2099-01-14", "2099-02-13"),
        ("2099-02-13", "2099-03-15"),
        ("2099-03-15", "2099-04-14"),
        ("2099-04-14", "2099-05-14"),
    ]
    assert state(contract) == ("active", "2099-05-14", 4, 5)
    versions = ContractVersion.objects.filter(contract=contract).order_by("version")
    assert [str(one.end_date) for one in versions] == [
        "2099-01-14",
        "2099-02-13",
        "2099-03-15",
        "2099-04-14",
        "2099-05-14",
    ]
    assert [str(one) for one in ContractCycle.objects.order_by("ended_on")][0] == "14 Jan 2099: renewed"


def test_catching_up_ends_where_the_renewals_do():
    contract = renewing(max_renewals=2)
    summary = run("2099-12-31")
    assert (len(summary.renewed), len(summary.expired)) == (2, 1)
    assert state(contract) == ("expired", "2099-03-15", 2, 4)
    assert run("2099-12-31").settled == []


@pytest.mark.parametrize(
    "end, period, until",
    [
        ("2028-01-30", 30, "2028-02-29"),
        ("2028-02-29", 1, "2028-03-01"),
        ("2027-02-28", 1, "2027-03-01"),
        ("2027-02-28", 366, "2028-02-29"),
        ("2028-02-29", 366, "2029-03-01"),
        ("2100-02-28", 1, "2100-03-01"),
        ("2027-12-31", 366, "2028-12-31"),
    ],
)
def test_leap_years(end, period, until):
    contract = renewing(end_date=day(end), renewal_period_days=period)
    services.run_cycle(today=day(end) + DAY)
    assert str(Contract.objects.get(pk=contract.pk).end_date) == until


@pytest.mark.parametrize(
    "end, months, ends",
    [
        ("2096-12-31", 12, ["2097-12-31", "2098-12-31", "2099-12-31"]),
        ("2096-01-31", 1, ["2096-02-29", "2096-03-31", "2096-04-30"]),
        ("2096-01-30", 1, ["2096-02-29", "2096-03-30", "2096-04-30"]),
        ("2097-02-28", 12, ["2098-02-28", "2099-02-28", "2100-02-28"]),
        ("2095-02-28", 12, ["2096-02-29", "2097-02-28", "2098-02-28"]),
        ("2096-02-29", 48, ["2100-02-28", "2104-02-29", "2108-02-29"]),
        ("2096-04-30", 1, ["2096-05-31", "2096-06-30", "2096-07-31"]),
        ("2096-11-30", 3, ["2097-02-28", "2097-05-31", "2097-08-31"]),
        ("2096-06-15", 18, ["2097-12-15", "2099-06-15", "2100-12-15"]),
    ],
)
def test_months_count_from_the_original_day(end, months, ends):
    contract = renewing(end_date=day(end), renewal_period_months=months, max_renewals=3)
    assert [str(one.renewed_until) for one in services.run_cycle(today=day("2110-01-01")).renewed] == ends
    assert state(contract)[:3] == ("expired", ends[-1], 3)


def test_a_renewal_by_hand_sets_another_day(owner):
    contract = renewing(end_date=day("2099-01-31"), renewal_period_months=1)
    owner.post(f"/contracts/{contract.pk}/renew", {"new_end_date": "2099-02-15"}).ok()
    run("2099-02-16")
    assert state(contract)[1] == "2099-03-15"


def test_as_many_months_as_renewals():
    contract = renewing(end_date=day("2096-01-31"), renewal_period_months=1)
    run("2100-01-31")
    assert state(contract)[:3] == ("active", "2100-01-31", 48)


def test_what_has_no_end_is_left_alone():
    contract = active(end_date=None)
    assert run("9999-12-31").settled == []
    assert state(contract) == ("active", "None", 0, 1)


# --- terminations on a later day --------------------------------------------------------------------------------------


def given_notice(contract, effective):
    services.terminate_contract(contract_id=contract.pk, reason="Moved", effective_date=day(effective), actor=SYSTEM)
    return contract


def test_a_termination_takes_effect_on_its_day():
    contract = given_notice(active(end_date=day("2099-01-14")), "2098-06-01")
    assert run("2098-05-31").settled == []
    assert state(contract) == ("active", "2099-01-14", 0, 2)
    assert [(str(one.ended_on), one.action) for one in run("2098-06-01").terminated] == [("2098-05-31", "terminate")]
    assert state(contract) == ("terminated", "2099-01-14", 0, 3)
    assert run("2099-01-15").settled == []
    assert ContractCycle.objects.count() == 0
    assert AuditEntry.objects.filter(resource_id=contract.pk).order_by("-id")[0].action == "terminate"


def test_a_contract_without_end_ends_by_its_termination():
    contract = given_notice(active(end_date=None), "2098-06-01")
    assert len(run("2098-06-01").terminated) == 1
    assert state(contract)[0] == "terminated"


@pytest.mark.parametrize("effective", ["2099-01-14", "2099-01-15"])
def test_what_terminates_with_its_end_is_not_renewed(effective):
    contract = given_notice(renewing(), effective)
    assert len(run("2099-06-01").terminated) == 1
    assert state(contract)[:3] == ("terminated", "2099-01-14", 0)


def test_what_terminates_later_is_renewed_until_then():
    contract = given_notice(renewing(), "2099-02-20")
    foreseen = services.run_cycle(today=day("2099-06-01"), dry_run=True).settled
    summary = run("2099-06-01")
    assert summary.settled == foreseen
    assert [one.action for one in summary.settled] == ["renew", "renew", "terminate"]
    assert state(contract)[:3] == ("terminated", "2099-03-15", 2)


def test_what_ends_before_its_termination_is_terminated_with_its_end():
    contract = given_notice(renewing(max_renewals=1), "2099-06-01")
    assert [one.action for one in run("2099-03-01").settled] == ["renew", "terminate"]
    assert state(contract)[:3] == ("terminated", "2099-02-13", 1)


def test_a_renewed_contract_that_expired_may_be_renewed_by_hand_and_expire_again(owner):
    contract = active(end_date=day("2098-01-14"))
    run("2098-01-15")
    owner.post(f"/contracts/{contract.pk}/renew", {"new_end_date": "2099-01-14"}).ok()
    run("2099-01-15")
    assert state(contract) == ("expired", "2099-01-14", 1, 4)
    assert ContractCycle.objects.count() == 2


def test_where_the_calendar_ends():
    contract = renewing(end_date=day("9999-12-01"), renewal_period_days=36_500)
    run("9999-12-31")
    assert state(contract)[:2] == ("expired", "9999-12-01")


def test_only_what_is_active_is_touched():
    others = [
        draft(end_date=today()),
        pending(end_date=today()),
        terminated(end_date=today()),
        active(end_date=today() + DAY),
    ]
    before = [state(one) for one in others]
    assert services.run_cycle(today=today() + DAY).settled == []
    assert [state(one) for one in others] == before


def test_a_dry_run_says_the_same_and_does_nothing():
    first, second = renewing(max_renewals=2), active(end_date=day("2099-01-14"))
    before = state(first), state(second), AuditEntry.objects.count()
    foreseen = services.run_cycle(today=day("2099-12-31"), dry_run=True)
    assert (state(first), state(second), AuditEntry.objects.count()) == before
    assert ContractCycle.objects.count() == 0
    assert services.run_cycle(today=day("2099-12-31")).settled == foreseen.settled
    assert len(foreseen.settled) == 4


def test_the_system_does_it():
    contract = renewing(max_renewals=1)
    run("2099-12-31")
    found = AuditEntry.objects.filter(resource_id=contract.pk).order_by("id")
    assert [(one.action, one.actor_id, one.actor_email) for one in found][-2:] == [
        ("renew", None, "system"),
        ("expire", None, "system"),
    ]


def test_one_that_fails_does_not_keep_the_others():
    broken, sound = renewing(), renewing()
    with without_triggers() as cursor:  # a cycle that is already settled, although the contract doesn't show it
        cursor.execute(
            "INSERT INTO contracts_cycle (id, contract_id, ended_on, outcome, settled_at) "
            "VALUES (gen_random_uuid(), %s, '2099-01-14', 'expired', now())",
            [broken.pk],
        )
    summary = run("2099-01-15")
    assert summary.failed == [broken.pk]
    assert [one.contract_id for one in summary.renewed] == [sound.pk]
    assert state(broken) == ("active", "2099-01-14", 0, 1)


def command(*args):
    out = io.StringIO()
    call_command("run_contract_cycle", *args, stdout=out)
    return out.getvalue().splitlines()


def test_the_command():
    renews = draft(end_date=today() + DAY, auto_renewal=True, renewal_period_days=400)
    ends = draft(end_date=today() + DAY)
    with without_triggers() as cursor:  # both active, and ended yesterday: no service creates this state within a day
        cursor.execute(
            "UPDATE contracts_contract SET status = 'active', signed_at = now(), "
            "validity_period = daterange('2026-01-15', CURRENT_DATE)"
        )
    yesterday, until = today() - DAY, today() + dt.timedelta(days=399)
    lines = [
        f"{renews.pk}: ended on {yesterday}, renewed until {until}",
        f"{ends.pk}: ended on {yesterday}, expired",
    ]
    assert command("--dry-run") == [
        *lines,
        f"{today()}: would be renewed 1, would be expired 1, would be terminated 0, failed 0.",
    ]
    assert command() == [*lines, f"{today()}: renewed 1, expired 1, terminated 0, failed 0."]
    assert command() == [f"{today()}: renewed 0, expired 0, terminated 0, failed 0."]
