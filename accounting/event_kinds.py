"""The kinds of objects of this app that have events."""

from skeleton.events.kinds import CREATED, Kind

_READ = ("accounting:read",)
_PERIOD = {"open": "reopened", "closed": "closed"}

KINDS = (
    Kind("account", "accounting_account", "accounting", "/accounts/{id}", _READ),
    Kind(
        "transaction",
        "accounting_entry",
        "accounting",
        "/transactions/{id}",
        _READ,
        verbs=(CREATED,),
        parts=("accounting_line",),
    ),
    Kind("period", "accounting_period", "accounting", "/accounting/periods/{id}", _READ, statuses=_PERIOD),
    Kind("tax_code", "accounting_tax_code", "accounting", "/tax-codes/{id}", _READ),
    Kind("year_closing", "accounting_year_closing", "accounting", None, _READ),
)
