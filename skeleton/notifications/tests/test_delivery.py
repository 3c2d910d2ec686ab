"""Channels and times of delivery: preferences at the time of sending, quiet hours and providers."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, transaction

from skeleton.identity.models import User
from skeleton.identity.tests.factories import UserFactory, actor_of
from skeleton.notifications.channels import PermanentFailure
from skeleton.notifications.choices import Event
from skeleton.notifications.links import back_office_path
from skeleton.notifications.models import Delivery, Preferences
from skeleton.notifications.services.preferences import update_preferences
from skeleton.notifications.tests.factories import jump, queued, tell, work_off

pytestmark = pytest.mark.django_db

EVERYTHING = {"email_enabled": True, "sms_enabled": True, "push_enabled": True}
NIGHT = {"quiet_hours_start": dt.time(22), "quiet_hours_end": dt.time(8), "timezone": "Europe/Kyiv"}


class Provider:
    """A provider of SMS and push, as a user would write one."""

    taken: list[Any] = []
    refusal: Exception | None = None

    def send(self, message):
        if self.refusal:
            raise self.refusal
        self.taken.append(message)


@pytest.fixture
def provider(settings, monkeypatch):
    monkeypatch.setattr(Provider, "taken", [])
    path = f"{__name__}.Provider"
    settings.SKELETON_CHANNELS = {**settings.SKELETON_CHANNELS, "sms": path, "push": path}
    return Provider


def wish(user, **values):
    update_preferences(values=values, actor=actor_of(user))


def ways():
    return dict(Delivery.objects.order_by("id").values_list("channel", "status"))


def at(day, hour, minute=0):
    """Return a time in Kyiv, in January 2026."""
    return dt.datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo("Europe/Kyiv"))


class TestWays:
    def test_by_default_it_is_an_email(self, provider):
        tell(UserFactory.create(email="vera@example.com"))
        work_off()
        assert ways() == {"email": "sent"}
        assert [message.to for message in mail.outbox] == [["vera@example.com"]]
        assert provider.taken == []

    def test_all_of_them(self, provider):
        user = UserFactory.create(name="Віра", language="uk", email="vera@example.com")
        wish(user, **EVERYTHING)
        tell(user, Event.LOW_STOCK)
        work_off()
        assert ways() == {"email": "sent", "sms": "sent", "push": "sent"}
        sms, push = sorted(provider.taken, key=lambda message: message.channel, reverse=True)
        assert (sms.title, sms.text) == ("", "B-8 закінчується, склад Main: 1 234,5.")
        assert push.title == "Закінчується: Bolt"
        assert push.text == "B-8, склад Main: доступно 1 234,5, межа замовлення 2 000."
        assert {(m.user_id, m.email, m.name) for m in provider.taken} == {(user.pk, "vera@example.com", "Віра")}
        assert {m.id for m in provider.taken} == set(
            Delivery.objects.exclude(channel="email").values_list("pk", flat=True)
        )

    def test_none(self):
        user = UserFactory.create()
        wish(user, email_enabled=False)
        tell(user)
        assert work_off() == 1
        assert ways() == {}

    def test_without_a_provider_it_is_written_out(self, capsys):
        user = UserFactory.create(email="vera@example.com")
        wish(user, **EVERYTHING)
        tell(user, text="Hello")
        work_off()
        said = capsys.readouterr().out
        assert "SMS to vera@example.com: Vera Viewer: Hello\n" in said
        assert "Push to vera@example.com: A message from Vera Viewer: Hello\n" in said

    def test_what_a_provider_refuses_is_not_tried_again(self, provider, monkeypatch):
        user = UserFactory.create()
        wish(user, email_enabled=False, sms_enabled=True, push_enabled=True)
        monkeypatch.setattr(Provider, "refusal", PermanentFailure("No such number"))
        tell(user)
        work_off()
        assert ways() == {"sms": "failed", "push": "failed"}
        assert set(Delivery.objects.values_list("error", flat=True)) == {"No such number"}

    def test_one_way_that_fails_does_not_hold_up_the_others(self, provider, monkeypatch):
        user = UserFactory.create()
        wish(user, **EVERYTHING)
        monkeypatch.setattr(Provider, "refusal", RuntimeError("away \x00"))
        tell(user)
        work_off()
        assert ways() == {"email": "sent", "sms": "waiting", "push": "waiting"}
        assert len(queued()) == 2
        monkeypatch.setattr(Provider, "refusal", None)
        for number, *_ in queued():
            jump(number)
        work_off()
        assert set(ways().values()) == {"sent"}
        assert len(mail.outbox) == 1


def test_the_reason_of_a_failure_gives_no_secret_away(provider, monkeypatch, settings):
    settings.EMAIL_HOST_PASSWORD = "of-the-mail-server"
    user = UserFactory.create()
    wish(user, email_enabled=False, sms_enabled=True)
    said = "of-the-mail-server is wrong, and so is token=abc123\nsecond line"
    monkeypatch.setattr(Provider, "refusal", RuntimeError(said))
    tell(user)
    work_off()
    assert Delivery.objects.get().error == "RuntimeError: ••• is wrong, and so is token=•••"


class TestPreferencesCountWhenItIsSent:
    def test_switched_on_after_the_event(self, provider):
        user = UserFactory.create()
        wish(user, email_enabled=False)
        tell(user)
        wish(user, sms_enabled=True)
        work_off()
        assert ways() == {"sms": "sent"}

    def test_switched_off_after_the_event(self):
        user = UserFactory.create()
        tell(user)
        wish(user, email_enabled=False)
        work_off()
        assert ways() == {}

    def test_switched_off_while_it_waits_for_another_attempt(self, provider, monkeypatch):
        user = UserFactory.create()
        wish(user, email_enabled=False, sms_enabled=True)
        monkeypatch.setattr(Provider, "refusal", RuntimeError("away"))
        tell(user)
        work_off()
        wish(user, sms_enabled=False)
        [(number, *_)] = queued()
        jump(number)
        work_off()
        assert ways() == {"sms": "skipped"}
        assert queued() == []


class TestQuietHours:
    def test_it_waits_for_their_end_and_for_what_is_wanted_then(self, provider):
        user = UserFactory.create()
        wish(user, email_enabled=True, **NIGHT)
        with time_machine.travel(at(15, 23), tick=False):
            tell(user)
            work_off()
        assert ways() == {}
        [(number, name, _, moment)] = queued()
        assert name.endswith(".create_deliveries")
        assert moment == at(16, 8)
        wish(user, email_enabled=False, sms_enabled=True)
        jump(number)
        with time_machine.travel(at(16, 8), tick=False):
            work_off()
        assert ways() == {"sms": "sent"}

    def test_ones_that_were_changed_meanwhile(self):
        user = UserFactory.create()
        wish(user, **NIGHT)
        with time_machine.travel(at(15, 23), tick=False):
            tell(user)
            work_off()
        wish(user, quiet_hours_end=dt.time(10))
        [(number, *_)] = queued()
        jump(number)
        with time_machine.travel(at(16, 8), tick=False):
            work_off()
        assert [moment for *_, moment in queued()] == [at(16, 10)]

    def test_another_attempt_waits_as_well(self, provider, monkeypatch):
        user = UserFactory.create()
        wish(user, email_enabled=False, sms_enabled=True, **NIGHT)
        monkeypatch.setattr(Provider, "refusal", RuntimeError("away"))
        with time_machine.travel(at(15, 21, 59), tick=False):
            tell(user)
            work_off()
        monkeypatch.setattr(Provider, "refusal", None)
        [(number, *_)] = queued()
        jump(number)
        with time_machine.travel(at(15, 22, 1), tick=False):
            work_off()
        assert ways() == {"sms": "waiting"}
        [(number, _, _, moment)] = queued()
        assert moment == at(16, 8)
        jump(number)
        with time_machine.travel(at(16, 8), tick=False):
            work_off()
        assert ways() == {"sms": "sent"}

    def test_each_of_several_has_their_own(self):
        sleeper, awake = UserFactory.create(), UserFactory.create()
        wish(sleeper, **NIGHT)
        with time_machine.travel(at(15, 23), tick=False):
            tell(sleeper)
            tell(awake)
            work_off()
        assert [message.to for message in mail.outbox] == [[awake.email]]


class TestTheSwitchedOff:
    def test_are_sent_nothing(self):
        user = UserFactory.create()
        tell(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        work_off()
        assert ways() == {}

    def test_but_that_they_are(self):
        user = UserFactory.create(is_active=False)
        tell(user, Event.ACCOUNT_DEACTIVATED)
        work_off()
        assert ways() == {"email": "sent"}
        assert mail.outbox[0].subject == "Your account is switched off"


def test_a_notification_that_is_gone_sends_nothing():
    row = tell(UserFactory.create())
    row.delete()
    assert work_off() == 1
    assert mail.outbox == []


# --- what the database holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, constraint",
    [
        ({"channel": "email"}, "notifications_delivery_once"),
        ({"channel": "fax"}, "notifications_delivery_channel_known"),
        ({"channel": "sms", "status": "sent"}, "notifications_delivery_status_fits"),
        ({"channel": "sms", "status": "lost"}, "notifications_delivery_status_fits"),
        ({"channel": "sms", "attempts": -1}, "notifications_delivery_attempts_positive"),
    ],
    ids=["twice", "channel", "sent, but not when", "status", "attempts"],
)
def test_deliveries_are_held_to_their_rules(fields, constraint):
    row = tell(UserFactory.create())
    Delivery.objects.create(notification=row, channel="email")
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Delivery.objects.create(notification=row, **fields)


def test_labels():
    row = tell(UserFactory.create(), text="Hello")
    assert str(row) == "A message from Vera Viewer"
    assert str(Delivery(channel="sms", status="sent")) == "SMS: Sent"
    assert str(Preferences()) == "Preferences"


PK = "01972b15-8000-7000-8000-0000000000c1"


@pytest.mark.parametrize(
    "link, page",
    [
        (f"/api/v1/invoices/{PK}", f"/admin/billing/invoice/{PK}/change/"),
        (f"/api/v1/orders/{PK}", f"/admin/billing/order/{PK}/change/"),
        (f"/api/v1/contracts/{PK}", f"/admin/contracts/contract/{PK}/change/"),
        (f"/api/v1/stock/{PK}", f"/admin/inventory/stock/{PK}/change/"),
        (f"/api/v1/conversations/{PK}", f"/admin/messenger/#{PK}"),
        (f"/api/v1/files/{PK}", None),
        ("/api/v1/invoices", None),
        ("/api/v1/invoices/", None),
        ("https://evil.example.com/", None),
        (None, None),
    ],
    ids=["invoice", "order", "contract", "stock", "page", "no screen", "no id", "empty id", "elsewhere", "nothing"],
)
def test_pages(link, page):
    assert back_office_path(link) == page
