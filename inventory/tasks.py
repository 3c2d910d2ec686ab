"""What happens to stock by itself."""

from inventory.services.reservations import expire_reservations
from skeleton.jobs.queue import periodic


@periodic("* * * * *")
def release_expired_reservations() -> None:
    """Every minute: what was held for longer than it was to be is free again."""
    expire_reservations()
