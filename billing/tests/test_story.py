"""The scenario at the end of the API reference, and its invoice examples, as printed."""

import datetime as dt

import pytest

from billing.tests.factories import customer

pytestmark = pytest.mark.django_db


def create_invoice_body(customer_id):
    return {
        "customer_id": customer_id,
        "due_date": "2026-02-15",
        "notes": "Thank you for your business",
        "lines": [
            {"description": "Consulting services", "quantity": 10, "unit_price": 15000, "currency": "USD"},
            {"description": "Software license", "quantity": 1, "unit_price": 5000, "currency": "USD"},
        ],
    }


def test_from_invoice_to_paid(owner):
    acme = customer(name="Acme Corp", email="contact@acme.com", credit_limit=100000)
    lines = [{"description": "Services", "quantity": 1, "unit_price": 50000, "currency": "USD"}]
    body = {"customer_id": str(acme.pk), "due_date": "2026-02-15", "lines": lines}
    created = owner.post("/invoices", body).ok(201)
    assert created["number"] == f"INV-{dt.datetime.now(dt.UTC).year}-001"
    assert (created["status"], created["total"], created["amount_due"]) == ("draft", 50000, 50000)
    path = f"/invoices/{created['id']}"
    assert owner.post(f"{path}/send").ok()["status"] == "sent"
    payment_body = {"amount": 50000, "currency": "USD", "method": "bank_transfer"}
    payment = owner.post(f"{path}/payments", payment_body).ok(201)
    assert (payment["amount"], payment["invoice_status"], payment["amount_due"]) == (50000, "paid", 0)
    done = owner.get(path).ok()
    assert (done["status"], done["amount_paid"], done["amount_due"]) == ("paid", 50000, 0)
    assert done["paid_at"] == done["payments"][0]["paid_at"]
    acme.refresh_from_db()
    assert acme.total_purchases == 50000


def test_the_examples_one_after_the_other(owner):
    acme = customer(name="Acme Corp")
    created = owner.post("/invoices", create_invoice_body(str(acme.pk))).ok(201)
    assert (created["total"], created["subtotal"], created["currency"]) == (155000, 155000, "USD")
    assert (created["status"], created["customer_id"]) == ("draft", str(acme.pk))
    assert [(line["description"], line["total"]) for line in created["lines"]] == [
        ("Consulting services", 150000),
        ("Software license", 5000),
    ]
    assert created["tax_breakdown"] == [{"rate": 0, "base": 155000, "tax": 0}]
    path = f"/invoices/{created['id']}"
    assert owner.get(path).ok() == created

    line = {"description": "Additional service", "quantity": 5, "unit_price": 2000, "currency": "USD"}
    assert owner.post(f"{path}/lines", line).ok(201)["total"] == 165000
    assert owner.post(f"{path}/send").ok()["status"] == "sent"
    body = {"amount": 50000, "currency": "USD", "method": "bank_transfer", "reference": "TXN-12345"}
    payment = owner.post(f"{path}/payments", body).ok(201)
    assert (payment["reference"], payment["invoice_status"], payment["amount_due"]) == ("TXN-12345", "sent", 115000)

    listed = owner.get("/invoices", status="sent", page=1, limit=20).ok()
    assert (listed["total"], listed["page"], listed["limit"], listed["has_more"]) == (1, 1, 20, False)
    shown = listed["items"][0]
    assert (shown["number"], shown["customer_name"], shown["total"]) == (created["number"], "Acme Corp", 165000)
    assert (shown["due_date"], shown["status"], shown["currency"]) == ("2026-02-15", "sent", "USD")
    assert "lines" not in shown
    assert "payments" not in shown

    other = owner.post("/invoices", create_invoice_body(str(acme.pk))).ok(201)
    assert owner.post(f"/invoices/{other['id']}/cancel").ok()["status"] == "cancelled"
