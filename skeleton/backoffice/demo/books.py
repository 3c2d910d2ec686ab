"""The books of the company before its first day here, and the closing of its years."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from accounting.fiscal_years import fiscal_year_of
from accounting.services import close_year
from billing.services.opening import Balance, take_over
from billing.services.opening_invoices import OpenInvoice
from skeleton.backoffice.demo.world import Buyer, World
from skeleton.kernel.days import day_of, today

CAPITAL = 60_000_000


def open_books(world: World) -> list[UUID]:
    """Take over the bank account and two open invoices of the earlier system. Returns the invoices' ids."""
    balances: list[Balance] = [{"account": "1200", "debit": CAPITAL}]
    invoices = [_open_invoice(number, buyer) for number, buyer in enumerate(world.buyers[:2], 811)]
    opening = take_over(balances=balances, invoices=invoices, actor=world.random_writer())
    return [invoice["id"] for invoice in opening.invoices]


def _open_invoice(number: int, buyer: Buyer) -> OpenInvoice:
    base = number * 100
    tax = base * buyer.tax // 100
    return {
        "customer_id": buyer.id,
        "number": f"R-{today().year}-{number:04}",
        "issue_date": today() - dt.timedelta(days=20),
        "due_date": today() + dt.timedelta(days=10),
        "amount": base + tax,
        "currency": buyer.currency,
        "tax": [{"tax_rate": Decimal(buyer.tax), "base": base, "tax": tax}],
    }


def close_first_year(world: World) -> None:
    """Close the fiscal year in which the books were opened, once it is over. The next one is left to try it."""
    first = fiscal_year_of(day_of(world.start))
    if first.last < today():
        close_year(year=first.year, actor=world.random_writer())
