"""Tax codes, units and items on lines: over the API, through corrections, in the books, under attack."""

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from django.db import connection
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting.integrity_checks import registered_checks
from accounting.models import Line
from accounting.services.tax_codes import update_tax_code
from accounting.tests.factories import account, tax_code
from billing.models import CreditNote, Settlement
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import send_invoice
from billing.services.write_offs import undo_write_offs, write_off
from billing.tests.factories import brought, credited, customer, draft, invoiced, line, ordered, sent
from inventory.models import Item
from inventory.tests.factories import item
from skeleton.company.tests.factories import set_up
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.testkit.narrowing import database_error, present
from skeleton.testkit.roles import refusal_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]


def coded(code, unit_price=1000, quantity=1, **fields):
    """Return a line with a tax code as input for the services."""
    return line(unit_price, quantity, tax_rate=code.rate, tax_code=code.pk, **fields)


def new_invoice(owner, *lines, **fields):
    body = {"customer_id": str(customer().pk), "due_date": "2099-01-01", "lines": list(lines), **fields}
    return owner.post("/invoices", body)


def api_line(**fields):
    return {"description": "Work", "quantity": 1, "unit_price": 1000, **fields}


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_code_brings_its_rate(owner):
    code = tax_code("S19")
    made = new_invoice(owner, api_line(tax_code="s19"), api_line(tax_code=str(code.pk), tax_rate=19)).ok(201)
    assert [(row["tax_code"], row["tax_rate"]) for row in made["lines"]] == [("S19", 19), ("S19", 19)]
    assert made["tax_breakdown"] == [{"rate": 19, "base": 2000, "tax": 380, "category": "S"}]


def test_without_codes_breakdowns_stay_as_they_are(owner):
    made = new_invoice(owner, api_line(tax_rate=19), api_line()).ok(201)
    assert [row["tax_code"] for row in made["lines"]] == [None, None]
    assert made["tax_breakdown"] == [{"rate": 0, "base": 1000, "tax": 0}, {"rate": 19, "base": 1000, "tax": 190}]


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"tax_code": "S19", "tax_rate": 7}, "tax_rate"),
        ({"tax_code": "NONE"}, "tax_code"),
        ({"tax_code": "GONE"}, "tax_code"),
        ({"tax_code": "OLD"}, "tax_code"),
        ({"tax_code": "LATER"}, "tax_code"),
        ({"unit_code": "QQQ"}, "unit_code"),
        ({"price_base_quantity": 0}, "price_base_quantity"),
        ({"item_id": "01972b15-8000-7000-8000-000000000001"}, "item_id"),
    ],
)
def test_what_lines_refuse(owner, fields, field):
    tax_code("S19")
    tax_code("GONE", is_active=False)
    tax_code("OLD", valid_to=dt.date(2019, 12, 31))
    tax_code("LATER", valid_from=dt.date(2199, 1, 1))
    new_invoice(owner, api_line(), api_line(**fields)).refused(422, f"lines.1.{field}")
    made = new_invoice(owner).ok(201)
    owner.post(f"/invoices/{made['id']}/lines", api_line(**fields)).refused(422, field)


def test_a_code_is_valid_on_the_day_of_supply(owner):
    tax_code("OLD", valid_to=dt.date(2020, 6, 30))
    new_invoice(owner, api_line(tax_code="OLD")).refused(422, "lines.0.tax_code")
    new_invoice(owner, api_line(tax_code="OLD"), delivery_date="2020-06-30").ok(201)
    new_invoice(owner, api_line(tax_code="OLD"), service_start="2020-06-01", service_end="2020-07-01").refused(
        422, "lines.0.tax_code"
    )


def test_changing_the_tax_of_a_line(owner):
    standard, _reduced = tax_code("S19"), tax_code("S7", rate=7)
    made = new_invoice(owner, api_line(tax_code="S19")).ok(201)
    path = f"/invoices/{made['id']}/lines/{made['lines'][0]['id']}"

    def shown(**change):
        changed = owner.put(path, change).ok()
        assert changed["tax_total"] == changed["lines"][0]["tax_rate"] * 10
        return changed["lines"][0]["tax_code"], changed["lines"][0]["tax_rate"]

    owner.put(path, {"tax_rate": 7}).refused(422, "tax_rate")
    assert shown(tax_code="S7") == ("S7", 7)
    assert shown(tax_code=None) == (None, 7)
    assert shown(tax_rate=19) == (None, 19)
    assert shown(tax_code="S19") == ("S19", 19)
    update_tax_code(tax_code_id=standard.pk, values={"is_active": False}, actor=SYSTEM)
    assert owner.put(path, made["lines"][0]).ok()["lines"][0] == made["lines"][0], "what one got can be sent back"


def test_a_line_without_a_code_joins_the_standard_ones(owner):
    """EN 16931 has one row for each category and rate: a rate over 0 is standard without a code as well."""
    tax_code("S19")
    made = new_invoice(owner, api_line(tax_rate=19), api_line(tax_code="S19")).ok(201)
    assert [(row["category"], row["base"], row["tax"]) for row in made["tax_breakdown"]] == [("S", 2000, 380)]


def test_reasons_are_those_of_all_codes(owner):
    tax_code("E1", "E", exemption_reason={"en": "Healthcare", "de": "Heilbehandlung"}, exemption_code="VATEX-EU-132")
    tax_code("E2", "E", exemption_reason={"en": "Education"})
    tax_code("G", "G", exemption_code="VATEX-EU-G")
    made = new_invoice(owner, *(api_line(tax_code=code) for code in ("E1", "E2", "E1", "G")), api_line()).ok(201)
    nothing, exempt, export = made["tax_breakdown"]
    assert nothing == {"rate": 0, "base": 1000, "tax": 0}
    assert exempt == {
        "rate": 0,
        "base": 3000,
        "tax": 0,
        "category": "E",
        "exemption_reason": {"en": "Education; Healthcare", "de": "Education; Heilbehandlung"},
        "exemption_code": "VATEX-EU-132",
    }
    assert (export["category"], export["exemption_code"]) == ("G", "VATEX-EU-G")


rates = st.sampled_from([("S", 19), ("S", 7), ("Z", 0), ("E", 0), ("AE", 0), (None, 0), (None, 19)])
priced = st.tuples(rates, st.integers(1, 10**6), st.integers(0, 10**9), st.integers(1, 5000))


def priced_line(code, rate, thousandths, price, base):
    quantity, per = (Decimal(number) / 1000 for number in (thousandths, base))
    return line(price, quantity, tax_rate=rate, tax_code=code and code.pk, price_base_quantity=per)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(priced, min_size=1, max_size=6))
def test_python_and_postgresql_agree(lines):
    """Lines of any category, with prices of several units; PostgreSQL refuses other totals."""
    codes = {key: tax_code(category=key[0], rate=key[1]) for key, *_ in lines if key[0]}
    made = draft(*(priced_line(codes.get(key), key[1], n, price, base) for key, n, price, base in lines))
    bases: dict[tuple[int, str], int] = {}
    for (category, rate), n, price, base in lines:
        key = (rate, category or ("S" if rate else ""))
        bases[key] = bases.get(key, 0) + floor(Fraction(n * price, base) + Fraction(1, 2))
    assert [(row["rate"], row.get("category")) for row in made.tax_breakdown if "category" in row] == sorted(
        (rate, category) for rate, category in bases if any(key == (category, rate) for key, *_ in lines)
    )
    assert [row["base"] for row in made.tax_breakdown] == [bases[key] for key in sorted(bases)]
    connection.check_constraints()


# --- items ------------------------------------------------------------------------------------------------------------


def test_items_are_the_defaults_of_lines(owner):
    tax_code("S19")
    made = owner.post(
        "/catalog/items",
        {"sku": "W-1", "name": "Work", "unit_price": 9000, "currency": "USD", "tax_code": "S19", "unit_code": "hur"},
    ).ok(201)
    assert (made["tax_code"], made["tax_rate"], made["unit_code"]) == ("S19", 19, "HUR")
    expected = ("W-1", "HUR", 9000, "S19", 19)

    def shown(row):
        return tuple(row[name] for name in ("item_number", "unit_code", "unit_price", "tax_code", "tax_rate"))

    invoice = new_invoice(owner, {"item_id": made["id"], "quantity": 2}).ok(201)
    assert (shown(invoice["lines"][0]), invoice["lines"][0]["description"]) == (expected, "Work")
    added = owner.post(f"/invoices/{invoice['id']}/lines", {"item_id": made["id"], "quantity": 1, "tax_rate": 0}).ok(
        201
    )
    assert shown(added["lines"][1]) == ("W-1", "HUR", 9000, None, 0)
    without_code = {"item_id": made["id"], "quantity": 1, "tax_code": None}
    added = owner.post(f"/invoices/{invoice['id']}/lines", without_code).ok(201)
    assert shown(added["lines"][2]) == ("W-1", "HUR", 9000, None, 19)
    new_invoice(owner, {"quantity": 2}).refused(422, "lines.0.description", "lines.0.unit_price")
    order = owner.post(
        "/orders", {"customer_id": str(customer().pk), "lines": [{"item_id": made["id"], "quantity": 3}]}
    ).ok(201)
    assert shown(order["lines"][0]) == expected
    assert order["tax_breakdown"][0]["category"] == "S"
    order = owner.post("/orders", {"customer_id": str(customer().pk), "lines": [without_code]}).ok(201)
    assert shown(order["lines"][0]) == ("W-1", "HUR", 9000, None, 19)


def test_the_price_of_an_item_can_be_for_many_units(owner):
    fields = {"sku": "N-1", "name": "Nails", "unit_price": 2534, "currency": "USD"}
    owner.post("/catalog/items", {**fields, "price_base_quantity": 0}).refused(422, "price_base_quantity")
    nails = owner.post("/catalog/items", {**fields, "price_base_quantity": 50}).ok(201)["id"]
    assert owner.patch(f"/catalog/items/{nails}", {"price_base_quantity": 100}).ok()["price_base_quantity"] == 100

    def shown(document):
        return [
            tuple(row[name] for name in ("unit_price", "price_base_quantity", "total")) for row in document["lines"]
        ]

    line, singly = {"item_id": nails, "quantity": 250}, {"item_id": nails, "quantity": 2, "price_base_quantity": 1}
    expected = [(2534, 100, 6335), (2534, 1, 5068)]
    invoice = new_invoice(owner, line, singly).ok(201)
    assert shown(invoice) == expected
    added = owner.post(f"/invoices/{invoice['id']}/lines", line).ok(201)
    assert shown(added) == [*expected, expected[0]]
    order = owner.post("/orders", {"customer_id": str(customer().pk), "lines": [line, singly]}).ok(201)
    assert shown(order) == expected


def test_an_item_follows_its_code(owner):
    code = tax_code("S16", rate=16)
    pk = item(tax_code=code, tax_rate=16)
    update_tax_code(tax_code_id=code.pk, values={"rate": Decimal(19)}, actor=SYSTEM)
    assert Item.objects.get(pk=pk).tax_rate == 19
    owner.patch(f"/catalog/items/{pk}", {"tax_rate": 7}).refused(422, "tax_rate")
    assert owner.patch(f"/catalog/items/{pk}", {"tax_rate": 7, "tax_code": None}).ok()["tax_rate"] == 7


def test_an_order_hands_its_lines_on():
    code = tax_code("S19")
    made = brought("confirmed", ordered(250, unit_price=2534, price_base_quantity=Decimal(100), tax_code=code.pk))
    assert (made.subtotal, made.unbilled_total) == (6335, 6335 + 1204)
    bill = invoiced(made)
    (billed,) = bill.lines.all()
    (of_order,) = made.lines.all()
    names = ("item_id", "item_number", "unit_code", "price_base_quantity", "tax_code_id", "tax_rate", "total")
    assert [getattr(billed, name) for name in names] == [getattr(of_order, name) for name in names]
    assert bill.tax_breakdown == made.tax_breakdown


# --- corrections ------------------------------------------------------------------------------------------------------


def test_credit_notes_and_write_offs_keep_the_categories():
    set_up()
    buyer = customer(vat_id="ATU13585627")
    invoice = sent(
        coded(tax_code("S19"), 333, 3),
        coded(tax_code("E", "E"), 500),
        coded(tax_code("AE", "AE"), 700),
        line(300),
        of=buyer,
    )
    categories = [row.get("category") for row in invoice.tax_breakdown]
    assert categories == [None, "AE", "E", "S"]
    note = CreditNote.objects.get(pk=credited(invoice, quantity=Decimal(1)))
    assert note.tax_breakdown == [{**invoice.tax_breakdown[3], "base": 333, "tax": 63}]
    write_off(invoice_id=invoice.pk, reason="Lost", correct_tax=True, amount=1000, actor=SYSTEM)
    tax = present(Settlement.objects.get(kind="write_off").tax)
    assert [row.get("category") for row in tax] == categories
    undo_write_offs(invoice_id=invoice.pk, actor=SYSTEM)
    credited(invoice)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.credited_total) == ("cancelled", invoice.total)
    notes = CreditNote.objects.filter(invoice=invoice)
    assert sum(one.tax_total for one in notes) == invoice.tax_total
    assert not [told for check in registered_checks().values() for told in check()]


def test_a_price_of_several_units_is_credited_in_parts():
    invoice = sent(line(2534, 250, price_base_quantity=Decimal(100), unit_code="KGM"))
    note = CreditNote.objects.get(pk=credited(invoice, quantity=Decimal(75)))
    (part,) = note.lines.all()
    assert (part.total, part.unit_code, int(part.price_base_quantity)) == (1901, "KGM", 100)
    credited(invoice)
    invoice.refresh_from_db()
    assert invoice.status == "cancelled"


# --- sending and the books --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["AE", "K"])
def test_between_companies_both_need_a_vat_id(owner, category):
    set_up(vat_id=None, tax_number="30/123/45678")
    code, buyer = tax_code(category=category), customer()
    invoice = draft(coded(code), of=buyer)
    owner.post(f"/invoices/{invoice.pk}/send").refused(422, "customer.vat_id", "company.vat_id")
    set_up()
    type(buyer).objects.filter(pk=buyer.pk).update(vat_id="ATU13585627")
    assert owner.post(f"/invoices/{invoice.pk}/send").ok()["delivery_date"]


def test_sending_asks_for_codes_that_are_valid():
    """An order may have been confirmed before a rate changed."""
    code = tax_code("S16", rate=16)
    bill = invoiced(brought("confirmed", ordered(tax_code=code.pk)))
    update_tax_code(tax_code_id=code.pk, values={"valid_to": dt.date(2020, 12, 31)}, actor=SYSTEM)
    with pytest.raises(Invalid) as refused:
        send_invoice(invoice_id=bill.pk, actor=SYSTEM)
    assert list(present(refused.value.details)) == ["lines.0.tax_code"]


def test_taxes_are_posted_to_the_accounts_of_their_codes():
    account("2219", "liability")
    account("2207", "liability")
    reduced = tax_code("S7", rate=7, account="2207")
    invoice = sent(coded(tax_code("S19", account="2219"), 1000, 3), coded(reduced), line(100, tax_rate=20))
    credited(invoice, quantity=Decimal(1))
    write_off(invoice_id=invoice.pk, reason="Lost", correct_tax=True, amount=1000, actor=SYSTEM)
    undo_write_offs(invoice_id=invoice.pk, actor=SYSTEM)

    def booked(*sources):
        lines = Line.objects.filter(entry__source_type__in=sources, account__code__in=("2219", "2207", "2200"))
        return sorted(lines.values_list("account__code", "debit", "credit"))

    assert booked("invoice") == [("2200", 0, 20), ("2207", 0, 70), ("2219", 0, 570)]
    assert booked("credit_note") == [("2219", 190, 0)]
    written = booked("write_off")
    assert {code for code, *_ in written} == {"2200", "2207", "2219"}
    assert sum(debit - credit for _, debit, credit in written) == 0
    assert not [told for check in registered_checks().values() for told in check()]


def test_one_rate_has_one_account(owner):
    account("2219", "liability")
    codes = tax_code("A", account="2219"), tax_code("B")
    invoice = draft(*map(coded, codes))
    owner.post(f"/invoices/{invoice.pk}/send").refused(422, "lines")


# --- attacks ----------------------------------------------------------------------------------------------------------


def attack(*statements):
    def run():
        with connection.cursor() as cursor:
            for sql, *params in statements:
                cursor.execute(sql, params)

    return database_error(refusal_of(run)).diag.constraint_name


@pytest.mark.parametrize("change", ["rate = 20", "category = 'Z', rate = 0"])
@pytest.mark.parametrize("document", ["invoice", "order"])
def test_what_documents_use_stays(owner, change, document):
    code = tax_code("S19")
    if document == "invoice":
        draft(coded(code))
    else:
        brought("draft", ordered(tax_code=code.pk))
    assert attack([f"UPDATE accounting_tax_code SET {change}"]) == "billing_tax_code_used"
    owner.patch(f"/tax-codes/{code.pk}", {"rate": 20}).refused(409)
    owner.patch(f"/tax-codes/{code.pk}", {"account_id": "2100"}).refused(409)
    assert owner.patch(f"/tax-codes/{code.pk}", {"name": {"en": "New"}, "is_active": False}).ok()["name"] == {
        "en": "New"
    }
    with pytest.raises(ProtectedError):
        code.delete()


@pytest.mark.parametrize(
    "change, rule",
    [
        ("tax_rate = 7", "billing_invoice_line_rate_of_tax_code"),
        ("tax_code_id = NULL", "billing_invoice_totals_of_lines"),
        ("price_base_quantity = 2", "billing_invoice_line_total_fits"),
        ("price_base_quantity = 0, total = 0", "billing_invoice_line_price_base_positive"),
        ("unit_code = 'h'", "billing_invoice_line_unit_code_form"),
    ],
)
def test_lines_cannot_be_bent(change, rule):
    draft(coded(tax_code("S19")))
    assert attack([f"UPDATE billing_invoice_line SET {change}"]) == rule


def test_breakdowns_cannot_be_bent():
    invoice = draft(coded(tax_code("E", "E")))
    row = {**invoice.tax_breakdown[0], "category": "Z"}
    bend = ["UPDATE billing_invoice SET tax_breakdown = jsonb_build_array(%s::jsonb)", json.dumps(row)]
    assert attack(bend, ["SET CONSTRAINTS ALL IMMEDIATE"]) == "billing_invoice_totals_of_lines"


def test_credit_notes_keep_the_code():
    invoice = sent(coded(tax_code("A"), quantity=2), coded(tax_code("B")))
    first, second = invoice.lines.order_by("position")
    lines: list[CreditLineValues] = [{"invoice_line_id": first.pk, "quantity": Decimal(1)}]
    create_credit_note(invoice_id=invoice.pk, reason="x", lines=lines, actor=SYSTEM)
    issue = "status = 'sent', number = 'CN-2026-999', sent_at = now(), seller = '{}', buyer = '{}'"
    bend = ["UPDATE billing_credit_note_line SET tax_code_id = %s", second.tax_code_id]
    assert attack(bend, [f"UPDATE billing_credit_note SET {issue}"]) == "billing_credit_note_line_share"
