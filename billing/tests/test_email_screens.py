"""E-mail with documents in the back office: forms, buttons and the log."""

import re

import pytest

from billing.models import DocumentEmail
from billing.tests.factories import brought, customer, draft, sent
from billing.tests.mailroom import deliver, mailed, overdue
from skeleton.identity.tests.factories import user_with
from skeleton.testkit.pages import fields_of
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    return Visitor(user_with("invoices:read", "invoices:write", "parties:read"))


def page_of(document, action=""):
    return f"/admin/billing/{document._meta.model_name}/{document.pk}/{action}"


def shown(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_form_shows_what_will_be_sent_and_sends_what_is_typed(clerk, office):
    invoice = sent(of=customer(email="acme@example.com"))
    page = page_of(invoice, "email/")
    assert page in shown(clerk.get(page_of(invoice, "change/")))
    fields = fields_of(shown(clerk.get(page)))
    assert (fields["to"], fields["subject"]) == ("acme@example.com", f"Invoice {invoice.number} from Skeleton")
    typed = {**fields, "to": "a@example.com; b@example.com", "cc": "c@example.com", "message": "Hi"}
    assert clerk.post(page, typed).status_code == 302
    deliver()
    [envelope] = office.envelopes
    assert envelope.rcpt_tos == ["a@example.com", "b@example.com", "c@example.com"]
    [email] = DocumentEmail.objects.all()
    listed = shown(clerk.get(page_of(invoice, "change/")))
    assert page_of(email, "change/") in listed
    assert "Sent" in shown(clerk.get(page_of(email, "change/")))


def test_an_address_that_is_wrong_is_an_error_at_its_field(clerk):
    page = page_of(sent(), "email/")
    answer = shown(clerk.post(page, {"to": "a@example.com, nobody"}))
    assert "Invalid email format" in answer
    assert DocumentEmail.objects.count() == 0


def test_without_a_mail_server_it_says_so(clerk, settings):
    settings.EMAIL_HOST = ""
    assert "there is no mail server" in shown(clerk.post(page_of(sent(), "email/")))
    assert 'name="email"' not in shown(clerk.get(page_of(draft(), "send/")))


def test_sending_and_e_mailing_in_one_step(clerk):
    invoice = draft()
    page = page_of(invoice, "send/")
    assert 'name="email"' in shown(clerk.get(page))
    assert clerk.post(page, {"email": "on"}).status_code == 302
    assert invoice.emails.count() == 1


def test_a_reminder(clerk):
    invoice = overdue()
    fields = fields_of(shown(clerk.get(page_of(invoice, "remind/"))))
    assert fields["subject"] == f"Payment reminder for invoice {invoice.number}"
    assert clerk.post(page_of(invoice, "remind/"), fields).status_code == 302
    assert invoice.emails.get().level == 1
    assert "today already" in shown(clerk.post(page_of(invoice, "remind/")))
    assert "/remind/" not in shown(clerk.get(page_of(sent(), "change/")))


class TestTheLog:
    LOG = "/admin/billing/documentemail/"

    def test_one_sees_what_belongs_to_the_documents_one_may_see(self):
        of_invoice, made = mailed(sent()), brought("pending")
        seller = Visitor(user_with("orders:read", "orders:write"))
        assert seller.post(page_of(made, "email/")).status_code == 302
        of_order = made.emails.get()
        book_keeper, both = (
            Visitor(user_with(*permissions))
            for permissions in (("invoices:read",), ("invoices:read", "orders:read", "orders:write"))
        )
        for visitor, seen in ((seller, {of_order}), (book_keeper, {of_invoice}), (both, {of_order, of_invoice})):
            links = set(re.findall(f"{self.LOG}([0-9a-f-]{{36}})/change/", shown(visitor.get(self.LOG))))
            assert links == {str(email.pk) for email in seen}
        DocumentEmail.objects.update(status="failed")
        assert both.get(page_of(of_order, "send-again/")).status_code == 200
        assert both.get(page_of(of_invoice, "send-again/")).status_code == 403, "reading invoices is not enough"

    def test_a_failed_one_is_sent_again(self, clerk, office):
        office.to_recipient = "550 No such user"
        email = mailed(sent())
        deliver()
        assert "550 No such user" in shown(clerk.get(self.LOG, {"status__exact": "failed"}))
        office.to_recipient = ""
        assert clerk.post(page_of(email, "send-again/")).status_code == 302
        deliver()
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("sent", 1)
        assert len(office.mails) == 1
