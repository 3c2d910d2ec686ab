"""What happens to contracts by itself."""

from contracts.services import run_cycle
from skeleton.jobs.queue import periodic


@periodic("5 * * * *")
def settle_contracts() -> None:
    """Every hour, so that a worker that was away at midnight costs an hour at most; once a day there is work."""
    run_cycle()
