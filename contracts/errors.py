"""What the constraints that live in SQL only (migration 0002) say to people."""

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.moments import MOMENT_AHEAD


def declare_constraints() -> None:
    """Called once, when the app starts."""
    declare("contracts_contract_party_usable", Conflict, "The party is not active.", field="party_id")
    declare("contracts_contract_begins_as_draft", Conflict, "A contract begins as a draft.")
    declare("contracts_contract_transition", Conflict, "The contract cannot go from its present status to that one.")
    declare("contracts_contract_identity", Conflict, "Who made a contract, and when, stays.")
    declare("contracts_contract_signed_at_ahead", Invalid, MOMENT_AHEAD, field="signed_at")
    declare("contracts_contract_frozen", Conflict, "Only a draft can be changed in this way.")
    declare("contracts_contract_terminated", Conflict, "A terminated contract stays as it is.")
    declare("contracts_contract_renewal", Conflict, "The end of a contract moves on by renewals only.")
    declare("contracts_contract_version_derived", Conflict, "Versions follow from the changes of the contract.")
    declare("contracts_contract_permanent", Conflict, "A contract is never deleted; it can be terminated.")
    declare("contracts_version_append_only", Conflict, "The versions of a contract are never changed or deleted.")
    declare("contracts_cycle_append_only", Conflict, "What became of a cycle is never changed or deleted.")
    declare("contracts_cycle_fits_contract", Conflict, "The contract shows another outcome of this cycle.")
