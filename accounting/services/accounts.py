"""Services of the chart of accounts: create, change and seed accounts."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounting.chart import chart_accounts
from accounting.choices import AccountType
from accounting.models import Account
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import require_in_use
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import audited_transaction


def create_account(*, values: dict[str, Any], actor: Actor) -> UUID:
    """Create an account. `values["parent"]` is an id or a code. Raises Invalid, Conflict (the code is taken)."""
    require_in_use(values)
    parent = find_account(values.pop("parent", None), field="parent_id")
    _require_same_type(values["type"], parent)
    with audited_transaction(actor, "create"):
        return Account.objects.create(**values, parent=parent).pk


def update_account(*, account_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Update an account with `values`. `parent` is an id, a code or None. Raises NotFound, Invalid, Conflict.

    Type and currency can't be changed once the account has postings (409), nor can the type if it has sub-accounts.
    """
    with audited_transaction(actor, "update"):
        account = locked_for_update(Account.objects.all(), account_id)
        if "parent" in values:
            values["parent"] = find_account(values["parent"], field="parent_id")
        if values.get("parent") or "type" in values:
            _require_same_type(values.get("type", account.type), values.get("parent", account.parent))
        save_changes(account, values)


def find_account(reference: UUID | str | None, *, field: str) -> Account | None:
    """Return the account with this id or code. Raises Invalid for `field` if there is none."""
    if reference is None:
        return None
    named = Q(pk=reference) if isinstance(reference, UUID) else Q(code=reference)
    account = Account.objects.filter(named).first()
    if account is None:
        raise Invalid(details={field: _("Unknown account.")})
    return account


def _require_same_type(type_: str, parent: Account | None) -> None:
    if parent and parent.type != type_:
        raise Invalid(
            details={
                "parent_id": format_text(
                    _("Account {code} is of type {parent_type}, this one of {type_}."),
                    code=parent.code,
                    parent_type=Label(AccountType(parent.type).label),
                    type_=Label(AccountType(type_).label),
                )
            }
        )


def seed_chart() -> int:
    """Create the accounts of the default chart whose codes aren't taken, and return their number."""
    made = 0
    with audited_transaction(SYSTEM, "seed"):
        for seed in chart_accounts():
            parent = Account.objects.filter(code=seed.parent, type=seed.type).first() if seed.parent else None
            _, created = Account.objects.get_or_create(
                code=seed.code, defaults={"name": seed.name, "type": seed.type, "parent": parent}
            )
            made += created
    return made
