"""`notify` for other apps: in their transaction, once per event, to the right recipients."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from skeleton.identity.queries import recipients_of
from skeleton.identity.tests.factories import UserFactory, actor_of, user_in_role, user_with
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import EVENT_VALUES, Event
from skeleton.notifications.models import Notification, NotificationKey
from skeleton.notifications.queries import recipients_for
from skeleton.notifications.services import notify
from skeleton.notifications.tests import factories
from skeleton.notifications.tests.factories import queued, tell, told
from skeleton.testkit.races import run_in_threads

pytestmark = pytest.mark.django_db


def test_everybody_is_told_once_and_in_their_language(django_assert_num_queries):
    english, ukrainian, german = (UserFactory.create(language=code) for code in ("en", "uk", "de"))
    values = {
        "number": "INV-2026-001",
        "customer": "Acme\r\nBcc: x@example.com",
        "total": (155000, "USD"),
        "due_date": dt.date(2026, 2, 15),
    }
    everybody = [english.pk, ukrainian.pk, german.pk, english.pk]
    with audited_transaction(SYSTEM, "test"), django_assert_num_queries(3):
        notify(event=Event.INVOICE_SENT, recipients=recipients_of(everybody), values=values, link="/api/v1/invoices/1")
    assert [Notification.objects.get(user=user).title for user in (english, ukrainian, german)] == [
        "Invoice INV-2026-001 was issued",
        "Рахунок INV-2026-001 виставлено",
        "Rechnung INV-2026-001 wurde ausgestellt",
    ]
    row = Notification.objects.get(user=german)
    assert row.body == "Acme Bcc: x@example.com soll 1.550,00 USD bis zum 15.02.2026 zahlen."
    assert (row.type, row.link, row.read_at) == ("invoice.sent", "/api/v1/invoices/1", None)
    assert row.values["due_date"] == "2026-02-15"
    [(_, name, arguments, at)] = queued()
    assert name.endswith(".create_deliveries")
    assert len(arguments["notification_ids"]) == 3
    assert at is None


def message_to(user, once):
    values = factories.VALUES[Event.MESSAGE]
    notify(event=Event.MESSAGE, recipients=recipients_of([user.pk]), values=values, deduplication_key=once)


def test_nobody_to_tell_is_no_job():
    with audited_transaction(SYSTEM, "test"):
        notify(event=Event.MESSAGE, recipients=[], values=factories.VALUES[Event.MESSAGE])
    assert not queued()


def test_a_change_that_is_undone_told_nobody():
    user = UserFactory.create()
    with audited_transaction(SYSTEM, "test"):
        notify(
            event=Event.MESSAGE,
            recipients=recipients_of([user.pk]),
            values=factories.VALUES[Event.MESSAGE],
            deduplication_key="k",
        )
        transaction.set_rollback(True)
    assert told(user) == []
    assert not queued()
    assert not NotificationKey.objects.exists()


def test_values_must_be_the_events_own():
    with pytest.raises(TypeError, match="sender, text"):
        notify(event=Event.MESSAGE, recipients=[], values={"sender": "x"})
    with pytest.raises(TypeError, match="sender, text"):
        notify(event=Event.MESSAGE, recipients=[], values={"sender": "x", "text": "y", "z": "z"})
    assert EVENT_VALUES.keys() == set(Event)


def test_quantities_come_exactly():
    user = UserFactory.create(language="de")
    row = tell(user, Event.LOW_STOCK, available=Decimal("0.125"), reorder_point=Decimal("12000.000"))
    assert row.body == "B-8 in Main: 0,125 verfügbar, Meldebestand 12.000."


def test_what_is_told_once_is_told_once():
    user, other = UserFactory.create(), UserFactory.create()
    for key, who in (("a", user), ("a", user), ("a", other), ("b", other)):
        with audited_transaction(SYSTEM, "test"):
            notify(
                event=Event.MESSAGE,
                recipients=recipients_of([who.pk]),
                values=factories.VALUES[Event.MESSAGE],
                deduplication_key=key,
            )
    assert (len(told(user)), len(told(other))) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_tells():
    user = UserFactory.create()

    def attempt(number):
        with audited_transaction(SYSTEM, "test"):
            notify(
                event=Event.MESSAGE,
                recipients=recipients_of([user.pk]),
                values=factories.VALUES[Event.MESSAGE],
                deduplication_key="raced",
            )

    run_in_threads(6, attempt)
    assert len(told(user)) == 1


class TestConcerned:
    def test_the_actor_who_created_it_is_known_already(self, django_assert_num_queries):
        creator = user_with(language="de")
        actor = actor_of(creator)
        with django_assert_num_queries(0):
            assert recipients_for(creator.pk, "invoices:write", actor=actor) == [(creator.pk, "de")]
        another = user_with()
        assert recipients_for(another.pk, "invoices:write", actor=actor) == recipients_of([another.pk])

    def test_who_created_it(self):
        creator = user_with()
        user_in_role("super_admin")
        assert recipients_for(creator.pk, "invoices:write") == recipients_of([creator.pk])

    def test_where_nobody_did_whoever_may_write(self):
        user_with("invoices:read")
        user_with("invoices:write", is_active=False)
        expected = {
            user.pk
            for user in (
                user_with("invoices:write"),
                user_with("invoices:*"),
                user_with("*:*"),
                user_in_role("admin"),
                user_with("parties:write", "invoices:write"),
                user_with("parties:*"),
            )
        }
        user_with("orders:*")
        found = recipients_for(None, "invoices:write", "parties:write")
        assert {one.id for one in found} == expected
        assert len(found) == len(expected)

    def test_where_the_creator_has_left_whoever_may_write(self):
        gone, present = user_with("invoices:write", is_active=False), user_with("invoices:write")
        assert recipients_for(gone.pk, "invoices:write") == recipients_of([present.pk])
