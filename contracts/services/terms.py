"""Turns input values into columns of a contract: defaults, the validity period and consistency checks."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from contracts.choices import PaymentType
from contracts.models import END_NEEDED, LAST_DAY, ONE_PERIOD, PERIOD_NEEDED, Contract
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text

Values = dict[str, Any]

_CLEARED: Values = {"insurance": False, "auto_renewal": False, "credit_limit": 0, "max_renewals": 0}
"""The values that null stands for in fields that can't be null."""


def validity(start: dt.date, end: dt.date | None, *, field: str = "end_date") -> DateRange:
    """Return the period from `start` to `end`, both included, as PostgreSQL stores it. Raises Invalid for `field`.

    Without an end, the period is unlimited.
    """
    if end is None:
        return DateRange(start, None, "[)")
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
    _refuse_contradictions(found, contract)
    if {"start_date", "end_date"} & found.keys():
        start, end = (_value(name, found, contract) for name in ("start_date", "end_date"))
        found["validity_period"] = validity(start, end)
    return {name: value for name, value in found.items() if name not in ("start_date", "end_date")}


def _value(name: str, found: Values, contract: Contract | None) -> Any:
    return found[name] if name in found else getattr(contract, name, None)


def _refuse_contradictions(found: Values, contract: Contract | None) -> None:
    value = partial(_value, found=found, contract=contract)
    errors = {}
    if value("payment_type") == PaymentType.CREDIT and not value("credit_days"):
        errors["credit_days"] = _("Needed, and over 0, where payment_type is credit.")
    if value("auto_renewal") and not (value("renewal_period_days") or value("renewal_period_months")):
        errors["renewal_period_days"] = PERIOD_NEEDED
    if value("renewal_period_days") and value("renewal_period_months"):
        errors["renewal_period_months"] = ONE_PERIOD
    if value("auto_renewal") and value("end_date") is None:
        errors["end_date"] = END_NEEDED
    if errors:
        raise Invalid(details=errors)


def require_effective_date(contract: Contract, day: dt.date, today: dt.date) -> None:
    """Raise Invalid unless the contract can be terminated on `day`: after its notice period, before it ends anyway."""
    earliest = today + dt.timedelta(days=contract.notice_days or 0)
    if day < earliest:
        raise Invalid(details={"effective_date": _too_early(contract, earliest)})
    renews = contract.auto_renewal and contract.state(today).renewals_left
    if contract.end_date and not renews and day > contract.end_date + dt.timedelta(days=1):
        message = _("The contract ends on {day} anyway. Choose an earlier day.")
        raise Invalid(details={"effective_date": format_text(message, day=contract.end_date)})


def _too_early(contract: Contract, earliest: dt.date) -> Text:
    if not contract.notice_days:
        return format_text(_("Must be {earliest} or later."), earliest=earliest)
    message = _(
        "Must be {earliest} or later, after the notice period ({days} days). Leave the date out to terminate the "
        "contract now."
    )
    return format_text(message, earliest=earliest, days=contract.notice_days)
