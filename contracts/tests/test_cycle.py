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
    return active(**{"auto_renewal": True, "renewal_period_days": 30, "end_date": day("2099-01-14"), **fields})


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
    assert command("--dry-run") == [*lines, f"{today()}: would be renewed 1, would be expired 1, failed 0."]
    assert command() == [*lines, f"{today()}: renewed 1, expired 1, failed 0."]
    assert command() == [f"{today()}: renewed 0, expired 0, failed 0."]
