"""The functions of `test_stories.py`: what clerks do over the API, and what an accountant reads afterwards."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from beancount import loader
from beancount.core import realization
from beancount.core.data import Open
from django.core.management import call_command

from billing.tests.factories import customer
from inventory.tests.factories import item, stocked
from skeleton.kernel.types import Values
from skeleton.testkit.client import Answer, ApiClient

DUE = "2099-02-15"
CURRENCY = "USD"

Document = Values
Movement = tuple[str, int]
"""A line of a statement: its kind and its amount, over 0 if it adds to what the customer owes."""


def _shown(answer: Answer, status: int = 200) -> Document:
    shown: Document = answer.ok(status)
    return shown


class Bookkeeping:
    """A company without documents. Amounts are in cents; an account's balance is its debits less its credits."""

    def __init__(self, api: ApiClient, directory: Path) -> None:
        self.api = api
        self.directory = directory

    # --- what clerks do -----------------------------------------------------------------------------------------------

    def customer(self, name: str) -> str:
        return str(customer(name=name).pk)

    def goods(self, *, in_stock: int, price: int, tax: int) -> str:
        """Create an item and put it into stock."""
        made = item(unit_price=price, tax_rate=tax)
        self.warehouse = str(stocked(in_stock, item_id=made).warehouse_id)
        return str(made)

    def order(self, who: str, what: str, quantity: int, *statuses: str) -> Document:
        lines = [{"item_id": what, "quantity": quantity}]
        made: Document = self.api.post("/orders", {"customer_id": who, "lines": lines}).ok(201)
        for status in statuses:
            made = self.change(made, status)
        return made

    def change(self, order: Document, status: str) -> Document:
        return _shown(self.api.patch(f"/orders/{order['id']}/status", {"status": status}))

    def bill(self, order: Document) -> Document:
        """Invoice an order and send the invoice."""
        return self.send(self.api.post(f"/orders/{order['id']}/invoice").ok(201))

    def invoice(self, who: str, *lines: tuple[int, int, int], due: str = DUE, **sending: Any) -> Document:
        """Send an invoice. Each line is a quantity, a price and a tax rate."""
        values = [
            {
                "description": "Services",
                "quantity": quantity,
                "unit_price": price,
                "tax_rate": rate,
                "currency": CURRENCY,
            }
            for quantity, price, rate in lines
        ]
        made = self.api.post("/invoices", {"customer_id": who, "due_date": due, "lines": values}).ok(201)
        return self.send(made, **sending)

    def send(self, invoice: Document, **sending: Any) -> Document:
        return _shown(self.api.post(f"/invoices/{invoice['id']}/send", sending or None))

    def pay(self, invoice: Document, amount: int, method: str = "bank_transfer") -> Document:
        """Record a payment of an invoice."""
        body = {"amount": amount, "method": method}
        recorded = self.api.post(f"/invoices/{invoice['id']}/payments", body).ok(201)
        return self.payment(recorded["id"])

    def receive(self, who: str, amount: int, **values: Any) -> Document:
        """Record a transfer of a customer."""
        body = {"customer_id": who, "amount": amount, "currency": CURRENCY, "method": "bank_transfer", **values}
        return _shown(self.api.post("/payments", body), 201)

    def credit(self, invoice: Document, reason: str, *lines: Values) -> Document:
        """Issue a credit note of some lines, or of all that is left."""
        body: Values = {"reason": reason, "send": True}
        if lines:
            body["lines"] = list(lines)
        return _shown(self.api.post(f"/invoices/{invoice['id']}/credit-notes", body), 201)

    def returned(self, invoice: Document) -> list[Values]:
        """Return lines that credit all of an invoice and take the goods back into stock."""
        return [
            {"invoice_line_id": line["id"], "quantity": line["quantity"], "restock_warehouse_id": self.warehouse}
            for line in self.seen(invoice)["lines"]
        ]

    def act(self, kind: str, document: Document, action: str, **body: Any) -> Document:
        """Do something with a document: `act("payments", payment, "reverse", reason="Typo")`."""
        path = f"/{kind}/{document['id']}/{action}"
        return _shown(self.api.post(path, body), 201 if action == "refund" else 200)

    # --- what an accountant reads -------------------------------------------------------------------------------------

    def seen(self, invoice: Document) -> Document:
        return _shown(self.api.get(f"/invoices/{invoice['id']}"))

    def payment(self, pk: str) -> Document:
        return _shown(self.api.get(f"/payments/{pk}"))

    def invoiced(self, order: Document) -> tuple[str, int]:
        """Return the status of an order, and what of it is invoiced."""
        now = self.api.get(f"/orders/{order['id']}").ok()
        return now["status"], now["invoiced_total"]

    def stock(self, what: str) -> tuple[int, int]:
        """Return the quantity of an item in stock, and how much of it is reserved."""
        (row,) = self.api.get("/stock", item_id=what).ok()["items"]
        return row["quantity"], row["reserved"]

    def ledger(self) -> dict[str, int]:
        """Return the balances by the name of the account, without those of 0."""
        currencies = self.api.get("/reports/trial-balance").ok()["currencies"]
        found = {row["name"]: row["debit"] - row["credit"] for part in currencies for row in part["accounts"]}
        return {name: balance for name, balance in found.items() if balance}

    def statement(self, who: str) -> Values:
        (found,) = self.api.get(f"/customers/{who}/statement").ok()["currencies"]
        return dict(found)

    def balance(self, who: str) -> tuple[int, int]:
        """Return what a customer owes, and what is on account."""
        found = self.api.get(f"/customers/{who}/balance").ok()["data"]
        return (found[0]["open"], found[0]["on_account"]) if found else (0, 0)

    def aged(self) -> dict[str, int]:
        currencies = self.api.get("/reports/receivables-aging").ok()["currencies"]
        return {one["customer_id"]: one["total"] for part in currencies for one in part["customers"]}

    # --- what must agree at the end -----------------------------------------------------------------------------------

    def closes(self, *, ledger: dict[str, int], statements: dict[str, list[Movement]]) -> None:
        """Check that ledger and statements are as expected, and that everything agrees with the documents."""
        assert self.ledger() == ledger
        owed, held = Counter[str](), Counter[str]()
        for who, movements in statements.items():
            self._require_statement(who, movements)
            owed[who], held[who] = self._owed(who), self._held(who)
            assert self.balance(who) == (owed[who], held[who])
        assert self.aged() == {who: amount for who, amount in owed.items() if amount}
        assert ledger.get("Accounts receivable", 0) == owed.total()
        assert ledger.get("Customer advances", 0) == -held.total()
        call_command("verify_books", stdout=(self.directory / "verified").open("w"))
        self._require_beancount_agrees(ledger)

    def _require_statement(self, who: str, movements: list[Movement]) -> None:
        found = self.statement(who)
        assert [(line["kind"], line["debit"] - line["credit"]) for line in found["lines"]] == movements
        assert found["closing"] == sum(amount for _, amount in movements) == found["open"] - found["on_account"]
        assert (found["open"], found["on_account"]) == self.balance(who)

    def _owed(self, who: str) -> int:
        """Add up what is due on the customer's invoices. What settles each adds up to the rest."""
        listed = self.api.get("/invoices", customer_id=who, limit=100).ok()["items"]
        for invoice in map(self.seen, listed):
            settled = sum(one["amount"] for one in invoice["settlements"])
            assert invoice["amount_due"] == invoice["total"] - settled
        return sum(invoice["amount_due"] for invoice in listed)

    def _held(self, who: str) -> int:
        """Add up what is on account of the customer's payments and credit notes."""
        sources: tuple[tuple[str, Values], ...] = (("/payments", {"reversed": "false"}), ("/credit-notes", {}))
        return sum(
            one["unallocated"]
            for path, narrowed in sources
            for one in self.api.get(path, customer_id=who, limit=100, **narrowed).ok()["items"]
        )

    def _require_beancount_agrees(self, ledger: dict[str, int]) -> None:
        """Check that Beancount accepts the export, balance assertions included, and has the same balances."""
        path = self.directory / "journal.beancount"
        call_command("export_beancount", output=path)
        entries, errors, _options = loader.load_file(str(path))
        assert errors == []
        names = {entry.account: entry.meta["name"] for entry in entries if isinstance(entry, Open)}
        balances = {
            names[leaf.account]: int(position.units.number * Decimal(100))
            for leaf in realization.iter_children(realization.realize(entries))
            for position in leaf.balance
        }
        assert balances == ledger
