"""Who sees which contracts: whoever may read contracts, or parties, sees all of them."""

from contracts.queries import contracts
from skeleton.db.access import OpenGate

CONTRACTS = OpenGate(contracts)
