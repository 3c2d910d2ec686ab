"""Export of the journal as plain text in Beancount syntax (versions 2 and 3).

An account's name consists of its type and the codes from the root of the chart down: `Assets:1000:1200`. The file ends
with an assertion of every balance, so loading it verifies our arithmetic. A Beancount assertion covers an account and
all accounts below it, so each asserts the sum of the subtree.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, Min

from accounting.choices import AccountType
from accounting.models import Account, Entry, Line, Total
from skeleton.kernel.money import minor_digits

ROOTS = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.REVENUE: "Income",
    AccountType.EXPENSE: "Expenses",
}
CHUNK = 2000


def beancount_lines() -> Iterator[str]:
    """Yield the lines of the whole journal, each with its line break."""
    accounts = {account.pk: account for account in Account.objects.all()}
    names = {pk: account_name(account, accounts) for pk, account in accounts.items()}
    days = Entry.objects.aggregate(first=Min("date"), last=Max("date"))
    opening: dt.date = days["first"] or dt.date(2000, 1, 1)
    yield 'option "title" "Skeleton"\n'
    for account in sorted(accounts.values(), key=lambda account: account.code):
        currency = f" {account.currency}" if account.currency else ""
        yield f"{opening} open {names[account.pk]}{currency}\n"
        yield f"  name: {quoted(account.name)}\n"
    yield from _transactions(names)
    if days["last"]:
        yield from _assertions(accounts, names, days["last"] + dt.timedelta(days=1))


def account_name(account: Account, accounts: dict[UUID, Account]) -> str:
    """Return the path of codes from the root of the chart to the account."""
    path = [component(found.code) for found in _upwards(account, accounts)]
    return ":".join([ROOTS[AccountType(account.type)], *reversed(path)])


def _upwards(account: Account, accounts: dict[UUID, Account]) -> Iterator[Account]:
    """Yield the account, its parent, and so on up to the root."""
    found: Account | None = account
    while found:
        yield found
        found = accounts[found.parent_id] if found.parent_id else None


def component(code: str) -> str:
    """Return a code as part of a name: it starts with a capital or digit and has no dots. The result is unique."""
    spelled = code.replace("-", "--").replace(".", "-d")
    if spelled[0].islower():
        return f"Z-l{spelled}"
    return spelled


def quoted(text: str) -> str:
    """Return the text in quotation marks, on one line."""
    flat = re.sub(r"[\r\n]+", " ", text)
    escaped = flat.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def decimal_amount(minor: Decimal | int, currency: str) -> str:
    """Return an amount with its currency: `1550.00 USD` for 155000 cents."""
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}"


def _transactions(names: dict[UUID, str]) -> Iterator[str]:
    lines = Line.objects.select_related("entry").order_by("date", "entry_id", "position")
    current = None
    for line in lines.iterator(CHUNK):
        if line.entry_id != current:
            current = line.entry_id
            yield from _heading(line.entry)
        yield f"  {names[line.account_id]}  {decimal_amount(line.debit - line.credit, line.currency)}\n"
        if line.party_id:
            yield f"    party: {quoted(str(line.party_id))}\n"


def _heading(entry: Entry) -> Iterator[str]:
    yield f"\n{entry.date} * {quoted(entry.description)}\n"
    yield f"  id: {quoted(str(entry.pk))}\n"
    if entry.reference:
        yield f"  reference: {quoted(entry.reference)}\n"
    if entry.source_id:
        yield f"  source: {quoted(f'{entry.source_type} {entry.source_id}')}\n"


def _assertions(accounts: dict[UUID, Account], names: dict[UUID, str], day: dt.date) -> Iterator[str]:
    """Yield an exact balance assertion for each account with postings, including its subtree, at the start of `day`."""
    own = {(total.account_id, total.currency): total.debit - total.credit for total in Total.objects.all()}
    sums: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for (account_id, currency), amount in own.items():
        for account in _upwards(accounts[account_id], accounts):
            sums[account.pk, currency] += amount
    yield "\n"
    for account_id, currency in sorted(own, key=lambda key: (accounts[key[0]].code, key[1])):
        number = decimal_amount(sums[account_id, currency], currency).removesuffix(currency)
        yield f"{day} balance {names[account_id]}  {number}~ 0 {currency}\n"
