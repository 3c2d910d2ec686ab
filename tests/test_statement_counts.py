"""The number of SQL statements of every write route, pinned in `statement_counts.json`. Every route needs an entry.

`SKELETON_REWRITE_QUERY_COUNTS=1` rewrites the file. Check the diff before you commit it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from skeleton.files.tests.factories import CONTENT_TYPE, END, part
from skeleton.identity.tests.factories import PASSWORD, client_of, user_with
from skeleton.notifications.tests.factories import tell as tell_user
from skeleton.testkit.client import Answer, ApiClient
from skeleton.testkit.matrix import tables
from skeleton.testkit.query_counts import compare_counts, counting_statements, shown
from tests.writes import DUE, LINE, WRITES, World

FILE = Path(__file__).parent / "statement_counts.json"
Call = Callable[[], Answer]
SUCCESSFUL = (200, 201, 204)

pytestmark = pytest.mark.django_db


def recipe(route: str) -> Callable[[World], Call]:
    """Create the records for a route of `tests/writes.py`, and return a function that sends the request."""

    def prepare(world: World) -> Call:
        path, body = WRITES[route](world)
        return lambda: world.chief.call(route.partition(" ")[0], path, body)

    return prepare


def login(world: World) -> Call:
    email = user_with().email
    return lambda: ApiClient().post("/auth/login", {"email": email, "password": PASSWORD})


def refresh(world: World) -> Call:
    spent = login(world)().ok()["refresh_token"]
    return lambda: ApiClient().post("/auth/refresh", {"refresh_token": spent})


def logout(world: World) -> Call:
    return lambda: client_of(world.chief.user).post("/auth/logout")


def end_session(world: World) -> Call:
    client_of(world.chief.user)
    newest = world.chief.user.sessions.latest("id")
    return lambda: world.chief.delete(f"/auth/sessions/{newest.pk}")


def register(world: World) -> Call:
    account = {"email": "new@example.com", "password": "a good password", "name": "New"}
    return lambda: ApiClient().post("/auth/register", account)


def send_file(world: World) -> Call:
    content = part("file", b"hello", "note.txt") + END
    return lambda: world.chief.call("POST", "/files", content, content_type=CONTENT_TYPE)


def read_notification(world: World) -> Call:
    pk = tell_user(world.chief.user).pk
    return lambda: world.chief.patch(f"/notifications/{pk}/read")


def read_notifications(world: World) -> Call:
    for _ in range(3):
        tell_user(world.chief.user)
    return lambda: world.chief.post("/notifications/read-all")


def send_message(world: World) -> Call:
    where = world.conversation()
    return lambda: world.chief.post(f"/conversations/{where}/messages", {"content": "Hello"})


def read_messages(world: World) -> Call:
    where, friend = world.member()
    client_of_friend = client_of(world.chief.user.__class__.objects.get(pk=friend))
    world.create(f"/conversations/{where}/messages", {"content": "Hello"})
    return lambda: client_of_friend.post(f"/conversations/{where}/read", {"seq": 1})


def open_ticket(world: World) -> Call:
    return lambda: world.chief.post("/messenger/tickets")


def order_to(status: str, *before: str) -> Callable[[World], Call]:
    def prepare(world: World) -> Call:
        row = world.stock()
        body = {"customer_id": world.party(), "lines": [{"item_id": row["item_id"], "quantity": 1}]}
        pk = world.create("/orders", body)
        for state in before:
            world.chief.patch(f"/orders/{pk}/status", {"status": state}).ok()
        return lambda: world.chief.patch(f"/orders/{pk}/status", {"status": status})

    return prepare


def send_invoice_of_order(world: World) -> Call:
    order = world.order("confirmed")
    pk = world.create(f"/orders/{order['id']}/invoice")
    return lambda: world.chief.post(f"/invoices/{pk}/send")


def pay_in_full(world: World) -> Call:
    pk = world.invoice("send")["id"]
    return lambda: world.chief.post(f"/invoices/{pk}/payments", {"amount": 1000, "method": "card"})


def cancel_draft(world: World) -> Call:
    pk = world.invoice()["id"]
    return lambda: world.chief.post(f"/invoices/{pk}/cancel")


OTHERS: dict[str, Callable[[World], Call]] = {
    "POST /auth/login": login,
    "POST /auth/refresh": refresh,
    "POST /auth/logout": logout,
    "POST /auth/register": register,
    "DELETE /auth/sessions/{id}": end_session,
    "POST /files": send_file,
    "PATCH /notifications/{id}/read": read_notification,
    "POST /notifications/read-all": read_notifications,
    "POST /conversations/{id}/messages": send_message,
    "POST /conversations/{id}/read": read_messages,
    "POST /messenger/tickets": open_ticket,
}
"""Write routes without a factory in `tests/writes.py`."""

VARIANTS: dict[str, Callable[[World], Call]] = {
    "PATCH /orders/{id}/status confirmed, with stock": order_to("confirmed"),
    "PATCH /orders/{id}/status shipped": order_to("shipped", "confirmed"),
    "PATCH /orders/{id}/status delivered": order_to("delivered", "confirmed", "shipped"),
    "PATCH /orders/{id}/status cancelled": order_to("cancelled", "confirmed"),
    "POST /invoices/{id}/send, of an order": send_invoice_of_order,
    "POST /invoices/{id}/cancel, a draft": cancel_draft,
    "POST /invoices/{id}/payments, in full": pay_in_full,
}
"""Routes with several effects."""


def written() -> list[str]:
    return [str(route) for table in tables().values() for route in table if route.method != "GET"]


def calls() -> dict[str, Callable[[World], Call]]:
    return {**{route: OTHERS.get(route) or recipe(route) for route in written()}, **VARIANTS}


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def count(prepare: Callable[[World], Call], world: World) -> tuple[int, str]:
    """Return the number of statements of a request, and the statements."""
    call = prepare(world)
    with counting_statements() as captured:
        answer = call()
    assert answer.status in SUCCESSFUL, answer
    return len(captured), shown(captured)


def test_every_write_takes_so_many_statements(world):
    counted, long = {}, {}
    for name, prepare in calls().items():
        with transaction.atomic():
            counted[name], long[name] = count(prepare, world)
            transaction.set_rollback(True)
    pinned = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name, number in counted.items():
        if number != pinned.get(name):
            print(f"{name}: {number}\n{long[name]}\n")  # noqa: T201 (shown where the test fails)
    compare_counts(counted, FILE)


# --- the number of lines makes no difference --------------------------------------------------------------------------

SIZES = (1, 10, 100)


def invoice_of(world: World, lines: int) -> dict[str, object]:
    return {"customer_id": world.party(), "due_date": DUE, "lines": [LINE] * lines}


def order_of(world: World, lines: int) -> dict[str, object]:
    items = [world.item() for _ in range(min(lines, 10))]
    return {
        "customer_id": world.party(),
        "lines": [{"item_id": items[n % len(items)], "quantity": 1} for n in range(lines)],
    }


def entry_of(world: World, lines: int) -> dict[str, object]:
    one, other = world.account(), world.account()
    sides = [{"account_id": one, "debit": 100}, {"account_id": other, "credit": 100}]
    return {"description": "Start", "lines": sides * lines}


def group_of(world: World, lines: int) -> dict[str, object]:
    return {"type": "group", "name": "Us", "member_ids": [world.friend() for _ in range(lines)]}


@pytest.mark.parametrize(
    "path, body",
    [("/invoices", invoice_of), ("/orders", order_of), ("/transactions", entry_of), ("/conversations", group_of)],
)
def test_more_lines_take_no_more_statements(world, path, body):
    def create(lines):
        def prepare(world):
            sent = body(world, lines)
            return lambda: world.chief.post(path, sent)

        return prepare

    counted = {lines: count(create(lines), world) for lines in SIZES}
    assert len({number for number, _ in counted.values()}) == 1, "\n\n".join(text for _, text in counted.values())


@pytest.mark.parametrize(
    "status, before", [("confirmed", ()), ("shipped", ("confirmed",)), ("cancelled", ("confirmed",))]
)
def test_more_lines_of_an_order_take_no_more_statements(world, status, before):
    def change(lines):
        def prepare(world):
            rows = [world.stock() for _ in range(lines)]
            items = [{"item_id": row["item_id"], "quantity": 1} for row in rows]
            pk = world.create("/orders", {"customer_id": world.party(), "lines": items})
            for state in before:
                world.chief.patch(f"/orders/{pk}/status", {"status": state}).ok()
            return lambda: world.chief.patch(f"/orders/{pk}/status", {"status": status})

        return prepare

    counted = {lines: count(change(lines), world) for lines in (1, 10)}
    assert len({number for number, _ in counted.values()}) == 1, "\n\n".join(text for _, text in counted.values())


def test_more_lines_of_an_invoice_take_no_more_statements(world):
    def send(lines):
        def prepare(world):
            pk = world.create("/invoices", invoice_of(world, lines))
            return lambda: world.chief.post(f"/invoices/{pk}/send")

        return prepare

    counted = {lines: count(send(lines), world) for lines in SIZES}
    assert len({number for number, _ in counted.values()}) == 1, "\n\n".join(text for _, text in counted.values())
