"""Requests generated from the OpenAPI document, sent to a server with the test database.

No response may be a 500, and each must be described by the document. Most ids in paths and bodies belong to existing
records, so that requests get further than a 404. SKELETON_EXAMPLES=100 generates more requests.
"""

import contextlib
import copy
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounting.services.accounts import seed_chart
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.client import PREFIX, ApiClient, document
from skeleton.testkit.matrix import tables
from skeleton.testkit.samples import FULL

EXAMPLES = int(os.environ.get("SKELETON_EXAMPLES", "8" if FULL else "2"))
"""Number of requests for each operation and mode (valid and invalid)."""

NOT_HERE = {
    ("POST", "/auth/logout"),  # would end the session of the test
    ("DELETE", "/auth/sessions/{id}"),
    ("POST", "/auth/register"),  # hashes a password each time
    ("POST", "/auth/login"),
    ("GET", "/messenger/events"),  # never ends
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {405, 406, 411, 413, 415}
"""Statuses that the server returns for any path; they are tested separately."""

PARTY = {"name": "Acme", "email": "a@example.com", "address": {"street": "1 Main St", "city": "Lviv", "country": "XA"}}
SEEDS = [
    ("/roles", {"name": "Clerk", "permissions": ["users:read"]}),
    ("/countries", {"code": "XA", "name": {"en": "Nowhere"}}),
    ("/customers", PARTY),
    ("/customers", {"name": "Second", "email": "b@example.com"}),
    ("/suppliers", PARTY),
    ("/partners", PARTY),
    ("/employees", {**PARTY, "position": "Clerk"}),
    ("/accounts", {"code": "9010", "name": "Cash", "type": "asset"}),
    ("/accounts", {"code": "9030", "name": "Capital", "type": "equity"}),
    (
        "/transactions",
        {
            "description": "Start",
            "lines": [{"account_id": "9010", "debit": 100}, {"account_id": "9030", "credit": 100}],
        },
    ),
    ("/tax-codes", {"code": "XX-19", "name": {"en": "VAT 19 %"}, "category": "S", "rate": 19}),
    ("/accounting/periods", {"start_date": "2020-01-01", "end_date": "2020-12-31"}),
    ("/catalog/categories", {"name": "Things"}),
    ("/catalog/items", {"sku": "A-1", "name": "Thing", "unit_price": 100}),
    ("/warehouses", {"name": "Main"}),
    ("/warehouses", {"name": "Other"}),
    ("/stock", {"item_id": "/catalog/items", "warehouse_id": "/warehouses", "quantity": 5, "reason": "Start"}),
    (
        "/stock/reserve",
        {
            "item_id": "/catalog/items",
            "warehouse_id": "/warehouses",
            "quantity": 1,
            "expires_at": "2090-01-01T00:00:00Z",
        },
    ),
    ("/invoices", {"customer_id": "/customers", "due_date": "2030-01-01"}),
    (
        "/invoices",
        {
            "customer_id": "/customers",
            "due_date": "2030-01-01",
            "lines": [{"description": "Work", "quantity": 1, "unit_price": 50000}],
        },
    ),
    ("/payments", {"customer_id": "/customers", "amount": 100, "currency": "USD", "method": "cash"}),
    ("/orders", {"customer_id": "/customers", "lines": [{"item_id": "/catalog/items", "quantity": 1}]}),
    (
        "/contracts",
        {
            "contract_type": "supply",
            "party_id": "/customers",
            "payment_type": "prepaid",
            "delivery_type": "pickup",
            "currency": "USD",
            "start_date": "2026-01-01",
            "end_date": "2090-01-01",
        },
    ),
    ("/conversations", {"type": "group", "name": "Team", "member_ids": ["/users"]}),
    ("/conversations", {"type": "direct", "member_ids": ["/users"]}),
]
"""Records created before the first request. A path instead of an id stands for an id from that collection."""

COLLECTIONS = {
    "role_id": "/roles",
    "customer_id": "/customers",
    "invoice_id": "/invoices",
    "party_id": "/customers",
    "account_id": "/accounts",
    "category_id": "/catalog/categories",
    "item_id": "/catalog/items",
    "warehouse_id": "/warehouses",
    "stock_id": "/stock",
    "user_id": "/users",
}


def operations_of(app):
    wanted = {(route.method, route.path) for route in tables()[app]} - NOT_HERE
    for result in described().get_all_operations():
        operation = result.ok()
        if (operation.method.upper(), operation.path.removeprefix(PREFIX)) in wanted:
            yield operation


@cache
def described():
    """Return the document without its security schemes: authentication is tested separately."""
    bare = copy.deepcopy(document())
    bare["components"].pop("securitySchemes")
    for item in bare["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(bare)


@dataclass
class World:
    """The existing records, and the statuses of the responses."""

    client: ApiClient
    url: str
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: Counter[Any] = field(default_factory=Counter)

    def seed(self):
        routed = {(route.method, route.path) for table in tables().values() for route in table}
        seed_chart()
        self.ids["/users"] = [str(user_in_role("viewer").pk) for _ in range(3)]
        for path, body in SEEDS:
            if ("POST", path) in routed:
                made = self.client.post(path, self.with_ids(body)).ok(201)
                self.ids[path].append((made.get("data") or made)["id"])
        self.seed_credit_note()
        if ("POST", "/files") in routed:
            file = SimpleUploadedFile("hello.txt", b"Hello")
            headers = {"Authorization": f"Bearer {self.client.token}"}
            made = Client().post(f"{PREFIX}/files", {"file": file}, headers=headers)
            self.ids["/files"].append(made.json()["id"])

    def seed_credit_note(self):
        """Credit the last invoice, which has a line. The note stays a draft."""
        invoice = self.ids["/invoices"][-1]
        self.client.post(f"/invoices/{invoice}/send").ok(200)
        made = self.client.post(f"/invoices/{invoice}/credit-notes", {"reason": "Returned"}).ok(201)
        self.ids["/credit-notes"].append(made["id"])

    def with_ids(self, value):
        """Return `value` with an existing id in place of each path of a collection."""
        if isinstance(value, dict):
            return {key: self.with_ids(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.with_ids(inner) for inner in value]
        return self.ids[value][0] if isinstance(value, str) and value in self.ids else value

    def known(self, value):
        """Return `value` with an existing id for each field that refers to a record."""
        if isinstance(value, dict):
            return {
                key: self.ids[COLLECTIONS[key]][0]
                if COLLECTIONS.get(key) in self.ids and isinstance(inner, str)
                else self.known(inner)
                for key, inner in value.items()
            }
        return [self.known(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", tables())
def test_generated_requests(app, live_server):
    world = World(client_of(user_in_role("super_admin")), live_server.url)
    world.seed()
    # deletions last, because the others need existing records
    for operation in sorted(operations_of(app), key=lambda operation: operation.method == "delete"):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            attack(operation, mode, world)
    good = sum(world.seen[status] for status in (200, 201, 204))
    assert good * 15 > world.seen.total(), world.seen  # otherwise the test means little


def attack(operation, mode, world):
    """Send requests for the operation. Raises an error for an invalid response."""
    collection = operation.path.removeprefix(PREFIX).split("/{")[0]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), chance=st.integers(0, 4))
    def send(case, chance):
        if chance and world.ids.get(collection) and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = world.ids[collection][chance % len(world.ids[collection])]
        if chance:
            case.body = world.known(case.body)
        response = case.call(base_url=world.url, headers={"Authorization": f"Bearer {world.client.token}"}, timeout=30)
        world.seen[response.status_code] += 1
        assert response.status_code != 401 or operation.path.endswith("/auth/refresh")
        if response.status_code not in LEFT_OUT:
            case.validate_response(response, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # no request of this operation can be invalid
        send()
