"""Events of an invoice are announced once to the users concerned, in the same transaction."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from billing.models import Invoice
from billing.services import invoices
from billing.services.notifications import notify_invoice_event
from billing.services.overdue import notify_overdue_invoices, overdue_without_notification
from billing.services.payments import record_payment
from billing.tests.factories import cancelled, draft, line, paid, part_paid, pay, sent
from skeleton.identity.tests.factories import user_with
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import format_date
from skeleton.notifications.models import Notification
from skeleton.notifications.tests.factories import queued, told
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

TODAY = dt.datetime.now(dt.UTC).date()
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def clerk():
    """Can write invoices, and so is notified about those without a creator."""
    return user_with("invoices:write")


def test_the_whole_way_is_told_to_who_made_it(owner, colleague, clerk):
    customer = owner.post("/customers", {"name": "Acme\nCorp", "email": "a@example.com"}).ok(201)["id"]
    body = {
        "customer_id": customer,
        "due_date": "2099-02-15",
        "lines": [{"description": "Work", "quantity": 1, "unit_price": 50000}],
    }
    invoice = owner.post("/invoices", body).ok(201)
    assert told(owner.user) == []
    colleague.post(f"/invoices/{invoice['id']}/send").ok()
    assert told(owner.user) == ["invoice.sent"]
    payment = {"amount": 20000, "method": "cash"}
    colleague.post(f"/invoices/{invoice['id']}/payments", payment).ok(201)
    assert told(owner.user) == ["invoice.sent"]
    owner.post(f"/invoices/{invoice['id']}/payments", {**payment, "amount": 30000}).ok(201)
    assert told(owner.user) == ["invoice.sent", "invoice.paid"]
    assert told(colleague.user) == told(clerk) == []
    newest = owner.get("/notifications").ok()["items"][0]
    assert newest["title"] == f"Invoice {invoice['number']} is paid"
    assert newest["body"] == "Acme Corp has paid 500.00 USD in full."
    assert newest["link"] == f"/api/v1/invoices/{invoice['id']}"
    owner.get(newest["link"].removeprefix("/api/v1")).ok()
    assert [name.rpartition(".")[2] for _, name, _, _ in queued()] == ["create_deliveries", "create_deliveries"]


def test_of_what_nobody_made_whoever_writes_invoices_is_told(clerk):
    reader, also = user_with("invoices:read"), user_with("invoices:*")
    sent()
    assert told(clerk) == told(also) == ["invoice.sent"]
    assert told(reader) == []


def test_an_invoice_of_nothing_is_sent_and_paid(clerk):
    sent(line(0))
    assert told(clerk) == ["invoice.sent", "invoice.paid"]


def test_what_is_undone_or_refused_told_nobody(clerk):
    invoice, empty = draft(), draft(lines=[])
    with transaction.atomic():
        invoices.send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
        assert told(clerk) == ["invoice.sent"]
        transaction.set_rollback(True)
    with pytest.raises(Conflict), transaction.atomic():
        invoices.send_invoice(invoice_id=empty.pk, actor=SYSTEM)
    assert told(clerk) == []
    assert not queued()


@pytest.mark.django_db(transaction=True)
def test_of_racing_payments_the_last_is_told_once(clerk):
    invoice = sent(line(1000))
    outcomes = run_concurrently(
        *(lambda: record_payment(invoice_id=invoice.pk, amount=500, method="cash", actor=SYSTEM) for _ in range(5))
    )
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 3
    assert told(clerk) == ["invoice.sent", "invoice.paid"]


def crowd(invoice, number):
    """Insert copies of this invoice, bypassing the triggers."""
    columns = [
        present(field.column)
        for field in Invoice._meta.concrete_fields
        if not field.generated and field.column not in ("id", "number")
    ]
    names = ", ".join(columns)
    with without_triggers() as cursor:
        cursor.execute(
            f"INSERT INTO billing_invoice (id, number, {names})"
            f" SELECT skeleton_uuid7(), left(number, 9) || 100000 * substr(number, 10)::integer + n, {names}"
            " FROM billing_invoice, generate_series(1, %s) AS n WHERE id = %s",
            [number, invoice.pk],
        )
        cursor.execute("ANALYZE billing_invoice")


class TestOverdue:
    def test_once_each_and_only_what_is_overdue(self, clerk):
        late = part_paid(line(1000), amount=400, due_date=YESTERDAY)
        sent(due_date=TODAY)
        draft(due_date=YESTERDAY)
        paid(due_date=YESTERDAY)
        cancelled(due_date=YESTERDAY)
        Notification.objects.all().delete()
        assert notify_overdue_invoices() == 1
        assert notify_overdue_invoices() == 0
        row = Notification.objects.get()
        assert (row.user_id, row.type, row.link) == (clerk.pk, "invoice.overdue", f"/api/v1/invoices/{late.pk}")
        assert f"still owes 6.00 USD, due on {format_date(YESTERDAY, 'en')}" in row.body

    def test_not_again_after_it_was_cleaned_away(self, clerk):
        sent(due_date=YESTERDAY)
        notify_overdue_invoices()
        Notification.objects.all().delete()
        assert notify_overdue_invoices() == 0
        assert told(clerk) == []

    def test_one_that_fails_does_not_hold_up_the_others(self, clerk, monkeypatch):
        first, second = sent(due_date=YESTERDAY), sent(due_date=YESTERDAY)

        def refuse(event, invoice, *, actor, deduplication_key):
            if invoice == first:
                raise DatabaseError
            notify_invoice_event(event, invoice, actor=actor, deduplication_key=deduplication_key)

        monkeypatch.setattr("billing.services.overdue.notify_invoice_event", refuse)
        assert notify_overdue_invoices() == 1
        monkeypatch.undo()
        assert notify_overdue_invoices() == 1
        links = Notification.objects.filter(type="invoice.overdue").order_by("id").values_list("link", flat=True)
        assert [present(link).rpartition("/")[2] for link in links] == [str(second.pk), str(first.pk)]

    def test_they_are_found_by_an_index(self):
        """Among 20,000 paid invoices."""
        crowd(paid(), 20_000)
        crowd(sent(due_date=YESTERDAY), 20)
        plan = overdue_without_notification().explain()
        assert "Index Cond: (due_date < " in plan
        assert "Seq Scan on billing_invoice" not in plan

    @pytest.mark.django_db(transaction=True)
    def test_runs_at_the_same_moment(self, clerk):
        for _ in range(5):
            sent(due_date=YESTERDAY)
        assert sum(run_concurrently(*[notify_overdue_invoices] * 4)) >= 5
        assert told(clerk).count("invoice.overdue") == 5

    @pytest.mark.django_db(transaction=True)
    def test_a_payment_at_the_same_moment(self, clerk):
        """The notification is created before the payment, or not at all."""
        invoice = sent(line(1000), due_date=YESTERDAY)
        run_concurrently(notify_overdue_invoices, lambda: pay(invoice, 1000))
        notify_overdue_invoices()
        assert told(clerk)[-1] == "invoice.paid"
