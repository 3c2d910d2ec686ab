"""Services of journal entries: they are posted once, and undone only by a mirror entry.

PostgreSQL checks everything again (`sql/0002_guards.sql`). The checks here exist for their messages.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounting.choices import PARTY_ACCOUNTS, AccountType, EntryKind, Role, SourceType
from accounting.descriptions import default_reversal, words_of_document
from accounting.models import Entry, Line
from accounting.queries import control_account_codes
from parties.models import Party
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import Conflict, DomainError, Invalid, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use, within_int64
from skeleton.kernel.preconditions import check_precondition
from skeleton.kernel.text import Label, Money, format_text
from skeleton.kernel.time_limits import require_within_a_year
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text

BELONGS_TO_DOCUMENT = _("This transaction belongs to a document. {undo}")


@dataclass(frozen=True, slots=True)
class Posting:
    """A line to post to the account with this id or code: either `debit` or `credit`, in minor units above 0.

    By hand, a line on a control account needs `override`, and on receivables and advances a `party`.
    """

    account: UUID | str
    debit: int = 0
    credit: int = 0
    currency: str | None = None
    description: str | None = None
    party: UUID | None = None
    override: bool = False


def posting_of(line: Mapping[str, Any]) -> Posting:
    """Return a line that `TransactionLineInputSerializer` has validated."""
    return Posting(
        account=line["account"],
        debit=line.get("debit") or 0,
        credit=line.get("credit") or 0,
        currency=line.get("currency"),
        description=line.get("description"),
        party=line.get("party"),
        override=line.get("override") or False,
    )


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to post, as in `post_entry`. `date` is required."""

    date: dt.date
    description: str
    lines: Sequence[Posting]
    currency: str | None = None
    reference: str | None = None
    source_type: SourceType = SourceType.MANUAL
    source_id: UUID | None = None
    purpose: str = ""
    kind: EntryKind = EntryKind.ORDINARY


@dataclass(frozen=True, slots=True)
class _Account:
    id: UUID
    code: str
    type: str
    is_active: bool
    currency: str | None
    takes_postings: bool


@dataclass(frozen=True, slots=True)
class _Limit:
    """The accounts that a line may not be posted to: those with other types, and those with the codes in `closed`."""

    type: AccountType | None = None
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _EntryRow:
    """An entry to insert: its columns after the id, its lines, and the currency and the limit of each."""

    head: Sequence[Any]
    lines: Sequence[Posting]
    currencies: Sequence[str]
    limits: Sequence[_Limit]


def post_entry(
    *,
    description: str,
    lines: Sequence[Posting],
    actor: Actor,
    date: dt.date | None = None,
    currency: str | None = None,
    reference: str | None = None,
    source_type: SourceType = SourceType.MANUAL,
    source_id: UUID | None = None,
    purpose: str = "",
) -> UUID:
    """Record a journal entry and return its id. `date` defaults to today.

    A line without a currency has the entry's `currency`, else the installation's. A document (`source_type`,
    `source_id`) is posted once for each `purpose`. The maintained totals stay locked until the caller's transaction
    ends: post late, and only once in a transaction (several entries with `post_entries`).

    Raises Invalid (a day more than a year ahead, lines, accounts, the balance), Conflict (a closed period, a document
    that is already posted; both as IntegrityError with the constraint's name).
    """
    entry = NewEntry(date or today(), description, lines, currency, reference, source_type, source_id, purpose)
    return post_entries([entry], actor=actor)[0]


def post_entries(entries: Sequence[NewEntry], *, actor: Actor) -> list[UUID]:
    """Record journal entries in one statement, so that the totals are locked in one order, and return their ids.

    Raises as `post_entry` does.
    """
    rows = [_checked(entry, actor) for entry in entries]
    with audited_transaction(actor, "post"):
        return _insert(rows)


def _checked(entry: NewEntry, actor: Actor) -> _EntryRow:
    """Return the entry as a row. Raises Invalid."""
    fallback = entry.currency or settings.SKELETON_CURRENCY
    currencies = [line.currency or fallback for line in entry.lines]
    require_within_a_year(entry.date, field="date")
    by_hand = entry.source_type == SourceType.MANUAL
    if by_hand:  # earlier documents keep a currency that is no longer offered
        _require_offered(entry.lines, fallback, entry.date)
        _require_parties(entry.lines)
    _require_balance(entry.lines, currencies)
    source = (entry.source_type, entry.source_id, entry.purpose)
    head = (entry.date, entry.kind, entry.description, entry.reference, *source, None, actor.id)
    limits = _limits_by_hand(entry.lines) if by_hand else _limits_of_roles(entry.lines)
    return _EntryRow(head, entry.lines, currencies, limits)


def reverse_entry(
    *,
    entry_id: UUID,
    actor: Actor,
    date: dt.date | None = None,
    description: str | None = None,
    reference: str | None = None,
) -> UUID:
    """Record the mirror of an entry and return its id. `date` defaults to today, or to the entry's date if later.

    Raises NotFound, Conflict (already reversed, a document's entry, a closed period), Invalid (an inactive account,
    a date before the entry's).
    """
    with audited_transaction(actor, "reverse"):
        entry = Entry.objects.with_reversal().select_related("reverses").filter(pk=entry_id).first()
        if entry is None:
            raise NotFound
        check_precondition(entry_id)  # an entry only changes by its reversal, of which there is at most one
        if words := words_of_document(entry):
            raise Conflict(format_text(BELONGS_TO_DOCUMENT, undo=words.undo), details={"allowed": []})
        return _reverse(entry, actor=actor, date=date, description=description, reference=reference)


def reverse_document(
    *, source_type: SourceType, source_id: UUID, purpose: str, actor: Actor, date: dt.date, description: str
) -> UUID | None:
    """Record the mirror of a document's entry for this purpose. Returns its id, or None if there is no entry.

    Raises as `reverse_entry` does.
    """
    with audited_transaction(actor, "reverse"):
        of_document = {"source_type": source_type, "source_id": source_id, "purpose": purpose}
        entry = Entry.objects.with_reversal().filter(**of_document).first()
        return _reverse(entry, actor=actor, date=date, description=description) if entry else None


def reverse_entries(entries: Sequence[Entry], *, actor: Actor, date: dt.date) -> None:
    """Record the mirrors of entries that are not reversed, in one statement. Raises as `reverse_entry` does."""
    if entries:
        with audited_transaction(actor, "reverse"):
            _insert([_mirror(entry, actor=actor, day=date, text=f"Reversal: {entry.description}") for entry in entries])


def _reverse(
    entry: Entry, *, actor: Actor, date: dt.date | None, description: str | None, reference: str | None = None
) -> UUID:
    """Record the mirror of `entry`, which must have been read with `reversed_by_id`."""
    if entry.kind == EntryKind.CLOSING:
        told = _("This transaction belongs to the closing of a year. Reopen the year instead.")
        raise Conflict(told, details={"allowed": []})
    if entry.reversed_by_id:  # type: ignore[attr-defined]  # the constraint decides; this spares the log a rollback
        raise Conflict(_("This transaction has already been reversed."), details={"allowed": []})
    day = date or max(today(), entry.date)
    if day < entry.date:
        early = format_text(_("Must not be before the entry's own date, {day}."), day=entry.date)
        raise Invalid(details={"date": early})
    if day > entry.date:  # an entry dated far ahead can be reversed on its own day
        require_within_a_year(day, field="date")
    text = description or default_reversal(entry.description)
    return _insert([_mirror(entry, actor=actor, day=day, text=text, reference=reference)])[0]


def _mirror(entry: Entry, *, actor: Actor, day: dt.date, text: str, reference: str | None = None) -> _EntryRow:
    """Return the mirror of `entry` as a row."""
    lines = _reversed_lines(entry.pk)
    source = (SourceType.REVERSAL, entry.pk, "")
    head = (day, entry.kind, text, reference or entry.reference, *source, entry.pk, actor.id)
    return _EntryRow(head, lines, [line.currency or "" for line in lines], [_Limit()] * len(lines))


def _reversed_lines(entry_id: UUID) -> list[Posting]:
    """Return the lines of the entry with debit and credit swapped."""
    rows = Line.objects.filter(entry=entry_id).order_by("position")
    return [
        Posting(account, debit=credit, credit=debit, currency=currency, description=description, party=party)
        for account, debit, credit, currency, description, party in rows.values_list(
            "account", "debit", "credit", "currency", "description", "party"
        )
    ]


def _require_offered(lines: Sequence[Posting], fallback: str, day: dt.date) -> None:
    """Raise Invalid, with the line, unless every currency was in use on that day."""
    require_in_use({"currency": fallback}, day=day)
    for index, line in enumerate(lines):
        require_in_use({"currency": line.currency}, day=day, path=f"lines.{index}.")


def _require_parties(lines: Sequence[Posting]) -> None:
    """Raise Invalid, with the line, unless every party that is named exists."""
    named = {line.party for line in lines if line.party}
    unknown = named - set(Party.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else named
    if unknown:
        errors = {f"lines.{n}.party_id": _("Unknown party.") for n, line in enumerate(lines) if line.party in unknown}
        raise Invalid(details=errors)


def _limits_by_hand(lines: Sequence[Posting]) -> list[_Limit]:
    """Return the control accounts that each line may not be posted to by hand."""
    control, of_parties = control_account_codes(), tuple(role.code for role in PARTY_ACCOUNTS)
    return [_Limit(closed=control if not line.override else () if line.party else of_parties) for line in lines]


def _limits_of_roles(lines: Sequence[Posting]) -> list[_Limit]:
    """Return the type that each line's account must have for its role: the code could belong to another account."""
    types: dict[UUID | str, AccountType] = {role.code: role.type for role in Role}
    return [_Limit(type=types.get(line.account)) for line in lines]


def _require_balance(lines: Sequence[Posting], currencies: Sequence[str]) -> None:
    """Raise Invalid unless there are at least 2 lines, each with one side, and both sides are equal per currency."""
    if len(lines) < 2:
        raise Invalid(details={"lines": _("At least 2 needed.")})
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for index, (line, currency) in enumerate(zip(lines, currencies, strict=True)):
        if (line.debit > 0) == (line.credit > 0) or line.debit < 0 or line.credit < 0:
            raise Invalid(details={f"lines.{index}.debit": _("Exactly one of debit and credit must be over 0.")})
        sums[currency][0] += line.debit
        sums[currency][1] += line.credit
    for currency, (debit, credit) in sums.items():
        if debit != credit:
            raise Invalid(
                format_text(
                    _("Debits and credits are not equal: {debit} against {credit}."),
                    debit=Money(debit, currency),
                    credit=Money(credit, currency),
                ),
                details={"currency": currency, "debit": debit, "credit": credit},
            )
        within_int64(debit, field="lines")


# A single statement, so that the totals are updated once and in one order. The trigger on entries locks the periods,
# then the trigger on lines locks the accounts and the totals. Lines that their account doesn't accept aren't written.
_INSERT = """
    WITH entry AS (
        INSERT INTO accounting_entry (id, date, kind, description, reference, source_type, source_id, purpose,
                                      reverses_id, created_by_id, created_at)
        SELECT *, now()
        FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[],
                    %s::uuid[], %s::uuid[])
        RETURNING id, date, kind
    )
    INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency, description,
                                 party_id)
    SELECT l.id, entry.id, l.position, a.id, entry.date, l.debit, l.credit, l.currency, l.description, l.party_id
    FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::text[],
                %s::text[], %s::uuid[], %s::text[], %s::text[])
            AS l (id, entry_id, position, account_id, account_code, debit, credit, currency, description, party_id,
                  account_type, closed)
        JOIN entry ON entry.id = l.entry_id
        JOIN accounting_account a ON a.id = l.account_id OR a.code = l.account_code
    WHERE (a.is_active OR entry.kind = 'closing') AND coalesce(a.currency, l.currency) = l.currency
      AND coalesce(l.account_type, a.type) = a.type AND a.code <> ALL (string_to_array(l.closed, ' '))
      AND accounting_takes_postings(a.id)
"""


def _insert(rows: Sequence[_EntryRow]) -> list[UUID]:
    """Insert entries with their lines and return their ids.

    Raises Invalid, with the line, if an account is unknown or doesn't accept the line.
    """
    ids = [uuid7() for _ in rows]
    heads = [list(column) for column in zip(*(row.head for row in rows), strict=True)]
    placed = [(pk, n, line) for pk, row in zip(ids, rows, strict=True) for n, line in enumerate(row.lines, 1)]
    lines = [line for _, _, line in placed]
    currencies = [currency for row in rows for currency in row.currencies]
    limits = [limit for row in rows for limit in row.limits]
    columns: list[list[Any]] = [
        [uuid7() for _ in placed],
        [pk for pk, _, _ in placed],
        [position for _, position, _ in placed],
        [line.account if isinstance(line.account, UUID) else None for line in lines],
        [line.account if isinstance(line.account, str) else None for line in lines],
        [line.debit for line in lines],
        [line.credit for line in lines],
        currencies,
        [line.description for line in lines],
        [line.party for line in lines],
        [limit.type for limit in limits],
        [" ".join(limit.closed) for limit in limits],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [ids, *heads, *columns])
        written = cursor.rowcount
    if written < len(lines):
        raise _posting_error(lines, currencies, limits)
    return ids


_ACCOUNTS = """
    SELECT id, code, type, is_active, currency, accounting_takes_postings(id)
    FROM accounting_account WHERE id = ANY(%s) OR code = ANY(%s)
"""


def _posting_error(lines: Sequence[Posting], currencies: Sequence[str], limits: Sequence[_Limit]) -> DomainError:
    """Return the error that names the lines which their accounts didn't accept, and why."""
    named = {line.account for line in lines}
    ids = [name for name in named if isinstance(name, UUID)]
    codes = [name for name in named if isinstance(name, str)]
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [ids, codes])
        found = [_Account(*row) for row in cursor.fetchall()]
    accounts: dict[UUID | str, _Account] = {account.id: account for account in found}
    accounts |= {account.code: account for account in found}
    errors: dict[str, Text] = {}
    for index, (line, currency, limit) in enumerate(zip(lines, currencies, limits, strict=True)):
        errors |= {f"lines.{index}.{name}": text for name, text in _line_errors(line, currency, limit, accounts)}
    if not errors:
        return Conflict(_("An account was being changed at the same time. Try again."))
    return Invalid(next(iter(errors.values())), details=errors)


def _line_errors(
    line: Posting, currency: str, limit: _Limit, accounts: dict[UUID | str, _Account]
) -> Iterator[tuple[str, Text]]:
    """Yield the field and the reason for which the line's account doesn't accept it, if any."""
    account = accounts.get(line.account)
    if account is None:
        yield "account_id", format_text(_("Unknown account: {account}."), account=line.account)
    elif not account.is_active:
        yield "account_id", format_text(_("Account {code} is inactive."), code=account.code)
    elif account.currency and account.currency != currency:
        told = _("Account {code} takes {currency} only.")
        yield "currency", format_text(told, code=account.code, currency=account.currency)
    elif not account.takes_postings:
        told = _("Account {code} has sub-accounts. Post to one of them.")
        yield "account_id", format_text(told, code=account.code)
    elif limit.type and limit.type != account.type:
        told = _("Account {code} is of type {type}, but this is posted to accounts of type {needed} only.")
        types = {"type": Label(AccountType(account.type).label), "needed": Label(limit.type.label)}
        yield "account_id", format_text(told, code=account.code, **types)
    elif account.code in limit.closed and line.override:
        yield "party_id", format_text(_("Name the customer: account {code} is kept by customer."), code=account.code)
    elif account.code in limit.closed:
        told = _("Documents post to account {code}. To post to it by hand, set override to true.")
        yield "override", format_text(told, code=account.code)
