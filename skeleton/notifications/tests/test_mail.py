"""E-mail over a real SMTP server: contents, header injection, and behaviour when the server is down."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from skeleton.identity.tests.factories import UserFactory
from skeleton.jobs.queue import ATTEMPTS, retry_delay
from skeleton.notifications.choices import Event
from skeleton.notifications.models import Delivery
from skeleton.notifications.services.delivery import create_deliveries, send_delivery
from skeleton.notifications.tests.factories import VALUES, jump, queued, tell, work_off
from skeleton.testkit.queue import run_due_jobs
from skeleton.testkit.races import run_in_threads

pytestmark = pytest.mark.django_db


def delivery():
    return Delivery.objects.get()


def state():
    found = delivery()
    return found.status, found.attempts


def waits():
    """Return the seconds until the only waiting job is due."""
    [(_, _, _, at)] = queued()
    return (at - timezone.now()).total_seconds()


def come_back():
    """Make the next attempt due."""
    [(number, _, _, _)] = queued()
    jump(number)
    work_off()


class TestWhatArrives:
    def test_a_letter(self, office):
        user = UserFactory.create(email="vera@example.com", name="Vera")
        tell(user, Event.INVOICE_SENT)
        work_off()
        [mail], [envelope] = office.mails, office.envelopes
        assert (envelope.mail_from, envelope.rcpt_tos) == ("crm@example.com", ["vera@example.com"])
        assert (mail["From"], mail["To"]) == ("Skeleton <crm@example.com>", "vera@example.com")
        assert mail["Subject"] == "Invoice INV-2026-001 was issued"
        assert mail["Message-ID"] == f"<{delivery().pk}@example.com>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime
        assert mail.get_content_type() == "text/plain"
        greeting, _, text = mail.get_content().splitlines()[:3]
        assert greeting == "Hello Vera,"
        assert text == "Invoice INV-2026-001 was issued to Acme Corp: 1,550.00\u00a0USD, due on 15 February 2026."
        assert state() == ("sent", 1)
        assert delivery().sent_at
        assert work_off() == 0

    @pytest.mark.parametrize(
        "language, subject, line",
        [
            ("uk", "Рахунок INV-2026-001 сплачено", "Вітаємо, Ґалаґан Їжак!"),
            ("de", "Rechnung INV-2026-001 ist bezahlt", "Guten Tag, Ґалаґан Їжак,"),
        ],
        ids=["uk", "de"],
    )
    def test_in_the_language_of_the_moment_of_sending(self, office, language, subject, line):
        user = UserFactory.create(name="Ґалаґан Їжак")
        tell(user, Event.INVOICE_PAID, customer="Müller & Söhne — 日本 🎉")
        type(user).objects.filter(pk=user.pk).update(language=language)
        work_off()
        [mail] = office.mails
        assert mail["Subject"].strip() == subject  # folded before its first word
        assert mail.get_content().startswith(line)
        assert "Müller & Söhne — 日本 🎉" in mail.get_content()

    def test_where_to_look_is_said_when_it_is_known(self, office, settings):
        settings.SKELETON_PUBLIC_URL = "https://crm.example.com/"
        user = UserFactory.create()
        row = tell(user, Event.INVOICE_PAID)
        type(row).objects.filter(pk=row.pk).update(link=f"/api/v1/invoices/{row.pk}")
        work_off()
        [mail] = office.mails
        page = f"https://crm.example.com/admin/billing/invoice/{row.pk}/change/"
        assert f"See for yourself: {page}" in mail.get_content().splitlines()

    def test_a_domain_in_other_letters(self, office):
        tell(UserFactory.create(email="ivan@приклад.укр"))
        work_off()
        [envelope] = office.envelopes
        assert envelope.rcpt_tos == ["ivan@xn--80aikifvh.xn--j1amh"]

    def test_an_address_that_cannot_be_sent_to(self, office):
        tell(UserFactory.create(email="іван@example.com"))
        work_off()
        assert state() == ("failed", 1)
        assert "not ASCII" in delivery().error
        assert office.mails == []


NASTY = [
    "Eve\r\nBcc: victim@example.com",
    "Eve\nBcc: victim@example.com\n\nHello",
    "Eve\rBcc: victim@example.com",
    "Eve\u2028Bcc: victim@example.com",
    "Eve\x0b\x0c\x1c\x85Bcc: victim@example.com",
    "=?utf-8?q?Eve=0D=0ABcc:_victim@example.com?=",
    "Eve " * 300,
    "\u202eevE",
]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_no_name_gets_into_the_headers(office, name):
    user = UserFactory.create(name=name[:255], email="vera@example.com")
    tell(user, sender=name, text="\r\n.\r\nMAIL FROM:<x@example.com>\r\n")
    work_off()
    [mail], [envelope] = office.mails, office.envelopes
    assert envelope.rcpt_tos == ["vera@example.com"]
    names = ["Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date"]
    assert sorted(mail.keys()) == sorted([*names, "Message-ID", "Auto-Submitted"])
    assert mail["Bcc"] is None
    assert state() == ("sent", 1)


class TestWhenItFails:
    def test_a_server_that_is_away_and_comes_back(self, closed_office):
        tell(UserFactory.create())
        work_off()
        assert state() == ("waiting", 1)
        assert "ConnectionRefusedError" in delivery().error
        assert retry_delay(0) - 5 < waits() <= retry_delay(0)
        come_back()
        assert state() == ("waiting", 2)
        assert retry_delay(1) - 5 < waits() <= retry_delay(1)
        closed_office.open()
        come_back()
        assert state() == ("sent", 3)
        assert delivery().error == ""
        assert len(closed_office.mails) == 1

    @pytest.mark.parametrize(
        "reply",
        [{"to_recipient": "451 Try later"}, {"to_data": "452 Full"}, {"to_data": "554 No"}, {"hangs_up": True}],
        ids=["recipient", "full", "content", "hangs up"],
    )
    def test_what_may_be_otherwise_later_is_tried_again(self, office, reply):
        tell(UserFactory.create())
        vars(office).update(reply)
        work_off()
        assert state() == ("waiting", 1)
        assert delivery().error
        office.to_recipient = office.to_data = ""
        office.hangs_up = False
        come_back()
        assert state() == ("sent", 2)
        assert len(office.mails) == 1

    def test_an_address_that_does_not_exist_is_not_tried_again(self, office):
        office.to_recipient = "550 No such user"
        tell(UserFactory.create())
        work_off()
        assert state() == ("failed", 1)
        assert "No such user" in delivery().error
        assert queued() == []

    def test_in_the_end_it_has_failed_and_says_why(self, closed_office):
        tell(UserFactory.create())
        work_off()
        Delivery.objects.update(attempts=ATTEMPTS - 1)
        come_back()
        assert state() == ("failed", ATTEMPTS)
        assert "ConnectionRefusedError" in delivery().error
        assert queued() == []


class TestAtTheSameMoment:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_two_workers_on_one_delivery_send_one_mail(self, office, empty_queue):
        office.pause = 0.3
        row = tell(UserFactory.create())
        waiting = Delivery.objects.create(notification=row, channel="email")
        run_in_threads(4, lambda number: send_delivery._run(context(number), delivery_id=str(waiting.pk)))
        assert len(office.mails) == 1
        assert state() == ("sent", 1)

    def test_workers_that_begin_the_same_notification(self, office, empty_queue):
        row = tell(UserFactory.create())
        run_in_threads(4, lambda number: create_deliveries._run(context(number), notification_ids=[str(row.pk)]))
        assert Delivery.objects.count() == 1
        work_off()
        assert len(office.mails) == 1

    def test_a_worker_does_it_all(self, office, empty_queue):
        user = UserFactory.create(language="uk")
        tell(user)
        tell(user, Event.INVOICE_OVERDUE)
        run_due_jobs()
        subjects = {mail["Subject"].strip() for mail in office.mails}
        assert subjects == {"Повідомлення від Vera Viewer", "Рахунок INV-2026-001 прострочено"}
        assert queued() == []


def context(number: int) -> Any:
    """A job context like a worker's, with a different job number for each instance."""
    return SimpleNamespace(job=SimpleNamespace(id=10**12 + number))


def test_every_event_can_be_mailed(office):
    user = UserFactory.create()
    for event in Event:
        tell(user, event)
    work_off()
    assert len(office.mails) == len(VALUES)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
