"""Documents can only be created for active parties, also in a race."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from parties.choices import PartyKind
from parties.services import UsableParty, change_status, require_usable, update_party
from parties.tests.factories import FACTORIES, CustomerFactory, blacklisted, deactivated
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.ids import uuid7


@pytest.mark.django_db
def test_an_active_party_in_one_query(django_assert_num_queries):
    party = CustomerFactory.create(name="Acme", currency="EUR", credit_limit=500)
    with django_assert_num_queries(1):
        found = require_usable(party.pk, PartyKind.CUSTOMER)
    assert found == UsableParty(party.pk, PartyKind.CUSTOMER, "Acme", "EUR", 500, None)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FACTORIES)
def test_any_kind_where_none_is_named(kind):
    party = FACTORIES[kind].create()
    assert require_usable(party.pk).kind == kind


@pytest.mark.django_db
@pytest.mark.parametrize("spoil, word", [(blacklisted, "blacklisted"), (deactivated, "inactive")])
def test_the_others_are_a_conflict(spoil, word):
    party = spoil(CustomerFactory.create(name="Acme"))
    with pytest.raises(Conflict, match=f"Acme is {word}") as caught:
        require_usable(party.pk, PartyKind.CUSTOMER)
    assert caught.value.details == {"allowed": ["activate"]}


@pytest.mark.django_db
def test_an_unknown_one_is_invalid_at_its_field():
    supplier = FACTORIES[PartyKind.SUPPLIER].create()
    for pk in (uuid7(), supplier.pk):
        with pytest.raises(Invalid) as caught:
            require_usable(pk, PartyKind.CUSTOMER)
        assert caught.value.details == {"customer_id": "Unknown customer."}
    with pytest.raises(Invalid) as caught:
        require_usable(uuid7(), field="party_id")
    assert caught.value.details == {"party_id": "Unknown party."}


@pytest.mark.django_db(transaction=True)
def test_it_wants_a_transaction():
    with pytest.raises(TransactionManagementError):
        require_usable(uuid7())


@contextmanager
def another(action):
    """Run `action` in another thread and connection. At the end, join it and raise its error."""
    failures = []

    def run():
        try:
            action()
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


@pytest.mark.django_db(transaction=True)
def test_who_blacklists_waits_for_whoever_holds_the_party_and_then_wins():
    party = CustomerFactory.create()

    def blacklist():
        change_status(kind=PartyKind.CUSTOMER, pk=party.pk, action="blacklist", actor=SYSTEM)

    def rename():
        update_party(kind=PartyKind.CUSTOMER, pk=party.pk, values={"name": "Renamed"}, actor=SYSTEM)

    def begin():
        begun.set()
        blacklist()
        connection.close()

    begun = threading.Event()
    with transaction.atomic():
        require_usable(party.pk)
        with another(rename) as renaming:
            renaming.join(5)
            assert not renaming.is_alive(), "a change of name need not wait"
        waiting = threading.Thread(target=begin)
        waiting.start()
        begun.wait()
        waiting.join(0.3)
        assert waiting.is_alive(), "a document is being made: the status waits"
        require_usable(party.pk)  # and does not change in the meantime
    waiting.join(20)
    with transaction.atomic(), pytest.raises(Conflict):
        require_usable(party.pk)


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_while_it_is_being_blacklisted_is_refused():
    party = CustomerFactory.create()
    outcome: list[object] = []

    def make_document():
        with transaction.atomic():
            try:
                outcome.append(require_usable(party.pk))
            except Conflict as exc:
                outcome.append(exc)
        connection.close()

    with transaction.atomic():
        change_status(kind=PartyKind.CUSTOMER, pk=party.pk, action="blacklist", actor=SYSTEM)
        thread = threading.Thread(target=make_document)
        thread.start()
        thread.join(0.3)
        assert outcome == [], "nothing is decided yet"
    thread.join(20)
    assert [type(each) for each in outcome] == [Conflict]


@pytest.mark.django_db(transaction=True)
def test_two_who_blacklist_at_once_one_conflict():
    party = CustomerFactory.create()
    outcomes = []

    def blacklist():
        try:
            change_status(kind=PartyKind.CUSTOMER, pk=party.pk, action="blacklist", actor=SYSTEM)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=blacklist) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["conflict", "conflict", "conflict", "done"]
