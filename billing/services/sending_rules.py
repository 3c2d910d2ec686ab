"""What the tax codes of an invoice ask for before it can be sent."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounting.choices import TaxCategory
from accounting.services.applied_taxes import unusable
from billing.models import Invoice, InvoiceLine
from billing.services.tax_accounts import accounts_of, require_one_account
from skeleton.company.queries import seller
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.translation import Text

_BETWEEN_COMPANIES = (TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY)


def supply_day(invoice: Invoice) -> dt.date:
    """Return the day on which the tax codes of the invoice's lines must be valid."""
    return invoice.delivery_date or invoice.service_end or invoice.issue_date


def require_sendable_taxes(invoice: Invoice, customer: Mapping[str, Any]) -> None:
    """Raise Invalid, field by field, if the tax codes of the invoice don't allow sending it to `customer`.

    Its dates must be those with which it is sent. Intra-Community supplies and exports also need a day of supply, which
    every sent invoice has.
    """
    categories = {row["category"] for row in invoice.tax_breakdown if "category" in row}
    if not categories:
        return
    wrong = {**_not_valid(invoice), **_missing_ids(categories, customer)}
    if wrong:
        raise Invalid(details=wrong)
    require_one_account(accounts_of(invoice))


def _not_valid(invoice: Invoice) -> dict[str, Text]:
    """Return the lines whose tax codes can't be used for a supply on that day. Inactive ones can, on existing lines."""
    lines = InvoiceLine.objects.filter(invoice=invoice.pk).order_by("position").select_related("tax_code")
    day = supply_day(invoice)
    found = ((index, line.tax_code and unusable(line.tax_code, day, new=False)) for index, line in enumerate(lines))
    return {f"lines.{index}.tax_code": told for index, told in found if told}


def _missing_ids(categories: set[str], customer: Mapping[str, Any]) -> dict[str, Text]:
    """Return the VAT ids that reverse charge and intra-Community supplies need and that are missing."""
    between = [TaxCategory(one) for one in sorted(categories) if one in _BETWEEN_COMPANIES]
    if not between:
        return {}
    wrong: dict[str, Text] = {}
    if not customer.get("vat_id"):
        told = _("“{category}” needs the customer's VAT id. Enter it on the customer's page.")
        wrong["customer.vat_id"] = format_text(told, category=Label(between[0].label))
    if not seller()["vat_id"]:
        told = _("“{category}” needs your company's VAT id. Enter it on the page of the company.")
        wrong["company.vat_id"] = format_text(told, category=Label(between[0].label))
    return wrong
