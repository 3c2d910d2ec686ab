"""Rules of write-offs, over the API."""

import datetime as dt
from uuid import uuid4

import pytest

from accounting.tests.factories import net
from billing.models import Settlement
from billing.tests.factories import draft, line, paid, part_paid, sent
from skeleton.notifications.models import Notification

pytestmark = pytest.mark.django_db

WHY = {"reason": "Insolvent"}


def write_off(owner, invoice, **body):
    return owner.post(f"/invoices/{invoice.pk}/write-off", {**WHY, **body})


def undo(owner, invoice, **body):
    return owner.post(f"/invoices/{invoice.pk}/undo-write-off", body)


def balances():
    return tuple(net(code) for code in ("1300", "5500", "2200", "4000"))


def two_rates():
    return sent(line(10000, tax_rate=7), line(10000, tax_rate=19))


def test_all_that_is_due_becomes_bad_debt(owner):
    invoice = part_paid(line(1000, tax_rate=20), amount=200)
    made = write_off(owner, invoice).ok()
    assert (made["status"], made["amount_written_off"], made["amount_due"]) == ("paid", 1000, 0)
    assert [(one["kind"], one["number"], one["amount"]) for one in made["settlements"]][1:] == [
        ("write_off", None, 1000)
    ]
    assert balances() == (0, 1000, -200, -1000)


def test_with_the_tax_corrected_by_largest_remainder(owner):
    invoice = two_rates()
    write_off(owner, invoice, amount=11301, correct_tax=True).ok()
    settlement = Settlement.objects.get(kind="write_off")
    assert settlement.tax == [{"rate": 7, "base": 5001, "tax": 350}, {"rate": 19, "base": 5000, "tax": 950}]
    assert balances() == (11299, 10001, -1300, -20000)
    write_off(owner, invoice, correct_tax=True).ok()
    assert balances() == (0, 20000, 0, -20000)


def test_no_more_tax_than_is_left_after_a_credit_note(owner):
    invoice = sent(line(1000, tax_rate=20), line(1000))
    lines = [{"invoice_line_id": str(invoice.lines.get(position=1).pk), "amount": 900}]
    owner.post(f"/invoices/{invoice.pk}/credit-notes", {"reason": "Part", "lines": lines, "send": True}).ok(201)
    write_off(owner, invoice, correct_tax=True).ok()
    assert net("2200") == 0
    assert balances() == (0, 1100, 0, -1100)


def test_the_setting_decides_about_the_tax(owner, settings):
    settings.SKELETON_WRITE_OFF_CORRECTS_TAX = True
    write_off(owner, sent(line(1000, tax_rate=20))).ok()
    assert balances() == (0, 1000, 0, -1000)
    write_off(owner, sent(line(1000, tax_rate=20)), correct_tax=False).ok()
    assert balances() == (0, 2200, -200, -2000)


def test_what_is_refused(owner):
    invoice = sent(line(1000))
    write_off(owner, invoice, amount=1001).refused(422, "amount")
    write_off(owner, invoice, amount=0).refused(422, "amount")
    write_off(owner, invoice, reason="").refused(422, "reason")
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    write_off(owner, invoice, date=str(tomorrow)).refused(422, "date")
    write_off(owner, invoice, date="2020-01-01").refused(422, "date")
    for other in (draft(), paid()):
        write_off(owner, other).refused(409)
    owner.post(f"/invoices/{uuid4()}/write-off", WHY).refused(404)
    undo(owner, invoice).refused(409)


def test_undoing_makes_it_due_again(owner):
    invoice = two_rates()
    write_off(owner, invoice, amount=5000, correct_tax=True).ok()
    made = write_off(owner, invoice, amount=300).ok()
    first, second = made["settlements"]
    undo(owner, invoice, settlement_id=str(uuid4())).refused(422, "settlement_id")
    now = undo(owner, invoice, settlement_id=second["id"]).ok()
    assert [one["id"] for one in now["settlements"]] == [first["id"]]
    assert now["amount_written_off"] == 5000
    now = undo(owner, invoice).ok()
    assert (now["status"], now["amount_written_off"], now["amount_due"], now["settlements"]) == ("sent", 0, 22600, [])
    assert balances() == (22600, 0, -2600, -20000)


def test_both_are_undone_at_once(owner):
    invoice = two_rates()
    for correct_tax in (False, True):
        write_off(owner, invoice, amount=100, correct_tax=correct_tax).ok()
    undo(owner, invoice).ok()
    assert balances() == (22600, 0, -2600, -20000)


def test_while_written_off_it_is_neither_cancelled_nor_credited_whole(owner):
    invoice = sent(line(100, 10))
    write_off(owner, invoice, amount=400).ok()
    error = owner.post(f"/invoices/{invoice.pk}/cancel").refused(409)
    assert error["details"]["allowed"] == ["undo_write_off"]
    credit = {"reason": "Back", "send": True}
    error = owner.post(f"/invoices/{invoice.pk}/credit-notes", credit).refused(409)
    assert error["details"]["allowed"] == ["undo_write_off"]
    lines = [{"invoice_line_id": str(invoice.lines.get().pk), "quantity": 6}]
    owner.post(f"/invoices/{invoice.pk}/credit-notes", {**credit, "lines": lines}).ok(201)
    assert owner.get(f"/invoices/{invoice.pk}").ok()["status"] == "paid"


def credit_of(owner, invoice, position, **part):
    lines = [{"invoice_line_id": str(invoice.lines.get(position=position).pk), **part}]
    return owner.post(f"/invoices/{invoice.pk}/credit-notes", {"reason": "Back", "send": True, "lines": lines})


def test_a_credit_note_takes_no_tax_that_a_write_off_has_corrected(owner):
    invoice = two_rates()
    write_off(owner, invoice, amount=10700, correct_tax=True).ok()
    error = credit_of(owner, invoice, 2, quantity=1).refused(409)
    assert error["details"]["allowed"] == ["undo_write_off"]
    assert "only 62.66 USD including tax" in error["message"]
    assert "19 percent" in error["message"]
    credit_of(owner, invoice, 2, amount=5266).refused(409)
    credit_of(owner, invoice, 2, amount=5265).ok(201)
    credit_of(owner, invoice, 1, amount=5265).ok(201)
    assert net("2200") == 0
    undo(owner, invoice).ok()
    credit_of(owner, invoice, 2, amount=4735).ok(201)


def test_only_rates_with_corrected_tax_limit_a_credit_note(owner):
    invoice = sent(line(10000), line(10000, tax_rate=19))
    write_off(owner, invoice, amount=1000, correct_tax=True).ok()
    credit_of(owner, invoice, 1, quantity=1).ok(201)
    invoice = two_rates()
    write_off(owner, invoice, amount=10700, correct_tax=False).ok()
    credit_of(owner, invoice, 2, quantity=1).ok(201)


def test_one_rate_is_limited_by_the_total_alone(owner):
    invoice = sent(line(1000, tax_rate=19))
    for _ in range(10):
        write_off(owner, invoice, amount=4, correct_tax=True).ok()
    credit_of(owner, invoice, 1, amount=967).refused(409)
    assert credit_of(owner, invoice, 1, amount=966).ok(201)["total"] == 1150


def test_the_rests_of_own_notes_settle_what_an_undone_write_off_leaves(owner):
    invoice = sent(line(100, 10))
    write_off(owner, invoice, amount=600).ok()
    owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 400, "method": "cash"}).ok(201)
    lines = [{"invoice_line_id": str(invoice.lines.get().pk), "quantity": 3}]
    note = owner.post(f"/invoices/{invoice.pk}/credit-notes", {"reason": "Back", "send": True, "lines": lines}).ok(201)
    assert note["unallocated"] == 300
    now = undo(owner, invoice).ok()
    assert (now["amount_credited"], now["amount_due"]) == (300, 300)
    assert (net("1300"), net("2300"), net("5500")) == (300, 0, 0)


def test_it_tells_nobody_paid(owner, colleague):
    invoice = sent(line(1000))
    write_off(owner, invoice).ok()
    assert not Notification.objects.filter(type="invoice.paid").exists()


def test_it_needs_the_permission_to_refund(holding):
    clerk = holding("invoices:write", "invoices:read")
    write_off(clerk, sent()).refused(403)
    undo(clerk, sent()).refused(403)
