"""The dates of an invoice: when it is issued, when it is due, and when what it bills was supplied.

The issue date is the day of sending unless it was given, and the books post on it. A due date that was not given is
counted from the issue date and moves with it. Without a day or a period of supply, the issue date counts.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounting.queries import is_closed
from billing.models import Invoice
from billing.models.invoices import SUPPLY_MESSAGE, supply_date
from skeleton.company.queries import default_payment_days
from skeleton.kernel.days import day_of, today
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import format_text
from skeleton.kernel.time_limits import FIRST_DAY, require_from_1900

SUPPLY_DATES = ("delivery_date", "service_start", "service_end")
DATES = ("issue_date", "due_date", *SUPPLY_DATES)

Columns = dict[str, Any]


def require_issuable(day: dt.date) -> None:
    """Raise Invalid if `day` is in the future or before 1900, Conflict if it is in a closed period."""
    require_from_1900(day, field="issue_date")
    if day > today():
        raise Invalid(details={"issue_date": _("Must not be in the future.")})
    if is_closed(day):
        told = format_text(_("{day} is in a closed period. Choose a later day."), day=day)
        raise Conflict(told, details={"issue_date": told})


def usual_payment_days(of_customer: int | None) -> int | None:
    """Return the payment days of a customer, or else of the company, if there are any."""
    return default_payment_days() if of_customer is None else of_customer


def new_dates(given: Mapping[str, Any], *, payment_days: int | None) -> Columns:
    """Return the date columns of a new invoice. `given` are those of DATES that were given; None is not.

    `payment_days` are those of the customer or the company. Raises as `require_issuable`, and Invalid if no due date
    is given and it can't be counted, or for a supply without beginning or end.
    """
    issued = given.get("issue_date")
    if issued:
        require_issuable(issued)
    supply = {name: given.get(name) for name in SUPPLY_DATES}
    _require_supply(supply)
    day = issued or today()
    due = _due(given.get("due_date"), day, payment_days)
    return {"issue_date": day, "issue_date_given": issued is not None, **supply, **due}


def changed_dates(invoice: Invoice, changed: Mapping[str, Any], *, payment_days: int | None) -> Columns:
    """Return the date columns of a draft that the dates in `changed` set or, if they are None, no longer set.

    `payment_days` and what it raises are as for `new_dates`.
    """
    columns: Columns = {name: changed[name] for name in SUPPLY_DATES if name in changed}
    if columns:
        _require_supply({name: columns.get(name, getattr(invoice, name)) for name in SUPPLY_DATES})
    issued = invoice.issue_date
    if "issue_date" in changed:
        if changed["issue_date"]:
            require_issuable(changed["issue_date"])
        issued = changed["issue_date"] or day_of(invoice.created_at)
        columns |= {"issue_date": issued, "issue_date_given": changed["issue_date"] is not None}
    if "due_date" in changed:
        columns |= _due(changed["due_date"], issued, payment_days)
    elif invoice.payment_days is not None:
        columns["due_date"] = issued + dt.timedelta(days=invoice.payment_days)
    return columns


def dates_when_sent(invoice: Invoice) -> Columns:
    """Return the date columns of a draft that is sent now."""
    issued = invoice.issue_date if invoice.issue_date_given else today()
    columns: Columns = {"issue_date": issued, "posted_on": issued}
    if invoice.payment_days is not None:
        columns["due_date"] = issued + dt.timedelta(days=invoice.payment_days)
    if not invoice.service_start:
        columns["delivery_date"] = invoice.delivery_date or issued
    return columns


def shown_value(invoice: Invoice, name: str) -> Any:
    """Return a field as the API shows it."""
    if name == "delivery_date":
        return supply_date(invoice.delivery_date, invoice.service_start, invoice.issue_date)
    return getattr(invoice, name)


def _due(given: dt.date | None, issued: dt.date, payment_days: int | None) -> Columns:
    if given:
        require_from_1900(given, field="due_date")
        return {"due_date": given, "payment_days": None}
    if payment_days is None:
        told = _("Is required: neither the customer nor the company has payment days.")
        raise Invalid(details={"due_date": told})
    return {"due_date": issued + dt.timedelta(days=payment_days), "payment_days": payment_days}


def _require_supply(columns: Columns) -> None:
    """Raise Invalid unless there is a day, a period or neither, from 1900 on."""
    delivered, first, last = (columns[name] for name in SUPPLY_DATES)
    for name in SUPPLY_DATES:
        require_from_1900(columns[name] or FIRST_DAY, field=name)
    if delivered and (first or last):
        raise Invalid(details={"delivery_date": SUPPLY_MESSAGE})
    if bool(first) != bool(last):
        raise Invalid(details={"service_end" if first else "service_start": SUPPLY_MESSAGE})
    if first and last < first:
        raise Invalid(details={"service_end": _("Must not be before the first day.")})
