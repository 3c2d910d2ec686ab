"""The dates of invoices and credit notes: given or not, counted, of supply, in the number and in the books."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from accounting import integrity_checks
from accounting.models import Entry
from accounting.services import close_period, create_period
from billing.models import Invoice
from billing.services.invoices import send_invoice
from billing.tests.factories import brought, customer, draft, invoiced, line, part_paid, sent
from billing.tests.stories import on
from billing.tests.test_constraints import set_invoice
from contracts.tests.factories import active
from skeleton.company.models import Company
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

LINE = {"description": "Services", "quantity": 1, "unit_price": 1000, "tax_rate": 20}


def body(**changes: Any) -> dict[str, Any]:
    return {"customer_id": str(customer().pk), "due_date": "2099-01-01", "lines": [dict(LINE)], **changes}


def assert_books_agree() -> None:
    connection.check_constraints()
    assert [found for check in integrity_checks.registered_checks().values() for found in check()] == []


def entry_day(invoice: Any) -> str:
    pk = invoice["id"] if isinstance(invoice, dict) else invoice.pk
    return str(Entry.objects.get(source_id=pk, purpose="send").date)


# --- the issue date ---------------------------------------------------------------------------------------------------


def test_sending_gives_the_day_of_sending():
    with on("2026-03-02") as owner:
        made = owner.post("/invoices", body()).ok(201)
    assert made["issue_date"] == made["delivery_date"] == "2026-03-02"
    with on("2026-03-09") as owner:
        found = owner.post(f"/invoices/{made['id']}/send").ok()
    assert found["issue_date"] == found["delivery_date"] == entry_day(found) == "2026-03-09"
    assert str(Invoice.objects.get().posted_on) == "2026-03-09"


def test_an_issue_date_that_was_given_stays():
    with on("2026-03-09") as owner:
        made = owner.post("/invoices", body(issue_date="2026-02-27")).ok(201)
        found = owner.post(f"/invoices/{made['id']}/send").ok()
    assert found["issue_date"] == made["issue_date"] == entry_day(found) == "2026-02-27"
    assert found["sent_at"].startswith("2026-03-09")


def test_the_issue_date_of_a_draft_changes_and_can_be_taken_back():
    with on("2026-03-02") as owner:
        path = f"/invoices/{owner.post('/invoices', body()).ok(201)['id']}"
        assert owner.patch(path, {"issue_date": "2026-02-01"}).ok()["issue_date"] == "2026-02-01"
    with on("2026-03-05") as owner:
        assert owner.patch(path, {"issue_date": None}).ok()["issue_date"] == "2026-03-02"
        assert owner.post(f"{path}/send").ok()["issue_date"] == "2026-03-05"
        owner.patch(path, {"issue_date": "2026-03-01"}).refused(409)


def test_a_draft_that_is_sent_back_unchanged_is_still_sent_on_the_day_of_sending():
    with on("2026-03-02") as owner:
        made = owner.post("/invoices", body()).ok(201)
    with on("2026-03-05") as owner:
        assert owner.put(f"/invoices/{made['id']}", made).ok() == made
        found = owner.post(f"/invoices/{made['id']}/send").ok()
        assert (found["issue_date"], found["delivery_date"]) == ("2026-03-05", "2026-03-05")
        assert owner.put(f"/invoices/{made['id']}", found).ok() == found


def test_issue_dates_that_cannot_be():
    with on("2026-03-02") as owner:
        period = create_period(start_date=dt.date(2026, 1, 1), end_date=dt.date(2026, 1, 31), actor=SYSTEM)
        close_period(period_id=period, actor=SYSTEM)
        path = f"/invoices/{owner.post('/invoices', body()).ok(201)['id']}"
        for day, status in (("2026-03-03", 422), ("1899-12-31", 422), ("2026-01-15", 409)):
            assert "issue_date" in owner.post("/invoices", body(issue_date=day)).refused(status)["details"]
            assert "issue_date" in owner.patch(path, {"issue_date": day}).refused(status)["details"]
        assert owner.post("/invoices", body(issue_date="2026-03-02")).ok(201)


def test_the_number_has_the_year_of_the_issue_date_at_creation():
    with on("2026-01-02") as owner:
        assert owner.post("/invoices", body(issue_date="2025-12-31")).ok(201)["number"] == "INV-2025-001"
        made = owner.post("/invoices", body()).ok(201)
        assert made["number"] == "INV-2026-001"
    with on("2027-01-02") as owner:
        assert owner.post(f"/invoices/{made['id']}/send").ok()["number"] == "INV-2026-001"
        assert owner.patch(f"/invoices/{made['id']}", {"notes": "x"}).ok()["issue_date"] == "2027-01-02"


@pytest.mark.parametrize("field, value", [("number", "INV-2026-999"), ("status", "sent"), ("number", None)])
def test_number_and_status_are_refused_on_creation(owner, field, value):
    owner.post("/invoices", body(**{field: value})).refused(422, field)
    made = owner.post("/invoices", body(total=5, sent_at=None)).ok(201)
    owner.patch(f"/invoices/{made['id']}", {field: value}).ok()


# --- the due date -----------------------------------------------------------------------------------------------------


def test_a_due_date_is_needed_where_nobody_has_payment_days(owner):
    asked = body()
    del asked["due_date"]
    told = owner.post("/invoices", asked).refused(422, "due_date")["details"]["due_date"]
    assert "payment days" in told
    owner.post("/invoices", {**asked, "due_date": None}).refused(422, "due_date")


def test_a_due_date_that_is_left_out_is_counted_and_moves_with_the_issue_date():
    buyer = customer(payment_days=14)
    asked = {"customer_id": str(buyer.pk), "lines": [LINE]}
    with on("2026-03-02") as owner:
        made = owner.post("/invoices", asked).ok(201)
        assert (made["due_date"], made["payment_days"]) == ("2026-03-16", 14)
        path = f"/invoices/{made['id']}"
        assert owner.patch(path, {"issue_date": "2026-02-20"}).ok()["due_date"] == "2026-03-06"
        assert owner.patch(path, {"issue_date": None}).ok()["due_date"] == "2026-03-16"
        given = owner.patch(path, {"due_date": "2026-04-01"}).ok()
        assert (given["due_date"], given["payment_days"]) == ("2026-04-01", None)
        assert owner.patch(path, {"issue_date": "2026-02-20"}).ok()["due_date"] == "2026-04-01"
        counted = owner.patch(path, {"due_date": None, "issue_date": None}).ok()
        assert (counted["due_date"], counted["payment_days"]) == ("2026-03-16", 14)
    with on("2026-03-10") as owner:
        assert owner.post(f"{path}/send").ok()["due_date"] == "2026-03-24"


def test_the_companys_payment_days_count_for_customers_without_their_own():
    Company.objects.create(legal_name="Acme", currency="USD", payment_days=10)
    with on("2026-03-02") as owner:
        for days, due in ((None, "2026-03-12"), (0, "2026-03-02")):
            asked = {"customer_id": str(customer(payment_days=days).pk), "lines": [LINE]}
            assert owner.post("/invoices", asked).ok(201)["due_date"] == due


def test_an_order_is_due_by_contract_or_customer_and_goes_to_its_address():
    address = {"city": "Lviv", "country_id": None}
    with on("2026-03-02"):
        made = invoiced(brought("confirmed", of=customer(payment_days=7), shipping_address=address))
        assert (str(made.due_date), made.payment_days, made.delivery_address) == ("2026-03-09", 7, address)
        assert str(invoiced(brought("confirmed")).due_date) == "2026-04-01"
        buyer = customer(payment_days=7)
        active(party_id=buyer.pk, payment_type="credit", credit_days=21)
        assert str(invoiced(brought("confirmed", of=buyer)).due_date) == "2026-03-23"


# --- supply -----------------------------------------------------------------------------------------------------------


def test_supply_is_a_day_or_a_period():
    with on("2026-03-02") as owner:
        day = owner.post("/invoices", body(delivery_date="2026-02-10")).ok(201)
        assert (day["delivery_date"], day["service_start"]) == ("2026-02-10", None)
        period = owner.post("/invoices", body(service_start="2026-02-01", service_end="2026-02-28")).ok(201)
        assert (period["delivery_date"], period["service_end"]) == (None, "2026-02-28")
        sent_one = owner.post(f"/invoices/{period['id']}/send").ok()
        assert (sent_one["delivery_date"], sent_one["service_start"]) == (None, "2026-02-01")
        path = f"/invoices/{day['id']}"
        owner.patch(path, {"service_start": "2026-02-01", "service_end": "2026-02-02"}).refused(422, "delivery_date")
        changed = {"delivery_date": None, "service_start": "2026-02-01", "service_end": "2026-02-02"}
        assert owner.patch(path, changed).ok()["delivery_date"] is None
        assert owner.patch(path, {"service_start": None, "service_end": None}).ok()["delivery_date"] == "2026-03-02"


@pytest.mark.parametrize(
    "dates, field",
    [
        ({"delivery_date": "2026-02-01", "service_start": "2026-02-01", "service_end": "2026-02-02"}, "delivery_date"),
        ({"service_start": "2026-02-01"}, "service_end"),
        ({"service_end": "2026-02-01"}, "service_start"),
        ({"service_start": "2026-02-02", "service_end": "2026-02-01"}, "service_end"),
        ({"delivery_date": "1899-12-31"}, "delivery_date"),
        ({"delivery_date": "tomorrow"}, "delivery_date"),
    ],
)
def test_supply_that_cannot_be(owner, dates, field):
    owner.post("/invoices", body(**dates)).refused(422, field)


# --- references and the delivery address ------------------------------------------------------------------------------


def test_references_and_the_delivery_address(owner):
    buyer = customer(buyer_reference="04011000-12345-67")
    asked = {"purchase_order_reference": "PO 7", "delivery_address": {"city": "Lviv"}}
    made = owner.post("/invoices", body(customer_id=str(buyer.pk), **asked)).ok(201)
    assert (made["buyer_reference"], made["purchase_order_reference"]) == (None, "PO 7")
    path = f"/invoices/{made['id']}"
    found = owner.patch(path, {"delivery_address": {"street": "Rynok 1"}}).ok()["delivery_address"]
    assert found == {"city": "Lviv", "street": "Rynok 1", "country_id": None}
    assert owner.post(f"{path}/send").ok()["buyer_reference"] == "04011000-12345-67"
    for change in ({"buyer_reference": "x"}, {"delivery_address": None}, {"delivery_date": "2026-01-01"}):
        owner.patch(path, change).refused(409)


def test_an_own_reference_stands(owner):
    buyer = customer(buyer_reference="theirs")
    made = owner.post("/invoices", body(customer_id=str(buyer.pk), buyer_reference="own")).ok(201)
    assert owner.post(f"/invoices/{made['id']}/send").ok()["buyer_reference"] == "own"


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns, rule",
    [
        ({"posted_on": "2026-01-01"}, "billing_invoice_posted_when_sent"),
        ({"service_start": "2026-01-01"}, "billing_invoice_supply_fits"),
        ({"service_end": "2026-01-01"}, "billing_invoice_supply_fits"),
        ({"service_start": "2026-01-02", "service_end": "2026-01-01"}, "billing_invoice_supply_fits"),
        (
            {"delivery_date": "2026-01-01", "service_start": "2026-01-01", "service_end": "2026-01-01"},
            "billing_invoice_supply_fits",
        ),
        ({"payment_days": 5}, "billing_invoice_due_date_counted"),
        ({"payment_days": -1}, "billing_invoice_due_date_counted"),
        ({"delivery_address": []}, "billing_invoice_delivery_address_form"),
        ({"delivery_date": "2026-01-01", "issue_date": "2026-01-01"}, None),
    ],
)
def test_a_draft_cannot_be_bent(columns, rule):
    assert set_invoice(draft(line(1000)), **columns) == rule


@pytest.mark.parametrize(
    "columns",
    [
        {"issue_date": "2020-01-01"},
        {"issue_date_given": True},
        {"posted_on": "2020-01-01"},
        {"payment_days": 5},
        {"delivery_date": "2020-01-01"},
        {"delivery_date": None, "service_start": "2020-01-01", "service_end": "2020-01-02"},
        {"buyer_reference": "x"},
        {"purchase_order_reference": "x"},
        {"delivery_address": {"city": "Lviv"}},
    ],
)
@pytest.mark.parametrize("made", [sent, part_paid])
def test_what_was_sent_stays(made, columns):
    assert set_invoice(made(line(1000)), **columns) == "billing_invoice_frozen"


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_a_credit_note_is_issued_on_the_day_of_sending_unless_a_day_is_given():
    with on("2026-03-02") as owner:
        invoice = sent(line(1000))
    path = f"/invoices/{invoice.pk}/credit-notes"
    some = {"reason": "Why", "lines": [{"invoice_line_id": str(invoice.lines.get().pk), "amount": 100}]}
    with on("2026-03-05") as owner:
        open_, given = (owner.post(path, {**some, **own}).ok(201) for own in ({}, {"issue_date": "2026-03-03"}))
        assert [one["issue_date"] for one in (open_, given)] == ["2026-03-05", "2026-03-03"]
        for day in ("2026-03-06", "2026-03-01"):
            owner.post(path, {**some, "issue_date": day}).refused(422, "issue_date")
            owner.patch(f"/credit-notes/{open_['id']}", {"issue_date": day}).refused(422, "issue_date")
        assert owner.put(f"/credit-notes/{open_['id']}", {"issue_date": open_["issue_date"]}).ok()
    with on("2026-03-09") as owner:
        days = [owner.post(f"/credit-notes/{one['id']}/send").ok()["issue_date"] for one in (open_, given)]
    assert days == ["2026-03-09", "2026-03-03"]
    assert_books_agree()


def test_a_credit_note_is_not_dated_before_an_undoing_on_its_invoice():
    with on("2026-03-02") as owner:
        invoice = part_paid(line(1000))
        payment = invoice.payments.get()
    with on("2026-03-08") as owner:
        owner.post(f"/payments/{payment.pk}/reverse", {"reason": "Typo"}).ok()
        asked = {"reason": "Why", "issue_date": "2026-03-05", "send": True}
        told = owner.post(f"/invoices/{invoice.pk}/credit-notes", asked).refused(422, "issue_date")
        assert "undone" in told["details"]["issue_date"]
        assert owner.post(f"/invoices/{invoice.pk}/credit-notes", {**asked, "issue_date": "2026-03-08"}).ok(201)
    assert_books_agree()


# --- settlements ------------------------------------------------------------------------------------------------------


def test_a_payment_after_the_issue_date_settles_at_once_even_before_the_sending():
    """The books have the invoice since its issue date, so nothing is on account in between."""
    with on("2026-03-10") as owner:
        invoice = draft(line(1000), issue_date=dt.date(2026, 3, 2))
        send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
        paid_on = {"amount": 1000, "method": "card", "paid_at": "2026-03-05T12:00:00Z"}
        owner.post(f"/invoices/{invoice.pk}/payments", paid_on).ok(201)
        (one,) = owner.get(f"/invoices/{invoice.pk}").ok()["settlements"]
    assert one["day"] == "2026-03-05"
    assert_books_agree()
