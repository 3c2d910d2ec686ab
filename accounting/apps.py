from django.apps import AppConfig

from accounting import proofs
from skeleton.kernel import constraints
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.moments import DAY_AHEAD


class AccountingConfig(AppConfig):
    name = "accounting"

    def ready(self) -> None:
        _declare_accounts()
        _declare_entries()
        _declare_lines()
        proofs.register_own()


def _declare_accounts() -> None:
    declare = constraints.declare
    declare("accounting_account_parent_type", Conflict, "A sub-account has the same type as its parent.", field="type")
    declare("accounting_account_no_cycle", Invalid, "An account cannot be below itself.", field="parent_id")
    declare("accounting_account_code_fixed", Conflict, "The code of an account never changes.", field="code")
    declare("accounting_account_posted", Conflict, "The account has postings, so its type and currency cannot change.")


def _declare_entries() -> None:
    declare = constraints.declare
    declare("accounting_entry_append_only", Conflict, "A transaction cannot be changed or deleted; reverse it instead.")
    declare("accounting_entry_period_open", Conflict, "The period of this date is closed.", field="date")
    declare("accounting_entry_date_ahead", Invalid, DAY_AHEAD, field="date")
    declare("accounting_entry_isolation", Conflict, "Transactions are posted with READ COMMITTED isolation only.")
    declare("accounting_entry_two_lines", Invalid, "A transaction needs at least two lines.", field="lines")
    declare("accounting_entry_balanced", Invalid, "Debits and credits are not equal.", field="lines")
    declare("accounting_entry_undoes", Invalid, "A reversal is the mirror of what it reverses.", field="lines")


def _declare_lines() -> None:
    declare = constraints.declare
    declare("accounting_line_append_only", Conflict, "A transaction's lines cannot be changed; reverse it instead.")
    declare("accounting_line_same_transaction", Conflict, "Lines cannot be added to a recorded transaction.")
    declare("accounting_line_date", Invalid, "A line has the date of its transaction.", field="date")
    declare("accounting_line_account_active", Invalid, "An account is inactive.", field="lines")
    declare("accounting_line_account_currency", Invalid, "An account takes another currency only.", field="lines")
    declare("accounting_total_kept", Conflict, "The totals are kept by the journal alone.")
