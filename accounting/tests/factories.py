"""Accounting data for tests, created by the services."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import connection

from accounting.models import Account, Total
from accounting.services import Posting, create_account, post_entry
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.roles import as_owner


def account(code: str, type: str = "asset", **values: Any) -> Account:  # noqa: A002
    """Create an account."""
    pk = create_account(values={"code": code, "name": f"Account {code}", "type": type, **values}, actor=SYSTEM)
    return Account.objects.get(pk=pk)


def post(debit: str, credit: str, amount: int, day: str = "2026-03-15", currency: str = "USD", **entry: Any) -> UUID:
    """Post `amount` minor units from one account to another, given by code."""
    return post_entry(
        date=dt.date.fromisoformat(day),
        description=entry.pop("description", "A test posting"),
        currency=currency,
        lines=[Posting(debit, debit=amount), Posting(credit, credit=amount)],
        actor=SYSTEM,
        **entry,
    )


@contextmanager
def legacy_dates() -> Iterator[None]:
    """Disable the limit on future dates, so that entries of any year can be posted."""
    toggle = "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE accounting_entry {} TRIGGER accounting_entry_date_ahead"
    with patch("accounting.services.entries.require_within_a_year"), connection.cursor() as cursor:
        with as_owner():
            cursor.execute(toggle.format("DISABLE"))
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        with as_owner():
            cursor.execute(toggle.format("ENABLE"))
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def net(code: str, currency: str = "USD") -> int:
    """Return debits minus credits of everything posted to the account, in minor units."""
    found = Total.objects.filter(account__code=code, currency=currency).first()
    return int(found.debit - found.credit) if found else 0
