"""Takes over balances and open invoices from an earlier system.

The balances are posted against the account of opening balances, and so is each open invoice: receivables against it,
without revenue or tax, since the earlier system had both. Imported invoices are paid, credited and written off like
others. Corrections of their tax are posted, and in the VAT report.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounting.choices import RESULT_TYPES, EntryKind, Role, SourceType
from accounting.models import Account
from accounting.queries import TAKES_POSTINGS, control_account_codes
from accounting.services import NewEntry, Posting
from billing.services.books import imported, post
from billing.services.opening_invoices import OpenInvoice, insert_open_invoices
from skeleton.company.queries import default_currency
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use, within_int64
from skeleton.kernel.text import format_text
from skeleton.kernel.time_limits import require_from_1900
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text


class Balance(TypedDict):
    """An opening balance: either `debit` or `credit`, in minor units, of the account with this id or code."""

    account: UUID | str
    debit: NotRequired[int | None]
    credit: NotRequired[int | None]
    currency: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Opening:
    """What was taken over: the id of the opening, its day, its entries, and the invoices by number."""

    id: UUID
    date: dt.date
    entry_ids: list[UUID]
    invoices: list[dict[str, Any]]


def take_over(
    *,
    actor: Actor,
    date: dt.date | None = None,
    balances: Sequence[Balance] = (),
    invoices: Sequence[OpenInvoice] = (),
) -> Opening:
    """Post opening balances and import open invoices on `date`: today, which is the default, or earlier.

    What the balances of a currency lack is posted to the account of opening balances. Raises Invalid (nothing to take
    over, control accounts, unknown accounts, customers or tax codes, amounts that don't add up, dates, numbers that are
    taken); Conflict (a closed day, it can't be posted).
    """
    if not balances and not invoices:
        raise Invalid(details={"balances": _("Give balances or open invoices.")})
    day = date or today()
    require_from_1900(day, field="date")
    if day > today():  # the open invoices could be settled, credited and written off on later days only
        raise Invalid(details={"date": _("Must not be in the future.")})
    opening_id = uuid7()
    with audited_transaction(actor, "open"):
        rows = insert_open_invoices(invoices, day=day, actor=actor)
        entries = _balance_entries(balances, opening_id, day)
        entry_ids = post([*entries, *(imported(row) for row in rows)], actor=actor)
    taken_over = [
        {"id": row.pk, "number": row.number, "customer_id": row.customer_id, "amount": row.total} for row in rows
    ]
    return Opening(opening_id, day, entry_ids[: len(entries)], taken_over)


# --- balances ---------------------------------------------------------------------------------------------------------


def _balance_entries(balances: Sequence[Balance], opening_id: UUID, day: dt.date) -> list[NewEntry]:
    """Return an entry for each currency. Raises Invalid, with the balance (`balances.0.account_id`)."""
    usual = default_currency()
    postings = [
        Posting(
            account=balance["account"],
            debit=balance.get("debit") or 0,
            credit=balance.get("credit") or 0,
            currency=balance.get("currency") or usual,
        )
        for balance in balances
    ]
    _require_usable(postings)
    by_currency = sorted(postings, key=_currency_of)
    return [
        _balance_entry(currency, list(lines), opening_id, day)
        for currency, lines in groupby(by_currency, key=_currency_of)
    ]


def _currency_of(posting: Posting) -> str:
    return str(posting.currency)


def _balance_entry(currency: str, lines: list[Posting], opening_id: UUID, day: dt.date) -> NewEntry:
    rest = sum(line.debit - line.credit for line in lines)
    within_int64(abs(rest), field="balances")
    if rest:
        lines.append(Posting(Role.OPENING.code, debit=max(-rest, 0), credit=max(rest, 0), currency=currency))
    return NewEntry(
        date=day,
        description="Opening balances",
        lines=lines,
        currency=currency,
        source_type=SourceType.OPENING,
        source_id=opening_id,
        purpose=currency,
        kind=EntryKind.OPENING,
    )


def _require_usable(postings: Sequence[Posting]) -> None:
    """Raise Invalid, with every balance that has not one side, or whose account is unknown or doesn't take it."""
    ids = [line.account for line in postings if isinstance(line.account, UUID)]
    codes = [line.account for line in postings if isinstance(line.account, str)]
    accounts: dict[UUID | str, Any] = {}
    control = control_account_codes()
    for account in Account.objects.filter(Q(pk__in=ids) | Q(code__in=codes)).annotate(takes_postings=TAKES_POSTINGS):
        accounts |= {account.pk: account, account.code: account}
    wrong: dict[str, Text] = {}
    for index, line in enumerate(postings):
        require_in_use({"currency": line.currency}, path=f"balances.{index}.")
        if (line.debit > 0) == (line.credit > 0):
            wrong[f"balances.{index}.debit"] = _("Exactly one of debit and credit must be over 0.")
        elif fault := _account_fault(accounts.get(line.account), line, control):
            wrong[f"balances.{index}.account_id"] = fault
    if wrong:
        raise Invalid(next(iter(wrong.values())), details=wrong)


def _account_fault(account: Any, line: Posting, control: Collection[str]) -> Text | None:
    """Return why there can't be an opening balance of this account, if so. `control` are the control accounts."""
    if account is None:
        return format_text(_("Unknown account: {account}."), account=str(line.account))
    told: Text | None = None
    if account.code in control:
        told = _("Account {code} is kept by documents. Give the open invoices instead of its balance.")
    elif account.code == Role.OPENING.code:
        told = _("Account {code} takes what the balances lack. Leave it out.")
    elif account.type in RESULT_TYPES:
        told = _(
            "Account {code} is for revenue or expenses. Books are opened with assets, liabilities and equity only."
        )
    elif not account.is_active:
        told = _("Account {code} is inactive.")
    elif not account.takes_postings:
        told = _("Account {code} has sub-accounts. Post to one of them.")
    elif account.currency and account.currency != line.currency:
        told = _("Account {code} takes {currency} only.")
    return format_text(told, code=account.code, currency=account.currency) if told else None
