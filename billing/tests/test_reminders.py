"""Reminders of overdue invoices: by hand, by the daily job, and never of what has been paid meanwhile."""

import datetime as dt

import pytest

from billing.checks import check_reminders
from billing.choices import EmailKind, EmailStatus
from billing.models import DocumentEmail
from billing.reminder_rules import LastReminder, automatic_level
from billing.services.corrections import reverse_payment
from billing.services.emails import retry_email
from billing.services.payments import record_payment
from billing.services.reminders import send_due_reminders
from billing.tests.factories import cancelled, credited, draft, paid, part_paid, pay, sent
from billing.tests.mailroom import JOB, deliver, overdue, reminded, run_job
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today
from skeleton.kernel.errors import Conflict
from skeleton.notifications.tests.factories import queued
from skeleton.testkit.races import run_concurrently
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def switched_on(settings, mail_settings):
    settings.SKELETON_REMINDERS, settings.SKELETON_REMINDER_DAYS = True, [7, 21, 35]
    return settings


def written_days_ago(email, days):
    """Move an e-mail into the past."""
    with without_triggers() as cursor:
        cursor.execute(
            "UPDATE billing_email SET created_at = created_at - make_interval(days => %s) WHERE id = %s",
            [days, email.pk],
        )


def levels(invoice):
    return list(invoice.emails.order_by("pk").values_list("level", flat=True))


DUE = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    "last, days_later, level",
    [
        (None, 6, None),
        (None, 7, 1),
        (None, 400, 1),
        (LastReminder(1, DUE + dt.timedelta(days=7)), 20, None),
        (LastReminder(1, DUE + dt.timedelta(days=7)), 21, 2),
        (LastReminder(1, DUE + dt.timedelta(days=100)), 113, None),
        (LastReminder(1, DUE + dt.timedelta(days=100)), 114, 2),
        (LastReminder(2, DUE + dt.timedelta(days=21)), 34, None),
        (LastReminder(2, DUE + dt.timedelta(days=21)), 35, 3),
        (LastReminder(3, DUE + dt.timedelta(days=35)), 400, None),
        (LastReminder(1, DUE + dt.timedelta(days=7), failed=True), 400, None),
    ],
)
def test_the_level_that_is_due(last, days_later, level):
    assert automatic_level([7, 21, 35], DUE, last, DUE + dt.timedelta(days=days_later)) == level


@pytest.mark.parametrize(
    "days, works", [([7], True), ([1, 2, 3], True), ([], False), ([0, 7], False), ([7, 7], False), ([14, 7], False)]
)
def test_the_days_in_the_settings(settings, days, works):
    settings.SKELETON_REMINDER_DAYS = days
    assert (check_reminders(None) == []) == works


class TestByHand:
    def test_the_whole_way(self, office, colleague, settings):
        settings.SKELETON_REMINDER_DAYS = [7, 21, 35]
        invoice = overdue(1)
        path = f"/invoices/{invoice.pk}"
        subjects = ["Payment reminder", "Another payment reminder", "Final payment reminder"]
        for level, subject in enumerate(subjects, start=1):
            made = colleague.post(f"{path}/remind").ok(201)
            assert (made["kind"], made["level"], made["status"]) == ("reminder", level, "queued")
            assert made["subject"] == f"{subject} for invoice {invoice.number}"
            assert "10.00\u00a0USD" in made["message"]
            assert "today already" in colleague.post(f"{path}/remind").refused(409)["message"]
            deliver()
            written_days_ago(DocumentEmail.objects.get(pk=made["id"]), 1)
        assert "final reminder" in colleague.post(f"{path}/remind").refused(409)["message"]
        assert [mail["Subject"] for mail in office.mails] == [f"{one} for invoice {invoice.number}" for one in subjects]
        assert [mail.get_content_type() for mail in office.mails[0].iter_attachments()] == ["application/pdf"]

    def test_in_other_words(self, colleague):
        body = {"to": "boss@example.com", "message": "Dear Anna, did you forget us?"}
        made = colleague.post(f"/invoices/{overdue().pk}/remind", body).ok(201)
        assert (made["to"], made["message"]) == (["boss@example.com"], body["message"])

    @pytest.mark.parametrize(
        "make, told",
        [
            (lambda: draft(due_date=today() - dt.timedelta(days=9)), "still a draft"),
            (lambda: paid(due_date=today() - dt.timedelta(days=9)), "Nothing is due"),
            (lambda: cancelled(due_date=today() - dt.timedelta(days=9)), "has been cancelled"),
            (lambda: sent(due_date=today()), "once that day has passed"),
        ],
        ids=["draft", "paid", "cancelled", "not due yet"],
    )
    def test_not_of_what_is_not_overdue(self, colleague, make, told):
        invoice = make()
        assert told in colleague.post(f"/invoices/{invoice.pk}/remind").refused(409)["message"]
        assert levels(invoice) == []

    def test_without_a_mail_server(self, colleague, settings):
        settings.EMAIL_HOST = ""
        colleague.post(f"/invoices/{overdue().pk}/remind").refused(409)

    def test_one_that_did_not_arrive_is_sent_again(self, office, colleague):
        office.to_recipient = "550 No such user"
        invoice = overdue()
        reminded(invoice)
        deliver()
        office.to_recipient = ""
        made = colleague.post(f"/invoices/{invoice.pk}/remind", {"to": "new@example.com"}).ok(201)
        assert made["level"] == 1
        deliver()
        assert list(invoice.emails.order_by("pk").values_list("status", flat=True)) == ["failed", "sent"]
        failed = invoice.emails.earliest("pk")
        with pytest.raises(Exception, match="billing_email_level_once"):
            retry_email(email_id=failed.pk, actor=SYSTEM)


class TestByTheJob:
    def test_each_level_in_its_time(self, switched_on):
        invoice = overdue(6)
        assert send_due_reminders() == 0
        with without_triggers() as cursor:
            cursor.execute("UPDATE billing_invoice SET due_date = due_date - 1 WHERE id = %s", [invoice.pk])
        assert [send_due_reminders() for _ in range(3)] == [1, 0, 0]
        [email] = invoice.emails.all()
        assert (email.level, email.kind, email.created_by) == (1, EmailKind.REMINDER, None)
        written_days_ago(email, 14)
        with without_triggers() as cursor:
            cursor.execute("UPDATE billing_invoice SET due_date = due_date - 14 WHERE id = %s", [invoice.pk])
        assert [send_due_reminders() for _ in range(2)] == [1, 0]
        assert levels(invoice) == [1, 2]

    def test_only_of_what_is_due(self, switched_on):
        past = today() - dt.timedelta(days=30)
        part, wanted = part_paid(due_date=past), overdue(30)
        for make in (paid, cancelled, draft):
            make(due_date=past)
        credited(sent(due_date=past))
        sent(due_date=today() + dt.timedelta(days=1))
        assert send_due_reminders() == 2
        assert set(DocumentEmail.objects.values_list("invoice", flat=True)) == {part.pk, wanted.pk}

    @pytest.mark.parametrize("off", [{"SKELETON_REMINDERS": False}, {"EMAIL_HOST": ""}], ids=["off", "no mail server"])
    def test_not_unless_it_is_switched_on(self, switched_on, off):
        overdue(30)
        for name, value in off.items():
            setattr(switched_on, name, value)
        assert send_due_reminders() == 0

    def test_one_that_failed_waits_for_a_person(self, switched_on, office):
        office.to_recipient = "550 No such user"
        invoice = overdue(90)
        assert send_due_reminders() == 1
        deliver()
        written_days_ago(invoice.emails.get(), 60)
        assert send_due_reminders() == 0

    def test_an_address_that_cannot_be_mailed_does_not_stop_the_others(self, switched_on):
        wrong, right = overdue(30), overdue(30)
        wrong.customer.email = "іван@example.com"
        wrong.customer.save()
        assert send_due_reminders() == 1
        assert (levels(wrong), levels(right)) == ([], [1])

    def test_it_asks_for_no_automatic_answer(self, switched_on, office):
        overdue(30)
        send_due_reminders()
        deliver()
        assert office.mails[0]["Auto-Submitted"] == "auto-generated"


class TestPaidMeanwhile:
    def test_a_payment_before_the_mail_leaves(self, office):
        invoice = overdue()
        email = reminded(invoice)
        pay(invoice, invoice.total)
        assert deliver() == 1
        email.refresh_from_db()
        assert (email.status, email.attempts) == (EmailStatus.CANCELLED, 0)
        assert office.mails == []
        assert queued(JOB) == []

    def test_a_part_payment_does_not_stop_it(self, office):
        invoice = overdue()
        email = reminded(invoice)
        pay(invoice, 1)
        deliver()
        email.refresh_from_db()
        assert email.status == EmailStatus.SENT

    def test_a_payment_that_bounces_leaves_the_level_open(self, office):
        invoice = overdue()
        reminded(invoice)
        pay(invoice, invoice.total)
        deliver()
        reverse_payment(payment_id=invoice.payments.get().pk, reason="Bounced", actor=SYSTEM)
        assert reminded(invoice).level == 1


class TestRaces:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_whoever_pays_first_is_not_reminded(self, office, empty_queue):
        """Eight times a payment against the job that sends a reminder: never a mail after the payment."""
        office.pause = 0.05
        for _ in range(8):
            invoice = overdue()
            email = reminded(invoice)
            order: list[str] = []

            def pays(invoice=invoice, order=order):
                record_payment(invoice_id=invoice.pk, amount=invoice.total, method="card", actor=SYSTEM)
                order.append("paid")

            def sends(email=email, order=order):
                before = len(office.mails)
                run_job(email.pk)
                order.append("mailed" if len(office.mails) > before else "withdrawn")

            run_concurrently(pays, sends)
            email.refresh_from_db()
            if "mailed" in order:
                assert email.status == EmailStatus.SENT
            else:
                assert email.status == EmailStatus.CANCELLED

    def test_racing_jobs_and_people_send_one_reminder(self, switched_on, office, empty_queue):
        invoice = overdue(30)
        by_hand = [lambda: reminded(invoice) for _ in range(8)]
        found = run_concurrently(*by_hand, *[send_due_reminders] * 8)
        assert levels(invoice) == [1]
        assert sum(1 for one in found if one == 1 or isinstance(one, DocumentEmail)) == 1
        assert all(isinstance(one, (Conflict, DocumentEmail)) for one in found[:8])
