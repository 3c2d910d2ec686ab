import importlib

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from accounting import integrity_checks
from accounting.event_kinds import KINDS
from skeleton.events import kinds
from skeleton.kernel import constraints
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.time_limits import MORE_THAN_A_YEAR_AHEAD_MESSAGE


class AccountingConfig(AppConfig):
    name = "accounting"

    def ready(self) -> None:
        _declare_accounts()
        _declare_tax_codes()
        _declare_entries()
        _declare_lines()
        _declare_years()
        integrity_checks.register_checks()
        kinds.declare(*KINDS)
        for name in ("checks", "services.fiscal_year_start"):
            importlib.import_module(f"accounting.{name}")  # registers checks; they need the models


def _declare_accounts() -> None:
    declare = constraints.declare
    declare(
        "accounting_account_parent_type",
        Conflict,
        _("A sub-account must have the same type as its parent."),
        field="type",
    )
    declare("accounting_account_id_type", Conflict, _("Another account already has this id."))
    declare("accounting_account_no_cycle", Invalid, _("An account cannot be below itself."), field="parent_id")
    declare("accounting_account_code_fixed", Conflict, _("The code of an account cannot be changed."), field="code")
    declare(
        "accounting_account_posted", Conflict, _("The account has postings, so its type and currency cannot change.")
    )
    declare(
        "accounting_account_parent_posted",
        Conflict,
        _("An account with postings gets no sub-accounts."),
        field="parent_id",
    )
    told = _("A tax code posts to this account: it stays active, without sub-accounts, and keeps its type.")
    declare("accounting_account_of_taxes", Conflict, told)
    declare("accounting_account_parent_of_taxes", Conflict, told, field="parent_id")


def _declare_tax_codes() -> None:
    constraints.declare(
        "accounting_tax_code_account",
        Invalid,
        _("The account of a tax code must be active and without sub-accounts."),
        field="account_id",
    )
    constraints.declare("accounting_tax_code_id_rate", Conflict, _("Another tax code already has this id."))


def _declare_entries() -> None:
    declare = constraints.declare
    declare(
        "accounting_entry_append_only", Conflict, _("A transaction cannot be changed or deleted; reverse it instead.")
    )
    declare(
        "accounting_entry_period_open",
        Conflict,
        _("The accounting period of this date is closed. Choose another date, or reopen the period."),
        field="date",
    )
    declare(
        "accounting_entry_year_open",
        Conflict,
        _("The fiscal year of this date, or a later one, is closed. Choose another date, or reopen the year."),
        field="date",
    )
    declare("accounting_entry_date_ahead", Invalid, MORE_THAN_A_YEAR_AHEAD_MESSAGE, field="date")
    declare("accounting_entry_opening_ahead", Invalid, _("Must not be in the future."), field="date")
    declare("accounting_company_zone", Conflict, _("The books are kept in the days of another time zone."))
    declare("accounting_entry_two_lines", Invalid, _("A transaction needs at least two lines."), field="lines")
    declare("accounting_entry_balanced", Invalid, _("Debits and credits are not equal."), field="lines")
    declare(
        "accounting_entry_undoes", Invalid, _("A reversal must mirror the transaction that it reverses."), field="lines"
    )


def _declare_lines() -> None:
    declare = constraints.declare
    declare("accounting_line_append_only", Conflict, _("A transaction's lines cannot be changed; reverse it instead."))
    declare("accounting_line_same_transaction", Conflict, _("Lines cannot be added to a recorded transaction."))
    declare("accounting_line_date", Invalid, _("A line must have the date of its transaction."), field="date")
    declare("accounting_line_account_active", Invalid, _("An account is inactive."), field="lines")
    declare(
        "accounting_line_account_has_children",
        Invalid,
        _("An account has sub-accounts. Post to one of them."),
        field="lines",
    )
    declare("accounting_line_account_currency", Invalid, _("An account takes another currency only."), field="lines")
    declare("accounting_total_kept", Conflict, _("The totals are maintained by the journal alone."))


def _declare_years() -> None:
    declare = constraints.declare
    declare(
        "accounting_company_fiscal_year",
        Conflict,
        _("Closed fiscal years keep their first month. Reopen them first."),
        field="fiscal_year_start",
    )
    declare(
        "accounting_year_closing_month",
        Conflict,
        _("The company's fiscal years now begin in another month. Try again."),
    )
    declare(
        "accounting_year_closing_months",
        Invalid,
        _("A fiscal year has twelve whole months, and the name of the year in which it begins."),
        field="year",
    )
    declare("accounting_year_closing_append_only", Conflict, _("A closing is never changed; reopen the year instead."))
    declare("accounting_year_closing_day_open", Conflict, _("The last day of this year is closed."))
    declare("accounting_year_closing_earlier_open", Conflict, _("An earlier year has transactions and is open."))
    declare("accounting_year_closing_later_closed", Conflict, _("A later year is closed. Reopen it first."))
    declare(
        "accounting_year_closing_in_books",
        Conflict,
        _("A closing and its entries must fit each other. Close or reopen the year instead."),
    )
    declare(
        "accounting_year_closing_clears", Conflict, _("A closed year leaves no balance on revenue or expense accounts.")
    )
