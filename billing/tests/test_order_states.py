"""Every action in every state of an order: what is allowed works, everything else is 409 and changes nothing."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from billing.choices import OrderStatus
from billing.models import Invoice, Order, OrderLine, OrderStatusChange
from billing.state_machine import ACTION_NAMES, TRANSITIONS
from billing.tests.factories import ORDER_WAYS, brought, invoiced, order, ordered
from inventory.models import Movement, Reservation, Stock
from inventory.tests.factories import stocked
from skeleton.audit.models import AuditEntry
from skeleton.notifications.models import Notification
from skeleton.testkit.narrowing import database_error, present

pytestmark = pytest.mark.django_db

# Written independently from the contract, not read from the state machine.
CONTRACT = {
    "draft": ["pending", "confirmed", "cancelled"],
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["shipped", "cancelled"],
    "shipped": ["delivered"],
    "delivered": [],
    "cancelled": [],
}
STATES = list(CONTRACT)
EDITS = ["update", "add_line", "update_line", "delete_line"]
ACTIONS = [*EDITS, *STATES, "invoice"]


def call(client, made, action):
    path, line = f"/orders/{made.pk}", made.lines.first()
    if action in STATES:
        return client.patch(f"{path}/status", {"status": action, "reason": "Because"})
    return {
        "update": lambda: client.put(path, {"notes": "Changed"}),
        "add_line": lambda: client.post(f"{path}/lines", {"item_id": str(line.item_id), "quantity": 1}),
        "update_line": lambda: client.put(f"{path}/lines/{line.pk}", {"quantity": 7}),
        "delete_line": lambda: client.delete(f"{path}/lines/{line.pk}"),
        "invoice": lambda: client.post(f"{path}/invoice"),
    }[action]()


def allowed(state, action):
    if action in EDITS:
        return state == "draft"
    if action == "invoice":
        return state in ("confirmed", "shipped", "delivered")
    return action in CONTRACT[state]


def everything():
    tables = (Order, OrderLine, OrderStatusChange, Invoice, Stock, Reservation, Movement, AuditEntry)
    return [sorted(table.objects.values_list(), key=str) for table in tables]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_every_pair(owner, state, action):
    row = stocked(10)
    made = brought(state, ordered(2, of=row.item_id), ordered(1))
    before = everything()
    answer = call(owner, made, action)
    made.refresh_from_db()
    if allowed(state, action):
        assert answer.status in (200, 201), answer
        assert made.status == (action if action in STATES else state)
        assert everything() != before
    else:
        expected = answer.refused(409, "allowed")["details"]["allowed"]
        assert expected == CONTRACT[state]
        after = everything()
        assert after == before


@pytest.mark.parametrize("state", STATES)
def test_what_is_offered_is_what_works(owner, state):
    shown = owner.get(f"/orders/{brought(state).pk}").ok()
    assert shown["allowed_transitions"] == CONTRACT[state]
    assert [each["status"] for each in shown["history"]] == ORDER_WAYS[state]


def test_the_machine_is_the_contract():
    assert {state.value: [target.value for target in targets] for state, targets in TRANSITIONS.items()} == CONTRACT
    assert set(ACTION_NAMES) == {target for targets in TRANSITIONS.values() for target in targets}


@pytest.mark.parametrize("source, target", list(itertools.permutations(STATES, 2)))
def test_postgresql_knows_the_same_moves(source, target):
    made = brought(source)
    sql = "UPDATE billing_order SET status = %s WHERE id = %s"
    if target in CONTRACT[source]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [target, made.pk])
        assert present(OrderStatusChange.objects.filter(order=made).last()).status == target
        return
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [target, made.pk])
    assert database_error(caught.value).diag.constraint_name == "billing_order_transition"


@pytest.mark.parametrize("state", STATES)
def test_what_was_got_may_be_sent_back(owner, state):
    path = f"/orders/{brought(state, shipping_address={'city': 'Lviv', 'country_id': None}, notes='x').pk}"
    got = owner.get(path).ok()
    assert owner.put(path, got).ok() == got
    assert owner.patch(path, {}).ok() == got


@pytest.mark.parametrize("wrong", [{}, {"status": None}, {"status": "lost"}, {"status": 5}, {"status": "CONFIRMED"}])
def test_a_status_that_is_none(owner, wrong):
    owner.patch(f"/orders/{order().pk}/status", wrong).refused(422, "status")


def test_the_history_says_who_when_and_why(owner):
    made = order()
    path = f"/orders/{made.pk}"
    owner.patch(f"{path}/status", {"status": "pending", "reason": "They called"}).ok()
    shown = owner.patch(f"{path}/status", {"status": "cancelled", "reason": "  "}).ok()
    first, second = shown["history"]
    assert (first["from_status"], first["status"], first["reason"]) == ("draft", "pending", "They called")
    assert (second["from_status"], second["status"], second["reason"]) == ("pending", "cancelled", None)
    assert first["changed_by"] == str(owner.user.pk)
    assert shown["created_at"] < first["changed_at"] < second["changed_at"]
    audited = AuditEntry.objects.filter(resource="orders", resource_id=made.pk).order_by("pk")
    assert [entry.action for entry in audited] == ["create", "create", "submit", "cancel"]


def test_an_order_without_lines_is_not_confirmed(owner):
    made = order()
    path = f"/orders/{made.pk}"
    owner.delete(f"{path}/lines/{made.lines.get().pk}").ok()
    refused = owner.patch(f"{path}/status", {"status": "confirmed"}).refused(409, "allowed")
    assert "lines" in refused["message"]
    assert owner.patch(f"{path}/status", {"status": "pending"}).ok()["status"] == "pending"
    owner.patch(f"{path}/status", {"status": "confirmed"}).refused(409, "allowed")


def test_an_invoiced_order_is_not_cancelled(owner):
    made = brought("confirmed")
    path = f"/orders/{made.pk}"
    invoice = invoiced(made)
    assert owner.get(path).ok()["allowed_transitions"] == ["shipped"]
    refused = owner.patch(f"{path}/status", {"status": "cancelled"}).refused(409, "allowed")
    assert refused["details"]["allowed"] == ["shipped"]
    assert "invoice" in refused["message"]
    owner.post(f"/invoices/{invoice.pk}/cancel").ok()
    assert owner.get(path).ok()["allowed_transitions"] == ["shipped", "cancelled"]
    assert owner.patch(f"{path}/status", {"status": "cancelled"}).ok()["status"] == "cancelled"


def test_statuses_of_the_code_and_of_the_machine():
    assert set(TRANSITIONS) == set(OrderStatus)


def test_who_made_it_is_told(owner, colleague):
    made = owner.post("/orders", {"customer_id": str(order().customer_id)}).ok(201)
    colleague.patch(f"/orders/{made['id']}/status", {"status": "pending"}).ok()
    colleague.patch(f"/orders/{made['id']}/status", {"status": "shipped"}).refused(409)
    told = Notification.objects.get()
    assert (told.user_id, told.type, told.link) == (owner.user.pk, "order.status", f"/api/v1/orders/{made['id']}")
    assert made["number"] in told.title


def test_of_what_nobody_made_all_are_told_who_write_orders(owner, viewer):
    brought("pending")
    assert Notification.objects.get().user_id == owner.user.pk
