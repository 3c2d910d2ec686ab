"""Races over orders, with real threads on the real database."""

from decimal import Decimal

import pytest

from billing.choices import OrderStatus
from billing.models import Invoice, InvoiceLine, Order
from billing.services.invoices import cancel_invoice, send_invoice, update_line
from billing.services.invoicing import invoice_order
from billing.services.orders import add_line, create_order
from billing.services.transitions import change_status
from billing.tests.factories import brought, customer, invoiced, order, ordered
from inventory.errors import NotEnoughStock
from inventory.integrity_checks import stock_differences
from inventory.models import Movement, Reservation, Stock
from inventory.tests.factories import item, stocked
from parties.choices import PartyKind
from parties.services import change_status as change_party
from parties.services import update_party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stock_agrees(transactional_db):
    yield
    assert stock_differences() == []


def bringing(made, status, **fields):
    return lambda: change_status(order_id=made.pk, status=OrderStatus(status), actor=SYSTEM, **fields)


def invoicing(made):
    return lambda: invoice_order(order_id=made.pk, actor=SYSTEM)


def refusals(outcomes):
    return [one for one in outcomes if isinstance(one, DomainError)]


def status_of(made):
    return Order.objects.values_list("status", flat=True).get(pk=made.pk)


def test_sixteen_buyers_and_the_last_five_pieces():
    row = stocked(2)
    stocked(3, item_id=row.item_id)
    orders = [order(ordered(1, of=row.item_id), ordered(1)) for _ in range(16)]
    outcomes = run_concurrently(*(bringing(made, "confirmed") for made in orders))
    assert len(refusals(outcomes)) == 11
    assert all(isinstance(one, NotEnoughStock) and present(one.details)["available"] == 0 for one in refusals(outcomes))
    assert [status_of(made) for made in orders].count("confirmed") == 5
    assert sum(Stock.objects.values_list("available", flat=True)) == 0
    assert Reservation.objects.filter(status="active").count() == 5
    assert not Reservation.objects.exclude(order_id__in=Order.objects.filter(status="confirmed")).exists()


def test_confirming_against_cancelling():
    row = stocked(100)
    for _ in range(5):
        made = order(ordered(4, of=row.item_id))
        outcomes = run_concurrently(bringing(made, "confirmed"), bringing(made, "cancelled"))
        # cancelled last, or cancelled first and then not confirmed
        assert status_of(made) == "cancelled"
        assert len(refusals(outcomes)) in (0, 1)
        row.refresh_from_db()
        assert row.reserved == 0


def test_confirmed_twice_is_confirmed_once():
    row = stocked(100)
    made = order(ordered(4, of=row.item_id))
    outcomes = run_concurrently(*[bringing(made, "confirmed")] * 4)
    assert len(refusals(outcomes)) == 3
    row.refresh_from_db()
    assert (row.reserved, made.history.count()) == (4, 1)


def test_shipping_against_shipping():
    row = stocked(100)
    for n in range(1, 4):
        made = brought("confirmed", ordered(4, of=row.item_id))
        outcomes = run_concurrently(*[bringing(made, "shipped")] * 4)
        assert len(refusals(outcomes)) == 3
        row.refresh_from_db()
        assert (row.quantity, row.reserved) == (100 - 4 * n, 0)
        assert Movement.objects.filter(order_id=made.pk).count() == 1


def test_shipping_against_cancelling():
    row = stocked(100)
    for _ in range(5):
        made = brought("confirmed", ordered(4, of=row.item_id))
        before = Stock.objects.get(pk=row.pk).quantity
        (loser,) = refusals(run_concurrently(bringing(made, "shipped"), bringing(made, "cancelled")))
        assert isinstance(loser, Conflict)
        row.refresh_from_db()
        assert (row.quantity, row.reserved) == (before - (4 if status_of(made) == "shipped" else 0), 0)


def test_orders_of_the_same_items_in_opposite_orders_do_not_deadlock():
    items = [stocked(1000).item_id for _ in range(5)]
    orders = [order(*(ordered(1, of=each) for each in items[:: 1 if n % 2 else -1])) for n in range(12)]
    assert refusals(run_concurrently(*(bringing(made, "confirmed") for made in orders))) == []
    ways = ["shipped", "cancelled"] * 6
    assert refusals(run_concurrently(*(bringing(made, way) for made, way in zip(orders, ways, strict=True)))) == []
    assert sorted(Stock.objects.values_list("quantity", "reserved")) == [(Decimal(994), Decimal(0))] * 5


def test_two_cannot_use_the_same_room_of_a_credit_limit():
    acme = customer(credit_limit=10000)
    orders = [order(ordered(of=item(unit_price=3000)), of=acme) for _ in range(8)]
    outcomes = run_concurrently(*(bringing(made, "confirmed") for made in orders))
    assert len(refusals(outcomes)) == 5
    assert all(one.details["exposure"] == 9000 for one in refusals(outcomes))


def test_a_limit_that_is_lowered_meanwhile():
    for _ in range(4):
        acme = customer(credit_limit=10000)
        made = order(ordered(of=item(unit_price=9000)), of=acme)
        lower = {"credit_limit": 5000}
        confirmed, _ = run_concurrently(
            bringing(made, "confirmed"),
            lambda: update_party(kind=PartyKind.CUSTOMER, pk=acme.pk, values=lower, actor=SYSTEM),  # noqa: B023
        )
        assert (status_of(made) == "confirmed") == (confirmed is None)


@pytest.mark.parametrize("several", [2, 6])
def test_two_invoicings_of_one_order(several):
    for _ in range(3):
        made = brought("confirmed", ordered(3), ordered(2))
        outcomes = run_concurrently(*[invoicing(made)] * several)
        assert len(refusals(outcomes)) == several - 1
        assert Invoice.objects.filter(order=made).count() == 1


def test_invoicing_against_cancelling_the_invoice():
    made = brought("confirmed", ordered(3))
    for _ in range(5):
        last = Invoice.objects.filter(order=made, status="draft").first() or invoiced(made)
        outcomes = run_concurrently(invoicing(made), lambda: cancel_invoice(invoice_id=last.pk, actor=SYSTEM))  # noqa: B023
        standing = Invoice.objects.filter(order=made).exclude(status="cancelled").count()
        assert standing == 1 - len(refusals(outcomes))


def test_cancelling_an_order_against_invoicing_it():
    for _ in range(5):
        made = brought("confirmed", ordered(3))
        (loser,) = refusals(run_concurrently(bringing(made, "cancelled"), invoicing(made)))
        assert isinstance(loser, Conflict)
        assert (status_of(made) == "cancelled") != Invoice.objects.filter(order=made).exists()


def test_a_line_raised_again_while_the_rest_is_invoiced():
    for _ in range(5):
        made = brought("confirmed", ordered(5))
        first = invoiced(made)
        line = first.lines.get()
        update_line(invoice_id=first.pk, line_id=line.pk, values={"quantity": 2}, actor=SYSTEM)
        outcomes = run_concurrently(
            invoicing(made),
            lambda: update_line(invoice_id=first.pk, line_id=line.pk, values={"quantity": 5}, actor=SYSTEM),  # noqa: B023
        )
        assert len(refusals(outcomes)) == 1
        billed = InvoiceLine.objects.filter(order_line__order=made).values_list("quantity", flat=True)
        assert sum(billed) == 5


def test_everything_that_touches_one_customer_never_deadlocks():
    acme = customer(name="Acme", credit_limit=10**9)
    goods = stocked(1000).item_id
    drafts = [order(ordered(1, of=goods), of=acme) for _ in range(3)]
    confirmed = [brought("confirmed", ordered(1, of=goods), of=acme) for _ in range(3)]
    invoices = [invoiced(brought("confirmed", ordered(2, of=goods), of=acme)) for _ in range(4)]
    cut = invoices[3]
    outcomes = run_concurrently(
        *(bringing(made, "confirmed") for made in drafts[:2]),
        *(bringing(made, "shipped") for made in confirmed),
        *(invoicing(made) for made in confirmed),
        *(lambda one=one: send_invoice(invoice_id=one.pk, actor=SYSTEM) for one in invoices[:2]),
        lambda: cancel_invoice(invoice_id=invoices[2].pk, actor=SYSTEM),
        lambda: update_line(invoice_id=cut.pk, line_id=cut.lines.get().pk, values={"quantity": 1}, actor=SYSTEM),
        lambda: update_party(kind=PartyKind.CUSTOMER, pk=acme.pk, values={"name": "Acme Ltd"}, actor=SYSTEM),
        lambda: create_order(customer_id=acme.pk, lines=[ordered(1, of=goods)], actor=SYSTEM),
        lambda: add_line(order_id=drafts[2].pk, values=ordered(1, of=goods), actor=SYSTEM),
    )
    assert refusals(outcomes) == []
    assert Order.objects.get(pk=drafts[2].pk).customer_name == "Acme Ltd"
    numbers = sorted(int(number[-6:]) for number in Order.objects.values_list("number", flat=True))
    assert numbers == list(range(1, Order.objects.count() + 1))


def test_blacklisting_and_ordering_take_turns():
    for _ in range(4):
        acme = customer()
        made = order(of=acme)
        blacklisted, *others = run_concurrently(
            lambda: change_party(kind=PartyKind.CUSTOMER, pk=acme.pk, action="blacklist", actor=SYSTEM),  # noqa: B023
            lambda: create_order(customer_id=acme.pk, actor=SYSTEM),  # noqa: B023
            bringing(made, "confirmed"),
        )
        assert blacklisted is None
        acme.refresh_from_db()
        assert acme.status == "blacklisted"
        assert (status_of(made) == "confirmed") == (others[1] is None)
