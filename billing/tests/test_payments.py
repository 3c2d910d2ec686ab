"""Payments over the API: one transfer for several invoices, on account, undone, reversed and refunded.

After each test, every sum agrees: PostgreSQL's deferred checks, and those of `verify_books`.
"""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from accounting import integrity_checks
from accounting.choices import Role
from accounting.models import Entry
from accounting.services import close_period, create_period
from accounting.tests.factories import net
from billing.models import Invoice, Payment
from billing.reports import receivables_aging
from billing.tests.factories import cancelled, customer, draft, line, paid, part_paid, sent
from parties.choices import PartyStatus
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sums_agree(db):
    yield
    connection.check_constraints()
    assert [found for check in integrity_checks.registered_checks().values() for found in check()] == []


def body(of, amount, **fields):
    return {"customer_id": str(of.pk), "amount": amount, "currency": "USD", "method": "bank_transfer", **fields}


def receive(client, of, amount, **fields):
    return client.post("/payments", body(of, amount, **fields)).ok(201)


def shares(*pairs):
    return [{"invoice_id": str(invoice.pk), "amount": amount} for invoice, amount in pairs]


def state(client, invoice):
    found = client.get(f"/invoices/{invoice.pk}").ok()
    return found["status"], found["amount_paid"], found["amount_due"]


def parts(payment):
    return payment["allocated"], payment["refunded"], payment["unallocated"]


def act(client, payment, verb, **fields):
    return client.post(f"/payments/{payment['id']}/{verb}", fields)


def books():
    return tuple(net(role.code) for role in (Role.BANK, Role.RECEIVABLE, Role.ADVANCES))


class TestRecording:
    def test_one_transfer_pays_three_invoices_and_leaves_a_rest_on_account(self, owner):
        acme = customer()
        first, second, third = (sent(line(1000), of=acme) for _ in range(3))
        payment = receive(
            owner, acme, 3734, reference="TX-1", allocations=shares((first, 1000), (second, 1000), (third, 500))
        )
        assert payment["number"] == f"PAY-{today().year}-000001"
        assert (payment["customer_id"], payment["customer_name"], payment["direction"]) == (
            str(acme.pk),
            acme.name,
            "in",
        )
        assert parts(payment) == (2500, 0, 1234)
        assert [(one["invoice_id"], one["amount"]) for one in payment["allocations"]] == [
            (str(first.pk), 1000),
            (str(second.pk), 1000),
            (str(third.pk), 500),
        ]
        assert (payment["refund_of"], payment["reversed_at"], payment["reversal_reason"]) == (None, None, None)
        assert [state(owner, one)[0] for one in (first, second, third)] == ["paid", "paid", "sent"]
        assert books() == (3734, 500, -1234)
        assert Entry.objects.filter(source_type="payment").count() == 1
        assert not Entry.objects.filter(source_type="allocation").exists()

    def test_what_an_invoice_shows_of_a_payment(self, owner):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        payment = receive(owner, acme, 1500, allocations=shares((invoice, 400)))
        found = owner.get(f"/invoices/{invoice.pk}").ok()
        (shown,) = found["payments"]
        assert (shown["id"], shown["amount"], shown["payment_amount"], shown["payment_number"]) == (
            payment["id"],
            400,
            1500,
            payment["number"],
        )
        assert owner.get(f"/invoices/{invoice.pk}/payments").ok()["items"] == [shown]
        (settlement,) = found["settlements"]
        assert {name: settlement[name] for name in ("kind", "number", "amount", "day")} == {
            "kind": "payment",
            "number": payment["number"],
            "amount": 400,
            "day": today().isoformat(),
        }
        assert (found["credited_total"], found["amount_credited"], found["amount_written_off"]) == (0, 0, 0)

    def test_the_route_of_the_invoice_answers_as_before_and_names_the_payment(self, owner):
        invoice = sent(line(1000))
        made = owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 400, "method": "card"}).ok(201)
        assert (made["invoice_id"], made["amount"], made["payment_amount"]) == (str(invoice.pk), 400, 400)
        assert (made["invoice_status"], made["amount_due"]) == ("sent", 600)
        assert made["payment_number"] == owner.get(f"/payments/{made['id']}").ok()["number"]
        refused = owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 601, "method": "card"}).refused(422)
        assert "POST /payments" in refused["message"]

    def test_oldest_due_first(self, owner):
        acme = customer()
        late = sent(line(1000), of=acme, due_date=dt.date(2026, 5, 1))
        early = sent(line(1000), of=acme, due_date=dt.date(2026, 4, 1))
        other = sent(line(1000), of=acme, currency="EUR")
        payment = receive(owner, acme, 1300, auto_allocate=True)
        assert [(one["invoice_id"], one["amount"]) for one in payment["allocations"]] == [
            (str(early.pk), 1000),
            (str(late.pk), 300),
        ]
        assert state(owner, other) == ("sent", 0, 1000)
        assert parts(receive(owner, acme, 2000, auto_allocate=True)) == (700, 0, 1300)

    @pytest.mark.parametrize("status", [PartyStatus.INACTIVE, PartyStatus.BLACKLISTED])
    def test_who_is_blacklisted_may_pay(self, owner, status):
        assert parts(receive(owner, customer(status=status), 500)) == (0, 0, 500)

    def test_what_is_refused(self, owner):
        acme, other = customer(), customer()
        invoice, foreign = sent(line(1000), of=acme), sent(line(1000), of=other)
        in_euros = sent(line(1000), of=acme, currency="EUR")

        def refused(status, field, **fields):
            owner.post("/payments", body(acme, 5000) | fields).refused(status, field)

        refused(422, "allocations.0.invoice_id", allocations=shares((foreign, 100)))
        refused(422, "allocations.0.invoice_id", allocations=shares((in_euros, 100)))
        refused(422, "allocations.1.invoice_id", allocations=shares((invoice, 100), (invoice, 100)))
        refused(422, "allocations.0.amount", allocations=shares((invoice, 1001)))
        refused(422, "auto_allocate", auto_allocate=True, allocations=shares((invoice, 100)))
        refused(422, "customer_id", customer_id="01972b15-8000-7000-8000-000000000000")
        refused(422, "currency", currency="ABC")
        refused(422, "paid_at", paid_at=(timezone.now() + dt.timedelta(minutes=6)).isoformat())
        refused(422, "amount", amount=0)
        owner.post("/payments", body(acme, 50, allocations=shares((invoice, 51)))).refused(422, "allocations")
        for made in (draft, paid, cancelled):
            closed = made(line(1000), of=acme)
            owner.post("/payments", body(acme, 100, allocations=shares((closed, 100)))).refused(409)
        assert not Payment.objects.filter(customer=acme, amount=5000).exists()

    def test_an_external_id_is_recorded_once(self, owner):
        acme = customer()
        receive(owner, acme, 100, external_id="BANK-1")
        owner.post("/payments", body(acme, 100, external_id="BANK-1")).refused(409, "external_id")
        invoice = sent(line(1000), of=acme)
        pay = {"amount": 5, "method": "card", "external_id": "BANK-1"}
        owner.post(f"/invoices/{invoice.pk}/payments", pay).refused(409, "external_id")
        assert state(owner, invoice) == ("sent", 0, 1000)

    def test_money_that_came_before_the_invoice_is_on_account_until_its_day(self, owner):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        before = invoice.issue_date - dt.timedelta(days=3)
        payment = receive(owner, acme, 1000, paid_at=f"{before}T10:00:00Z", allocations=shares((invoice, 1000)))
        assert payment["allocations"][0]["day"] == invoice.issue_date.isoformat()
        entries = Entry.objects.filter(source_type__in=["payment", "allocation"]).order_by("date")
        assert list(entries.values_list("date", "source_type")) == [
            (before, "payment"),
            (invoice.issue_date, "allocation"),
        ]
        assert books() == (1000, 0, 0)
        assert state(owner, invoice) == ("paid", 1000, 0)

    def test_cash_is_booked_to_the_cash_account(self, owner):
        receive(owner, customer(), 700, method="cash")
        assert (net(Role.CASH.code), net(Role.BANK.code), net(Role.ADVANCES.code)) == (700, 0, -700)


class TestLists:
    def test_filters(self, owner):
        acme, other = customer(), customer()
        invoice = sent(line(1000), of=acme)
        whole = receive(owner, acme, 1000, reference="R1", allocations=shares((invoice, 1000)))
        rest = receive(owner, acme, 300, external_id="X1", method="card", paid_at="2026-01-05T12:00:00Z")
        gone = receive(owner, other, 50)
        act(owner, gone, "reverse", reason="Typo").ok()
        refund = act(owner, rest, "refund", amount=100, method="cash").ok(201)

        def listed(**query):
            asked = "&".join(f"{name}={value}" for name, value in query.items())
            return {found["id"] for found in owner.get(f"/payments?{asked}").ok()["items"]}

        ids = {name: one["id"] for name, one in (("whole", whole), ("rest", rest), ("gone", gone), ("refund", refund))}
        assert listed() == set(ids.values())
        assert listed(customer_id=other.pk) == {ids["gone"]}
        assert listed(direction="out") == {ids["refund"]}
        assert listed(method="card") == {ids["rest"]}
        assert listed(reference="R1") == {ids["whole"]}
        assert listed(external_id="X1") == {ids["rest"]}
        assert listed(unallocated="true") == {ids["rest"]}
        assert listed(reversed="true") == {ids["gone"]}
        assert listed(from_date="2026-01-05", to_date="2026-01-05") == {ids["rest"]}
        owner.get("/payments?direction=both").refused(400)
        numbers = [found["number"] for found in owner.get("/payments?sort_by=number").ok()["items"]]
        assert numbers == sorted(numbers)

    def test_reading_needs_the_permission(self, holding):
        assert holding("orders:read").get("/payments").status == 403


class TestAllocating:
    def test_prepayment_and_later_allocation(self, owner):
        acme = customer()
        payment = receive(owner, acme, 1500)
        invoice, other = sent(line(1000), of=acme), sent(line(1000), of=acme)
        assert books() == (1500, 2000, -1500)
        assert parts(act(owner, payment, "allocate", invoice_id=str(invoice.pk)).ok()) == (1000, 0, 500)
        assert parts(act(owner, payment, "allocate", invoice_id=str(other.pk), amount=100).ok()) == (1100, 0, 400)
        assert parts(act(owner, payment, "allocate", invoice_id=str(other.pk)).ok()) == (1500, 0, 0)
        assert books() == (1500, 500, 0)
        assert state(owner, invoice) == ("paid", 1000, 0)
        (shown,) = owner.get(f"/invoices/{other.pk}").ok()["payments"]
        assert (shown["id"], shown["amount"]) == (payment["id"], 500)  # both allocations together
        assert act(owner, payment, "allocate", invoice_id=str(other.pk)).refused(409)["details"]["allowed"] == [
            "unallocate",
            "reverse",
        ]

    def test_what_is_refused(self, owner):
        acme = customer()
        payment = receive(owner, acme, 500)
        invoice = sent(line(300), of=acme)

        def refused(status, field=None, **fields):
            act(owner, payment, "allocate", **{"invoice_id": str(invoice.pk), **fields}).refused(status, field)

        refused(422, "amount", amount=301)
        refused(422, "amount", amount=501)
        refused(422, "invoice_id", invoice_id=str(sent().pk))
        refused(422, "invoice_id", invoice_id=str(sent(of=acme, currency="EUR").pk))
        refused(422, "date", date=(today() + dt.timedelta(days=1)).isoformat())
        refused(422, "date", date=(today() - dt.timedelta(days=1)).isoformat())
        refused(409, "allowed", invoice_id=str(draft(of=acme).pk))
        refused(409, "allowed", invoice_id=str(paid(of=acme).pk))
        owner.post(f"/payments/{invoice.pk}/allocate", {"invoice_id": str(invoice.pk)}).refused(404)
        assert state(owner, invoice) == ("sent", 0, 300)

    def test_a_closed_period_takes_no_allocation(self, owner):
        acme = customer()
        payment, invoice = receive(owner, acme, 500), sent(line(300), of=acme)
        period = create_period(start_date=today(), end_date=today(), actor=SYSTEM)
        close_period(period_id=period, actor=SYSTEM)
        act(owner, payment, "allocate", invoice_id=str(invoice.pk)).refused(409)
        assert state(owner, invoice) == ("sent", 0, 300)

    def test_a_payment_on_the_wrong_invoice_is_moved(self, owner):
        acme = customer()
        wrong, right = sent(line(1000), of=acme), sent(line(1000), of=acme)
        made = owner.post(f"/invoices/{wrong.pk}/payments", {"amount": 1000, "method": "card"}).ok(201)
        assert parts(act(owner, made, "unallocate", invoice_id=str(wrong.pk)).ok()) == (0, 0, 1000)
        found = owner.get(f"/invoices/{wrong.pk}").ok()
        assert (found["status"], found["amount_due"], found["paid_at"]) == ("sent", 1000, None)
        assert (found["payments"], found["settlements"]) == ([], [])
        assert act(owner, made, "unallocate", invoice_id=str(wrong.pk)).refused(409)["details"]["allowed"] == [
            "allocate"
        ]
        act(owner, made, "allocate", invoice_id=str(right.pk)).ok()
        assert state(owner, right) == ("paid", 1000, 0)
        assert books() == (1000, 1000, 0)

    def test_sending_uses_what_is_on_account_oldest_first(self, owner):
        acme = customer()
        first, second = receive(owner, acme, 600), receive(owner, acme, 900)
        receive(owner, acme, 5000, currency="EUR")
        invoice = draft(line(1000), of=acme)
        found = owner.post(f"/invoices/{invoice.pk}/send", {"use_on_account": True}).ok()
        assert (found["status"], found["amount_due"]) == ("paid", 0)
        assert [(one["number"], one["amount"]) for one in found["settlements"]] == [
            (first["number"], 600),
            (second["number"], 400),
        ]
        assert books() == (1500, 0, -500)
        small = draft(line(2000), of=acme)
        assert owner.post(f"/invoices/{small.pk}/send", {"use_on_account": True}).ok()["amount_due"] == 1500
        alone = draft(line(2000), of=acme)
        assert owner.post(f"/invoices/{alone.pk}/send", {"use_on_account": True}).ok()["amount_due"] == 2000

    def test_the_aging_of_a_day_follows_the_settlements(self, owner):
        acme = customer()
        invoice = part_paid(line(1000), of=acme, amount=400)
        payment = {"id": str(invoice.payments.get().pk)}
        act(owner, payment, "unallocate", invoice_id=str(invoice.pk)).ok()
        (found,) = receivables_aging(today())["currencies"]
        assert found["totals"]["total"] == 1000


class TestReversing:
    def test_a_mistyped_payment(self, owner):
        acme = customer()
        first, second = sent(line(1000), of=acme), sent(line(500), of=acme)
        payment = receive(owner, acme, 1600, allocations=shares((first, 1000)))
        act(owner, payment, "allocate", invoice_id=str(second.pk)).ok()
        found = act(owner, payment, "reverse", reason="Returned by the bank").ok()
        assert found["reversed_at"]
        assert (found["reversal_reason"], found["allocations"]) == ("Returned by the bank", [])
        assert sum(parts(found)) == found["amount"]
        assert owner.get("/payments?unallocated=true").ok()["items"] == []
        assert [state(owner, one) for one in (first, second)] == [("sent", 0, 1000), ("sent", 0, 500)]
        assert books() == (0, 1500, 0)
        act(owner, payment, "reverse", reason="Again").refused(409)
        act(owner, payment, "allocate", invoice_id=str(first.pk)).refused(409)
        act(owner, payment, "refund", amount=1, method="card").refused(409)
        owner.post(f"/payments/{payment['id']}/reverse", {}).refused(422, "reason")

    def test_after_its_allocation_was_undone(self, owner):
        invoice = sent(line(1000))
        made = owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 1000, "method": "cash"}).ok(201)
        act(owner, made, "unallocate", invoice_id=str(invoice.pk)).ok()
        act(owner, made, "reverse", reason="Typo").ok()
        assert (net(Role.CASH.code), *books()) == (0, 0, 1000, 0)

    def test_its_days(self, owner):
        acme = customer()
        payment = receive(owner, acme, 100, paid_at=f"{today() - dt.timedelta(days=9)}T08:00:00Z")
        early, later = today() - dt.timedelta(days=10), today() - dt.timedelta(days=5)
        act(owner, payment, "reverse", reason="x", date=early.isoformat()).refused(422, "date")
        act(owner, payment, "reverse", reason="x", date=later.isoformat()).ok()
        assert Entry.objects.get(purpose="reverse").date == later

    def test_it_needs_a_permission_of_its_own(self, owner, holding):
        payment = receive(owner, customer(), 100)
        for verb in ("reverse", "refund"):
            assert "invoices:refund" in act(holding("invoices:write"), payment, verb).refused(403)["message"]
        act(holding("invoices:*"), payment, "reverse", reason="x").ok()


class TestRefunding:
    def test_what_is_on_account_is_paid_back(self, owner):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        payment = receive(owner, acme, 1500, allocations=shares((invoice, 1000)))
        act(owner, payment, "refund", amount=501, method="bank_transfer").refused(422, "amount")
        refund = act(owner, payment, "refund", amount=200, method="bank_transfer", reference="B1").ok(201)
        assert (refund["direction"], refund["amount"], refund["reference"]) == ("out", 200, "B1")
        assert parts(refund) == (0, 0, 0)
        assert refund["refund_of"] == {"kind": "payment", "id": payment["id"], "number": payment["number"]}
        assert parts(owner.get(f"/payments/{payment['id']}").ok()) == (1000, 200, 300)
        assert books() == (1300, 0, -300)
        act(owner, payment, "reverse", reason="x").refused(409)
        act(owner, refund, "refund", amount=1, method="card").refused(409)
        act(owner, refund, "allocate", invoice_id=str(invoice.pk)).refused(409)

    def test_a_reversed_refund_is_on_account_again(self, owner):
        payment = receive(owner, customer(), 500)
        refund = act(owner, payment, "refund", amount=500, method="cash").ok(201)
        assert net(Role.CASH.code) == -500
        act(owner, refund, "reverse", reason="Came back").ok()
        assert parts(owner.get(f"/payments/{payment['id']}").ok()) == (0, 0, 500)
        assert (net(Role.CASH.code), *books()) == (0, 500, 0, -500)
        act(owner, payment, "reverse", reason="Now it can be").ok()
        assert books() == (0, 0, 0)

    def test_its_day(self, owner):
        payment = receive(owner, customer(), 500, paid_at=f"{today() - dt.timedelta(days=9)}T08:00:00Z")
        day = today() - dt.timedelta(days=2)
        refund = act(owner, payment, "refund", amount=100, method="card", date=day.isoformat()).ok(201)
        assert refund["paid_at"][:10] == day.isoformat()
        same = today() - dt.timedelta(days=9)
        refund = act(owner, payment, "refund", amount=100, method="card", date=same.isoformat()).ok(201)
        assert refund["paid_at"][:10] == same.isoformat()


def test_everything_leaves_its_invoice_open_again(owner):
    """The customer withdraws after paying: every step back, and nothing is deleted."""
    invoice = paid(line(1000, tax_rate=20))
    payment = {"id": str(invoice.payments.get().pk)}
    act(owner, payment, "unallocate", invoice_id=str(invoice.pk)).ok()
    act(owner, payment, "refund", amount=1200, method="bank_transfer").ok(201)
    assert state(owner, invoice) == ("sent", 0, 1200)
    owner.post(f"/invoices/{invoice.pk}/cancel", {}).ok()
    assert books() == (0, 0, 0)
    assert Payment.objects.count() == 2
    assert Invoice.objects.get().status == "cancelled"
