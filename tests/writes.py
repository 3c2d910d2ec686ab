"""One successful request for every route of the API that writes. A route without one fails the audit's walk.

A recipe makes over the API what the request needs to be there, and gives its path and body.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.core.management import call_command

from skeleton.files.tests.factories import upload
from skeleton.identity.tests.factories import PASSWORD, RoleFactory, client_of, user_in_role, user_with
from skeleton.testkit.client import ApiClient

DUE = "2099-02-15"
LINE = {"description": "Work", "quantity": 1, "unit_price": 1000}
CREDIT = {"reason": "Damaged"}
ADDRESS = {"street": "1 Main St", "city": "Lviv", "country": "UA"}
CONTRACT = {
    "contract_type": "supply",
    "payment_type": "prepaid",
    "delivery_type": "pickup",
    "currency": "USD",
    "start_date": "2026-01-01",
    "end_date": "2090-01-01",
}
PARTIES = ("customers", "suppliers", "partners", "employees")
_n = count(1)

Body = dict[str, Any] | None
Made = tuple[str, Body]
"""The path and the body of the request."""


@dataclass
class World:
    """What is there already, made over the API when it is needed."""

    chief: ApiClient

    @classmethod
    def begin(cls) -> "World":
        call_command("seed_countries", verbosity=0)
        call_command("seed_accounts", verbosity=0)
        return cls(client_of(user_in_role("super_admin")))

    def made(self, path: str, body: Body = None, status: int = 201) -> str:
        """The id of something new."""
        data = self.chief.post(path, body).ok(status)
        return str((data.get("data") or data)["id"])

    def party(self, kind: str = "customers") -> str:
        more = {"position": "Clerk"} if kind == "employees" else {}
        return self.made(f"/{kind}", {"name": "Acme", "email": "a@example.com", "address": ADDRESS, **more})

    def party_that_is(self, kind: str, action: str) -> str:
        pk = self.party(kind)
        self.chief.patch(f"/{kind}/{pk}/{action}").ok()
        return pk

    def user(self) -> str:
        return str(user_with("files:read").pk)

    def role(self) -> str:
        return self.made("/roles", {"name": f"Clerk {next(_n)}", "permissions": ["users:read"]})

    def account(self) -> str:
        return self.made("/accounts", {"code": f"8{next(_n):03}", "name": "Cash", "type": "asset"})

    def transaction(self) -> str:
        return self.made("/transactions", self.posting())

    def posting(self) -> dict[str, Any]:
        lines = [{"account_id": self.account(), "debit": 100}, {"account_id": self.account(), "credit": 100}]
        return {"description": "Start", "lines": lines}

    def period(self) -> str:
        return self.made("/accounting/periods", self.days())

    def days(self) -> dict[str, Any]:
        day = (dt.date(2001, 1, 1) + dt.timedelta(days=next(_n))).isoformat()
        return {"start_date": day, "end_date": day}

    def closed_period(self) -> str:
        pk = self.period()
        self.chief.post(f"/accounting/periods/{pk}/close").ok()
        return pk

    def category(self) -> str:
        return self.made("/catalog/categories", {"name": f"Things {next(_n)}"})

    def item(self) -> str:
        return self.made("/catalog/items", {"sku": f"A-{next(_n)}", "name": "Thing", "unit_price": 100})

    def warehouse(self) -> str:
        return self.made("/warehouses", {"name": f"Main {next(_n)}"})

    def goods(self) -> dict[str, Any]:
        return {"item_id": self.item(), "warehouse_id": self.warehouse(), "quantity": 9}

    def stock(self) -> dict[str, Any]:
        """A stock row, with its item and warehouse."""
        goods = self.goods()
        return {**goods, "id": self.made("/stock", goods)}

    def held(self) -> dict[str, Any]:
        row = self.stock()
        return {"item_id": row["item_id"], "warehouse_id": row["warehouse_id"], "quantity": 1}

    def reservation(self) -> str:
        return self.made("/stock/reserve", self.held())

    def contract(self, *verbs: str) -> str:
        pk = self.made("/contracts", {**CONTRACT, "party_id": self.party()})
        for verb in verbs:
            self.chief.post(f"/contracts/{pk}/{verb}").ok()
        return pk

    def order(self, *states: str) -> dict[str, Any]:
        body = {"customer_id": self.party(), "lines": [{"item_id": self.item(), "quantity": 1}]}
        found: dict[str, Any] = self.chief.post("/orders", body).ok(201)
        for state in states:
            self.chief.patch(f"/orders/{found['id']}/status", {"status": state}).ok()
        return found

    def invoice(self, *verbs: str, customer_id: str | None = None) -> dict[str, Any]:
        body = {"customer_id": customer_id or self.party(), "due_date": DUE, "lines": [LINE]}
        found: dict[str, Any] = self.chief.post("/invoices", body).ok(201)
        for verb in verbs:
            self.chief.post(f"/invoices/{found['id']}/{verb}").ok()
        return found

    def credit_note(self) -> str:
        return self.made(f"/invoices/{self.invoice('send')['id']}/credit-notes", CREDIT)

    def credit_on_account(self, customer_id: str | None = None) -> str:
        """The credit note of a paid invoice."""
        paid = f"/invoices/{self.invoice('send', customer_id=customer_id)['id']}"
        self.chief.post(f"{paid}/payments", {"amount": LINE["unit_price"], "method": "card"}).ok(201)
        return self.made(f"{paid}/credit-notes", {**CREDIT, "send": True})

    def payment(self, customer_id: str, **fields: Any) -> str:
        body = {"customer_id": customer_id, "amount": 500, "currency": "USD", "method": "card", **fields}
        return self.made("/payments", body)

    def allocated(self) -> dict[str, str]:
        """A payment of which 100 settle an invoice."""
        invoice = self.invoice("send")
        allocations = [{"invoice_id": invoice["id"], "amount": 100}]
        return {"id": self.payment(invoice["customer_id"], allocations=allocations), "invoice_id": invoice["id"]}

    def conversation(self, *steps: str) -> str:
        pk = self.made("/conversations", {"type": "group", "member_ids": [self.friend()], "name": "Us"})
        for step in steps:
            self.chief.patch(f"/conversations/{pk}/{step}").ok()
        return pk

    def friend(self) -> str:
        return str(user_with("messenger:read", "messenger:write").pk)

    def message(self) -> str:
        where = self.conversation()
        return f"/conversations/{where}/messages/{self.made(f'/conversations/{where}/messages', {'content': 'Hello'})}"

    def member(self) -> tuple[str, str]:
        friend = self.friend()
        return self.made("/conversations", {"type": "group", "member_ids": [friend, self.friend()]}), friend

    def file(self) -> str:
        return str(upload(self.chief)["id"])


Recipe = Callable[[World], Made]
WRITES: dict[str, Recipe] = {}


def of(*routes: str) -> Callable[[Recipe], Recipe]:
    """Name the routes that a recipe is for."""

    def mark(recipe: Recipe) -> Recipe:
        WRITES.update(dict.fromkeys(routes, recipe))
        return recipe

    return mark


def tell(route: str, recipe: Recipe) -> None:
    WRITES[route] = recipe


# identity
tell(
    "POST /auth/change-password",
    lambda w: ("/auth/change-password", {"current_password": PASSWORD, "new_password": "another good password"}),
)
tell("PUT /users/{id}", lambda w: (f"/users/{w.user()}", {"name": "New"}))
tell("PATCH /users/{id}", WRITES["PUT /users/{id}"])
tell("PATCH /users/{id}/deactivate", lambda w: (f"/users/{w.user()}/deactivate", None))
tell("POST /users/{id}/roles", lambda w: (f"/users/{w.user()}/roles", {"role_id": w.role()}))
tell("POST /roles", lambda w: ("/roles", {"name": f"Clerk {next(_n)}", "permissions": ["users:read"]}))
tell("PUT /roles/{id}", lambda w: (f"/roles/{w.role()}", {"description": "New"}))
tell("PATCH /roles/{id}", WRITES["PUT /roles/{id}"])
tell("DELETE /roles/{id}", lambda w: (f"/roles/{w.role()}", None))


@of("PATCH /users/{id}/activate")
def _activate(world: World) -> Made:
    pk = world.user()
    world.chief.patch(f"/users/{pk}/deactivate").ok()
    return f"/users/{pk}/activate", None


@of("DELETE /users/{id}/roles/{role_id}")
def _take_role(world: World) -> Made:
    pk, role = world.user(), RoleFactory.create(permissions=["users:read"]).pk
    world.chief.post(f"/users/{pk}/roles", {"role_id": str(role)}).ok()
    return f"/users/{pk}/roles/{role}", None


# files, notifications
tell("DELETE /files/{id}", lambda w: (f"/files/{w.file()}", None))
tell(
    "PUT /notifications/preferences",
    lambda w: ("/notifications/preferences", {"quiet_hours_start": f"{next(_n) % 24:02}:00"}),
)
tell("PATCH /notifications/preferences", WRITES["PUT /notifications/preferences"])


# parties
def _tell_of_party(kind: str) -> None:
    more = {"position": "Clerk"} if kind == "employees" else {}
    body = {"name": "Acme", "email": "a@example.com", "address": ADDRESS, **more}
    tell(f"POST /{kind}", lambda w: (f"/{kind}", body))
    tell(f"PUT /{kind}/{{id}}", lambda w: (f"/{kind}/{w.party(kind)}", {"name": "N", "address": {"city": "Kyiv"}}))
    tell(f"PATCH /{kind}/{{id}}", WRITES[f"PUT /{kind}/{{id}}"])
    tell(f"PATCH /{kind}/{{id}}/activate", lambda w: (f"/{kind}/{w.party_that_is(kind, 'deactivate')}/activate", None))
    tell(f"PATCH /{kind}/{{id}}/deactivate", lambda w: (f"/{kind}/{w.party(kind)}/deactivate", None))
    tell(f"PATCH /{kind}/{{id}}/blacklist", lambda w: (f"/{kind}/{w.party(kind)}/blacklist", None))


for _kind in PARTIES:
    _tell_of_party(_kind)


def _country(world: World) -> str:
    return world.made("/countries", {"code": f"X{chr(65 + next(_n) % 26)}", "name": {"en": "Nowhere"}})


tell("POST /countries", lambda w: ("/countries", {"code": "QX", "name": {"en": "Nowhere"}}))
tell("PUT /countries/{id}", lambda w: (f"/countries/{_country(w)}", {"region": "Europe"}))
tell("PATCH /countries/{id}", WRITES["PUT /countries/{id}"])
tell("PATCH /countries/{id}/deactivate", lambda w: (f"/countries/{_country(w)}/deactivate", None))


@of("PATCH /countries/{id}/activate")
def _activate_country(world: World) -> Made:
    pk = _country(world)
    world.chief.patch(f"/countries/{pk}/deactivate").ok()
    return f"/countries/{pk}/activate", None


# accounting
tell("POST /accounts", lambda w: ("/accounts", {"code": "7999", "name": "Cash", "type": "asset"}))
tell("PUT /accounts/{id}", lambda w: (f"/accounts/{w.account()}", {"name": "New"}))
tell("PATCH /accounts/{id}", WRITES["PUT /accounts/{id}"])
tell("POST /transactions", lambda w: ("/transactions", w.posting()))
tell("POST /transactions/{id}/reverse", lambda w: (f"/transactions/{w.transaction()}/reverse", None))
tell("POST /accounting/periods", lambda w: ("/accounting/periods", w.days()))
tell("POST /accounting/periods/{id}/close", lambda w: (f"/accounting/periods/{w.period()}/close", None))
tell("POST /accounting/periods/{id}/reopen", lambda w: (f"/accounting/periods/{w.closed_period()}/reopen", None))

# messenger
tell("POST /conversations", lambda w: ("/conversations", {"type": "group", "member_ids": [w.friend()]}))
tell("PUT /conversations/{id}/group", lambda w: (f"/conversations/{w.conversation()}/group", {"name": "New"}))
tell("PATCH /conversations/{id}/group", WRITES["PUT /conversations/{id}/group"])
tell("PATCH /conversations/{id}/archive", lambda w: (f"/conversations/{w.conversation()}/archive", None))
tell("PATCH /conversations/{id}/unarchive", lambda w: (f"/conversations/{w.conversation('archive')}/unarchive", None))
tell(
    "POST /conversations/{id}/members",
    lambda w: (f"/conversations/{w.conversation()}/members", {"user_id": w.friend()}),
)
tell("PATCH /conversations/{id}/messages/{message_id}", lambda w: (w.message(), {"content": "Changed"}))
tell("PUT /conversations/{id}/messages/{message_id}", WRITES["PATCH /conversations/{id}/messages/{message_id}"])
tell("DELETE /conversations/{id}/messages/{message_id}", lambda w: (w.message(), None))


@of("DELETE /conversations/{id}/members")
def _leave(world: World) -> Made:
    where, friend = world.member()
    return f"/conversations/{where}/members", {"user_id": friend}


# catalogue and stock
tell("POST /catalog/categories", lambda w: ("/catalog/categories", {"name": "Things"}))
tell("PUT /catalog/categories/{id}", lambda w: (f"/catalog/categories/{w.category()}", {"name": f"New {next(_n)}"}))
tell("PATCH /catalog/categories/{id}", WRITES["PUT /catalog/categories/{id}"])
tell("DELETE /catalog/categories/{id}", lambda w: (f"/catalog/categories/{w.category()}", None))
tell("POST /catalog/items", lambda w: ("/catalog/items", {"sku": "Z-1", "name": "Thing", "unit_price": 100}))
tell("PUT /catalog/items/{id}", lambda w: (f"/catalog/items/{w.item()}", {"name": "New"}))
tell("PATCH /catalog/items/{id}", WRITES["PUT /catalog/items/{id}"])
tell("POST /warehouses", lambda w: ("/warehouses", {"name": "Main"}))
tell("PUT /warehouses/{id}", lambda w: (f"/warehouses/{w.warehouse()}", {"name": f"New {next(_n)}"}))
tell("PATCH /warehouses/{id}", WRITES["PUT /warehouses/{id}"])
tell("POST /stock", lambda w: ("/stock", w.goods()))
tell("PUT /stock/{id}", lambda w: (f"/stock/{w.stock()['id']}", {"reorder_point": 3}))
tell("PATCH /stock/{id}", WRITES["PUT /stock/{id}"])
tell("POST /stock/{id}/adjust", lambda w: (f"/stock/{w.stock()['id']}/adjust", {"quantity": -1, "reason": "Broken"}))
tell("POST /stock/receipt", lambda w: ("/stock/receipt", w.goods()))
tell("POST /stock/issue", lambda w: ("/stock/issue", w.held()))
tell("POST /stock/reserve", lambda w: ("/stock/reserve", w.held()))
tell("POST /reservations/{id}/fulfill", lambda w: (f"/reservations/{w.reservation()}/fulfill", None))
tell("POST /reservations/{id}/cancel", lambda w: (f"/reservations/{w.reservation()}/cancel", None))


@of("POST /stock/transfer")
def _transfer(world: World) -> Made:
    row = world.held()
    sides = {"from_warehouse_id": row.pop("warehouse_id"), "to_warehouse_id": world.warehouse()}
    return "/stock/transfer", {**row, **sides}


# contracts
tell("POST /contracts", lambda w: ("/contracts", {**CONTRACT, "party_id": w.party()}))
tell("PUT /contracts/{id}", lambda w: (f"/contracts/{w.contract()}", {"notes": "New"}))
tell("PATCH /contracts/{id}", WRITES["PUT /contracts/{id}"])


def _tell_of_contract(verb: str, before: tuple[str, ...], sent: Body) -> None:
    tell(f"POST /contracts/{{id}}/{verb}", lambda w: (f"/contracts/{w.contract(*before)}/{verb}", sent))


for _verb, _before, _sent in (
    ("submit", (), None),
    ("approve", ("submit",), None),
    ("reject", ("submit",), {"reason": "No"}),
    ("activate", (), None),
    ("terminate", ("activate",), {"reason": "Enough"}),
    ("renew", ("activate",), {"new_end_date": "2095-01-01"}),
):
    _tell_of_contract(_verb, _before, _sent)
tell("PUT /contracts/{id}/payment-terms", lambda w: (f"/contracts/{w.contract()}/payment-terms", {"penalty_rate": 1}))
tell("PATCH /contracts/{id}/payment-terms", WRITES["PUT /contracts/{id}/payment-terms"])
tell("PUT /contracts/{id}/delivery-terms", lambda w: (f"/contracts/{w.contract()}/delivery-terms", {"insurance": True}))
tell("PATCH /contracts/{id}/delivery-terms", WRITES["PUT /contracts/{id}/delivery-terms"])

# orders, invoices
_ITEM = lambda w: {"item_id": w.item(), "quantity": 2}  # noqa: E731
tell("POST /orders", lambda w: ("/orders", {"customer_id": w.party(), "lines": [_ITEM(w)]}))
tell("PUT /orders/{id}", lambda w: (f"/orders/{w.order()['id']}", {"notes": "New"}))
tell("PATCH /orders/{id}", WRITES["PUT /orders/{id}"])
tell("POST /orders/{id}/lines", lambda w: (f"/orders/{w.order()['id']}/lines", _ITEM(w)))
tell("PATCH /orders/{id}/status", lambda w: (f"/orders/{w.order()['id']}/status", {"status": "confirmed"}))
tell("POST /orders/{id}/invoice", lambda w: (f"/orders/{w.order('confirmed')['id']}/invoice", None))
tell("POST /invoices", lambda w: ("/invoices", {"customer_id": w.party(), "due_date": DUE, "lines": [LINE]}))
tell("PUT /invoices/{id}", lambda w: (f"/invoices/{w.invoice()['id']}", {"notes": "New"}))
tell("PATCH /invoices/{id}", WRITES["PUT /invoices/{id}"])
tell("POST /invoices/{id}/lines", lambda w: (f"/invoices/{w.invoice()['id']}/lines", LINE))
tell("POST /invoices/{id}/send", lambda w: (f"/invoices/{w.invoice()['id']}/send", None))
tell("POST /invoices/{id}/cancel", lambda w: (f"/invoices/{w.invoice('send')['id']}/cancel", None))
tell(
    "POST /invoices/{id}/payments",
    lambda w: (f"/invoices/{w.invoice('send')['id']}/payments", {"amount": 100, "method": "card"}),
)


@of("POST /payments")
def _payment(world: World) -> Made:
    invoice = world.invoice("send")
    allocations = [{"invoice_id": invoice["id"], "amount": 100}]
    body = {"customer_id": invoice["customer_id"], "amount": 500, "currency": "USD", "method": "card"}
    return "/payments", {**body, "allocations": allocations}


@of("POST /payments/{id}/allocate")
def _allocate(world: World) -> Made:
    invoice = world.invoice("send")
    return f"/payments/{world.payment(invoice['customer_id'])}/allocate", {"invoice_id": invoice["id"]}


@of("POST /payments/{id}/unallocate")
def _unallocate(world: World) -> Made:
    found = world.allocated()
    return f"/payments/{found['id']}/unallocate", {"invoice_id": found["invoice_id"]}


tell("POST /payments/{id}/reverse", lambda w: (f"/payments/{w.allocated()['id']}/reverse", {"reason": "A mistake"}))
tell(
    "POST /payments/{id}/refund",
    lambda w: (f"/payments/{w.payment(w.party())}/refund", {"amount": 100, "method": "card"}),
)


@of("PUT /orders/{id}/lines/{line_id}", "PATCH /orders/{id}/lines/{line_id}")
def _order_line(world: World) -> Made:
    found = world.order()
    return f"/orders/{found['id']}/lines/{found['lines'][0]['id']}", {"quantity": 5}


@of("DELETE /orders/{id}/lines/{line_id}")
def _drop_order_line(world: World) -> Made:
    return _order_line(world)[0], None


tell("POST /invoices/{id}/credit-notes", lambda w: (f"/invoices/{w.invoice('send')['id']}/credit-notes", CREDIT))
tell("PUT /credit-notes/{id}", lambda w: (f"/credit-notes/{w.credit_note()}", {"reason": "Late"}))
tell("PATCH /credit-notes/{id}", WRITES["PUT /credit-notes/{id}"])
tell("DELETE /credit-notes/{id}", lambda w: (f"/credit-notes/{w.credit_note()}", None))
tell("POST /credit-notes/{id}/send", lambda w: (f"/credit-notes/{w.credit_note()}/send", None))
tell("POST /invoices/{id}/write-off", lambda w: (f"/invoices/{w.invoice('send')['id']}/write-off", {"reason": "Lost"}))


@of("POST /invoices/{id}/undo-write-off")
def undo_write_off(w: World) -> Made:
    path = f"/invoices/{w.invoice('send')['id']}"
    w.chief.post(f"{path}/write-off", {"reason": "Lost"}).ok()
    return f"{path}/undo-write-off", None


@of("POST /credit-notes/{id}/refund")
def refund_credit_note(w: World) -> Made:
    return f"/credit-notes/{w.credit_on_account()}/refund", {"amount": 5, "method": "cash"}


@of("POST /credit-notes/{id}/allocate")
def allocate_credit_note(w: World) -> Made:
    customer_id = w.party()
    invoice = w.invoice("send", customer_id=customer_id)
    return f"/credit-notes/{w.credit_on_account(customer_id)}/allocate", {"invoice_id": invoice["id"]}


@of("POST /credit-notes/{id}/unallocate")
def unallocate_credit_note(w: World) -> Made:
    path, body = allocate_credit_note(w)
    w.chief.post(path, body).ok()
    return path.replace("allocate", "unallocate"), body


@of("PUT /invoices/{id}/lines/{line_id}", "PATCH /invoices/{id}/lines/{line_id}")
def _invoice_line(world: World) -> Made:
    found = world.invoice()
    return f"/invoices/{found['id']}/lines/{found['lines'][0]['id']}", {"unit_price": 5}


@of("DELETE /invoices/{id}/lines/{line_id}")
def _drop_invoice_line(world: World) -> Made:
    return _invoice_line(world)[0], None
