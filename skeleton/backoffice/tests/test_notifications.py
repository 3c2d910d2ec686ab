"""Notifications in the back office: users see only their own."""

import datetime as dt

import pytest
from django.core import mail

from billing.tests.factories import draft
from skeleton.audit.models import AuditEntry
from skeleton.identity.queries import recipients_of
from skeleton.notifications.choices import Event
from skeleton.notifications.models import Delivery, Notification, Preferences
from skeleton.notifications.queries import preferences_by_user_id
from skeleton.notifications.services import notify
from skeleton.notifications.tests.factories import tell, work_off

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/notification/"


def page(told, what="change"):
    return f"{LIST}{told.pk}/{what}/"


def test_one_sees_ones_own_and_nobody_elses(clerk, guest):
    own, other = tell(guest.user), tell(clerk.user)
    shown = guest.get(LIST).content.decode()
    assert page(own) in shown
    assert page(other) not in shown
    assert guest.get(page(own)).status_code == 200
    assert guest.get(page(other)).status_code == 302
    assert guest.post(page(other, "mark-read")).status_code == 302
    assert not Notification.objects.get(pk=other.pk).read_at


def test_whoever_is_in_the_back_office_has_their_own_as_in_the_api(staff):
    visitor = staff("invoices:read")
    told = tell(visitor.user)
    assert page(told) in visitor.get(LIST).content.decode()
    visitor.post(page(told, "mark-read"))
    assert Notification.objects.get(pk=told.pk).read_at


def test_all_at_once(guest, clerk):
    for _ in range(3):
        tell(guest.user)
    other = tell(clerk.user)
    shown = guest.get(LIST)
    assert shown.context["unread"] == 3
    assert ">3</" in "".join(shown.content.decode().split())  # beside its name in the navigation
    assert guest.get(f"{LIST}read-all/").status_code == 405
    assert guest.post(f"{LIST}read-all/").headers["Location"] == LIST
    assert not Notification.objects.filter(user=guest.user, read_at=None).exists()
    assert not Notification.objects.get(pk=other.pk).read_at
    assert "Mark all as read" not in guest.get(LIST).content.decode()


def test_reading_is_an_act_for_one_or_for_many(guest):
    first, second, third = (tell(guest.user) for _ in range(3))
    guest.post(page(first, "mark-read"))
    assert Notification.objects.get(pk=first.pk).read_at
    assert page(first, "mark-read") not in guest.get(page(first)).content.decode()
    body = {"action": "mark_read", "_selected_action": [str(second.pk), str(third.pk)]}
    guest.post(LIST, body)
    assert not Notification.objects.filter(user=guest.user, read_at=None).exists()


def test_the_first_page_has_what_is_unread_and_leads_to_what_it_is_about(guest, clerk):
    invoice = draft()
    values = {"number": "INV-1", "customer": "Acme", "total": (100, "USD"), "due_date": invoice.due_date}
    link = f"/api/v1/invoices/{invoice.pk}"
    notify(event=Event.INVOICE_SENT, recipients=recipients_of([guest.user.pk]), values=values, link=link)
    tell(clerk.user)
    context = guest.get("/admin/").context
    (news,) = [one for one in context["blocks"] if str(one["title"]) == "News"]
    assert [row["link"] for row in news["rows"]] == [f"/admin/billing/invoice/{invoice.pk}/change/"]
    (tile,) = [one["value"] for one in context["tiles"] if str(one["title"]) == "Notifications"]
    assert tile.text == "1"
    assert guest.get(tile.link).context["cl"].result_count == 1


# --- preferences ------------------------------------------------------------------------------------------------------

PREFERENCES = "/admin/notifications/preferences/"
WISHES = {
    "email_enabled": "on",
    "quiet_hours_start": "22:00",
    "quiet_hours_end": "08:00",
    "timezone": "Europe/Kyiv",
    "language": "uk",
}


def wishes_of(visitor):
    return preferences_by_user_id(visitor.user.pk)


def test_ones_preferences(guest, clerk):
    assert guest.get(PREFERENCES).headers["Location"] == f"{PREFERENCES}add/"
    form = guest.get(f"{PREFERENCES}add/").context["adminform"].form
    assert (form["email_enabled"].value(), form["timezone"].value(), form["language"].value()) == (True, "UTC", "en")
    assert not Preferences.objects.exists()
    assert guest.post(f"{PREFERENCES}add/", WISHES).status_code == 302
    made = wishes_of(guest)
    assert (made.email_enabled, made.sms_enabled, made.timezone) == (True, False, "Europe/Kyiv")
    assert (made.quiet_hours_start, made.quiet_hours_end, made.user.language) == (dt.time(22), dt.time(8), "uk")
    change = f"{PREFERENCES}{made.pk}/change/"
    assert guest.get(PREFERENCES).headers["Location"] == change
    form = guest.get(change).context["adminform"].form
    assert form["language"].value() == "uk"
    guest.post(change, {"sms_enabled": "on", "timezone": "UTC", "language": "de"})
    made = wishes_of(guest)
    assert (made.email_enabled, made.sms_enabled, made.timezone) == (False, True, "UTC")
    assert (made.quiet_hours_start, made.user.language) == (None, "de")
    assert clerk.get(change).status_code == 302
    clerk.post(change, WISHES)
    assert wishes_of(guest).sms_enabled
    assert guest.get(f"{PREFERENCES}add/").headers["Location"] == change


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_hours_start": "25:61"}, {"timezone": "Europe/Atlantis"}, {"language": "fr"}],
    ids=["time", "zone", "language"],
)
def test_preferences_that_cannot_be(guest, wrong):
    answer = guest.post(f"{PREFERENCES}add/", {**WISHES, **wrong})
    assert list(answer.context["adminform"].form.errors) == list(wrong)
    assert not Preferences.objects.exists()


def test_the_way_to_them(guest):
    assert PREFERENCES in guest.get(LIST).content.decode()


# --- deliveries -------------------------------------------------------------------------------------------------------

DELIVERIES = "/admin/notifications/delivery/"


@pytest.fixture
def failed(guest):
    told = tell(guest.user, text="between us")
    return Delivery.objects.create(
        notification=told, channel="email", status="failed", attempts=12, error="ConnectionRefusedError: away"
    )


def test_what_was_not_delivered_is_seen_with_the_reason(chief, failed):
    tell(chief.user)
    Delivery.objects.create(notification=tell(chief.user), channel="sms", status="skipped")
    shown = chief.get(DELIVERIES)
    text = shown.content.decode()
    assert len(shown.context["cl"].result_list) == 1
    assert "ConnectionRefusedError: away" in text
    assert "vera@example.com" in text
    assert "between us" not in text + chief.get(f"{DELIVERIES}{failed.pk}/change/").content.decode()
    assert len(chief.get(f"{DELIVERIES}?status=skipped").context["cl"].result_list) == 1
    assert "vera@example.com" in chief.get(f"{DELIVERIES}?status=all&channel__exact=email").content.decode()


def test_it_is_sent_again_when_somebody_says_so(chief, failed):
    page = f"{DELIVERIES}{failed.pk}/send-again/"
    assert chief.get(page).status_code == 200
    chief.post(page)
    failed.refresh_from_db()
    assert (failed.status, failed.attempts) == ("waiting", 0)
    entry = AuditEntry.objects.get(resource="deliveries")
    assert (entry.action, entry.actor_email, entry.resource_id) == ("send_again", "olha@example.com", failed.pk)
    work_off()
    failed.refresh_from_db()
    assert failed.status == "sent"
    assert len(mail.outbox) == 1
    assert "Only failed deliveries" in chief.post(page).content.decode()
    assert AuditEntry.objects.filter(resource="deliveries").count() == 1


def test_deliveries_are_for_who_looks_after_the_system(clerk, guest, failed):
    for visitor in (clerk, guest):
        assert visitor.get(DELIVERIES).status_code == 403
        assert visitor.post(f"{DELIVERIES}{failed.pk}/send-again/").status_code == 403
        assert DELIVERIES not in visitor.get("/admin/").content.decode()
