"""The rules on the currency and the totals of a document."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.e_invoices.codes import CURRENCIES
from billing.e_invoices.document import Document
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules.findings import Finding

_WRONG = _("The totals do not match the lines.")


def total_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the currency and the totals."""
    totals = document.totals
    if document.currency not in CURRENCIES:
        yield Finding("BR-CL-04", "BT-5", "currency", _("E-invoices cannot be written in this currency."))
    elif any(_decimals(amount) > 2 for amount in _amounts(document)):
        yield Finding("BR-DEC-09", "BT-5", "currency", _("E-invoices have at most two decimals."))
    if totals.lines != sum(line.total for line in document.lines):
        yield Finding("BR-CO-10", "BT-106", "subtotal", _WRONG)
    if totals.without_tax != totals.lines:
        yield Finding("BR-CO-13", "BT-109", "subtotal", _WRONG)
    if totals.tax != sum(row.tax for row in document.taxes):
        yield Finding("BR-CO-14", "BT-110", "tax_total", _WRONG)
    if totals.with_tax != totals.without_tax + totals.tax:
        yield Finding("BR-CO-15", "BT-112", "total", _WRONG)
    if totals.due != totals.with_tax - totals.paid:
        yield Finding("BR-CO-16", "BT-115", "amount_due", _WRONG)


def _amounts(document: Document) -> Iterator[Decimal]:
    """Yield all amounts but prices, which may have more decimals."""
    totals = document.totals
    yield from (totals.lines, totals.without_tax, totals.tax, totals.with_tax, totals.paid, totals.due)
    for row in document.taxes:
        yield from (row.base, row.tax)
    for line in document.lines:
        yield line.total
        yield from (adjustment.amount for adjustment in (line.discount, line.charge) if adjustment)


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
