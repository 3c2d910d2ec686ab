"""What an invoice must fulfil before it can be sent: by its tax codes, and for its document to be readable."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounting.choices import TaxCategory
from accounting.services.applied_taxes import unusable
from billing.models import Invoice, InvoiceLine
from billing.services.tax_accounts import accounts_of, require_one_account
from skeleton.company.queries import seller
from skeleton.kernel.errors import Invalid
from skeleton.kernel.pdf import missing_characters
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


def printed_texts(invoice: Invoice) -> dict[str, Any]:
    """Return the texts of an invoice that its document shows, by field."""
    lines = InvoiceLine.objects.filter(invoice=invoice.pk).order_by("position").values("item_number", "description")
    names = ("notes", "buyer_reference", "purchase_order_reference", "delivery_address")
    return {**{name: getattr(invoice, name) for name in names}, "lines": list(lines)}


def require_printable(texts: Mapping[str, Any]) -> None:
    """Raise Invalid, text by text, if a document of these texts would show boxes, since no font has a character."""
    wrong = {path: _unprintable(text) for path, text in _leaves(texts)}
    if any(wrong.values()):
        raise Invalid(
            _(
                "The document has characters that no font for documents has. Write them in another way, or ask your "
                "administrator to add a font."
            ),
            details={path: told for path, told in wrong.items() if told},
        )


def _unprintable(text: str) -> Text | None:
    missing = missing_characters(text)
    return format_text(_("No font for documents has {characters}."), characters=" ".join(missing)) if missing else None


def _leaves(texts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in nested objects and lists, each with its path."""
    for name, value in texts.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value
        elif isinstance(value, list):
            yield from _leaves({str(index): one for index, one in enumerate(value)}, f"{prefix}{name}.")
        elif isinstance(value, Mapping) and name not in _BY_LANGUAGE:
            yield from _leaves(value, f"{prefix}{name}.")


_BY_LANGUAGE = ("names", "country_names")
"""The names of countries in all languages, which are not all shown."""
