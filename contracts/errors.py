"""User messages of the constraints that exist only in SQL (migration 0002)."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.time_limits import IN_FUTURE_MESSAGE


def declare_constraints() -> None:
    """Declare the constraints. Called once, when the app starts."""
    declare("contracts_contract_party_usable", Conflict, _("The party is not active."), field="party_id")
    declare("contracts_contract_begins_as_draft", Conflict, _("A new contract must be a draft."))
    declare(
        "contracts_contract_transition", Conflict, _("The contract cannot change from its current status to this one.")
    )
    declare("contracts_contract_identity", Conflict, _("The author and creation time of a contract cannot be changed."))
    declare("contracts_contract_signed_at_ahead", Invalid, IN_FUTURE_MESSAGE, field="signed_at")
    declare("contracts_contract_frozen", Conflict, _("Only a draft can be changed in this way."))
    declare("contracts_contract_terminated", Conflict, _("A terminated contract cannot be changed."))
    declare("contracts_contract_renewal", Conflict, _("The end of a contract can only be moved by renewing it."))
    declare("contracts_contract_version_derived", Conflict, _("Versions are created by changes to the contract."))
    declare("contracts_contract_permanent", Conflict, _("A contract cannot be deleted. Terminate it instead."))
    declare("contracts_version_append_only", Conflict, _("The versions of a contract cannot be changed or deleted."))
    declare("contracts_cycle_append_only", Conflict, _("The outcome of a cycle cannot be changed or deleted."))
    declare("contracts_cycle_fits_contract", Conflict, _("The contract shows another outcome of this cycle."))
