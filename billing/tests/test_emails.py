"""Documents by e-mail over a real SMTP server: what arrives, what does not, and the log."""

import datetime as dt
import hashlib

import pytest
from django.utils import timezone

from billing.choices import EmailStatus
from billing.models import CreditNote, DocumentEmail, IssuedDocument
from billing.tests.factories import brought, cancelled, credited, customer, draft, order, paid, part_paid, sent
from billing.tests.mailroom import JOB, come_back, deliver, mailed
from skeleton.jobs.queue import ATTEMPTS, retry_delay
from skeleton.notifications.models import Notification
from skeleton.notifications.tests.factories import queued, work_off
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db


def texts_and_files(mail):
    text, *files = mail.iter_parts()
    return text.get_content().replace("\r\n", "\n"), {file.get_filename(): file.get_content() for file in files}


def log_of(client, path):
    return client.get(f"{path}/emails").ok()["items"]


class TestWhatArrives:
    def test_an_invoice(self, office, colleague, settings):
        settings.SKELETON_COMPANY = {**settings.SKELETON_COMPANY, "name": "Bolt GmbH", "email": "office@bolt.example"}
        invoice = part_paid(of=customer(email="acme@example.com"))
        path = f"/invoices/{invoice.pk}"
        queued_email = colleague.post(f"{path}/email").ok(201)
        assert (queued_email["status"], queued_email["attachments"], queued_email["sent_at"]) == ("queued", [], None)
        assert office.mails == []
        assert deliver() == 1
        [mail], [envelope] = office.mails, office.envelopes
        assert envelope.rcpt_tos == ["acme@example.com"]
        assert mail["Subject"] == f"Invoice {invoice.number} from Bolt GmbH"
        assert mail["Reply-To"] == "office@bolt.example"
        assert mail["Message-ID"] == f"<{queued_email['id']}@example.com>"
        assert mail["Auto-Submitted"] is None, "a person wrote it"
        text, files = texts_and_files(mail)
        assert text.splitlines()[0] == "Hello,"
        assert f"Please find attached invoice {invoice.number} of" in text
        assert "Please pay 6.00\u00a0USD by 15 February 2099." in text
        assert text.splitlines()[-1] == "Bolt GmbH"
        [(name, pdf)] = files.items()
        assert name == f"{invoice.number}.pdf"
        assert bytes(IssuedDocument.objects.latest("pk").pdf) == pdf, "what was sent is on file"
        [email] = log_of(colleague, path)
        assert email["status"] == "sent"
        assert email["attachments"] == [{"name": name, "size": len(pdf), "sha256": hashlib.sha256(pdf).hexdigest()}]
        assert (email["to"], email["cc"], email["attempts"], email["error"]) == (["acme@example.com"], [], 1, None)
        assert email["created_by"] == str(colleague.user.pk)
        assert email["sent_at"]
        assert deliver() == 0

    def test_in_other_words_to_other_people(self, office, colleague):
        path = f"/invoices/{sent().pk}"
        body = {
            "to": ["a@example.com", "b@example.com", "a@example.com"],
            "cc": "c@example.com",
            "subject": "Your invoice",
            "message": "Hi,\n\n{number} is attached.",
        }
        made = colleague.post(f"{path}/email", body).ok(201)
        assert (made["to"], made["cc"]) == (["a@example.com", "b@example.com"], ["c@example.com"])
        deliver()
        [mail], [envelope] = office.mails, office.envelopes
        assert envelope.rcpt_tos == ["a@example.com", "b@example.com", "c@example.com"]
        assert (mail["To"], mail["Cc"]) == ("a@example.com, b@example.com", "c@example.com")
        assert mail["Subject"] == "Your invoice"
        assert texts_and_files(mail)[0] == "Hi,\n\n{number} is attached."

    def test_a_credit_note(self, office, colleague):
        invoice = paid()
        note = CreditNote.objects.get(pk=credited(invoice))
        path = f"/credit-notes/{note.pk}"
        colleague.post(f"{path}/email").ok(201)
        deliver()
        [mail] = office.mails
        text, files = texts_and_files(mail)
        assert mail["Subject"] == f"Credit note {note.number} from Skeleton"
        assert f"for invoice {invoice.number}." in text
        assert list(files) == [f"{note.number}.pdf"]
        assert [email["status"] for email in log_of(colleague, path)] == ["sent"]

    @pytest.mark.parametrize(
        "state, subject", [("pending", "Order {} from"), ("confirmed", "Confirmation of order {} from")]
    )
    def test_an_order(self, office, holding, state, subject):
        made = brought(state)
        path = f"/orders/{made.pk}"
        clerk = holding("orders:read", "orders:write")
        clerk.post(f"{path}/email").ok(201)
        deliver()
        [mail] = office.mails
        assert mail["Subject"].startswith(subject.format(made.number))
        assert list(texts_and_files(mail)[1]) == [f"{made.number}.pdf"]
        assert [email["status"] for email in log_of(clerk, path)] == ["sent"]

    def test_nothing_is_left_to_pay(self, office, colleague):
        colleague.post(f"/invoices/{paid().pk}/email").ok(201)
        deliver()
        assert "Please pay" not in texts_and_files(office.mails[0])[0]

    @pytest.mark.parametrize(
        "language, subject, line",
        [
            ("de", "Rechnung {} von Skeleton", "Bitte überweisen Sie 10,00\u00a0USD bis zum 15.02.2099."),
            ("uk", "Рахунок {} від Skeleton", "Просимо сплатити 10,00\u00a0USD до 15.02.2099."),
        ],
        ids=["de", "uk"],
    )
    def test_in_the_language_of_the_document(self, office, colleague, language, subject, line):
        invoice = sent(of=customer(language=language))
        assert colleague.post(f"/invoices/{invoice.pk}/email").ok(201)["language"] == language
        deliver()
        [mail] = office.mails
        text = texts_and_files(mail)[0]
        assert mail["Subject"].strip() == subject.format(invoice.number)
        assert line in text
        assert str(invoice.number) in text

    def test_a_company_name_of_two_lines_is_no_header(self, office, settings):
        settings.SKELETON_COMPANY = {**settings.SKELETON_COMPANY, "name": "Bolt\nBcc: victim@example.com"}
        email = mailed(sent())
        assert email.subject.endswith("from Bolt Bcc: victim@example.com")
        deliver()
        [mail] = office.mails
        assert mail["Bcc"] is None

    def test_in_the_language_of_the_user_if_the_customer_has_none(self, colleague):
        type(colleague.user).objects.filter(pk=colleague.user.pk).update(language="uk")
        assert colleague.post(f"/invoices/{sent().pk}/email").ok(201)["language"] == "uk"

    def test_in_the_language_in_which_it_was_issued(self, office, colleague):
        invoice = sent(of=customer(language="de"))
        work_off("billing.services.documents.")
        type(invoice.customer).objects.filter(pk=invoice.customer_id).update(language="uk")
        assert colleague.post(f"/invoices/{invoice.pk}/email").ok(201)["language"] == "de"


class TestWithTheSending:
    def test_an_invoice(self, office, colleague):
        invoice = draft()
        colleague.post(f"/invoices/{invoice.pk}/send", {"email": True}).ok()
        assert [email["status"] for email in log_of(colleague, f"/invoices/{invoice.pk}")] == ["queued"]
        deliver()
        [mail] = office.mails
        assert list(texts_and_files(mail)[1]) == [f"{invoice.number}.pdf"]

    def test_a_credit_note(self, office, colleague):
        note = colleague.post(f"/invoices/{sent().pk}/credit-notes", {"reason": "Late"}).ok(201)["id"]
        number = colleague.post(f"/credit-notes/{note}/send", {"email": True}).ok()["number"]
        deliver()
        [mail] = office.mails
        assert mail["Subject"].startswith(f"Credit note {number}")

    def test_without_a_mail_server_nothing_is_sent_at_all(self, colleague, settings):
        settings.EMAIL_HOST = ""
        invoice = draft()
        colleague.post(f"/invoices/{invoice.pk}/send", {"email": True}).refused(409)
        assert colleague.get(f"/invoices/{invoice.pk}").ok()["status"] == "draft"
        colleague.post(f"/invoices/{invoice.pk}/send", {"email": False}).ok()
        assert DocumentEmail.objects.count() == 0


class TestRefused:
    @pytest.fixture(autouse=True)
    def _nothing_is_queued(self, db):
        yield
        assert queued(JOB) == []

    def test_drafts(self, colleague):
        invoice = draft()
        assert "send" in colleague.post(f"/invoices/{invoice.pk}/email").refused(409)["details"]["allowed"]
        made = order()
        allowed = colleague.post(f"/orders/{made.pk}/email").refused(409)["details"]["allowed"]
        assert allowed == ["pending", "confirmed", "cancelled"]
        note = colleague.post(f"/invoices/{sent().pk}/credit-notes", {"reason": "Late"}).ok(201)["id"]
        assert colleague.post(f"/credit-notes/{note}/email").refused(409)["details"] == {"allowed": ["send"]}

    def test_an_invoice_that_was_cancelled_as_a_draft(self, colleague):
        invoice = draft()
        colleague.post(f"/invoices/{invoice.pk}/cancel").ok()
        assert "nothing to e-mail" in colleague.post(f"/invoices/{invoice.pk}/email").refused(409)["message"]

    def test_without_a_mail_server(self, colleague, settings):
        settings.EMAIL_HOST = ""
        told = colleague.post(f"/invoices/{sent().pk}/email").refused(409)["message"]
        assert told == "E-mail is not set up: there is no mail server. Ask your administrator to set one up."

    @pytest.mark.parametrize(
        "body, field",
        [
            ({"to": []}, "to"),
            ({"to": ["nobody"]}, "to.0"),
            ({"to": ["a@example.com", "b@"]}, "to.1"),
            ({"to": [f"a{n}@example.com" for n in range(11)]}, "to"),
            ({"to": ["іван@example.com"]}, "to"),
            ({"cc": ["a@example.com", "іван@example.com"]}, "cc"),
            ({"cc": 5}, "cc"),
            ({"subject": "Hello\nBcc: victim@example.com"}, "subject"),
            ({"subject": "x" * 201}, "subject"),
            ({"subject": ""}, "subject"),
            ({"message": " "}, "message"),
            ({"bcc": ["a@example.com"]}, "bcc"),
        ],
    )
    def test_a_body(self, colleague, body, field):
        colleague.post(f"/invoices/{sent().pk}/email", body).refused(422, field)

    def test_a_customer_without_a_usable_address(self, colleague):
        invoice = sent(of=customer(email="іван@example.com"))
        colleague.post(f"/invoices/{invoice.pk}/email").refused(422, "to")

    def test_by_permission(self, viewer, holding):
        invoice, made = sent(), brought("pending")
        viewer.post(f"/invoices/{invoice.pk}/email").refused(403)
        assert log_of(viewer, f"/invoices/{invoice.pk}") == []
        clerk = holding("orders:write", "orders:read")
        clerk.get(f"/invoices/{invoice.pk}/emails").refused(403)
        clerk.post(f"/invoices/{invoice.pk}/email").refused(403)
        holding("invoices:*").post(f"/orders/{made.pk}/email").refused(403)

    def test_what_is_not_there(self, colleague):
        for path in ("invoices", "credit-notes", "orders"):
            colleague.post(f"/{path}/01972b15-8000-7000-8000-0000000000c1/email").refused(404)
            colleague.get(f"/{path}/01972b15-8000-7000-8000-0000000000c1/emails").refused(404)


def test_cancelled_invoices_can_be_mailed(office, colleague):
    colleague.post(f"/invoices/{cancelled().pk}/email").ok(201)
    deliver()
    assert len(office.mails) == 1


def test_at_most_so_many_an_hour(colleague, settings):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "document_email": (3, 3600)}
    invoice, other = sent(), sent()
    path = f"/invoices/{invoice.pk}/email"
    first, *_rest = [colleague.post(path).ok(201)["id"] for _ in range(3)]
    answer = colleague.post(path)
    assert "3 times" in answer.refused(429)["message"]
    assert 3590 < int(answer.headers["Retry-After"]) <= 3600
    colleague.post(f"/invoices/{other.pk}/email").ok(201)
    an_hour_ago = timezone.now() - dt.timedelta(seconds=3601)
    with without_triggers() as cursor:
        cursor.execute("UPDATE billing_email SET created_at = %s WHERE id = %s", [an_hour_ago, first])
    colleague.post(path).ok(201)
    colleague.post(path).refused(429)


class TestWhenItFails:
    def test_a_refused_address(self, office, colleague):
        office.replies = {"gone@example.com": "550 5.1.1 No such user"}
        invoice = sent(of=customer(email="gone@example.com"))
        colleague.post(f"/invoices/{invoice.pk}/email").ok(201)
        deliver()
        [email] = log_of(colleague, f"/invoices/{invoice.pk}")
        assert (email["status"], email["attempts"], email["sent_at"]) == ("failed", 1, None)
        assert email["error"] == "gone@example.com: 550 5.1.1 No such user"
        assert queued(JOB) == []
        told = Notification.objects.get(user=colleague.user, type="email.failed")
        assert told.title == f"The e-mail with {invoice.number} could not be sent"
        assert told.body == "To gone@example.com: gone@example.com: 550 5.1.1 No such user"
        assert told.link == f"/api/v1/invoices/{invoice.pk}"

    def test_one_of_two_addresses_is_refused(self, office, colleague):
        office.replies = {"gone@example.com": "550 No such user"}
        path = f"/invoices/{sent().pk}"
        colleague.post(f"{path}/email", {"to": ["a@example.com", "gone@example.com"]}).ok(201)
        deliver()
        [email] = log_of(colleague, path)
        assert email["status"] == "failed", "never sent, as long as someone did not get it"
        assert email["error"] == "gone@example.com: 550 No such user (sent to the other recipients)"
        assert len(office.mails) == 1

    def test_a_mailbox_that_is_full_for_a_while(self, office, colleague):
        office.to_recipient = "452 4.2.2 Mailbox full"
        invoice = sent()
        colleague.post(f"/invoices/{invoice.pk}/email").ok(201)
        deliver()
        [email] = log_of(colleague, f"/invoices/{invoice.pk}")
        assert (email["status"], email["attempts"]) == ("queued", 1)
        assert email["error"].endswith("452 4.2.2 Mailbox full")
        [(_number, _name, _arguments, at)] = queued(JOB)
        assert retry_delay(0) - 5 < (at - timezone.now()).total_seconds() <= retry_delay(0)
        office.to_recipient = ""
        come_back()
        [email] = log_of(colleague, f"/invoices/{invoice.pk}")
        assert (email["status"], email["attempts"], email["error"]) == ("sent", 2, None)
        assert len(office.mails) == 1

    def test_a_server_that_is_away_until_the_last_attempt(self, closed_office, colleague):
        email = mailed(sent())
        deliver()
        DocumentEmail.objects.filter(pk=email.pk).update(attempts=ATTEMPTS - 1)
        come_back()
        email.refresh_from_db()
        assert (email.status, email.attempts) == (EmailStatus.FAILED, ATTEMPTS)
        assert "ConnectionRefusedError" in email.error
        assert queued(JOB) == []
        assert Notification.objects.filter(user=colleague.user, type="email.failed").count() == 1

    def test_a_mail_server_that_is_no_longer_set_up(self, office, settings):
        email = mailed(sent())
        settings.EMAIL_HOST = ""
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        deliver()
        email.refresh_from_db()
        assert email.status == EmailStatus.QUEUED, "written to the console is not sent"
        assert "not set up" in email.error
