"""What is measured: requests by scenario, and the figures that each must reach."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.database import CUSTOMER, row_id


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    method: str = "GET"
    body: bytes | None = None

    def raw(self, token: str) -> bytes:
        """As it goes over the wire."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        if self.body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode() + (self.body or b"")


@dataclass(frozen=True)
class Targets:
    """Ratios of CPU time per request: ours to the floor's at most, stock's and the peer's to ours at least."""

    floor: float
    stock: float
    peer: float


@dataclass(frozen=True)
class Scenario:
    """Requests that are sent in turn. `differs` are the keys, at any depth, whose values no two answers share."""

    name: str
    title: str
    asks: Callable[[int], list[Ask]]  # takes the number of customers
    targets: Targets
    status: int = 200
    differs: frozenset[str] = field(default_factory=frozenset)


def customer_pages(customers: int) -> list[Ask]:
    pages = min(10, customers // 20)
    return [Ask(f"/api/v1/customers?page={page}&limit=20") for page in range(1, pages + 1)]


def single_customers(customers: int) -> list[Ask]:
    step = max(1, customers // 100)
    return [Ask(f"/api/v1/customers/{row_id(i, CUSTOMER)}") for i in range(1, customers + 1, step)]


SCENARIOS = (
    Scenario("customers", "list of 20 customers, page with total", customer_pages, Targets(2.0, 5.0, 3.0)),
    Scenario("customer", "read one customer", single_customers, Targets(2.5, 4.5, 2.0)),
)
