"""What one was told, in the back office: one's own and nobody else's."""

import pytest

from billing.tests.factories import draft
from skeleton.notifications.choices import Event
from skeleton.notifications.models import Notification
from skeleton.notifications.services import notify
from skeleton.notifications.tests.factories import tell

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


def test_without_the_permission_there_is_no_list(staff):
    visitor = staff("invoices:read")
    assert visitor.get(LIST).status_code == 403


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
    notify(event=Event.INVOICE_SENT, recipients=[guest.user.pk], values=values, link=link)
    tell(clerk.user)
    context = guest.get("/admin/").context
    (news,) = [one for one in context["blocks"] if str(one["title"]) == "News"]
    assert [row["link"] for row in news["rows"]] == [f"/admin/billing/invoice/{invoice.pk}/change/"]
    (tile,) = [one["number"] for one in context["tiles"] if str(one["title"]) == "Notifications"]
    assert tile.text == "1"
    assert guest.get(tile.link).context["cl"].result_count == 1
