"""Concurrent calls on separate connections."""

import datetime as dt
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from contracts import services
from contracts.models import Contract, ContractCycle, ContractVersion
from contracts.tests.factories import active, draft, pending
from parties.choices import PartyKind
from parties.services import change_status
from parties.tests.factories import CustomerFactory
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls, held=None):
    """Run all calls concurrently, each in a thread. Returns what each returned or raised.

    `held` is a contract that stays locked until all calls wait for it, so all have started before any can continue.
    """
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index, call):
        barrier.wait()
        try:
            results[index] = call()
        except Exception as exc:
            results[index] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    with transaction.atomic():
        if held:
            Contract.objects.select_for_update().get(pk=held.pk)
        for thread in threads:
            thread.start()
        if held:
            waiting(len(calls))
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


def waiting(count):
    """Wait until this many connections wait for a lock."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # otherwise a transaction keeps its first snapshot
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def renew(contract, end="2100-01-14"):
    return lambda: services.renew_contract(
        contract_id=contract.pk, new_end_date=dt.date.fromisoformat(end), actor=SYSTEM
    )


def terminate(contract):
    return lambda: services.terminate_contract(contract_id=contract.pk, reason="Breach of terms", actor=SYSTEM)


def outcomes(results):
    return sorted("done" if result is None else type(result).__name__ for result in results)


def versions(contract):
    return list(ContractVersion.objects.filter(contract=contract).order_by("version").values_list("version", flat=True))


def test_renew_and_terminate():
    for _ in range(5):
        contract = active()
        results = at_once(renew(contract), terminate(contract), held=contract)
        assert outcomes(results) == ["Conflict", "done"], results
        lost = next(result for result in results if result)
        contract.refresh_from_db()
        expected = ("terminated", 0) if results[1] is None else ("active", 1)
        assert (contract.status, contract.renewal_count) == expected
        assert ("terminate" in lost.details["allowed"]) == (contract.status == "active")
        assert versions(contract) == [1, 2]
        assert contract.version == 2


def test_eight_renewals_are_one():
    contract = active()
    calls = [renew(contract, f"21{n:02}-01-14") for n in range(8)]
    results = at_once(*calls, held=contract)
    assert outcomes(results) == ["Conflict"] * 7 + ["done"]
    contract.refresh_from_db()
    assert (contract.renewal_count, versions(contract)) == (1, [1, 2])


def test_approve_and_reject():
    contract = pending()
    approve = lambda: services.approve_contract(contract_id=contract.pk, actor=SYSTEM)  # noqa: E731
    reject = lambda: services.reject_contract(contract_id=contract.pk, reason="No", actor=SYSTEM)  # noqa: E731
    results = at_once(approve, reject, held=contract)
    assert outcomes(results) == ["Conflict", "done"]


def test_changes_of_terms_merge_and_none_is_lost():
    contract = active()
    payment = [
        lambda n=n: services.change_payment_terms(contract_id=contract.pk, values={"credit_days": n}, actor=SYSTEM)
        for n in range(41, 45)
    ]
    delivery = [
        lambda n=n: services.change_delivery_terms(contract_id=contract.pk, values={"estimated_days": n}, actor=SYSTEM)
        for n in range(1, 5)
    ]
    assert outcomes(at_once(*payment, *delivery)) == ["done"] * 8
    contract.refresh_from_db()
    assert contract.credit_days in range(41, 45)
    assert contract.estimated_days in range(1, 5)
    assert versions(contract) == list(range(1, 10))


def test_two_runs_at_once():
    """Each cycle is settled exactly once, by any of the runs."""
    contracts = [
        active(end_date=dt.date(2099, 1, 14), auto_renewal=True, renewal_period_days=30, max_renewals=n % 4)
        for n in range(12)
    ]
    day = dt.date(2099, 3, 20)
    results = at_once(*[lambda: services.run_cycle(today=day)] * 3)
    assert all(isinstance(result, services.CycleSummary) for result in results), results
    assert all(result.failed == [] for result in results)
    settled = [(one.contract_id, one.ended_on) for result in results for one in result.settled]
    assert len(settled) == len(set(settled))
    services.run_cycle(today=day)  # the cycles that one run skipped because the other had locked them
    for n, contract in enumerate(contracts):
        contract.refresh_from_db()
        renewals = 3 if n % 4 in (0, 3) else n % 4
        assert contract.renewal_count == renewals, n
        assert contract.status == ("active" if renewals == 3 else "expired")
        assert contract.end_date == dt.date(2099, 1, 14) + dt.timedelta(days=30 * renewals)
        cycles = ContractCycle.objects.filter(contract=contract).count()
        assert (cycles, len(versions(contract))) == ((3, 4) if renewals == 3 else (renewals + 1, renewals + 2))


def test_a_run_passes_over_what_is_held():
    contract = active(end_date=dt.date(2099, 1, 14))
    day = dt.date(2099, 1, 15)
    found = []
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        (summary,) = at_once(lambda: services.run_cycle(today=day))
        found.append(summary.settled)
    found.append(services.run_cycle(today=day).settled)
    assert [len(one) for one in found] == [0, 1]


def test_a_party_is_not_blacklisted_while_it_gets_a_contract():
    party = CustomerFactory.create()
    blacklist = lambda: change_status(kind=PartyKind.CUSTOMER, pk=party.pk, action="blacklist", actor=SYSTEM)  # noqa: E731
    for _ in range(5):
        made, _ = at_once(lambda: draft(party_id=party.pk), blacklist)
        if isinstance(made, Exception):
            assert isinstance(made, Conflict)
        else:  # it was first: the party was active then
            assert made.party_id == party.pk
        party.refresh_from_db()
        assert party.status == "blacklisted"
        with pytest.raises(Conflict):
            draft(party_id=party.pk)
        change_status(kind=PartyKind.CUSTOMER, pk=party.pk, action="activate", actor=SYSTEM)
