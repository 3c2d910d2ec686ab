"""One successful request for every write route of the API. `test_audit.py` fails for a route without one.

Its factory creates the records that the request needs over the API, and returns its path and body.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.core.management import call_command

from skeleton.company.tests.factories import IBAN
from skeleton.files.tests.factories import upload
from skeleton.identity.tests.factories import PASSWORD, RoleFactory, client_of, user_in_role, user_with
from skeleton.kernel.days import today
from skeleton.testkit.client import ApiClient

DUE, PAST = "2099-02-15", "2026-01-15"
LAST_YEAR = today().year - 1
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

TAX_CODE = {"name": {"en": "VAT 19 %"}, "category": "S", "rate": 19}

Body = dict[str, Any] | None
PathAndBody = tuple[str, Body]
"""The path and the body of the request."""


@dataclass
class World:
    """Creates records over the API."""

    chief: ApiClient

    @classmethod
    def begin(cls) -> "World":
        call_command("seed_countries", verbosity=0)
        call_command("seed_accounts", verbosity=0)
        return cls(client_of(user_in_role("super_admin")))

    def create(self, path: str, body: Body = None, status: int = 201) -> str:
        """Create a record, and return its id."""
        data = self.chief.post(path, body).ok(status)
        return str((data.get("data") or data)["id"])

    def party(self, kind: str = "customers") -> str:
        more = {"position": "Clerk"} if kind == "employees" else {}
        return self.create(f"/{kind}", {"name": "Acme", "email": "a@example.com", "address": ADDRESS, **more})

    def party_that_is(self, kind: str, action: str) -> str:
        pk = self.party(kind)
        self.chief.patch(f"/{kind}/{pk}/{action}").ok()
        return pk

    def user(self) -> str:
        return str(user_with("files:read").pk)

    def role(self) -> str:
        return self.create("/roles", {"name": f"Clerk {next(_n)}", "permissions": ["users:read"]})

    def tax_code(self) -> str:
        return self.create("/tax-codes", {**TAX_CODE, "code": f"T{next(_n)}"})

    def account(self) -> str:
        return self.create("/accounts", {"code": f"8{next(_n):03}", "name": "Cash", "type": "asset"})

    def transaction(self) -> str:
        return self.create("/transactions", self.posting())

    def posting(self) -> dict[str, Any]:
        lines = [{"account_id": self.account(), "debit": 100}, {"account_id": self.account(), "credit": 100}]
        return {"description": "Start", "lines": lines}

    def period(self) -> str:
        return self.create("/accounting/periods", self.days())

    def days(self) -> dict[str, Any]:
        day = (dt.date(2001, 1, 1) + dt.timedelta(days=next(_n))).isoformat()
        return {"start_date": day, "end_date": day}

    def closed_year(self) -> int:
        self.chief.post(f"/accounting/years/{LAST_YEAR}/close")  # or it is closed already
        return LAST_YEAR

    def opening(self) -> dict[str, Any]:
        balance = {"account_id": "1200", "debit": 100, "currency": "USD"}
        return {"date": today().isoformat(), "balances": [balance]}

    def closed_period(self) -> str:
        pk = self.period()
        self.chief.post(f"/accounting/periods/{pk}/close").ok()
        return pk

    def category(self) -> str:
        return self.create("/catalog/categories", {"name": f"Things {next(_n)}"})

    def item(self) -> str:
        return self.create("/catalog/items", {"sku": f"A-{next(_n)}", "name": "Thing", "unit_price": 100})

    def warehouse(self) -> str:
        return self.create("/warehouses", {"name": f"Main {next(_n)}"})

    def goods(self) -> dict[str, Any]:
        return {"item_id": self.item(), "warehouse_id": self.warehouse(), "quantity": 9}

    def stock(self) -> dict[str, Any]:
        """A stock row, with its item and warehouse."""
        goods = self.goods()
        return {**goods, "id": self.create("/stock", goods)}

    def held(self) -> dict[str, Any]:
        row = self.stock()
        return {"item_id": row["item_id"], "warehouse_id": row["warehouse_id"], "quantity": 1}

    def reservation(self) -> str:
        return self.create("/stock/reserve", self.held())

    def contract(self, *verbs: str) -> str:
        pk = self.create("/contracts", {**CONTRACT, "party_id": self.party()})
        for verb in verbs:
            self.chief.post(f"/contracts/{pk}/{verb}").ok()
        return pk

    def order(self, *states: str) -> dict[str, Any]:
        body = {"customer_id": self.party(), "lines": [{"item_id": self.item(), "quantity": 1}]}
        found: dict[str, Any] = self.chief.post("/orders", body).ok(201)
        for state in states:
            self.chief.patch(f"/orders/{found['id']}/status", {"status": state}).ok()
        return found

    def invoice(self, *verbs: str, customer_id: str | None = None, due_date: str = DUE) -> dict[str, Any]:
        body = {"customer_id": customer_id or self.party(), "due_date": due_date, "lines": [LINE]}
        found: dict[str, Any] = self.chief.post("/invoices", body).ok(201)
        for verb in verbs:
            self.chief.post(f"/invoices/{found['id']}/{verb}").ok()
        return found

    def email(self) -> str:
        """An e-mail with an invoice."""
        return self.create(f"/invoices/{self.invoice('send')['id']}/email")

    def credit_note(self) -> str:
        return self.create(f"/invoices/{self.invoice('send')['id']}/credit-notes", CREDIT)

    def credit_on_account(self, customer_id: str | None = None) -> str:
        """The credit note of a paid invoice."""
        paid = f"/invoices/{self.invoice('send', customer_id=customer_id)['id']}"
        self.chief.post(f"{paid}/payments", {"amount": LINE["unit_price"], "method": "card"}).ok(201)
        return self.create(f"{paid}/credit-notes", {**CREDIT, "send": True})

    def payment(self, customer_id: str, **fields: Any) -> str:
        body = {"customer_id": customer_id, "amount": 500, "currency": "USD", "method": "card", **fields}
        return self.create("/payments", body)

    def allocated(self) -> dict[str, str]:
        """A payment of which 100 settle an invoice."""
        invoice = self.invoice("send")
        allocations = [{"invoice_id": invoice["id"], "amount": 100}]
        return {"id": self.payment(invoice["customer_id"], allocations=allocations), "invoice_id": invoice["id"]}

    def conversation(self, *steps: str) -> str:
        pk = self.create("/conversations", {"type": "group", "member_ids": [self.friend()], "name": "Us"})
        for step in steps:
            self.chief.patch(f"/conversations/{pk}/{step}").ok()
        return pk

    def friend(self) -> str:
        return str(user_with("messenger:read", "messenger:write").pk)

    def message(self) -> str:
        where = self.conversation()
        return (
            f"/conversations/{where}/messages/{self.create(f'/conversations/{where}/messages', {'content': 'Hello'})}"
        )

    def member(self) -> tuple[str, str]:
        friend = self.friend()
        return self.create("/conversations", {"type": "group", "member_ids": [friend, self.friend()]}), friend

    def file(self) -> str:
        return str(upload(self.chief)["id"])


RequestFactory = Callable[[World], PathAndBody]
WRITES: dict[str, RequestFactory] = {}


def request_for(*routes: str) -> Callable[[RequestFactory], RequestFactory]:
    """Register a factory for routes."""

    def mark(factory: RequestFactory) -> RequestFactory:
        WRITES.update(dict.fromkeys(routes, factory))
        return factory

    return mark


def add(route: str, factory: RequestFactory) -> None:
    WRITES[route] = factory


# identity
add(
    "POST /auth/change-password",
    lambda w: ("/auth/change-password", {"current_password": PASSWORD, "new_password": "another good password"}),
)
add("PUT /users/{id}", lambda w: (f"/users/{w.user()}", {"name": "New"}))
add("PATCH /users/{id}", WRITES["PUT /users/{id}"])
add("PATCH /users/{id}/deactivate", lambda w: (f"/users/{w.user()}/deactivate", None))
add("POST /users/{id}/roles", lambda w: (f"/users/{w.user()}/roles", {"role_id": w.role()}))
add("POST /roles", lambda w: ("/roles", {"name": f"Clerk {next(_n)}", "permissions": ["users:read"]}))
add("PUT /roles/{id}", lambda w: (f"/roles/{w.role()}", {"description": "New"}))
add("PATCH /roles/{id}", WRITES["PUT /roles/{id}"])
add("DELETE /roles/{id}", lambda w: (f"/roles/{w.role()}", None))


@request_for("PATCH /users/{id}/activate")
def _activate(world: World) -> PathAndBody:
    pk = world.user()
    world.chief.patch(f"/users/{pk}/deactivate").ok()
    return f"/users/{pk}/activate", None


@request_for("DELETE /users/{id}/roles/{role_id}")
def _take_role(world: World) -> PathAndBody:
    pk, role = world.user(), RoleFactory.create(permissions=["users:read"]).pk
    world.chief.post(f"/users/{pk}/roles", {"role_id": str(role)}).ok()
    return f"/users/{pk}/roles/{role}", None


# the company, files, notifications
add("PUT /company", lambda w: ("/company", {"street": f"{next(_n)} Main St", "bank_accounts": [{"iban": IBAN}]}))
add("PATCH /company", WRITES["PUT /company"])
add("DELETE /files/{id}", lambda w: (f"/files/{w.file()}", None))
add(
    "PUT /notifications/preferences",
    lambda w: ("/notifications/preferences", {"quiet_hours_start": f"{next(_n) % 24:02}:00"}),
)
add("PATCH /notifications/preferences", WRITES["PUT /notifications/preferences"])


# parties
def _tell_of_party(kind: str) -> None:
    more = {"position": "Clerk"} if kind == "employees" else {}
    body = {"name": "Acme", "email": "a@example.com", "address": ADDRESS, **more}
    add(f"POST /{kind}", lambda w: (f"/{kind}", body))
    add(f"PUT /{kind}/{{id}}", lambda w: (f"/{kind}/{w.party(kind)}", {"name": "N", "address": {"city": "Kyiv"}}))
    add(f"PATCH /{kind}/{{id}}", WRITES[f"PUT /{kind}/{{id}}"])
    add(f"PATCH /{kind}/{{id}}/activate", lambda w: (f"/{kind}/{w.party_that_is(kind, 'deactivate')}/activate", None))
    add(f"PATCH /{kind}/{{id}}/deactivate", lambda w: (f"/{kind}/{w.party(kind)}/deactivate", None))
    add(f"PATCH /{kind}/{{id}}/blacklist", lambda w: (f"/{kind}/{w.party(kind)}/blacklist", None))


for _kind in PARTIES:
    _tell_of_party(_kind)


def _country(world: World) -> str:
    return world.create("/countries", {"code": f"X{chr(65 + next(_n) % 26)}", "name": {"en": "Nowhere"}})


add("POST /countries", lambda w: ("/countries", {"code": "QX", "name": {"en": "Nowhere"}}))
add("PUT /countries/{id}", lambda w: (f"/countries/{_country(w)}", {"region": "Europe"}))
add("PATCH /countries/{id}", WRITES["PUT /countries/{id}"])
add("PATCH /countries/{id}/deactivate", lambda w: (f"/countries/{_country(w)}/deactivate", None))


@request_for("PATCH /countries/{id}/activate")
def _activate_country(world: World) -> PathAndBody:
    pk = _country(world)
    world.chief.patch(f"/countries/{pk}/deactivate").ok()
    return f"/countries/{pk}/activate", None


# accounting
add("POST /accounts", lambda w: ("/accounts", {"code": "7999", "name": "Cash", "type": "asset"}))
add("PUT /accounts/{id}", lambda w: (f"/accounts/{w.account()}", {"name": "New"}))
add("PATCH /accounts/{id}", WRITES["PUT /accounts/{id}"])
add("POST /transactions", lambda w: ("/transactions", w.posting()))
add("POST /transactions/{id}/reverse", lambda w: (f"/transactions/{w.transaction()}/reverse", None))
add("POST /tax-codes", lambda w: ("/tax-codes", {**TAX_CODE, "code": "XX-19"}))
add("PUT /tax-codes/{id}", lambda w: (f"/tax-codes/{w.tax_code()}", {"name": {"en": "New"}}))
add("PATCH /tax-codes/{id}", WRITES["PUT /tax-codes/{id}"])
add("POST /accounting/periods", lambda w: ("/accounting/periods", w.days()))
add("POST /accounting/periods/{id}/close", lambda w: (f"/accounting/periods/{w.period()}/close", None))
add("POST /accounting/periods/{id}/reopen", lambda w: (f"/accounting/periods/{w.closed_period()}/reopen", None))

add("POST /accounting/years/{year}/close", lambda w: (f"/accounting/years/{LAST_YEAR}/close", None))
add("POST /accounting/years/{year}/reopen", lambda w: (f"/accounting/years/{w.closed_year()}/reopen", None))
add("POST /accounting/opening", lambda w: ("/accounting/opening", w.opening()))

# messenger
add("POST /conversations", lambda w: ("/conversations", {"type": "group", "member_ids": [w.friend()]}))
add("PUT /conversations/{id}/group", lambda w: (f"/conversations/{w.conversation()}/group", {"name": "New"}))
add("PATCH /conversations/{id}/group", WRITES["PUT /conversations/{id}/group"])
add("PATCH /conversations/{id}/archive", lambda w: (f"/conversations/{w.conversation()}/archive", None))
add("PATCH /conversations/{id}/unarchive", lambda w: (f"/conversations/{w.conversation('archive')}/unarchive", None))
add(
    "POST /conversations/{id}/members",
    lambda w: (f"/conversations/{w.conversation()}/members", {"user_id": w.friend()}),
)
add("PATCH /conversations/{id}/messages/{message_id}", lambda w: (w.message(), {"content": "Changed"}))
add("PUT /conversations/{id}/messages/{message_id}", WRITES["PATCH /conversations/{id}/messages/{message_id}"])
add("DELETE /conversations/{id}/messages/{message_id}", lambda w: (w.message(), None))


@request_for("DELETE /conversations/{id}/members")
def _leave(world: World) -> PathAndBody:
    where, friend = world.member()
    return f"/conversations/{where}/members", {"user_id": friend}


# catalogue and stock
add("POST /catalog/categories", lambda w: ("/catalog/categories", {"name": "Things"}))
add("PUT /catalog/categories/{id}", lambda w: (f"/catalog/categories/{w.category()}", {"name": f"New {next(_n)}"}))
add("PATCH /catalog/categories/{id}", WRITES["PUT /catalog/categories/{id}"])
add("DELETE /catalog/categories/{id}", lambda w: (f"/catalog/categories/{w.category()}", None))
add("POST /catalog/items", lambda w: ("/catalog/items", {"sku": "Z-1", "name": "Thing", "unit_price": 100}))
add("PUT /catalog/items/{id}", lambda w: (f"/catalog/items/{w.item()}", {"name": "New"}))
add("PATCH /catalog/items/{id}", WRITES["PUT /catalog/items/{id}"])
add("POST /warehouses", lambda w: ("/warehouses", {"name": "Main"}))
add("PUT /warehouses/{id}", lambda w: (f"/warehouses/{w.warehouse()}", {"name": f"New {next(_n)}"}))
add("PATCH /warehouses/{id}", WRITES["PUT /warehouses/{id}"])
add("POST /stock", lambda w: ("/stock", w.goods()))
add("PUT /stock/{id}", lambda w: (f"/stock/{w.stock()['id']}", {"reorder_point": 3}))
add("PATCH /stock/{id}", WRITES["PUT /stock/{id}"])
add("POST /stock/{id}/adjust", lambda w: (f"/stock/{w.stock()['id']}/adjust", {"quantity": -1, "reason": "Broken"}))
add("POST /stock/receipt", lambda w: ("/stock/receipt", w.goods()))
add("POST /stock/issue", lambda w: ("/stock/issue", w.held()))
add("POST /stock/reserve", lambda w: ("/stock/reserve", w.held()))
add("POST /reservations/{id}/fulfill", lambda w: (f"/reservations/{w.reservation()}/fulfill", None))
add("POST /reservations/{id}/cancel", lambda w: (f"/reservations/{w.reservation()}/cancel", None))


@request_for("POST /stock/transfer")
def _transfer(world: World) -> PathAndBody:
    row = world.held()
    sides = {"from_warehouse_id": row.pop("warehouse_id"), "to_warehouse_id": world.warehouse()}
    return "/stock/transfer", {**row, **sides}


# contracts
add("POST /contracts", lambda w: ("/contracts", {**CONTRACT, "party_id": w.party()}))
add("PUT /contracts/{id}", lambda w: (f"/contracts/{w.contract()}", {"notes": "New"}))
add("PATCH /contracts/{id}", WRITES["PUT /contracts/{id}"])


def _register_contract_action(verb: str, before: tuple[str, ...], sent: Body) -> None:
    add(f"POST /contracts/{{id}}/{verb}", lambda w: (f"/contracts/{w.contract(*before)}/{verb}", sent))


for _verb, _before, _sent in (
    ("submit", (), None),
    ("approve", ("submit",), None),
    ("reject", ("submit",), {"reason": "No"}),
    ("activate", (), None),
    ("terminate", ("activate",), {"reason": "Enough"}),
    ("renew", ("activate",), {"new_end_date": "2095-01-01"}),
):
    _register_contract_action(_verb, _before, _sent)
add("PUT /contracts/{id}/payment-terms", lambda w: (f"/contracts/{w.contract()}/payment-terms", {"penalty_rate": 1}))
add("PATCH /contracts/{id}/payment-terms", WRITES["PUT /contracts/{id}/payment-terms"])
add("PUT /contracts/{id}/delivery-terms", lambda w: (f"/contracts/{w.contract()}/delivery-terms", {"insurance": True}))
add("PATCH /contracts/{id}/delivery-terms", WRITES["PUT /contracts/{id}/delivery-terms"])

# orders, invoices
_ITEM = lambda w: {"item_id": w.item(), "quantity": 2}  # noqa: E731
add("POST /orders", lambda w: ("/orders", {"customer_id": w.party(), "lines": [_ITEM(w)]}))
add("PUT /orders/{id}", lambda w: (f"/orders/{w.order()['id']}", {"notes": "New"}))
add("PATCH /orders/{id}", WRITES["PUT /orders/{id}"])
add("POST /orders/{id}/lines", lambda w: (f"/orders/{w.order()['id']}/lines", _ITEM(w)))
add("PATCH /orders/{id}/status", lambda w: (f"/orders/{w.order()['id']}/status", {"status": "confirmed"}))
add("POST /orders/{id}/invoice", lambda w: (f"/orders/{w.order('confirmed')['id']}/invoice", None))
add("POST /invoices", lambda w: ("/invoices", {"customer_id": w.party(), "due_date": DUE, "lines": [LINE]}))
add("PUT /invoices/{id}", lambda w: (f"/invoices/{w.invoice()['id']}", {"notes": "New"}))
add("PATCH /invoices/{id}", WRITES["PUT /invoices/{id}"])
add("POST /invoices/{id}/lines", lambda w: (f"/invoices/{w.invoice()['id']}/lines", LINE))
add("POST /invoices/{id}/send", lambda w: (f"/invoices/{w.invoice()['id']}/send", None))
add("POST /invoices/{id}/cancel", lambda w: (f"/invoices/{w.invoice('send')['id']}/cancel", None))
add(
    "POST /invoices/{id}/payments",
    lambda w: (f"/invoices/{w.invoice('send')['id']}/payments", {"amount": 100, "method": "card"}),
)
add("POST /invoices/{id}/email", lambda w: (f"/invoices/{w.invoice('send')['id']}/email", None))
add("POST /invoices/{id}/remind", lambda w: (f"/invoices/{w.invoice('send', due_date=PAST)['id']}/remind", None))
add("POST /credit-notes/{id}/email", lambda w: (f"/credit-notes/{w.credit_on_account()}/email", None))
add("POST /orders/{id}/email", lambda w: (f"/orders/{w.order('pending')['id']}/email", None))


@request_for("POST /payments")
def _payment(world: World) -> PathAndBody:
    invoice = world.invoice("send")
    allocations = [{"invoice_id": invoice["id"], "amount": 100}]
    body = {"customer_id": invoice["customer_id"], "amount": 500, "currency": "USD", "method": "card"}
    return "/payments", {**body, "allocations": allocations}


@request_for("POST /payments/{id}/allocate")
def _allocate(world: World) -> PathAndBody:
    invoice = world.invoice("send")
    return f"/payments/{world.payment(invoice['customer_id'])}/allocate", {"invoice_id": invoice["id"]}


@request_for("POST /payments/{id}/unallocate")
def _unallocate(world: World) -> PathAndBody:
    found = world.allocated()
    return f"/payments/{found['id']}/unallocate", {"invoice_id": found["invoice_id"]}


add("POST /payments/{id}/reverse", lambda w: (f"/payments/{w.allocated()['id']}/reverse", {"reason": "A mistake"}))
add(
    "POST /payments/{id}/refund",
    lambda w: (f"/payments/{w.payment(w.party())}/refund", {"amount": 100, "method": "card"}),
)


@request_for("PUT /orders/{id}/lines/{line_id}", "PATCH /orders/{id}/lines/{line_id}")
def _order_line(world: World) -> PathAndBody:
    found = world.order()
    return f"/orders/{found['id']}/lines/{found['lines'][0]['id']}", {"quantity": 5}


@request_for("DELETE /orders/{id}/lines/{line_id}")
def _drop_order_line(world: World) -> PathAndBody:
    return _order_line(world)[0], None


add("POST /invoices/{id}/credit-notes", lambda w: (f"/invoices/{w.invoice('send')['id']}/credit-notes", CREDIT))
add("PUT /credit-notes/{id}", lambda w: (f"/credit-notes/{w.credit_note()}", {"reason": "Late"}))
add("PATCH /credit-notes/{id}", WRITES["PUT /credit-notes/{id}"])
add("DELETE /credit-notes/{id}", lambda w: (f"/credit-notes/{w.credit_note()}", None))
add("POST /credit-notes/{id}/send", lambda w: (f"/credit-notes/{w.credit_note()}/send", None))
add("POST /invoices/{id}/write-off", lambda w: (f"/invoices/{w.invoice('send')['id']}/write-off", {"reason": "Lost"}))


@request_for("POST /invoices/{id}/undo-write-off")
def undo_write_off(w: World) -> PathAndBody:
    path = f"/invoices/{w.invoice('send')['id']}"
    w.chief.post(f"{path}/write-off", {"reason": "Lost"}).ok()
    return f"{path}/undo-write-off", None


@request_for("POST /credit-notes/{id}/refund")
def refund_credit_note(w: World) -> PathAndBody:
    return f"/credit-notes/{w.credit_on_account()}/refund", {"amount": 5, "method": "cash"}


@request_for("POST /credit-notes/{id}/allocate")
def allocate_credit_note(w: World) -> PathAndBody:
    customer_id = w.party()
    invoice = w.invoice("send", customer_id=customer_id)
    return f"/credit-notes/{w.credit_on_account(customer_id)}/allocate", {"invoice_id": invoice["id"]}


@request_for("POST /credit-notes/{id}/unallocate")
def unallocate_credit_note(w: World) -> PathAndBody:
    path, body = allocate_credit_note(w)
    w.chief.post(path, body).ok()
    return path.replace("allocate", "unallocate"), body


@request_for("PUT /invoices/{id}/lines/{line_id}", "PATCH /invoices/{id}/lines/{line_id}")
def _invoice_line(world: World) -> PathAndBody:
    found = world.invoice()
    return f"/invoices/{found['id']}/lines/{found['lines'][0]['id']}", {"unit_price": 5}


@request_for("DELETE /invoices/{id}/lines/{line_id}")
def _drop_invoice_line(world: World) -> PathAndBody:
    return _invoice_line(world)[0], None
