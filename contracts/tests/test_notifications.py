"""Events of a contract are announced once to the users concerned: ends soon, expired, renewed."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from contracts import services
from contracts.models import Contract
from contracts.services import notifications
from contracts.services.notifications import notify_upcoming_ends
from contracts.tests.factories import active, draft, terminated
from parties.tests.factories import CustomerFactory
from skeleton.identity.tests.factories import actor_of, user_with
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict
from skeleton.notifications.models import Notification
from skeleton.notifications.tests.factories import queued, told
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db

END = dt.date(2099, 6, 30)


@pytest.fixture
def clerk():
    """Can write contracts, and so is notified about those without a creator."""
    return user_with("contracts:write")


def before(days, end=END):
    return end - dt.timedelta(days=days)


def bodies(user):
    return list(Notification.objects.filter(user=user).order_by("id").values_list("body", flat=True))


def test_that_it_ends_is_told_thirty_and_seven_days_before(clerk):
    contract = active(end_date=END)
    for days in (40, 31, 30, 30, 29, 8, 7, 7, 1, 0):
        services.run_cycle(today=before(days), actor=SYSTEM)
    assert told(clerk) == ["contract.expiring", "contract.expiring"]
    assert bodies(clerk) == [
        "Days left of the supply contract: 30. It will not renew itself.",
        "Days left of the supply contract: 7. It will not renew itself.",
    ]
    assert present(Notification.objects.first()).link == f"/api/v1/contracts/{contract.pk}"


def test_a_run_that_comes_late_tells_what_is_left(clerk):
    active(end_date=END)
    services.run_cycle(today=before(20), actor=SYSTEM)
    services.run_cycle(today=before(3), actor=SYSTEM)
    services.run_cycle(today=before(2), actor=SYSTEM)
    assert [body.partition(".")[0] for body in bodies(clerk)] == [
        "Days left of the supply contract: 20",
        "Days left of the supply contract: 3",
    ]


def test_a_new_end_is_told_anew(clerk):
    contract = active(end_date=END)
    services.run_cycle(today=before(5), actor=SYSTEM)
    services.renew_contract(contract_id=contract.pk, new_end_date=END + dt.timedelta(days=60), actor=SYSTEM)
    services.run_cycle(today=before(5), actor=SYSTEM)
    services.run_cycle(today=END + dt.timedelta(days=55), actor=SYSTEM)
    assert told(clerk) == ["contract.expiring", "contract.renewed", "contract.expiring"]


def test_only_what_is_active_ends(clerk):
    draft(end_date=END)
    terminated(end_date=END)
    services.run_cycle(today=before(5), actor=SYSTEM)
    assert told(clerk) == []


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"auto_renewal": True, "renewal_period_days": 30}, "It will renew itself."),
        ({"auto_renewal": True, "renewal_period_days": 30, "max_renewals": 1}, "It will not renew itself."),
    ],
    ids=["it does", "it did as often as agreed"],
)
def test_whether_it_renews_itself(clerk, fields, said):
    active(end_date=END, **fields)
    services.run_cycle(today=END + dt.timedelta(days=1), actor=SYSTEM)
    services.run_cycle(today=END + dt.timedelta(days=25), actor=SYSTEM)
    assert told(clerk)[:2] == ["contract.renewed", "contract.expiring"]
    assert bodies(clerk)[1].endswith(said)


def test_expiry_is_told_to_who_made_it(clerk):
    author = user_with("contracts:write")
    active(actor=actor_of(author), end_date=END, party_id=CustomerFactory.create(name="Ковальчук і сини").pk)
    for _ in range(2):
        services.run_cycle(today=END + dt.timedelta(days=1), actor=SYSTEM)
    assert (told(author), told(clerk)) == (["contract.expired"], [])
    row = Notification.objects.get()
    assert row.title == "A contract with Ковальчук і сини has expired"
    assert row.body == "The last day of the supply contract was 30 June 2099."


def test_renewals_are_told_with_their_new_end(clerk):
    contract = active(end_date=END, auto_renewal=True, renewal_period_days=31)
    services.run_cycle(today=END + dt.timedelta(days=40), actor=SYSTEM)
    assert bodies(clerk)[:2] == [
        "The supply contract runs until 31 July 2099 now.",
        "The supply contract runs until 31 August 2099 now.",
    ]
    services.renew_contract(contract_id=contract.pk, new_end_date=dt.date(2100, 1, 1), actor=SYSTEM)
    assert bodies(clerk)[-1] == "The supply contract runs until 1 January 2100 now."


def test_what_is_only_foreseen_or_undone_told_nobody(clerk):
    contract = active(end_date=END)
    services.run_cycle(today=before(5), actor=SYSTEM, dry_run=True)
    with transaction.atomic():
        services.run_cycle(today=END + dt.timedelta(days=1), actor=SYSTEM)
        services.renew_contract(contract_id=contract.pk, new_end_date=END + dt.timedelta(days=9), actor=SYSTEM)
        assert told(clerk) == ["contract.expired", "contract.renewed"]
        transaction.set_rollback(True)
    with pytest.raises(Conflict), transaction.atomic():
        services.renew_contract(contract_id=draft().pk, new_end_date=END, actor=SYSTEM)
    assert told(clerk) == []
    assert not queued()


def test_a_notice_that_fails_does_not_hold_up_the_others(clerk, monkeypatch):
    first, _ = active(end_date=END), active(end_date=END)

    def refuse(contract, day, *, actor, deduplication_key):
        if contract.pk == first.pk:
            raise DatabaseError
        notify_end(contract, day, actor=actor, deduplication_key=deduplication_key)

    notify_end = notifications._notify_upcoming_end
    monkeypatch.setattr("contracts.services.notifications._notify_upcoming_end", refuse)
    assert notify_upcoming_ends(before(5), actor=SYSTEM) == 1
    monkeypatch.undo()
    assert notify_upcoming_ends(before(5), actor=SYSTEM) == 1
    assert told(clerk) == ["contract.expiring", "contract.expiring"]


@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_moment(clerk):
    for _ in range(4):
        active(end_date=END)
    run_concurrently(*[lambda: services.run_cycle(today=before(5), actor=SYSTEM)] * 4)
    assert told(clerk) == ["contract.expiring"] * 4
    run_concurrently(*[lambda: services.run_cycle(today=END + dt.timedelta(days=1), actor=SYSTEM)] * 4)
    assert told(clerk).count("contract.expired") == 4
    assert Contract.objects.filter(status="expired").count() == 4
