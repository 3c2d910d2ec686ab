"""Scenarios with invoices and payments over a year, written so that an accountant can check each amount.

Each scenario ends with `closes`: the invoices, the aging report, the ledger and the customers' statements agree, the
books verify, and Beancount accepts the export. `bookkeeping.py` has the vocabulary. Amounts are in cents:
`120_00` is 120.00.
"""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from billing.tests.bookkeeping import Bookkeeping
from parties.choices import PartyKind
from parties.services import change_status
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(owner: ApiClient, tmp_path: Path) -> Bookkeeping:
    return Bookkeeping(owner, tmp_path)


def test_a_customer_withdraws_after_paying(company: Bookkeeping) -> None:
    """The goods come back into stock, the invoice is credited, the money is paid back."""
    acme = company.customer("Acme")
    chairs = company.goods(in_stock=10, price=50_00, tax=20)
    order = company.order(acme, chairs, 2, "confirmed", "shipped")
    invoice = company.bill(order)
    company.pay(invoice, 120_00)
    assert company.stock(chairs) == (8, 0)

    note = company.credit(invoice, "Withdrawal", *company.returned(invoice))
    assert (note["total"], note["tax_total"], note["unallocated"]) == (120_00, 20_00, 120_00)
    company.act("credit-notes", note, "refund", amount=120_00, method="bank_transfer")

    now = company.seen(invoice)
    assert (now["status"], now["amount_due"], now["amount_paid"], now["credited_total"]) == ("paid", 0, 120_00, 120_00)
    assert company.stock(chairs) == (10, 0)
    assert company.invoiced(order) == ("shipped", 0)
    company.closes(
        ledger={},
        statements={
            acme: [("invoice", 120_00), ("payment", -120_00), ("credit_note", -120_00), ("refund", 120_00)],
        },
    )


def test_one_transfer_pays_three_invoices_and_leaves_a_rest_on_account(company: Bookkeeping) -> None:
    """The invoice that is due first is paid first. 12.34 too much stays on account."""
    acme = company.customer("Acme")
    later = company.invoice(acme, (1, 30_00, 0), due="2099-03-31")
    first = company.invoice(acme, (1, 100_00, 0), due="2099-01-31")
    second = company.invoice(acme, (1, 50_00, 19), due="2099-02-28")

    transfer = company.receive(acme, 100_00 + 59_50 + 30_00 + 12_34, auto_allocate=True)

    assert [(one["invoice_number"], one["amount"]) for one in transfer["allocations"]] == [
        (first["number"], 100_00),
        (second["number"], 59_50),
        (later["number"], 30_00),
    ]
    assert (transfer["allocated"], transfer["unallocated"]) == (189_50, 12_34)
    assert {company.seen(one)["status"] for one in (first, second, later)} == {"paid"}
    company.closes(
        ledger={"Bank": 201_84, "Revenue": -180_00, "Tax payable": -9_50, "Customer advances": -12_34},
        statements={
            acme: [("invoice", 30_00), ("invoice", 100_00), ("invoice", 59_50), ("payment", -201_84)],
        },
    )


def test_a_payment_was_recorded_on_the_wrong_invoice(company: Bookkeeping) -> None:
    """Of the same customer, it is allocated again. Of another customer, it is reversed and recorded anew."""
    acme, brown = company.customer("Acme"), company.customer("Brown")
    meant, taken = company.invoice(acme, (1, 80_00, 0)), company.invoice(acme, (1, 100_00, 0))
    of_brown = company.invoice(brown, (1, 40_00, 0))
    payment = company.pay(taken, 80_00)
    mistaken = company.pay(taken, 20_00, "cash")

    company.act("payments", payment, "unallocate", invoice_id=taken["id"])
    company.act("payments", payment, "allocate", invoice_id=meant["id"])
    company.act("payments", mistaken, "reverse", reason="Paid by Brown")
    company.pay(of_brown, 20_00, "cash")

    found = [(one["status"], one["amount_due"]) for one in map(company.seen, (meant, taken, of_brown))]
    assert found == [("paid", 0), ("sent", 100_00), ("sent", 20_00)]
    assert company.seen(taken)["payments"] == []
    assert company.payment(mistaken["id"])["reversal_reason"] == "Paid by Brown"
    company.closes(
        ledger={"Bank": 80_00, "Cash": 20_00, "Accounts receivable": 120_00, "Revenue": -220_00},
        statements={
            acme: [
                ("invoice", 80_00),
                ("invoice", 100_00),
                ("payment", -80_00),
                ("payment", -20_00),
                ("payment_reversed", 20_00),
            ],
            brown: [("invoice", 40_00), ("payment", -20_00)],
        },
    )


def test_a_part_is_credited_after_a_part_was_paid(company: Bookkeeping) -> None:
    """Three of ten were damaged: 36.00 less is due. Of what was paid twice, the rest is on account for the next one."""
    acme = company.customer("Acme")
    invoice = company.invoice(acme, (10, 10_00, 20))
    company.pay(invoice, 50_00)
    (line,) = invoice["lines"]

    note = company.credit(invoice, "Damaged", {"invoice_line_id": line["id"], "quantity": 3})
    assert (note["subtotal"], note["tax_total"], note["unallocated"]) == (30_00, 6_00, 0)
    assert company.seen(invoice)["amount_due"] == 34_00

    company.pay(invoice, 34_00)
    late = company.credit(invoice, "Discount", {"invoice_line_id": line["id"], "amount": 5_00})
    assert (late["total"], late["unallocated"]) == (6_00, 6_00)
    following = company.invoice(acme, (1, 10_00, 0))
    company.act("credit-notes", late, "allocate", invoice_id=following["id"])

    now = company.seen(invoice)
    assert (now["status"], now["amount_paid"], now["amount_credited"], now["credited_total"]) == (
        "paid",
        84_00,
        36_00,
        42_00,
    )
    assert company.seen(following)["amount_due"] == 4_00
    company.closes(
        ledger={"Bank": 84_00, "Accounts receivable": 4_00, "Revenue": -75_00, "Tax payable": -13_00},
        statements={
            acme: [
                ("invoice", 120_00),
                ("payment", -50_00),
                ("credit_note", -36_00),
                ("payment", -34_00),
                ("credit_note", -6_00),
                ("invoice", 10_00),
            ],
        },
    )


def test_what_was_paid_too_much_is_refunded(company: Bookkeeping) -> None:
    """The refund goes out twice by mistake, once in cash: that one is reversed. Then the payment itself cannot be."""
    acme = company.customer("Acme")
    invoice = company.invoice(acme, (1, 100_00, 20))
    transfer = company.receive(acme, 150_00, allocations=[{"invoice_id": invoice["id"], "amount": 120_00}])

    in_cash = company.act("payments", transfer, "refund", amount=30_00, method="cash")
    assert (in_cash["direction"], in_cash["refund_of"]["number"]) == ("out", transfer["number"])
    again = {"amount": 30_00, "method": "bank_transfer"}
    company.api.post(f"/payments/{transfer['id']}/refund", again).refused(422, "amount")
    company.act("payments", in_cash, "reverse", reason="Goes out by bank")
    company.act("payments", transfer, "refund", **again)
    company.api.post(f"/payments/{transfer['id']}/reverse", {"reason": "Typo"}).refused(409)

    assert company.payment(transfer["id"])["refunded"] == 30_00
    assert company.seen(invoice)["status"] == "paid"
    company.closes(
        ledger={"Bank": 120_00, "Revenue": -100_00, "Tax payable": -20_00},
        statements={
            acme: [
                ("invoice", 120_00),
                ("payment", -150_00),
                ("refund", 30_00),
                ("refund_reversed", -30_00),
                ("refund", 30_00),
            ],
        },
    )


def test_a_bad_debt_with_two_tax_rates(company: Bookkeeping) -> None:
    """200.00 of 226.00 are lost, and the tax with them. Then the customer, who is blacklisted, pays 50.00 after all.

    200.00 over 100.00 + 7.00 + 100.00 + 19.00 is 88.50 + 6.19 + 88.50 + 16.81: bad debt 177.00, tax 23.00.
    150.00 is 66.37 + 4.65 + 66.37 + 12.61: bad debt 132.74, tax 17.26.
    """
    acme = company.customer("Acme")
    invoice = company.invoice(acme, (1, 100_00, 7), (1, 100_00, 19))
    company.pay(invoice, 26_00)
    change_status(kind=PartyKind.CUSTOMER, pk=UUID(acme), action="blacklist", actor=SYSTEM)

    company.act("invoices", invoice, "write-off", reason="Insolvent", correct_tax=True)
    assert company.ledger() == {"Bank": 26_00, "Revenue": -200_00, "Tax payable": -3_00, "Bad debt": 177_00}
    assert company.seen(invoice)["status"] == "paid"

    company.act("invoices", invoice, "undo-write-off")
    company.pay(invoice, 50_00)
    company.act("invoices", invoice, "write-off", reason="Insolvent", correct_tax=True)

    now = company.seen(invoice)
    assert (now["status"], now["amount_paid"], now["amount_written_off"]) == ("paid", 76_00, 150_00)
    company.closes(
        ledger={"Bank": 76_00, "Revenue": -200_00, "Tax payable": -26_00 + 17_26, "Bad debt": 132_74},
        statements={
            acme: [
                ("invoice", 226_00),
                ("payment", -26_00),
                ("write_off", -200_00),
                ("write_off_undone", 200_00),
                ("payment", -50_00),
                ("write_off", -150_00),
            ],
        },
    )


def test_a_prepayment(company: Bookkeeping) -> None:
    """The customer pays 200.00 ten days before the invoice of 150.00. Until then, all of it is on account."""
    acme = company.customer("Acme")
    ten_days_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=10)
    payment = company.receive(acme, 200_00, paid_at=ten_days_ago.isoformat(), reference="Order 7")
    assert company.balance(acme) == (0, 200_00)

    invoice = company.invoice(acme, (1, 125_00, 20), use_on_account=True)

    assert (company.seen(invoice)["status"], company.seen(invoice)["amount_paid"]) == ("paid", 150_00)
    assert company.payment(payment["id"])["unallocated"] == 50_00
    yesterday = str((dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).date())
    (before,) = company.api.get(f"/customers/{acme}/statement", to_date=yesterday).ok()["currencies"]
    assert (before["closing"], before["on_account"]) == (-200_00, 200_00)
    company.closes(
        ledger={"Bank": 200_00, "Customer advances": -50_00, "Revenue": -125_00, "Tax payable": -25_00},
        statements={acme: [("payment", -200_00), ("invoice", 150_00)]},
    )


def test_an_order_with_a_paid_invoice_is_cancelled(company: Bookkeeping) -> None:
    """First the invoice is credited. Then the order can be cancelled, which frees its stock."""
    acme = company.customer("Acme")
    chairs = company.goods(in_stock=10, price=50_00, tax=20)
    order = company.order(acme, chairs, 3, "confirmed")
    invoice = company.bill(order)
    company.pay(invoice, 180_00)
    assert company.stock(chairs) == (10, 3)

    refused = company.api.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}).refused(409)
    assert "credit" in refused["message"]
    company.api.post(f"/invoices/{invoice['id']}/cancel").refused(409)
    note = company.credit(invoice, "Order cancelled")
    company.change(order, "cancelled")
    company.act("credit-notes", note, "refund", amount=180_00, method="bank_transfer")

    assert company.invoiced(order) == ("cancelled", 0)
    assert company.stock(chairs) == (10, 0)
    assert company.seen(invoice)["status"] == "paid"
    company.closes(
        ledger={},
        statements={
            acme: [("invoice", 180_00), ("payment", -180_00), ("credit_note", -180_00), ("refund", 180_00)],
        },
    )


def test_an_invoice_is_cancelled_whose_payment_bounced(company: Bookkeeping) -> None:
    """Without its payment it can be cancelled. A credit note of what was not credited yet does that, and is final."""
    acme = company.customer("Acme")
    invoice = company.invoice(acme, (4, 25_00, 19))
    (line,) = invoice["lines"]
    company.credit(invoice, "Damaged", {"invoice_line_id": line["id"], "quantity": 1})
    cheque = company.pay(invoice, 89_25, "check")
    company.api.post(f"/invoices/{invoice['id']}/cancel").refused(409)

    company.act("payments", cheque, "reverse", reason="Bounced")
    company.api.post(f"/payments/{cheque['id']}/reverse", {"reason": "Bounced"}).refused(409)
    cancelled = company.act("invoices", invoice, "cancel", reason="Not wanted")

    note = company.api.get(f"/credit-notes/{cancelled['credit_note_id']}").ok()
    assert (cancelled["status"], cancelled["amount_due"], note["total"]) == ("cancelled", 0, 89_25)
    company.api.post(f"/invoices/{invoice['id']}/payments", {"amount": 1, "method": "cash"}).refused(409)
    company.closes(
        ledger={},
        statements={
            acme: [
                ("invoice", 119_00),
                ("credit_note", -29_75),
                ("payment", -89_25),
                ("payment_reversed", 89_25),
                ("credit_note", -89_25),
            ],
        },
    )
