"""Services of the chart of accounts: create, change and seed accounts."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounting.chart import chart_accounts
from accounting.choices import TAX_TYPES, AccountType, Role
from accounting.models import Account, Total
from accounting.tax_code_models import TaxCode
from skeleton.db.locks import locked_for_update, rows_locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.money import require_in_use
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import audited_transaction

_TAKES_CHILDREN = ~Exists(TaxCode.objects.filter(account=OuterRef("pk"))) & (
    ~Exists(Total.objects.filter(account=OuterRef("pk"))) | Exists(Account.objects.filter(parent=OuterRef("pk")))
)


def create_account(*, values: dict[str, Any], actor: Actor) -> UUID:
    """Create an account. `values["parent"]` is an id or a code.

    Raises Invalid; Conflict (the code is taken, the parent gets no sub-accounts).
    """
    require_in_use(values)
    parent = find_account(values.pop("parent", None), field="parent_id")
    _require_same_type(values["type"], parent)
    with audited_transaction(actor, "create"):
        _require_takes_children(parent)
        return Account.objects.create(**values, parent=parent).pk


def update_account(*, account_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Update an account with `values`. `parent` is an id, a code or None. Raises NotFound, Invalid, Conflict.

    Type and currency can't be changed once the account has postings (409), nor can the type if it has sub-accounts. An
    account with postings gets no sub-accounts (409). One that the settings name or a tax code posts to gets none
    either, and is not deactivated.
    """
    with audited_transaction(actor, "update"):
        if "parent" in values:
            values["parent"] = find_account(values["parent"], field="parent_id")
            of_both = [account_id, *([values["parent"].pk] if values["parent"] else [])]
            rows_locked_for_update(Account.objects.filter(pk__in=of_both), no_key=True)
        account = locked_for_update(Account.objects.all(), account_id)
        if values.get("parent") and values["parent"].pk != account.parent_id:
            _require_takes_children(values["parent"])
        if values.get("parent") or "type" in values:
            _require_same_type(values.get("type", account.type), values.get("parent", account.parent))
        _require_still_fits(account, values)
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


def _require_takes_children(parent: Account | None) -> None:
    """Raise Conflict if the account gets no sub-accounts. One that has both has had them before this rule."""
    if parent is None:
        return
    if parent.code in {role.code for role in Role}:
        told = _("Account {code} gets no sub-accounts: the settings name it for postings.")
    elif named := _tax_codes_of(parent):
        told = _("Account {code} gets no sub-accounts: tax codes post to it ({tax_codes}).")
        message = format_text(told, code=parent.code, tax_codes=named)
        raise Conflict(message, details={"parent_id": message})
    elif not Account.objects.filter(_TAKES_CHILDREN, pk=parent.pk).exists():
        told = _("Account {code} gets no sub-accounts: it has postings.")
    else:
        return
    raise Conflict(format_text(told, code=parent.code), details={"parent_id": format_text(told, code=parent.code)})


def _require_still_fits(account: Account, values: dict[str, Any]) -> None:
    """Raise Conflict if documents, which post to the account, could no longer do so."""
    deactivated = account.is_active and not values.get("is_active", True)
    of_role = next((role for role in Role if role.code == account.code), None)
    type_ = values.get("type", account.type)
    if not deactivated and type_ == account.type:
        return
    field = "is_active" if deactivated else "type"
    if of_role and (deactivated or type_ != of_role.type):
        told = _("The settings name account {code} for postings. It stays active and keeps its type.")
        message = format_text(told, code=account.code)
    elif (named := _tax_codes_of(account)) and (deactivated or type_ not in TAX_TYPES):
        told = _(
            "Tax codes post to account {code} ({tax_codes}). It stays active and keeps its type while they name it."
        )
        message = format_text(told, code=account.code, tax_codes=named)
    else:
        return
    raise Conflict(message, details={field: message})


def _tax_codes_of(account: Account) -> str:
    """Return the tax codes that post to the account, separated by commas."""
    return ", ".join(TaxCode.objects.filter(account=account).order_by("code").values_list("code", flat=True))


def seed_chart() -> int:
    """Create the accounts of the default chart whose codes aren't taken, and return their number.

    A parent that has postings, or that a tax code posts to, gets no sub-accounts, so they are created beside it.
    """
    made = 0
    with audited_transaction(SYSTEM, "seed"):
        for seed in chart_accounts():
            parents = Account.objects.filter(code=seed.parent, type=seed.type).filter(_TAKES_CHILDREN)
            parent = parents.first() if seed.parent else None
            _, created = Account.objects.get_or_create(
                code=seed.code, defaults={"name": seed.name, "type": seed.type, "parent": parent}
            )
            made += created
    return made
