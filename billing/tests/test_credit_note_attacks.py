"""Attacks on credit notes and write-offs with raw SQL, bypassing Python. PostgreSQL refuses them and names the rule."""

import json
from typing import cast

import pytest

from billing.models import CreditNote, Settlement
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import send_invoice
from billing.services.write_offs import write_off
from billing.tests.factories import brought, customer, draft, invoiced, line, ordered, paid, sent
from billing.tests.test_constraints import attack
from inventory.tests.factories import stocked
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7

pytestmark = pytest.mark.django_db

NOTE = """
    INSERT INTO billing_credit_note (id, created_at, updated_at, customer_id, customer_name, invoice_id, currency,
        status, subtotal, tax_total, tax_breakdown, total, reason, issue_date, allocated, refunded)
    VALUES ('{id}', now(), now(), '{customer_id}', 'x', '{invoice_id}', '{currency}', '{status}', {subtotal}, {tax},
        '{breakdown}', {subtotal} + {tax}, 'Why', '{day}', 0, 0)
"""
LINE = """
    INSERT INTO billing_credit_note_line (id, created_at, updated_at, credit_note_id, invoice_line_id, position,
        description, quantity, unit_price, discount, tax_rate, total, restock_warehouse_id)
    VALUES (gen_random_uuid(), now(), now(), '{id}', '{line}', 1, 'x', {quantity}, {price}, {discount}, {rate}, {total},
        {warehouse})
"""
ISSUE = """
    UPDATE billing_credit_note SET status = 'sent', sent_at = now(), seller = '{{}}', buyer = '{{}}',
        number = 'CN-' || extract(year FROM issue_date) || '-901'
    WHERE id = '{id}'
"""


def noted(invoice, *, send=False, **line_values):
    """Create a credit note of the first line, by default of all that is left."""
    named = {"invoice_line_id": invoice.lines.first().pk, **line_values}
    lines = [cast(CreditLineValues, named)] if line_values else None
    made = create_credit_note(invoice_id=invoice.pk, reason="Why", lines=lines, send=send, actor=SYSTEM)
    return CreditNote.objects.get(pk=made)


def statements(invoice, *, quantity=1, total=1000, discount=None, rate=0, tax=0, day=None, **changes):
    """Return SQL that inserts a credit note of the invoice's first line and issues it."""
    of = invoice.lines.first()
    price = of.unit_price if quantity else total
    values = {
        "id": uuid7(),
        "customer_id": invoice.customer_id,
        "invoice_id": invoice.pk,
        "currency": "USD",
        "status": "draft",
        "day": day or invoice.issue_date,
        "subtotal": total,
        "tax": tax,
        "breakdown": json.dumps([{"rate": rate, "base": total, "tax": tax}]),
        "line": of.pk,
        "quantity": quantity or "NULL",
        "price": price,
        "discount": (quantity or 1) * price - total if discount is None else discount,
        "rate": rate,
        "total": total,
        "warehouse": "NULL",
        **changes,
    }
    return [template.format(**values) for template in (NOTE, LINE, ISSUE)]


def set_note(note, **columns):
    pairs = ", ".join(f"{name} = %s" for name in columns)
    return attack(f"UPDATE billing_credit_note SET {pairs} WHERE id = %s", *columns.values(), note.pk)


class TestDrafts:
    @pytest.mark.parametrize(
        "changes, rule",
        [
            ({"status": "sent"}, "billing_credit_note_begins_as_draft"),
            ({"currency": "EUR"}, "billing_credit_note_fits_invoice"),
            ({"customer_id": None}, "billing_credit_note_fits_invoice"),
        ],
    )
    def test_it_is_its_invoices(self, changes, rule):
        if "customer_id" in changes:
            changes = {"customer_id": customer().pk}
        assert attack(statements(sent(), **changes)[:1]) == rule

    def test_only_what_was_sent_is_credited(self):
        assert attack(statements(draft())[:1]) == "billing_credit_note_of_sent"

    @pytest.mark.parametrize(
        "columns, rule",
        [
            ({"number": "CN-2026-001"}, "billing_credit_note_status_fits"),
            ({"status": "lost"}, "billing_credit_note_status_fits"),
            ({"allocated": 1}, "billing_credit_note_used_derived"),
            ({"refunded": 1}, "billing_credit_note_used_derived"),
            ({"total": 1}, "billing_credit_note_total_is_sum"),
            ({"reason": ""}, "billing_credit_note_reason_present"),
            ({"customer_name": "Other"}, "billing_credit_note_identity"),
            ({"currency": "EUR"}, "billing_credit_note_identity"),
        ],
    )
    def test_a_draft_stays_one(self, columns, rule):
        assert set_note(noted(sent()), **columns) == rule

    def test_lines_are_of_bounded_values(self):
        note = noted(sent(line(100, 3)), amount=100)
        lines = "UPDATE billing_credit_note_line SET {} WHERE credit_note_id = %s"
        for change, rule in (
            ("quantity = 1, total = -1, discount = 101", "billing_credit_note_line_positive"),
            ("discount = 1, total = 99", "billing_credit_note_line_amount_alone"),
            ("total = 7", "billing_credit_note_line_total_fits"),
            ("restock_warehouse_id = gen_random_uuid()", "billing_credit_note_line_restocks_quantity"),
        ):
            assert attack(lines.format(change), note.pk) == rule


class TestIssuing:
    def test_a_share_as_it_must_be_is_only_missing_in_the_books(self):
        assert attack(statements(sent())) == "billing_credit_note_in_books"

    @pytest.mark.parametrize(
        "values, rule",
        [
            ({"total": 999}, "billing_credit_note_line_share"),
            ({"total": 1001}, "billing_credit_note_line_share"),
            ({"quantity": None, "total": 1001}, "billing_credit_note_line_share"),
            ({"quantity": "0.5", "total": 501, "discount": -1}, "billing_credit_note_line_share"),
            ({"rate": 20, "tax": 200}, "billing_credit_note_line_share"),
            ({"tax": 1}, "billing_credit_note_totals_of_lines"),
            ({"subtotal": 999}, "billing_credit_note_totals_of_lines"),
            ({"breakdown": "[]"}, "billing_credit_note_totals_of_lines"),
            ({"day": "2020-01-01"}, "billing_credit_note_after_invoice"),
        ],
    )
    def test_shares_and_totals_are_checked(self, values, rule):
        assert attack(statements(sent(line(1000)), **values)) == rule

    def test_it_needs_lines(self):
        insert, _line, issue = statements(sent(), subtotal=0, breakdown="[]")
        assert attack([insert, issue]) == "billing_credit_note_has_lines"

    def test_the_line_of_another_invoice(self):
        assert attack(statements(sent(), line=sent().lines.get().pk)) == "billing_credit_note_line_share"

    def test_nothing_is_credited_twice(self):
        invoice = sent(line(1000, 2, tax_rate=20))
        noted(invoice, send=True, quantity=1)
        assert attack(statements(invoice, quantity=2, total=2000, rate=20, tax=400)) == "billing_credit_note_line_share"
        noted(invoice, send=True)
        assert attack(statements(invoice, rate=20, tax=200)) == "billing_credit_note_of_sent"

    def test_the_number_is_of_its_year(self):
        insert, of, issue = statements(sent())
        assert attack([insert, of, issue.replace("'-901'", "'-1'")]) == "billing_credit_note_number_form"

    def test_what_is_taken_back_has_a_receipt(self):
        row = stocked(10)
        made = invoiced(brought("shipped", ordered(4, of=row.item_id)))
        send_invoice(invoice_id=made.pk, actor=SYSTEM)
        made.refresh_from_db()
        note = noted(made, quantity=1)
        sql = (
            f"UPDATE billing_credit_note_line SET restock_warehouse_id = '{row.warehouse_id}' WHERE credit_note_id = %s"
        )
        assert attack([sql, ISSUE.format(id=note.pk)], note.pk) in (
            "billing_credit_note_restocked",
            "billing_credit_note_in_books",
        )


class TestIssued:
    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "draft"},
            {"number": "CN-2026-999"},
            {"reason": "Other"},
            {"issue_date": "2020-01-01"},
            {"subtotal": 1, "total": 1},
            {"tax_breakdown": "[]"},
            {"sent_at": "2020-01-01T00:00:00Z"},
            {"buyer": "[]"},
            {"seller": "[]"},
        ],
    )
    def test_it_is_frozen(self, columns):
        assert set_note(noted(sent(), send=True), **columns) == "billing_credit_note_frozen"

    def test_it_is_permanent_with_its_lines(self):
        note = noted(sent(), send=True)
        assert attack("DELETE FROM billing_credit_note WHERE id = %s", note.pk) == "billing_credit_note_permanent"
        rule = "billing_credit_note_line_drafts_only"
        assert attack("DELETE FROM billing_credit_note_line WHERE credit_note_id = %s", note.pk) == rule
        assert attack("UPDATE billing_credit_note_line SET total = 0 WHERE credit_note_id = %s", note.pk) == rule
        assert attack([statements(note.invoice, id=note.pk)[1]]) == rule

    def test_what_it_settles_of_its_own_invoice_stays(self):
        noted(sent(line(1000, 2)), send=True, quantity=1)
        settlement = Settlement.objects.get()
        undo = "UPDATE billing_settlement SET undone_at = now(), undone_day = day WHERE id = %s"
        assert attack(undo, settlement.pk) == "billing_settlement_own_credit_note"


def settle(invoice, note, amount=1, day="2099-01-01"):
    return attack(
        f"""
        INSERT INTO billing_settlement (id, invoice_id, kind, credit_note_id, amount, day, created_at)
        VALUES (gen_random_uuid(), '{invoice.pk}', 'credit_note', '{note.pk}', {amount}, '{day}', now())
        """
    )


class TestSettlements:
    def test_a_credit_note_settles_invoices_of_its_customer_in_its_currency(self):
        acme = customer()
        note = noted(paid(line(1000), of=acme), send=True)
        day = note.issue_date
        assert settle(sent(line(5)), note, day=day) == "billing_settlement_same_customer"
        assert settle(sent(line(5), of=acme, currency="EUR"), note, day=day) == "billing_settlement_same_currency"
        other = sent(line(5000), of=acme)
        assert settle(other, note, day="2020-01-01") == "billing_settlement_days"
        assert settle(other, note, 1001, day=day) == "billing_credit_note_used_within_total"
        assert settle(other, note, 1, day=day) == "billing_settlement_in_books"
        assert settle(other, noted(sent(line(7), of=acme)), day=day) == "billing_settlement_of_sent_credit_note"

    def test_a_write_off_is_in_the_books_and_takes_no_more_tax_than_there_is(self):
        invoice = sent(line(1000, tax_rate=20))

        def write(amount, tax):
            return attack(
                f"""
                INSERT INTO billing_settlement (id, invoice_id, kind, amount, day, reason, tax, created_at)
                VALUES (gen_random_uuid(), '{invoice.pk}', 'write_off', {amount}, '{invoice.issue_date}', 'Why',
                        '{json.dumps(tax)}', now())
                """
            )

        rule = "billing_settlement_tax_of_invoice"
        assert write(1200, [{"rate": 20, "base": 900, "tax": 201}]) == rule
        assert write(1200, [{"rate": 20, "base": 1001, "tax": 200}]) == rule
        assert write(100, [{"rate": 19, "base": 84, "tax": 16}]) == rule
        assert write(100, [{"rate": 20, "base": -84, "tax": 16}]) == rule
        assert write(1200, [{"rate": 20, "base": 1000, "tax": 200}]) == "billing_settlement_in_books"
        assert write(1201, []) == "billing_invoice_paid_within_total"

    def test_nothing_is_credited_that_is_written_off(self):
        invoice = sent(line(1000, 2))
        write_off(invoice_id=invoice.pk, reason="Lost", amount=1500, actor=SYSTEM)
        assert attack(statements(invoice)) == "billing_credit_note_beside_write_off"

    def test_no_tax_is_credited_that_a_write_off_has_corrected(self):
        invoice = sent(line(1000, tax_rate=19), line(1000, tax_rate=7))
        write_off(invoice_id=invoice.pk, reason="Lost", amount=1070, correct_tax=True, actor=SYSTEM)
        whole = statements(invoice, total=1000, rate=19, tax=190)
        assert attack(whole) == "billing_credit_note_beside_write_off"
        fitting = statements(invoice, quantity=None, total=500, rate=19, tax=95)
        assert attack(fitting) == "billing_credit_note_in_books"
