"""The demo company: created by the services in one transaction, and the same for the same seed."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from accounting.integrity_checks import registered_checks
from accounting.reports import DateRange
from billing.models import CreditNote, Invoice, Order, Payment, Settlement
from billing.vat_report import vat_report
from contracts.models import Contract
from inventory.models import Stock
from messenger.models import Message
from parties.models import Customer, Party
from skeleton.backoffice.demo import build, trade
from skeleton.identity.models import User
from skeleton.kernel.days import day_of
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = Q(settlements__at_once=True)


def seed(**options):
    said = io.StringIO()
    call_command("seed_demo", stdout=said, **options)
    return said.getvalue()


def company():
    """Return the data that depends on the seed only."""
    parties = list(Party.objects.order_by("pk").values_list("kind", "name", "email", "tax_id", "status"))
    invoices = list(Invoice.objects.order_by("number_key").values_list("customer_name", "total", "status"))
    payments = list(Payment.objects.order_by("number_key").values_list("direction", "amount", "allocated", "refunded"))
    return parties, invoices, payments


def test_a_small_company_is_there_and_its_books_are_right():
    assert "is there" in seed(scale=0.2, password="a long enough password")
    assert Order.objects.count() > 40
    assert {"sent", "paid"} <= set(Invoice.objects.values_list("status", flat=True))
    states = {"draft", "pending_approval", "active", "expired", "terminated"}
    assert states >= set(Contract.objects.values_list("status", flat=True)) >= {"draft", "active", "expired"}
    assert set(Party.objects.values_list("kind", flat=True)) == {"customer", "supplier", "partner", "employee"}
    assert len(set(Customer.objects.values_list("addresses__country__code", flat=True))) > 2
    assert Stock.objects.exists()
    assert Message.objects.count() == 14
    days = Invoice.objects.order_by("issue_date").values_list("issue_date", flat=True)
    assert (timezone.now().date() - days[0]).days > 400
    assert present(days.last()) <= timezone.now().date()
    assert User.objects.get(name="Olena Kovalenko").check_password("a long enough password")
    for name, check in registered_checks().items():
        assert not list(check()), name
    sent = Invoice.objects.filter(sent_at__isnull=False)
    assert [one.number for one in sent if day_of(present(one.sent_at)) != one.issue_date] == []
    assert [part for month in months(days[0]) for part in vat_report(month)["currencies"] if part["difference"]] == []


def months(first):
    """Return the months from that of `first` until today."""
    day, today = first.replace(day=1), timezone.now().date()
    while day <= today:
        following = (day + dt.timedelta(days=31)).replace(day=1)
        yield DateRange(day, following - dt.timedelta(days=1))
        day = following


def test_the_company_is_added_once():
    seed(scale=0.2)
    before = company()
    with pytest.raises(CommandError) as caught:
        seed(scale=0.2, seed=2, anyway=True)
    assert str(caught.value).startswith(
        "Nothing was added, because the demo company, or a part of it, is here already: "
    )
    assert "\n" not in str(caught.value)
    assert company() == before


def test_a_small_company_has_each_kind_of_payment_and_correction():
    seed(scale=0.2)
    assert {name for name, found in kinds().items() if not found.exists()} == set()
    call_command("verify_books", stdout=io.StringIO())


def kinds():
    """Return the payments and corrections of each kind."""
    received = Payment.objects.filter(direction="in", refunded=0, reversed_at=None)
    standing = Settlement.objects.filter(undone_at=None)
    at_once = Count("settlements", filter=AT_ONCE)
    issued = CreditNote.objects.filter(status="sent", total__lt=F("invoice__total")).exclude(reason=None)
    refunds = Payment.objects.filter(direction="out", refund_of_credit_note__invoice__status="paid")
    withdrawn = Order.objects.filter(status="cancelled", status_reason=trade.WITHDRAWN)
    write_offs = standing.filter(kind="write_off").exclude(reason=None)
    taxed = write_offs.filter(tax__0__tax__gt=0)
    return {
        "several invoices": received.annotate(settled=at_once).filter(settled__gt=1),
        "a rest on account": received.annotate(settled=at_once, paid=Sum("settlements__amount", filter=AT_ONCE)).filter(
            settled=1, amount__gt=F("paid")
        ),
        "a prepayment": received.annotate(settled=at_once).filter(settled=0),
        "use of what is on account": standing.filter(kind="payment", at_once=False),
        "returned goods": issued.filter(lines__restock_movement__isnull=False),
        "a price correction": issued.filter(lines__quantity=None),
        "a withdrawal": withdrawn.filter(invoices__in=refunds.values("refund_of_credit_note__invoice")),
        "a bounced payment": Payment.objects.filter(reversal_reason__contains="insufficient funds"),
        "a bad debt": write_offs.exclude(pk__in=taxed),
        "an insolvency, whose tax is corrected": taxed,
    }


def test_the_same_seed_makes_the_same_company_and_no_other(monkeypatch):
    made = []

    def remember(**options):
        with pytest.raises(ZeroDivisionError):
            build.build(scale=0.05, password=None, progress=lambda *_: None, **options)

    def fail(world):
        made.append(company())
        _ = 1 / 0

    monkeypatch.setattr(build, "create_conversations", fail)
    seed_base()
    for number in (7, 7, 8):
        remember(seed=number)
        assert not Party.objects.exists(), "all of it, or nothing"
    first, again, other = made
    assert first == again
    assert first != other


def seed_base():
    call_command("seed_roles", verbosity=0)
    call_command("seed_countries", verbosity=0)
    call_command("seed_accounts", verbosity=0)


def test_data_that_is_there_is_left_alone_unless_told():
    Party.objects.create(kind="supplier", name="Real", email="real@example.com")
    with pytest.raises(CommandError, match="--anyway"):
        seed(scale=0.05)
    assert "nothing is added" in seed(scale=0.05, if_empty=True)
    assert Party.objects.count() == 1
    for scale in (0, -1, 2000):
        with pytest.raises(CommandError, match="scale"):
            seed(scale=scale)
    seed(scale=0.02, anyway=True)
    assert Party.objects.filter(name="Real").exists()
    assert Party.objects.count() > 5


def test_orders_that_cannot_be_filled_are_tried_again_and_given_up(monkeypatch):
    monkeypatch.setattr(trade.Trade, "_restock", lambda self: None)
    monkeypatch.setattr(trade.Trade, "_thing", lambda self: (*self.world.goods[0], 400))
    seed(scale=0.1)
    assert Order.objects.filter(status="cancelled", status_reason__contains="stock").exists()
