"""Services of tax codes: create, change and seed them."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounting.choices import TAX_TYPES, Role
from accounting.models import Account
from accounting.queries import TAKES_POSTINGS
from accounting.services.accounts import find_account
from accounting.tax_code_models import TaxCode
from accounting.tax_codes.dataset import tax_codes_of_country
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text


def create_tax_code(*, values: dict[str, Any], actor: Actor) -> UUID:
    """Create a tax code. `values["account"]` is an id, a code or None. Raises Invalid, Conflict (the code is taken)."""
    fields = _with_account(values)
    with audited_transaction(actor, "create"):
        return TaxCode.objects.create(**fields).pk


def update_tax_code(*, tax_code_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Update a tax code with `values`. Raises NotFound, Invalid, Conflict.

    Once a document uses it, its category, rate, exemption and account can't be changed (409). Items follow its rate.
    """
    with audited_transaction(actor, "update"):
        code = locked_for_update(TaxCode.objects.all(), tax_code_id)
        save_changes(code, _with_account(values, kept=code.account_id))


def seed_tax_codes(country: str) -> int:
    """Create the tax codes of a country whose codes aren't taken, and return their number. Others stay as they are."""
    made = 0
    with audited_transaction(SYSTEM, "seed"):
        for fields in tax_codes_of_country(country):
            _code, created = TaxCode.objects.get_or_create(code=fields["code"], defaults=fields)
            made += created
    return made


def _with_account(values: dict[str, Any], *, kept: UUID | None = None) -> dict[str, Any]:
    """Return `values` with the account itself. Raises Invalid unless tax can be posted to it, or it is `kept`."""
    if values.get("account") is None:
        return values
    account = find_account(values["account"], field="account_id")
    if account and account.pk != kept and (told := _account_fault(account)):
        raise Invalid(details={"account_id": format_text(told, code=account.code)})
    return {**values, "account": account}


def _account_fault(account: Account) -> Text | None:
    """Return why tax can't be posted to this account, if so."""
    if not _takes_tax(account):
        return _("Account {code} is not one for taxes: choose a liability or an asset of its own.")
    if not account.is_active:
        return _("Account {code} is inactive.")
    if not Account.objects.filter(TAKES_POSTINGS, pk=account.pk).exists():
        return _("Account {code} has sub-accounts. Post to one of them.")
    return None


def _takes_tax(account: Account) -> bool:
    others = [role.code for role in Role if role != Role.TAX]
    return account.type in TAX_TYPES and account.code not in others
