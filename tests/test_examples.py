"""The examples of the OpenAPI document: every body is accepted, and every answer looks like the recorded one.

`SKELETON_REWRITE_EXAMPLES=1` rewrites `docs/api/answers.json`. Check the diff before you commit it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import transaction

from parties.models import Country
from skeleton.events.log import append_all
from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of
from skeleton.kernel.days import today
from skeleton.notifications.tests.factories import tell
from skeleton.testkit.client import PREFIX, ApiClient, document, operations, validator
from tests.test_statement_counts import calls
from tests.writes import WRITES, World

pytestmark = pytest.mark.django_db

ANSWERS = Path(configured.SKELETON_API_DOCS) / "answers.json"
BODIES = json.loads((Path(configured.SKELETON_API_DOCS) / "bodies.json").read_text())
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z")
TOKEN = re.compile(r"eyJ[\w.-]{20,}")


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def by_name() -> dict[str, tuple[str, str]]:
    """Return the method and path of each operation."""
    return {
        operation["operationId"]: (method, path.removeprefix(PREFIX))
        for (method, path), operation in operations().items()
    }


def put_of(name: str) -> str:
    return re.sub("^[a-z]+", "put", name)


# --- bodies -----------------------------------------------------------------------------------------------------------

SPECIAL: dict[str, Any] = {
    "country": lambda w: w.chief.get("/countries", search="UA").ok()["data"][0]["id"],
    "category_id": World.category,
    "customer_id": World.party,
    "user_id": World.friend,
    "member_ids": World.friend,
    "role_id": World.role,
    "party_id": World.party,
    "item_id": World.item,
}
"""How to create what a field of a body refers to, if the request of `tests/writes.py` doesn't have it."""


def filled(example: Any, usual: Any, world: World, field: str = "") -> Any:
    """Return the example with the ids of records that exist, from the usual body of the route if it has them."""
    if isinstance(example, dict):
        usual = usual if isinstance(usual, dict) else {}
        return {key: filled(value, usual.get(key), world, key) for key, value in example.items()}
    if isinstance(example, list):
        usual = usual if isinstance(usual, list) else []
        return [
            filled(each, usual[index] if index < len(usual) else None, world, field)
            for index, each in enumerate(example)
        ]
    if not isinstance(example, str) or not ID.fullmatch(example):
        return example
    return usual or SPECIAL[field](world)


def send_example(name: str, value: Any, world: World) -> Any:
    method, path = by_name()[name]
    if name in ALONE:
        return ALONE[name](value)
    if name in PREPARED:
        path, usual = PREPARED[name](world)
    else:
        path, usual = WRITES[f"{method} {path}"](world)
    return world.chief.call(method, path, filled(value, usual, world))


def log_in(value: Any) -> Any:
    UserFactory.create(email=value["email"])
    return ApiClient().post("/auth/login", {**value, "password": PASSWORD})


def refresh(value: Any) -> Any:
    pair = log_in({"email": "user@example.com"}).ok()
    return ApiClient().post("/auth/refresh", {name: pair[name] for name in value})


def change_password(value: Any) -> Any:
    return client_of(UserFactory.create()).post("/auth/change-password", {**value, "current_password": PASSWORD})


ALONE: dict[str, Any] = {
    "changePassword": change_password,
    "login": log_in,
    "refreshToken": refresh,
    "register": lambda value: ApiClient().post("/auth/register", value),
}


def bought_by(world: World, total: int) -> dict[str, Any]:
    """Return a sent invoice of 10 pieces."""
    line = {"description": "Consulting services", "quantity": 10, "unit_price": total // 10}
    body = {"customer_id": world.party(), "due_date": "2099-02-15", "lines": [line]}
    found: dict[str, Any] = world.chief.post("/invoices", body).ok(201)
    world.chief.post(f"/invoices/{found['id']}/send").ok()
    return found


def sent_invoice(action: str) -> Any:
    return lambda world: (f"/invoices/{bought_by(world, 155_000)['id']}/{action}", None)


def payment_of_several(world: World) -> Any:
    one = bought_by(world, 100_000)
    line = {"description": "Software license", "quantity": 1, "unit_price": 45_000}
    body = {"customer_id": one["customer_id"], "due_date": "2099-02-15", "lines": [line]}
    other = world.chief.post("/invoices", body).ok(201)
    world.chief.post(f"/invoices/{other['id']}/send").ok()
    invoices = [{"invoice_id": one["id"]}, {"invoice_id": other["id"]}]
    return "/payments", {"customer_id": one["customer_id"], "allocations": invoices}


def credit_of(world: World) -> Any:
    invoice = bought_by(world, 155_000)
    lines = [{"invoice_line_id": invoice["lines"][0]["id"]}]
    return f"/invoices/{invoice['id']}/credit-notes", {"lines": lines}


def paid_on_account(world: World) -> Any:
    pk = world.payment(world.party(), amount=150_000)
    return f"/payments/{pk}/refund", None


def credited(world: World) -> Any:
    paid = bought_by(world, 155_000)
    world.chief.post(f"/invoices/{paid['id']}/payments", {"amount": 155_000, "method": "card"}).ok(201)
    pk = world.create(f"/invoices/{paid['id']}/credit-notes", {"reason": "Damaged", "send": True})
    return f"/credit-notes/{pk}/refund", None


def message_to_read(world: World) -> Any:
    where = world.conversation()
    world.create(f"/conversations/{where}/messages", {"content": "Hello"})
    return f"/conversations/{where}/read", None


def taxed_invoice(world: World) -> Any:
    world.create("/tax-codes", {"code": "DE-S19", "name": {"en": "VAT 19 %"}, "category": "S", "rate": 19})
    return f"/invoices/{world.invoice()['id']}/lines", None


def without_poland(world: World) -> Any:
    Country.objects.filter(code="PL").update(code="XX", alpha3=None, numeric_code=None)
    return "/countries", None


def customer_with_days(world: World) -> Any:
    pk = world.party()
    world.chief.patch(f"/customers/{pk}", {"payment_days": 14}).ok()
    return "/invoices", {"customer_id": pk}


PREPARED: dict[str, Any] = {
    "createCountry": without_poland,
    "createInvoice": customer_with_days,
    "recordInvoicePayment": sent_invoice("payments"),
    "writeOffInvoice": sent_invoice("write-off"),
    "createPayment": payment_of_several,
    "createCreditNote": credit_of,
    "refundPayment": paid_on_account,
    "refundCreditNote": credited,
    "markConversationRead": message_to_read,
    "sendMessage": lambda w: (f"/conversations/{w.conversation()}/messages", None),
    "addInvoiceLine": taxed_invoice,
}
"""Paths and bodies of operations whose example needs more than the usual record."""


def test_every_body_is_accepted(world):
    refused = []
    for name, examples in BODIES.items():
        for also in {name, put_of(name)} & set(by_name()) if name.startswith("update") else [name]:
            for title, value in examples.items():
                with transaction.atomic():
                    answer = send_example(also, value, world)
                    if answer.status not in (200, 201):
                        refused.append(f"{also}, {title}: {answer}")
                    transaction.set_rollback(True)
    assert not refused, "\n".join(refused)


def test_every_body_has_an_example_that_its_schema_describes():
    for operation in operations().values():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        assert content.get("examples"), operation["operationId"]
        for example in content["examples"].values():
            errors = list(validator(json.dumps(content["schema"])).iter_errors(example["value"]))
            assert not errors, (operation["operationId"], errors)


def test_no_example_is_of_another_operation():
    assert set(BODIES) <= set(by_name())
    assert set(json.loads(ANSWERS.read_text())) <= set(by_name())


# --- answers ----------------------------------------------------------------------------------------------------------

JSON = "application/json"


def paid_invoice(world: World) -> None:
    invoice = bought_by(world, 155_000)
    world.chief.post(f"/invoices/{invoice['id']}/payments", {"amount": 50_000, "method": "bank_transfer"}).ok(201)
    world.chief.post(f"/invoices/{invoice['id']}/email").ok(201)


RECORDS: dict[str, Any] = {
    "/accounting/periods": World.period,
    "/accounts": World.account,
    "/audit": None,
    "/catalog/categories": World.category,
    "/catalog/items": World.item,
    "/contracts": lambda w: w.contract("activate"),
    "/conversations": World.message,
    "/credit-notes": lambda w: w.chief.post(f"/credit-notes/{w.credit_on_account()}/email").ok(201),
    "/invoices": paid_invoice,
    "/notifications": lambda w: tell(w.chief.user),
    "/orders": lambda w: w.chief.post(f"/orders/{w.order('confirmed')['id']}/email").ok(201),
    "/payments": World.allocated,
    "/reservations": World.reservation,
    "/roles": World.role,
    "/tax-codes": World.tax_code,
    "/transactions": World.transaction,
    "/files": World.file,
    **{f"/{kind}": (lambda w, kind=kind: w.party(kind)) for kind in ("suppliers", "partners", "employees")},
    "/events": lambda w: append_all(),
}
"""How to create a record for the list at a path."""


QUERIES = {name: {"profile": "xrechnung-ubl"} for name in ("checkInvoice", "checkCreditNote")}
"""Parameters of operations that need some."""


def only_successful(found: dict[str, Any]) -> dict[str, Any]:
    refused = [f"{name}: {answers}" for name, answers in found.items() if not {"200", "201"} & set(answers)]
    assert not refused, "\n".join(refused)
    return found


def read_all(world: World) -> dict[str, Any]:
    """Create records, and return the answer of each GET that answers with JSON, by operation."""
    for create in RECORDS.values():
        if create:
            create(world)
    found = {}
    for name, (method, path) in by_name().items():
        answers = operations()[method, PREFIX + path]["responses"]["200"] if method == "GET" else {}
        if JSON in answers.get("content", {}):
            collection, _, rest = path.partition("/{id}")
            pk = f"/{first_of(world, collection)}" if "{id}" in path else ""
            answer = world.chief.get(f"{collection}{pk}{rest}", **QUERIES.get(name, {}))
            found[name] = {str(answer.status): answer.data}
    return only_successful(found)


def first_of(world: World, collection: str) -> str:
    data = world.chief.get(collection).ok()
    rows = data.get("items") or data.get("data")
    rows = rows["items"] if isinstance(rows, dict) else rows
    return str(rows[0]["id"])


def write_all(world: World) -> dict[str, Any]:
    """Return the answer of each operation that writes, to its first example or else to the usual request."""
    found, recipes = {}, calls()
    for name, (method, path) in by_name().items():
        described = operations()[method, PREFIX + path]["responses"]
        if (
            method == "GET"
            or name.startswith("put")
            or not any(JSON in described[s].get("content", {}) for s in described if s < "3")
        ):
            continue
        with transaction.atomic():
            if name in BODIES:
                answer = send_example(name, next(iter(BODIES[name].values())), world)
            else:
                answer = recipes[f"{method} {path}"](world)()
            found[name] = {str(answer.status): answer.data}
            transaction.set_rollback(True)
    return only_successful(found)


def recorded(world: World) -> dict[str, Any]:
    """Return all answers, with short lists, and without what differs between two runs."""
    found = {**write_all(world), **read_all(world)}
    names = [name for name in by_name() if name in found]
    text = json.dumps({name: shortened(found[name]) for name in names}, ensure_ascii=False)
    ids: dict[str, str] = {}
    text = ID.sub(lambda match: ids.setdefault(match[0], f"01972b15-8000-7000-8000-{len(ids) + 1:012x}"), text)
    text = TOKEN.sub("eyJhbGciOiJIUzI1NiIs...", MOMENT.sub("2026-01-15T09:30:00Z", text))
    data: dict[str, Any] = json.loads(text.replace(today().isoformat(), "2026-01-15"))
    return data


def shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shortened(each) for key, each in value.items()}
    return [shortened(each) for each in value[:1]] if isinstance(value, list) else value


def shape(value: Any) -> Any:
    """Return the keys and the types of a JSON value. Null is of any type."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def test_every_answer_has_the_shape_of_its_example(world):
    found = recorded(world)
    if os.environ.get("SKELETON_REWRITE_EXAMPLES"):
        ANSWERS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    pinned = json.loads(ANSWERS.read_text())
    assert set(found) == set(pinned)
    changed = {name for name in found if shape(found[name]) != shape(pinned[name])}
    assert not changed, "run this with SKELETON_REWRITE_EXAMPLES=1, and check what differs"


def test_every_answer_has_an_example():
    without = [
        operation["operationId"]
        for operation in operations().values()
        for status, answer in operation["responses"].items()
        if status < "3" and JSON in answer.get("content", {}) and status == main_status(operation)
        if not answer["content"][JSON].get("examples")
    ]
    assert not without
    assert all(each["content"][JSON]["examples"] for each in document()["components"]["responses"].values())


def main_status(operation: Any) -> str:
    """Return the status of the ordinary answer: a repeated creation also answers with 200."""
    return "201" if "201" in operation["responses"] else "200"
