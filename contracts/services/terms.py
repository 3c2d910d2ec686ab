"""Turns input values into columns of a contract: defaults, the validity period and consistency checks."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from contracts.choices import PaymentType
from contracts.models import LAST_DAY, Contract
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text

Values = dict[str, Any]

_CLEARED: Values = {"insurance": False, "auto_renewal": False, "credit_limit": 0, "max_renewals": 0}
"""The values that null stands for in fields that can't be null."""


def validity(start: dt.date, end: dt.date, *, field: str = "end_date") -> DateRange:
    """Return the period from `start` to `end`, both included, as PostgreSQL stores it. Raises Invalid for `field`."""
    if end < start:
        raise Invalid(details={field: _("Must not be before start_date.")})
    if end > LAST_DAY:
        raise Invalid(details={field: format_text(_("Must be {last} at the latest."), last=LAST_DAY)})
    return DateRange(start, end + dt.timedelta(days=1), "[)")


def term_columns(values: Mapping[str, Any], contract: Contract | None = None) -> Values:
    """Return the `values` of a request body as columns of `contract` (None: a new one).

    Raises Invalid if they contradict each other or the contract's other values.
    """
    found = {name: _CLEARED.get(name) if value is None else value for name, value in values.items()}
    start, end = found.pop("start_date", None), found.pop("end_date", None)
    if start or end:
        found["validity_period"] = validity(start or contract.start_date, end or contract.end_date)  # type: ignore[union-attr]
    _refuse_contradictions(found, contract)
    return found


def _refuse_contradictions(found: Values, contract: Contract | None) -> None:
    def value(name: str) -> Any:
        return found[name] if name in found else getattr(contract, name, None)

    errors = {}
    if value("payment_type") == PaymentType.CREDIT and not value("credit_days"):
        errors["credit_days"] = _("Needed, and over 0, where payment_type is credit.")
    if value("auto_renewal") and not value("renewal_period_days"):
        errors["renewal_period_days"] = _("Needed where auto_renewal is on.")
    if errors:
        raise Invalid(details=errors)
