"""Import and export of parties. Rows are matched by e-mail and name."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from parties.choices import PartyKind
from parties.models import Address, Party
from parties.services import primary_address
from skeleton.office.tables.columns import (
    AmountColumn,
    ChoiceColumn,
    Column,
    DateTimeColumn,
    EmailColumn,
    JsonColumn,
    NumberColumn,
    TextColumn,
    UppercaseCodeColumn,
)
from skeleton.office.tables.table import Table


def _primary_address(party: Party) -> Address | None:
    """Return the primary address, from the addresses that the export has loaded."""
    return primary_address(sorted(party.addresses.all(), key=lambda address: address.pk))


def _address_value(name: str) -> Any:
    return lambda party: getattr(_primary_address(party), name, None)


def _country_code(party: Party) -> str | None:
    address = _primary_address(party)
    return address.country.code if address and address.country else None


def _address_columns(*, required: bool) -> tuple[Column, ...]:
    """Return the columns of the primary address. Other addresses are not in the table and stay unchanged."""
    return (
        TextColumn(
            "street",
            _("Of the primary address."),
            path="address.street",
            source=_address_value("street"),
            required=required,
        ),
        TextColumn("city", path="address.city", source=_address_value("city"), required=required),
        TextColumn("region", _("Or state."), path="address.region", source=_address_value("region")),
        TextColumn("postal_code", path="address.postal_code", source=_address_value("postal_code")),
        UppercaseCodeColumn(
            "country", _("ISO code, such as DE."), path="address.country", source=_country_code, required=required
        ),
    )


_CONTACT_COLUMNS = (
    TextColumn("name", required=True),
    EmailColumn("email", required=True),
    TextColumn("phone"),
    TextColumn("tax_id"),
    TextColumn("website", _("Begins with http:// or https://.")),
    JsonColumn("social_media", _('A JSON object, such as {"facebook": "https://facebook.com/us"}.')),
)
_READ_ONLY_COLUMNS = (TextColumn("status", read_only=True), DateTimeColumn("created_at"))
_CUSTOMER_COLUMNS = (
    AmountColumn("credit_limit", _("In whole units of the currency, such as 1500.00; 0 is no limit.")),
    UppercaseCodeColumn("currency", _("ISO code. Defaults to the company's currency.")),
    TextColumn("vat_id", _("With the country's prefix, such as DE136695976.")),
    TextColumn("buyer_reference", _("What invoices name, such as a Leitweg-ID.")),
    TextColumn(
        "electronic_address_scheme",
        _("Code of the EAS list, such as 0204, 9930 or EM."),
        path="electronic_address.scheme",
    ),
    TextColumn("electronic_address_id", path="electronic_address.id"),
    ChoiceColumn("language", _("en, uk or de.")),
    NumberColumn("payment_days", _("Days until invoices are due.")),
    ChoiceColumn("e_invoice", _("none, xrechnung, peppol or facturx.")),
)
_TOTAL_COLUMNS = (AmountColumn("total_purchases", read_only=True),)


def party_table(kind: PartyKind) -> Table:
    """Return the table of one kind of party."""
    is_customer = kind == PartyKind.CUSTOMER
    own = {PartyKind.CUSTOMER: _CUSTOMER_COLUMNS, PartyKind.EMPLOYEE: (TextColumn("position", required=True),)}.get(
        kind, ()
    )
    return Table(
        columns=(
            *_CONTACT_COLUMNS,
            *own,
            *_address_columns(required=not is_customer),
            *(_TOTAL_COLUMNS if is_customer else ()),
            *_READ_ONLY_COLUMNS,
        ),
        key=("email", "name"),
        prefetches=("addresses__country",),
    )
