"""Accounting data for tests, created by the services."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import connection

from accounting.choices import PARTY_ACCOUNTS
from accounting.models import Account, Total
from accounting.services import Posting, create_account, post_entry
from accounting.services.tax_codes import create_tax_code
from accounting.tax_code_models import TaxCode
from parties.choices import PartyKind
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.roles import as_owner, without_triggers

_numbers = count(1)


def account(code: str, type: str = "asset", **values: Any) -> Account:  # noqa: A002
    """Create an account."""
    pk = create_account(values={"code": code, "name": f"Account {code}", "type": type, **values}, actor=SYSTEM)
    return Account.objects.get(pk=pk)


def legacy_child(code: str, type: str = "asset", *, parent: str, **values: Any) -> Account:  # noqa: A002
    """Create an account below one that has postings, as it was possible before they excluded each other."""
    above = Account.objects.get(code=parent)
    if not above.totals.exists():
        currency = above.currency or "USD"
        post(parent, "3100", 1, currency=currency)
        post("3100", parent, 1, currency=currency)
    made = account(code, type, **values)
    with without_triggers() as cursor:
        cursor.execute("UPDATE accounting_account SET parent_id = %s WHERE id = %s", [above.pk, made.pk])
    made.refresh_from_db()
    return made


def tax_code(code: str | None = None, category: str = "S", rate: Any = None, **values: Any) -> TaxCode:
    """Create a tax code. Those of other categories than S and Z get an exemption reason."""
    fields: dict[str, Any] = {
        "code": code or f"T-{next(_numbers)}",
        "name": {"en": "A tax"},
        "category": category,
        "rate": Decimal(str(rate if rate is not None else 19 if category == "S" else 0)),
        **values,
    }
    if category not in ("S", "Z"):
        fields.setdefault("exemption_reason", {"en": f"Reason {category}", "de": f"Grund {category}"})
    return TaxCode.objects.get(pk=create_tax_code(values=fields, actor=SYSTEM))


def post(debit: str, credit: str, amount: int, day: str = "2026-03-15", currency: str = "USD", **entry: Any) -> UUID:
    """Post `amount` minor units from one account to another, given by code."""
    return post_entry(
        date=dt.date.fromisoformat(day),
        description=entry.pop("description", "A test posting"),
        currency=currency,
        lines=[by_hand(debit, debit=amount), by_hand(credit, credit=amount)],
        actor=SYSTEM,
        **entry,
    )


def by_hand(account: str, **amounts: Any) -> Posting:
    """Return a line that even a control account accepts, with a party if the account needs one."""
    party = somebody() if account in {role.code for role in PARTY_ACCOUNTS} else None
    return Posting(account, party=party, override=True, **amounts)


def somebody() -> UUID:
    """Return the id of a customer, who is created if there is none."""
    fields = {"kind": PartyKind.CUSTOMER, "name": "Somebody", "email": "somebody@example.com", "currency": "USD"}
    return (Party.objects.filter(**fields).first() or Party.objects.create(**fields)).pk


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
