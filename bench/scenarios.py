"""The benchmark scenarios: their requests and their targets."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.database import BLACKLISTED, CUSTOMER, INACTIVE, row_id
from bench.servers import FLOOR, OURS, PEER, STOCK


@dataclass(frozen=True)
class Request:
    """A request."""

    path: str
    method: str = "GET"
    body: bytes | None = None

    def raw(self, token: str) -> bytes:
        """Return the raw HTTP request."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        if self.body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode() + (self.body or b"")


@dataclass(frozen=True)
class Targets:
    """Target ratios of CPU time per request: at most, ours to the floor's; at least, stock's and the peer's to ours.

    `rate` is the minimum ratio of our requests per second to stock's. None means no target.
    """

    floor: float | None = None
    stock: float | None = None
    peer: float | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Scenario:
    """Requests that are sent in turn. `differs` lists keys, at any depth, whose values differ between responses.

    `then` are sent after each of them, with the id of what it created in place of `{id}`, and measured with it.
    """

    name: str
    title: str
    requests: Callable[[int], list[Request]]  # takes the number of customers
    targets: Targets
    status: int = 200
    differs: frozenset[str] = frozenset()
    servers: tuple[str, ...] = (FLOOR, OURS, STOCK, PEER)
    clients: int = 8
    then: tuple[Request, ...] = ()


def customer_pages(customers: int) -> list[Request]:
    pages = min(10, customers // 20)
    return [Request(f"/api/v1/customers?page={page}&limit=20") for page in range(1, pages + 1)]


def single_customers(customers: int) -> list[Request]:
    step = max(1, customers // 100)
    return [Request(f"/api/v1/customers/{row_id(i, CUSTOMER)}") for i in range(1, customers + 1, step)]


def invoice_pages(customers: int) -> list[Request]:
    pages = min(10, customers // 100)
    return [Request(f"/api/v1/invoices?status=sent&page={page}&limit=20") for page in range(1, pages + 1)]


def order_pages(customers: int) -> list[Request]:
    pages = min(10, customers // 100)
    return [Request(f"/api/v1/orders?status=pending&page={page}&limit=20") for page in range(1, pages + 1)]


def stock_pages(customers: int) -> list[Request]:
    pages = min(10, customers // 20)
    return [Request(f"/api/v1/stock?page={page}&limit=20") for page in range(1, pages + 1)]


def new_invoices(customers: int) -> list[Request]:
    usable = (i for i in range(1, customers + 1) if i % INACTIVE and i % BLACKLISTED)
    return [Request("/api/v1/invoices", "POST", new_invoice(i)) for i, _ in zip(usable, range(100), strict=False)]


def new_invoice(i: int) -> bytes:
    """Return an invoice with two lines at two tax rates, a fractional quantity and a half cent to round."""
    lines = [
        {"description": "Consulting", "quantity": 2.5, "unit_price": 1001 + i, "tax_rate": 20},
        {"description": "Licence", "quantity": 3, "unit_price": 2500 + i, "discount": 10, "tax_rate": 7.5},
    ]
    asked = {"customer_id": str(row_id(i, CUSTOMER)), "due_date": "2099-12-31", "notes": "Net 30", "lines": lines}
    return json.dumps(asked).encode()


def solvent_invoices(customers: int) -> list[Request]:
    """Return invoices of 107.50, payable, one for each active customer without a credit limit."""
    line = {"description": "Consulting", "quantity": 1, "unit_price": 10_000, "tax_rate": 7.5}
    usable = (i for i in range(50, customers + 1, 50) if i % INACTIVE and i % BLACKLISTED)
    asked = ({"customer_id": str(row_id(i, CUSTOMER)), "due_date": "2099-12-31", "lines": [line]} for i in usable)
    return [Request("/api/v1/invoices", "POST", json.dumps(body).encode()) for body in asked]


NEW = frozenset({"id", "number", "created_at", "updated_at"})

SCENARIOS = (
    Scenario("customers", "list of 20 customers, page with total", customer_pages, Targets(2.0, 5.0, 3.0)),
    Scenario("invoices", "list of 20 invoices with filter and customer name", invoice_pages, Targets(2.0, 5.0, 3.0)),
    Scenario("orders", "list of 20 orders with filter and customer name", order_pages, Targets(2.0, 5.0, 3.0)),
    Scenario("stock", "list of 20 stock rows with item and warehouse names", stock_pages, Targets(2.0, 5.0, 3.0)),
    Scenario("customer", "read one customer", single_customers, Targets(2.5, 4.5, 2.0)),
    Scenario(
        "invoice", "create an invoice with two lines", new_invoices, Targets(3.5, 3.0, 1.0), status=201, differs=NEW
    ),
    Scenario(
        "numbers",
        "numbers from one series, 16 clients",
        new_invoices,
        Targets(rate=3.0),
        status=201,
        differs=NEW,
        servers=(OURS, STOCK),
        clients=16,
    ),
)

SETTLED = Scenario(
    "settled",
    "create an invoice, send it and record its payment",
    solvent_invoices,
    Targets(),
    status=201,
    then=(
        Request("/api/v1/invoices/{id}/send", "POST"),
        Request("/api/v1/invoices/{id}/payments", "POST", b'{"amount": 10750, "method": "cash"}'),
    ),
)
"""What only our own versions are compared by."""
