"""The services of contracts, and the daily run over all of them."""

from contracts.services.contracts import (
    activate_contract,
    approve_contract,
    change_delivery_terms,
    change_payment_terms,
    create_contract,
    reject_contract,
    renew_contract,
    submit_contract,
    terminate_contract,
    update_contract,
)
from contracts.services.cycle import CycleSummary, SettledCycle, run_cycle

__all__ = [
    "CycleSummary",
    "SettledCycle",
    "activate_contract",
    "approve_contract",
    "change_delivery_terms",
    "change_payment_terms",
    "create_contract",
    "reject_contract",
    "renew_contract",
    "run_cycle",
    "submit_contract",
    "terminate_contract",
    "update_contract",
]
