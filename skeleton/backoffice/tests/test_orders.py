"""Orders in the back office: creating and editing drafts, and a button for each transition."""

from decimal import Decimal

import pytest

from billing.models import Invoice, Order
from billing.tests.factories import ORDER_WAYS, brought, customer, order, ordered
from inventory.tests.factories import item, stocked
from parties.tests.factories import UkraineFactory
from skeleton.audit.models import AuditEntry
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

ORDERS = "/admin/billing/order/"
EMPTY = {"street": "", "city": "", "region": "", "postal_code": "", "country": ""}


def text(response):
    return response.content.decode()


def page(made, action="change"):
    return f"{ORDERS}{made.pk}/{action}/"


def posted(*lines, made=None, **fields):
    """Return what a browser posts: the order's fields, and its lines as a formset."""
    existing = list(made.lines.order_by("position")) if made else []
    body = {"notes": "", "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": len(existing), **EMPTY, **fields}
    for n, values in enumerate(lines):
        shown = {"quantity": "1", "unit_price": "", "discount": "", "tax_rate": "", **values}
        if n < len(existing):
            shown |= {"id": existing[n].pk, "order": made.pk}
        body |= {f"lines-{n}-{name}": value for name, value in shown.items()}
    return body


def errors(response):
    return response.context["inline_admin_formsets"][0].formset.errors


def test_a_draft_is_written_with_its_lines_at_the_catalogues_prices(clerk):
    buyer, country = customer(), UkraineFactory.create()
    widget = item(unit_price=1250, tax_rate=20)
    body = posted(
        {"item_id": widget, "quantity": "2"},
        {"item_id": widget, "unit_price": "9.99", "tax_rate": "0"},
        customer_id=buyer.pk,
        currency="",
        city="Київ",
        country=country.pk,
        notes="Ring twice",
    )
    response = clerk.post(f"{ORDERS}add/", body)
    assert response.status_code == 302, (response.context["adminform"].form.errors, errors(response))
    made = Order.objects.get()
    assert [(one.unit_price, one.tax_rate) for one in made.lines.order_by("position")] == [
        (1250, Decimal(20)),
        (999, Decimal(0)),
    ]
    assert (made.currency, made.total, made.notes) == ("USD", 2500 + 500 + 999, "Ring twice")
    address = {"city": "Київ", "country": str(country.pk), "country_id": str(country.pk)}
    assert made.shipping_address == address
    assert present(AuditEntry.objects.filter(resource="orders").first()).actor_email == "carl@example.com"


def test_prices_are_read_in_the_currency_of_the_document(clerk):
    buyer, yen = customer(), item(currency="JPY", unit_price=300)
    body = posted({"item_id": yen, "unit_price": "500"}, customer_id=buyer.pk, currency="JPY")
    clerk.post(f"{ORDERS}add/", body)
    assert Order.objects.get().total == 500
    refused = clerk.post(f"{ORDERS}add/", posted({"item_id": yen}, customer_id=buyer.pk, currency="USD"))
    assert "This is in JPY, but the document is in USD." in text(refused)


@pytest.mark.parametrize(
    "values, field",
    [
        ({"quantity": "0"}, "quantity"),
        ({"unit_price": "-1"}, "unit_price"),
        ({"discount": "51"}, "discount"),
        ({"tax_rate": "101"}, "tax_rate"),
        ({"item_id": ""}, "item_id"),
    ],
)
def test_a_mistake_in_a_line_is_told_at_that_line(clerk, values, field):
    one = item()
    body = posted({"item_id": one}, {"item_id": one, **values}, customer_id=customer().pk, currency="", notes="Keep me")
    response = clerk.post(f"{ORDERS}add/", body)
    first, second = errors(response)
    assert (first, list(second)) == ({}, [field])
    assert "Keep me" in text(response)
    assert not Order.objects.exists()


def test_what_is_not_sold_is_told_at_its_line(clerk):
    body = posted({"item_id": item(status="discontinued", name="Old")}, customer_id=customer().pk, currency="")
    assert errors(clerk.post(f"{ORDERS}add/", body)) == [{"item_id": ["Old is discontinued."]}]


def test_a_draft_is_changed_in_one_go(clerk):
    one, two = item(unit_price=100), item(unit_price=700)
    made = order(ordered(1, of=one), ordered(2, of=one), shipping_address={"city": "Lviv", "state": "UA-46"})
    body = posted(
        {"item_id": one, "unit_price": "1.00", "tax_rate": "0", "discount": "0", "DELETE": "on"},
        {"item_id": one, "quantity": "3", "unit_price": "1.50", "tax_rate": "0", "discount": "0"},
        {"item_id": two},
        made=made,
        city="",
        region="UA-30",
    )
    response = clerk.post(page(made), body)
    assert response.status_code == 302, (response.context["adminform"].form.errors, errors(response))
    made.refresh_from_db()
    assert made.total == 450 + 700
    assert made.shipping_address == {"city": None, "state": "UA-30", "region": "UA-30", "country_id": None}


def test_the_way_by_its_buttons(clerk):
    row = stocked(10)
    made = order(ordered(4, of=row.item_id))
    for action, reason in (("submit", ""), ("confirm", "Phoned"), ("ship", ""), ("deliver", "")):
        assert clerk.get(page(made, action)).status_code == 200, "a link only asks"
        answer = clerk.post(page(made, action), {"reason": reason}, follow=True)
        made.refresh_from_db()
        assert f"{made.number} is {made.status}." in text(answer)
    assert [(one.status, one.reason) for one in made.history.order_by("pk")] == [
        ("pending", None),
        ("confirmed", "Phoned"),
        ("shipped", None),
        ("delivered", None),
    ]
    assert "Phoned" in text(clerk.get(page(made)))
    answer = clerk.post(page(made, "invoice"), {"due_date": "2099-01-02"}, follow=True)
    invoice = Invoice.objects.get()
    assert (str(invoice.due_date), invoice.order_id, invoice.total) == ("2099-01-02", made.pk, made.total)
    assert text(answer).count(f"/admin/billing/invoice/{invoice.pk}/change/") == 2  # in the message and in the table
    assert "already" in text(clerk.post(page(made, "invoice"), {}))


def test_too_little_stock_is_told_on_the_page_that_asks(clerk):
    row = stocked(1)
    made = order(ordered(4, of=row.item_id))
    answer = clerk.post(page(made, "confirm"), {"reason": "Keep me"})
    assert "There is not enough stock" in text(answer)
    assert "Keep me" in text(answer)


@pytest.mark.parametrize("state", ORDER_WAYS)
def test_each_state_offers_what_it_allows(clerk, guest, state):
    buttons = {
        "draft": {"submit", "confirm", "cancel"},
        "pending": {"confirm", "cancel"},
        "confirmed": {"ship", "cancel", "invoice"},
        "shipped": {"deliver", "invoice"},
        "delivered": {"invoice"},
        "cancelled": set(),
    }
    made = brought(state, shipping_address={"street": "Main St 1", "city": "Lviv"})
    every = set().union(*buttons.values())
    shown = text(clerk.get(page(made)))
    assert {name for name in every if page(made, name) in shown} == buttons[state]
    assert ('name="_save"' in shown) == (state == "draft")
    assert state == "draft" or "Main St 1, Lviv" in shown
    seen = text(guest.get(page(made)))
    assert not {name for name in every if page(made, name) in seen}
    assert 'name="_save"' not in seen


def test_who_sees_no_invoices_sees_none_on_an_order(staff, clerk):
    made = brought("confirmed")
    clerk.post(page(made, "invoice"))
    number = Invoice.objects.get().number
    assert number not in text(staff("orders:read").get(page(made)))
    assert number in text(staff("orders:read", "invoices:read").get(page(made)))


def test_many_are_confirmed_at_once_each_by_itself(clerk):
    row = stocked(5)
    first, second = order(ordered(4, of=row.item_id)), order(ordered(4, of=row.item_id))
    body = {"action": "confirm", "_selected_action": [str(first.pk), str(second.pk)]}
    answer = clerk.post(ORDERS, body, follow=True)
    assert "done for 1" in text(answer)
    assert "There is not enough stock" in text(answer)
    assert sorted(Order.objects.values_list("status", flat=True)) == ["confirmed", "draft"]


def test_search_by_part_of_the_number_and_customer(clerk):
    one, other = order(of=customer(name="Велика Груша")), order(of=customer(name="Small Apple"))
    for term in ("ГРУША", one.number.lower()):
        found = text(clerk.get(ORDERS, {"q": term}))
        assert one.number in found
        assert other.number not in found
