"""The VAT report: by category and rate, each document on its entry's day, and the difference to the tax accounts."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from accounting.services import post_entry
from accounting.tests.factories import by_hand
from billing.services.write_offs import undo_write_offs, write_off
from billing.tests.factories import cancelled, credited, customer, draft, line, sent
from billing.tests.stories import on
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db

MARCH = {"from_date": "2026-03-01", "to_date": "2026-03-31"}


def report(client: Any, **query: str) -> Any:
    (part,) = client.get("/reports/vat", **{**MARCH, **query}).ok()["currencies"]
    return part


def taxes(part: Any) -> list[tuple[str | None, float, int, int]]:
    return [(row["category"], row["rate"], row["base"], row["tax"]) for row in part["rows"]]


@pytest.fixture
def month() -> Any:
    """A month with an invoice, a part credit, a write-off that was undone, a cancellation, and a draft."""
    acme = customer(name="Acme")
    with on("2026-03-02"):
        invoice = sent(line(10000, tax_rate=20), line(5000), of=acme)
        draft(line(700, tax_rate=20), of=acme)
    with on("2026-03-05"):
        credited(invoice, amount=1000)
        lost = sent(line(2000, tax_rate=20), of=acme)
        cancelled(line(3000, tax_rate=7), of=acme)
    with on("2026-03-10"):
        write_off(invoice_id=lost.pk, reason="Lost", correct_tax=True, actor=SYSTEM)
    with on("2026-04-10"):
        undo_write_offs(invoice_id=lost.pk, actor=SYSTEM)
    return invoice


def test_base_and_tax_by_category_and_rate(owner, month):
    part = report(owner)
    assert taxes(part) == [(None, 0, 5000, 0), ("S", 7, 0, 0), ("S", 20, 9000, 1800)]
    assert (part["total_base"], part["total_tax"], part["booked"], part["difference"]) == (14000, 1800, 1800, 0)
    assert [(one["date"], one["kind"], one["tax"]) for one in part["documents"] if one["rate"] == 20] == [
        ("2026-03-02", "invoice", 2000),
        ("2026-03-05", "credit_note", -200),
        ("2026-03-05", "invoice", 400),
        ("2026-03-10", "write_off", -400),
    ]
    april = report(owner, from_date="2026-04-01", to_date="2026-04-30")
    assert [(one["kind"], one["base"], one["tax"]) for one in april["documents"]] == [("write_off_undone", 2000, 400)]
    assert april["difference"] == 0


def test_an_invoice_counts_on_its_issue_date(owner):
    with on("2026-04-02"):
        sent(line(1000, tax_rate=20), issue_date=dt.date(2026, 3, 31))
    assert (report(owner)["total_tax"], report(owner)["difference"]) == (200, 0)
    assert owner.get("/reports/vat", from_date="2026-04-01", to_date="2026-04-30").ok()["currencies"] == []


def test_what_was_posted_by_hand_is_the_difference(owner, month):
    with on("2026-03-20"):
        lines = [by_hand("2200", credit=55), by_hand("1200", debit=55)]
        post_entry(description="By hand", lines=lines, currency="USD", actor=SYSTEM)
    part = report(owner)
    assert (part["total_tax"], part["booked"], part["difference"]) == (1800, 1855, 55)


def test_days(owner, holding):
    with on("2026-03-20") as chief:
        found = chief.get("/reports/vat").ok()
    assert (found["from_date"], found["to_date"], found["currencies"]) == ("2026-01-01", "2026-03-20", [])
    assert owner.get("/reports/vat", to_date="2025-06-30").ok()["from_date"] == "2025-01-01"
    for wrong in ({"from_date": "2026-02-30"}, {"from_date": "2026-03-02", "to_date": "2026-03-01"}, {"month": "3"}):
        owner.get("/reports/vat", **wrong).refused(400, *list(wrong)[:1])
    holding("invoices:read").get("/reports/vat").refused(403)
    holding("accounting:read").get("/reports/vat").ok()


def test_as_csv(owner, month):
    answer = owner.get("/reports/vat", **MARCH, format="csv")
    assert answer.response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.response.streaming_content).decode())))
    assert rows[0]["customer"] == "Acme"
    assert [(row["rate"], row["base"], row["tax"]) for row in rows if row["kind"] == "total"] == [
        ("0", "50.00", "0.00"),
        ("7", "0.00", "0.00"),
        ("20", "90.00", "18.00"),
        ("", "140.00", "18.00"),
    ]
    assert [(row["kind"], row["tax"]) for row in rows[-2:]] == [("booked", "18.00"), ("difference", "0.00")]


def test_the_page(holding, month):
    reader = Visitor(holding("accounting:read", "invoices:read").user)
    page = reader.get("/admin/vat/", MARCH).content.decode()
    assert f'/admin/billing/invoice/{month.pk}/change/">Invoice {month.number}' in page
    assert "Movement of the tax accounts" in page
    assert "posted to the tax accounts by hand" not in page
    plain = Visitor(holding("accounting:read").user).get("/admin/vat/", MARCH).content.decode()
    assert f"Invoice {month.number}" in plain
    assert f"/invoice/{month.pk}/" not in plain
