"""Books for tests: made by the verbs that everybody uses."""

import datetime as dt
from typing import Any
from uuid import UUID

from accounting.models import Account, Total
from accounting.services import Posting, create_account, post_entry
from skeleton.core.actors import SYSTEM


def account(code: str, type: str = "asset", **values: Any) -> Account:  # noqa: A002
    """A new account."""
    pk = create_account(values={"code": code, "name": f"Account {code}", "type": type, **values}, actor=SYSTEM)
    return Account.objects.get(pk=pk)


def post(debit: str, credit: str, amount: int, day: str = "2026-03-15", currency: str = "USD", **entry: Any) -> UUID:
    """`amount` minor units from one account to another, by their codes."""
    return post_entry(
        date=dt.date.fromisoformat(day),
        description=entry.pop("description", "A test posting"),
        currency=currency,
        lines=[Posting(debit, debit=amount), Posting(credit, credit=amount)],
        actor=SYSTEM,
        **entry,
    )


def net(code: str, currency: str = "USD") -> int:
    """Debits less credits ever posted to the account, in minor units."""
    found = Total.objects.filter(account__code=code, currency=currency).first()
    return int(found.debit - found.credit) if found else 0
