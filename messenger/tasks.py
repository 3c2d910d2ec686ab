"""Periodic jobs of the messenger."""

from messenger.services.upkeep import clear_away
from skeleton.jobs.queue import periodic


@periodic("31 3 * * *")
def clean_up() -> None:
    """Every night: events that nobody comes back for, tickets that nobody used."""
    clear_away()
