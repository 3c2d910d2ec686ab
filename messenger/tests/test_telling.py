"""Notifications of new messages: only for users who are not connected, and once until they have read them."""

import pytest
from django.db import connection
from django.test import Client

from messenger.authorization import valid_authorizations
from messenger.presence import FRESH_SECONDS, PresenceRegistry
from messenger.services.tickets import authorization_of_web_session, delete_expired_tickets, issue_ticket, redeem_ticket
from skeleton.events.log import append_all
from skeleton.files.models import File
from skeleton.identity.models import User, UserRole
from skeleton.notifications.links import back_office_path
from skeleton.notifications.models import Notification

pytestmark = pytest.mark.django_db


def told(client):
    rows = Notification.objects.filter(user=client.user, type="message.received").order_by("id")
    return list(rows.values_list("title", "body"))


def test_once_until_they_have_looked(carl, dora, group, say):
    say(carl, group, "Hello!")
    say(carl, group, "Are you there?")
    assert told(dora) == [(f"A message from {carl.user.name}", "Hello!")]
    assert told(carl) == []
    dora.post(f"/conversations/{group['id']}/read", {"seq": 2}).ok()
    say(carl, group, "x" * 300)
    assert told(dora)[1][1] == "x" * 199 + "…"
    link = Notification.objects.latest("id").link
    assert back_office_path(link) == f"/admin/messenger/#{group['id']}"


def test_of_files_by_their_names(carl, dora, group):
    file = File.objects.create(
        owner=carl.user, name="offer.pdf", mime_type="application/pdf", size=1, checksum="0" * 64, storage_key="k"
    )
    carl.post(f"/conversations/{group['id']}/messages", {"attachments": [str(file.pk)]}).ok(201)
    assert told(dora)[0][1] == "offer.pdf"


def test_not_those_who_are_connected_anywhere(carl, dora, group, say):
    here, there = PresenceRegistry(), PresenceRegistry()
    here.update([dora.user.pk])
    there.update([dora.user.pk, carl.user.pk])
    say(carl, group)
    assert told(dora) == []
    here.update([])
    say(carl, group)
    assert told(dora) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messenger_presence SET seen_at = now() - %s * interval '1 second'", [FRESH_SECONDS + 1])
    dora.post(f"/conversations/{group['id']}/read", {"seq": 2}).ok()
    say(carl, group)
    assert len(told(dora)) == 1, "a process that died does not keep anybody connected"
    there.renew()
    dora.post(f"/conversations/{group['id']}/read", {"seq": 3}).ok()
    say(carl, group)
    assert len(told(dora)) == 1


def test_not_those_whose_account_is_switched_off(carl, dora, group, say):
    User.objects.filter(pk=dora.user.pk).update(is_active=False)
    say(carl, group)
    assert told(dora) == []


class TestStanding:
    """The authorization of back-office streams. Streams of the API are tested on the whole system."""

    @pytest.fixture
    def authorization(self, client, carl):
        client.force_login(carl.user)
        return authorization_of_web_session(carl.user.pk, client.session.session_key)

    def test_it_stands(self, authorization):
        assert valid_authorizations([authorization]) == {authorization}

    def test_until_one_logs_out(self, client, authorization):
        client.logout()
        assert valid_authorizations([authorization]) == set()

    def test_until_the_password_changes(self, authorization):
        User.objects.filter(pk=authorization.user_id).update(password="another")
        assert valid_authorizations([authorization]) == set()

    def test_until_the_permission_goes(self, authorization):
        UserRole.objects.filter(user_id=authorization.user_id).delete()
        assert valid_authorizations([authorization]) == set()

    def test_until_the_account_is_switched_off(self, authorization):
        User.objects.filter(pk=authorization.user_id).update(is_active=False)
        assert valid_authorizations([authorization]) == set()

    def test_tickets(self, authorization):
        ticket, _ = issue_ticket(authorization=authorization)
        assert redeem_ticket(ticket) == authorization
        assert redeem_ticket(ticket) is None
        late, _ = issue_ticket(authorization=authorization)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE messenger_ticket SET expires_at = now() - interval '1 second'")
        assert redeem_ticket(late) is None
        assert delete_expired_tickets() == 1


def test_a_server_without_streams_answers_what_there_is(carl, dora, group, say):
    """The development server and tests send the events so far and then end the response."""
    before = carl.get("/messenger/events")
    text = b"".join(before.response.streaming_content).decode()
    assert text.startswith("id: ")
    assert "event: stream.started" in text
    last = int(text.split("\n")[0].removeprefix("id: "))
    say(dora, group, "Hello!")
    append_all()
    after = carl.call("GET", "/messenger/events", headers={"Last-Event-ID": str(last)})
    said = b"".join(after.response.streaming_content).decode()
    assert "message.created" in said
    assert "Hello!" in said
    head = Client().head("/api/v1/messenger/events", headers={"Authorization": f"Bearer {carl.token}"})
    assert (head.status_code, head.headers["Content-Type"]) == (200, "text/event-stream")
    ticket = carl.post("/messenger/tickets", {}).ok(201)["ticket"]
    anonymous = type(carl)()
    assert anonymous.get("/messenger/events", ticket=ticket).status == 200
    anonymous.get("/messenger/events", ticket=ticket).refused(401)
