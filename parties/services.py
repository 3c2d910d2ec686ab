"""The services of parties and countries.

All writes of a party and its addresses lock the party first. Changes of its status lock it FOR UPDATE, which conflicts
with the FOR KEY SHARE of `require_usable` and of foreign keys: creating a document for a party and blacklisting it are
serialised. Other changes lock it FOR NO KEY UPDATE, which doesn't block transactions that only refer to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from parties.choices import AddressType, EInvoiceProfile, PartyKind, PartyStatus
from parties.countries.dataset import load
from parties.models import KINDS, Address, Country, Party
from skeleton.company.queries import default_currency
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text

Values = dict[str, Any]

_NESTED = ("address", "addresses", "electronic_address")

# --- made and changed -------------------------------------------------------------------------------------------------


def create_party(*, kind: PartyKind, values: Values, actor: Actor) -> UUID:
    """Create a party and return its id. `values` as from PartyInputSerializer, with `address` or `addresses`."""
    fields, addresses = _split_values(kind, {**_default_money(kind), **values})
    require_in_use(fields)
    with audited_transaction(actor, "create"):
        party = Party(kind=kind, **fields)
        party.save(force_insert=True)
        _write_addresses(party, addresses or _has_content(values.get("address")))
    return party.pk


def update_party(*, kind: PartyKind, pk: UUID, values: Values, actor: Actor) -> None:
    """Change a party. Fields not in `values` stay, None clears, `address` is merged, `addresses` replaces.

    With both, as in a body that was read, the one that differs from what is stored counts. Raises NotFound; Invalid if
    both differ and disagree.
    """
    fields, addresses = _split_values(kind, values)
    with audited_transaction(actor, "update"):
        party = locked_for_update(KINDS[kind].objects.visible_to(actor), pk, no_key=True)
        touched = False
        if "address" in values and addresses is not None and _do_addresses_count(party, values["address"], addresses):
            touched = _replace_addresses(party, addresses)
        elif "address" in values:
            touched = _merge_primary_address(party, values["address"])
        elif addresses is not None:
            touched = _replace_addresses(party, addresses)
        if not save_changes(party, fields) and touched:
            party.save(update_fields=["updated_at"])


def _split_values(kind: PartyKind, values: Values) -> tuple[Values, list[Values] | None]:
    """Split values into the party's own fields, with cleared ones reset, and the full list of addresses, if given."""
    fields = {name: value for name, value in values.items() if name not in _NESTED}
    if "electronic_address" in values:
        reached_at = values["electronic_address"] or {"scheme": None, "id": None}
        fields |= {f"electronic_address_{part}": value for part, value in reached_at.items()}
    if "credit_limit" in fields and fields["credit_limit"] is None:
        fields["credit_limit"] = 0
    if "currency" in fields and fields["currency"] is None:
        fields["currency"] = default_currency()
    if "e_invoice" in fields and fields["e_invoice"] is None:
        fields["e_invoice"] = EInvoiceProfile.NONE.value
    addresses = (values["addresses"] or []) if "addresses" in values else None
    return fields, addresses


def _default_money(kind: PartyKind) -> Values:
    """Return the defaults of a customer, cleared: no limit, in the company's currency."""
    return {"credit_limit": None, "currency": None} if kind == PartyKind.CUSTOMER else {}


# --- addresses --------------------------------------------------------------------------------------------------------

_PARTS = ("type", "street", "city", "region", "postal_code", "country_id")


def primary_address(addresses: Iterable[Address]) -> Address | None:
    """Return the primary one of a party's addresses, which must be in the order in which they were given."""
    given = list(addresses)
    return next((address for address in given if address.type == AddressType.BILLING), given[0] if given else None)


def _merge_primary_address(party: Party, change: Values | None) -> bool:
    """Merge `change` into the primary address, or create one; None deletes it. Returns whether anything changed."""
    present = primary_address(party.addresses.order_by("pk"))
    if change is None:
        return bool(present and present.delete())
    if present:
        return save_changes(present, change)
    fresh = _has_content(change)
    _write_addresses(party, fresh)
    return bool(fresh)


def _do_addresses_count(party: Party, address: Values | None, addresses: list[Values]) -> bool:
    """Return whether `addresses` counts. If not, it is what is stored, and `address` counts. Raises Invalid."""
    stored = list(party.addresses.order_by("pk").values(*_PARTS))
    wanted = _complete(addresses)
    if wanted == stored:
        return False
    if not (_says(_primary_of(stored), address) or _says(_primary_of(wanted), address)):
        raise Invalid(
            details={"addresses": _("Says something else than the primary address. Change only one of them.")}
        )
    return True


def _primary_of(addresses: list[Values]) -> Values | None:
    """Return the primary one of `addresses`, by the rule of `primary_address`."""
    billing = (address for address in addresses if address["type"] == AddressType.BILLING)
    return next(billing, addresses[0] if addresses else None)


def _says(present: Values | None, address: Values | None) -> bool:
    """Return whether merging `address` into the present one changes nothing."""
    if present is None or address is None:
        return present is None and not _has_content(address)
    return all(present[name] == value for name, value in address.items())


def _complete(addresses: list[Values]) -> list[Values]:
    """Return addresses with all of their columns."""
    return [{"type": AddressType.BILLING.value, **dict.fromkeys(_PARTS[1:]), **address} for address in addresses]


def _has_content(address: Values | None) -> list[Values]:
    """Return the address as a list, or an empty list if all of its fields are empty."""
    return [address] if address and any(value is not None for value in address.values()) else []


def _replace_addresses(party: Party, addresses: list[Values]) -> bool:
    """Replace the party's addresses. Returns whether anything changed."""
    wanted = _complete(addresses)
    if list(party.addresses.order_by("pk").values(*_PARTS)) == wanted:
        return False
    party.addresses.all().delete()
    _write_addresses(party, wanted)
    return True


def _write_addresses(party: Party, addresses: list[Values]) -> None:
    # ids are ascending, which preserves the order of the list
    if addresses:
        Address.objects.bulk_create([Address(id=uuid7(), party=party, **address) for address in addresses])


# --- status -----------------------------------------------------------------------------------------------------------

ACTIONS: dict[str, PartyStatus] = {
    "activate": PartyStatus.ACTIVE,
    "deactivate": PartyStatus.INACTIVE,
    "blacklist": PartyStatus.BLACKLISTED,
}
"""The actions and their resulting status. Each is allowed from every other status."""

_ALREADY: dict[PartyKind, Text] = {
    PartyKind.CUSTOMER: _("The customer is already {status}."),
    PartyKind.SUPPLIER: _("The supplier is already {status}."),
    PartyKind.PARTNER: _("The partner is already {status}."),
    PartyKind.EMPLOYEE: _("The employee is already {status}."),
}
_NO_SUCH: dict[PartyKind | None, Text] = {
    None: _("There is no such party."),
    PartyKind.CUSTOMER: _("There is no such customer."),
    PartyKind.SUPPLIER: _("There is no such supplier."),
    PartyKind.PARTNER: _("There is no such partner."),
    PartyKind.EMPLOYEE: _("There is no such employee."),
}
_UNKNOWN: dict[PartyKind | None, Text] = {
    None: _("Unknown party."),
    PartyKind.CUSTOMER: _("Unknown customer."),
    PartyKind.SUPPLIER: _("Unknown supplier."),
    PartyKind.PARTNER: _("Unknown partner."),
    PartyKind.EMPLOYEE: _("Unknown employee."),
}


def change_status(*, kind: PartyKind, pk: UUID, action: str, actor: Actor) -> None:
    """Perform one of ACTIONS. Raises NotFound; Conflict if the party already has that status."""
    status = ACTIONS[action]
    with audited_transaction(actor, action):
        party = locked_for_update(KINDS[kind].objects.visible_to(actor), pk)
        if party.status == status:
            allowed = [name for name, leads_to in ACTIONS.items() if leads_to != party.status]
            raise Conflict(
                format_text(_ALREADY[kind], status=Label(status.label)),
                details={"allowed": allowed},
            )
        save_changes(party, {"status": status.value})


@dataclass(frozen=True, slots=True)
class UsableParty:
    """A party for which documents can be created.

    Only customers have `credit_limit` (minor units), `currency` and, perhaps, `payment_days`.
    """

    id: UUID
    kind: PartyKind
    name: str
    currency: str | None
    credit_limit: int
    payment_days: int | None


_USABLE = "SELECT kind, name, currency, credit_limit, payment_days, status FROM parties_party WHERE id = %s "


def require_usable(
    party_id: UUID,
    kind: PartyKind | None = None,
    *,
    field: str | None = None,
    alone: bool = False,
    any_status: bool = False,
) -> UsableParty:
    """Return the party and keep it usable until the end of the transaction. Must be called in a transaction.

    If `kind` is None, any kind is accepted. `field` is the request field with the id (default: `customer_id`,
    `party_id`). `alone` takes an exclusive lock, for calculations with the party's figures. Raises Invalid if the party
    doesn't exist or is of another kind; Conflict if it is inactive or blacklisted, unless `any_status` is set.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a party is held until a transaction ends: begin one")
    with connection.cursor() as cursor:
        cursor.execute(_USABLE + ("FOR NO KEY UPDATE" if alone else "FOR KEY SHARE"), [party_id])
        row = cursor.fetchone()
    what = kind.value if kind else "party"
    if row is None or (kind and row[0] != kind):
        raise Invalid(_NO_SUCH[kind], details={field or f"{what}_id": _UNKNOWN[kind]})
    found, name, currency, credit_limit, payment_days, status = row
    if status != PartyStatus.ACTIVE and not any_status:
        raise Conflict(
            format_text(
                _("The {kind} {name} is {status}. Activate it first."),
                kind=Label(PartyKind(found).label),
                name=name,
                status=Label(PartyStatus(status).label),
            ),
            details={"allowed": ["activate"]},
        )
    return UsableParty(party_id, PartyKind(found), name, currency, credit_limit, payment_days)


# --- countries --------------------------------------------------------------------------------------------------------


def set_country_active(*, pk: UUID, active: bool, actor: Actor) -> None:
    """Activate or deactivate a country. Raises NotFound; Conflict if it already has that status."""
    with audited_transaction(actor, "activate" if active else "deactivate"):
        country = locked_for_update(Country.objects.visible_to(actor), pk, no_key=True)
        if not save_changes(country, {"is_active": active}):
            told = _("The country is already active.") if active else _("The country is already inactive.")
            raise Conflict(told, details={"allowed": ["deactivate" if active else "activate"]})


def seed_countries() -> int:
    """Add the missing countries of ISO 3166-1 and return their number. Existing ones stay unchanged."""
    present = set(Country.objects.values_list("code", flat=True))
    missing = [
        Country(
            id=record.id,
            code=record.code,
            alpha3=record.alpha3,
            numeric_code=record.numeric_code,
            name=record.name,
            phone_code=record.phone_code,
            currency_code=record.currency_code or None,
            region=record.region,
            flag_emoji=record.flag_emoji,
        )
        for record in load()
        if record.code not in present
    ]
    if missing:
        with audited_transaction(
            SYSTEM, "seed"
        ):  # if two processes seed at the same time, the later one finds the rows
            Country.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)
