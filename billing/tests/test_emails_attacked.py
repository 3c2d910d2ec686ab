"""Attacks on the log of e-mail with raw SQL, bypassing Python. PostgreSQL refuses them and names the rule."""

import pytest
from django.db import connection

from billing.models import DocumentEmail
from billing.tests.factories import draft, order, paid, pay, sent
from billing.tests.mailroom import mailed, overdue, reminded
from billing.tests.test_constraints import attack

pytestmark = pytest.mark.django_db

EMAIL = """
    INSERT INTO billing_email (id, created_at, updated_at, {field}_id, kind, level, recipients, cc, subject, message,
        language, status, attempts, error, attachments, sent_at)
    VALUES (gen_random_uuid(), now(), now(), '{pk}', '{kind}', {level}, '{recipients}', '{{}}', '{subject}', 'x', 'en',
        '{status}', {attempts}, '', '[]', {sent_at})
"""
VALUES = {
    "field": "invoice",
    "kind": "document",
    "level": "NULL",
    "recipients": "{a@example.com}",
    "subject": "x",
    "status": "queued",
    "attempts": 0,
    "sent_at": "NULL",
}
REMINDER = {"kind": "reminder", "level": 1}


def insert(document, **values):
    return EMAIL.format(pk=document.pk, **{**VALUES, **values})


def in_state(status):
    """Return an e-mail that a job or PostgreSQL has brought into this state."""
    email = mailed(sent())
    moment = email.created_at if status == "sent" else None
    DocumentEmail.objects.filter(pk=email.pk).update(status=status, sent_at=moment)
    return email


@pytest.mark.parametrize(
    "values, rule",
    [
        ({"status": "sent", "sent_at": "now()"}, "billing_email_begins_queued"),
        ({"status": "cancelled"}, "billing_email_begins_queued"),
        ({"attempts": 1}, "billing_email_begins_queued"),
        ({"kind": "reminder"}, "billing_email_level_fits"),
        ({"level": 1}, "billing_email_level_fits"),
        ({"kind": "reminder", "level": 0}, "billing_email_level_fits"),
        ({"kind": "advert"}, "billing_email_level_fits"),
        ({"recipients": "{}"}, "billing_email_has_recipients"),
        ({"subject": ""}, "billing_email_has_text"),
    ],
)
def test_an_e_mail_that_is_none(values, rule):
    assert attack(insert(sent(), **values)) == rule


def test_drafts_are_not_for_customers():
    assert attack(insert(draft())) == "billing_email_of_draft"
    assert attack(insert(order(), field="order")) == "billing_email_of_draft"


def test_of_two_documents():
    email = mailed(sent())
    two = insert(sent()).replace("(id,", "(order_id, id,").replace("VALUES (", f"VALUES ('{email.pk}', ")
    assert attack(two) == "billing_email_of_one"


def test_a_reminder_of_what_is_not_due():
    assert attack(insert(paid(), **REMINDER)) == "billing_email_reminder_due"
    invoice = overdue()
    email = reminded(invoice)
    pay(invoice, invoice.total)
    change = f"UPDATE billing_email SET status = 'sent', sent_at = now() WHERE id = '{email.pk}'"
    assert attack(change) == "billing_email_reminder_due"


def test_a_second_reminder_of_a_level():
    invoice = overdue()
    reminded(invoice)
    assert attack(insert(invoice, **REMINDER)) == "billing_email_level_once"


@pytest.mark.parametrize(
    "change",
    [
        "recipients = '{b@example.com}'",
        "cc = '{b@example.com}'",
        "subject = 'y'",
        "message = 'y'",
        "language = 'de'",
        "created_at = now() - interval '1 day'",
        "created_by_id = NULL, kind = 'reminder', level = 1",
    ],
)
def test_what_was_written_stays(change):
    assert attack(f"UPDATE billing_email SET {change} WHERE id = '{mailed(sent()).pk}'") == "billing_email_fixed"


@pytest.mark.parametrize("status", ["sent", "cancelled"])
@pytest.mark.parametrize("change", ["status = 'queued', sent_at = NULL", "error = 'x'", "attempts = 0"])
def test_what_is_final_stays(status, change):
    assert attack(f"UPDATE billing_email SET {change} WHERE id = '{in_state(status).pk}'") == "billing_email_final"


def test_a_failed_one_is_only_sent_again():
    email = in_state("failed")
    assert (
        attack(f"UPDATE billing_email SET status = 'sent', sent_at = now() WHERE id = '{email.pk}'")
        == "billing_email_final"
    )
    assert DocumentEmail.objects.filter(pk=email.pk).update(status="queued") == 1


def test_a_time_of_sending_without_sending():
    assert (
        attack(f"UPDATE billing_email SET sent_at = now() WHERE id = '{mailed(sent()).pk}'")
        == "billing_email_status_fits"
    )


@pytest.mark.parametrize("statement", ["DELETE FROM billing_email", "TRUNCATE billing_email"])
def test_the_log_only_grows(statement):
    mailed(sent())
    connection.check_constraints()  # PostgreSQL refuses TRUNCATE while foreign key checks are pending
    assert attack(statement) == "billing_email_permanent"
