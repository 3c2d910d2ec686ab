"""The accounts that the taxes of documents are posted to: those of the tax codes, else the one of the settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounting.choices import Role
from billing.models import Invoice, InvoiceLine
from billing.totals import TaxKey, key_of_row, tax_key
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text

AccountTax = tuple[str, int]
"""The code of an account, and the tax to post to it."""

Accounts = Mapping[TaxKey, Sequence[str]]


def accounts_of(invoice: Invoice) -> Accounts:
    """Return the accounts of the taxes of an invoice by category and rate, where its lines have tax codes."""
    if not any("category" in row for row in invoice.tax_breakdown):
        return {}
    coded = InvoiceLine.objects.filter(invoice=invoice.pk, tax_code__isnull=False).order_by("position")
    found: dict[TaxKey, list[str]] = {}
    for rate, category, account in coded.values_list("tax_rate", "tax_code__category", "tax_code__account__code"):
        accounts = found.setdefault(tax_key(rate, category), [])
        if (code := account or Role.TAX.code) not in accounts:
            accounts.append(code)
    return found


def require_one_account(accounts: Accounts) -> None:
    """Raise Invalid if a tax, which is calculated per category and rate, would have to be posted to two accounts."""
    for (rate, _category), codes in accounts.items():
        if len(codes) > 1:
            told = _(
                "The tax codes at {rate} percent post to different accounts ({accounts}), but a document has one tax "
                "for each rate. Use one of them."
            )
            raise Invalid(details={"lines": format_text(told, rate=rate, accounts=", ".join(codes))})


def by_account(taxes: Iterable[Mapping[str, Any]], accounts: Accounts) -> list[AccountTax]:
    """Return the tax of rows of a breakdown, or of a write-off, by account, without zeros."""
    sums: dict[str, int] = {}
    for row in taxes:
        code = accounts.get(key_of_row(row), (Role.TAX.code,))[0]
        sums[code] = sums.get(code, 0) + row["tax"]
    return [(code, tax) for code, tax in sums.items() if tax]
