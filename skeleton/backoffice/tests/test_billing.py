"""Invoices in the back office: creating and editing drafts, and the actions of the services."""

import datetime as dt
import hashlib
import io

import pytest
from django.utils import timezone
from pypdf import PdfReader

from billing.models import Invoice, Payment
from billing.tests.factories import DUE, cancelled, customer, draft, line, paid, part_paid, sent
from skeleton.audit.models import AuditEntry
from skeleton.company.services import seed_company
from skeleton.kernel import days
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

INVOICES = "/admin/billing/invoice/"


def text(response):
    return response.content.decode()


def last_entry():
    return AuditEntry.objects.order_by("-id").first()


def page(invoice, action="change"):
    return f"{INVOICES}{invoice.pk}/{action}/"


def posted(*lines, invoice=None, **fields):
    """Return what a browser posts: the invoice's fields, and its lines as a formset."""
    existing = list(invoice.lines.order_by("position")) if invoice else []
    body = {"due_date": "2099-02-15", "notes": "", **fields}
    body |= {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": len(existing)}
    body |= {"settlements-TOTAL_FORMS": 0, "settlements-INITIAL_FORMS": 0}
    for n, values in enumerate(lines):
        usual = {"description": "Work", "quantity": "1", "unit_price": "10.00", "discount": "0", "tax_rate": "0"}
        shown = {**usual, **values}
        if n < len(existing):
            shown |= {"id": existing[n].pk, "invoice": invoice.pk}
        body |= {f"lines-{n}-{name}": value for name, value in shown.items()}
    return body


def test_a_draft_is_written_with_its_lines(clerk):
    buyer = customer(currency="EUR")
    body = posted({"unit_price": "99.95", "quantity": "1.5", "tax_rate": "20"}, {}, customer_id=buyer.pk, currency="")
    response = clerk.post(f"{INVOICES}add/", body)
    assert response.status_code == 302, response.context["adminform"].form.errors
    invoice = Invoice.objects.get()
    assert (invoice.currency, invoice.subtotal, invoice.total) == ("EUR", 14993 + 1000, 14993 + 1000 + 2999)
    assert (last_entry().action, last_entry().actor_email) == ("create", "carl@example.com")
    assert invoice.created_by == clerk.user


def test_amounts_are_read_in_the_currency_of_the_document(clerk):
    buyer = customer(currency="USD")
    body = posted({"unit_price": "1500"}, customer_id=buyer.pk, currency="JPY")
    clerk.post(f"{INVOICES}add/", body)
    assert Invoice.objects.get().total == 1500


@pytest.mark.parametrize(
    "values, field",
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "x"}, "quantity"),
        ({"unit_price": "-1"}, "unit_price"),
        ({"unit_price": "1.001"}, "unit_price"),
        ({"discount": "10.01"}, "discount"),
        ({"tax_rate": "101"}, "tax_rate"),
        ({"description": ""}, "description"),
    ],
)
def test_a_mistake_in_a_line_is_told_at_that_line(clerk, values, field):
    buyer = customer()
    body = posted({"description": "Fine"}, values, customer_id=buyer.pk, currency="", notes="Keep me")
    response = clerk.post(f"{INVOICES}add/", body)
    assert response.status_code == 200
    first, second = response.context["inline_admin_formsets"][0].formset.errors
    assert not first
    assert list(second) == [field]
    assert "Keep me" in text(response)
    assert not Invoice.objects.exists()


def test_a_blacklisted_customer_is_refused_in_a_sentence(clerk):
    buyer = customer(status="blacklisted")
    response = clerk.post(f"{INVOICES}add/", posted({}, customer_id=buyer.pk, currency=""))
    assert "blacklisted. Activate it first" in text(response)


def test_a_drafts_lines_are_changed_added_and_deleted_in_one_go(clerk):
    invoice = draft(line(1000), line(2000))
    body = posted(
        {"unit_price": "10.00", "DELETE": "on"}, {"unit_price": "25.00"}, {"unit_price": "5"}, invoice=invoice
    )
    response = clerk.post(page(invoice), {**body, "notes": "New"})
    assert response.status_code == 302, response.context["inline_admin_formsets"][0].formset.errors
    invoice.refresh_from_db()
    assert [row.unit_price for row in invoice.lines.order_by("position")] == [2500, 500]
    assert (invoice.total, invoice.notes) == (3000, "New")
    assert {entry.action for entry in AuditEntry.objects.filter(actor_email="carl@example.com")} == {"update"}


def test_a_refused_line_undoes_the_whole_form(clerk):
    invoice = draft(line(1000))
    body = posted({"unit_price": "20.00"}, {"unit_price": "1", "discount": "5"}, invoice=invoice, notes="New")
    response = clerk.post(page(invoice), body)
    first, second = response.context["inline_admin_formsets"][0].formset.errors
    assert (list(first), list(second)) == ([], ["discount"])
    invoice.refresh_from_db()
    assert (invoice.total, invoice.notes) == (1000, None)


def test_the_story_by_its_buttons(clerk):
    invoice = draft(line(155000))
    assert clerk.get(page(invoice, "send")).status_code == 200, "a link only asks"
    invoice.refresh_from_db()
    assert invoice.status == "draft"
    clerk.post(page(invoice, "send"))
    assert (last_entry().action, last_entry().actor_email) == ("send", "carl@example.com")
    asked = clerk.get(page(invoice, "record-payment"))
    assert 'value="1550.00"' in text(asked)
    answer = clerk.post(page(invoice, "record-payment"), {"amount": "550", "method": "cash"}, follow=True)
    assert "1,000.00 USD is still due" in text(answer)
    body = {"amount": "1000.00", "method": "card", "reference": "R1", "paid_at": "2026-01-02"}
    answer = clerk.post(page(invoice, "record-payment"), body, follow=True)
    assert f"{invoice.number} is paid." in text(answer)
    payment = present(invoice.payments.order_by("pk").last())
    assert (payment.amount, payment.reference) == (100000, "R1")
    assert payment.paid_at == dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
    assert payment.created_by == clerk.user


@pytest.mark.parametrize("day", ["2099-01-01", "9999-12-31", "0001-01-01"])
def test_a_payment_of_the_future_is_refused_at_its_field(clerk, day):
    invoice = sent(line(1000))
    body = {"amount": "10", "method": "card", "paid_at": day}
    answer = clerk.post(page(invoice, "record-payment"), body)
    assert list(answer.context["form"].errors) == ["paid_at"]
    assert not invoice.payments.exists()


def test_the_day_of_a_payment_is_one_of_the_company(clerk, settings):
    settings.SKELETON_TIME_ZONE = "Asia/Tokyo"
    seed_company()
    invoice = sent(line(3000))
    body = {"amount": "10", "method": "card", "currency": "USD", "customer_id": invoice.customer_id}
    before = timezone.now()
    clerk.post(page(invoice, "record-payment"), {**body, "paid_at": "2026-01-02"})
    clerk.post(page(invoice, "record-payment"), {**body, "paid_at": days.today().isoformat()})
    shown_for = f"{invoice.customer_id} USD"
    clerk.post("/admin/billing/payment/add/", {**body, "paid_at": "2026-01-03", "shown_for": shown_for})
    first, second, third = Payment.objects.order_by("pk")
    assert (first.day, first.paid_at) == (dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC))
    assert before <= second.paid_at <= timezone.now(), "now, on the company's day"
    assert (third.day, third.paid_at) == (dt.date(2026, 1, 3), dt.datetime(2026, 1, 3, 3, tzinfo=dt.UTC))


def test_too_much_is_told_at_the_amount_and_what_was_typed_stays(clerk):
    invoice = sent(line(1000))
    answer = clerk.post(page(invoice, "record-payment"), {"amount": "10.01", "method": "card", "reference": "R1"})
    assert answer.context["form"].errors == {"amount": ["Is more than what is due: 10.00 USD."]}
    assert 'value="R1"' in text(answer)
    assert 'value="10.01"' in text(answer)


def test_cancelling_takes_a_reason(clerk):
    invoice = sent()
    clerk.post(page(invoice, "cancel"), {"reason": "Wrong address"})
    invoice.refresh_from_db()
    assert (invoice.status, invoice.cancel_reason) == ("cancelled", "Wrong address")
    again = clerk.post(page(invoice, "cancel"), {"reason": "Again"})
    assert "This invoice has already been cancelled." in text(again)


@pytest.mark.parametrize(
    "made, buttons",
    [
        (draft, {"send", "cancel"}),
        (sent, {"record-payment", "edit-notes", "cancel"}),
        (part_paid, {"record-payment", "edit-notes"}),
        (paid, {"edit-notes"}),
        (cancelled, {"edit-notes"}),
    ],
)
def test_each_state_offers_what_it_allows(clerk, guest, made, buttons):
    invoice = made()
    every = {"send", "record-payment", "edit-notes", "cancel"}
    shown = text(clerk.get(page(invoice)))
    assert {name for name in every if page(invoice, name) in shown} == buttons
    assert ('name="_save"' in shown) == (invoice.status == "draft")
    seen = text(guest.get(page(invoice)))
    assert not {name for name in every if page(invoice, name) in seen}
    assert 'name="_save"' not in seen


def test_what_is_not_a_draft_cannot_be_posted_to(clerk):
    invoice = sent()
    assert clerk.post(page(invoice), posted({}, invoice=invoice)).status_code == 403


def test_notes_at_any_time(clerk):
    invoice = paid()
    clerk.post(page(invoice, "edit-notes"), {"notes": "Thanks"})
    invoice.refresh_from_db()
    assert invoice.notes == "Thanks"


def test_overdue_is_seen_and_filtered(clerk):
    late = sent(due_date=dt.date(2020, 1, 1))
    fine = sent(due_date=DUE)
    page = text(clerk.get(INVOICES, {"overdue": "yes"}))
    assert late.number in page
    assert fine.number not in page
    assert "Overdue" in page


def test_search_by_part_of_the_number_and_customer(clerk):
    one = draft(of=customer(name="Велика Груша"))
    other = draft(of=customer(name="Small Apple"))
    for term in ("ГРУША", one.number.lower()):
        found = text(clerk.get(INVOICES, {"q": term}))
        assert one.number in found
        assert other.number not in found


@pytest.mark.parametrize("language, title", [("en", "Invoice"), ("uk", "Рахунок"), ("de", "Rechnung")])
def test_an_invoice_is_had_as_pdf_in_each_language(guest, language, title):
    invoice = part_paid(line(1000), amount=400)
    offered = text(guest.get(page(invoice)))
    assert page(invoice, f"pdf-{language}") in offered
    answer = guest.get(page(invoice, f"pdf-{language}"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert present(PdfReader(io.BytesIO(answer.content)).metadata).title == f"{title} {invoice.number}"
    assert hashlib.sha256(answer.content).hexdigest() in text(guest.get(page(invoice)))


def test_only_who_may_read_invoices_gets_a_pdf(staff):
    invoice = draft()
    assert staff("customers:read").get(page(invoice, "pdf-en")).status_code == 403
    missing = staff("invoices:read").get(f"{INVOICES}01972b15-8000-7000-8000-000000000001/pdf-en/")
    assert missing.status_code == 302
