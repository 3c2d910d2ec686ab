"""The rarer things that happen to a document, in fixed numbers, so that even a small company has each of them."""

from enum import Enum, auto
from functools import partial

from skeleton.backoffice.demo.events import EventQueue
from skeleton.backoffice.demo.world import World


class Occasion(Enum):
    """Something that happens to the next order or invoice that suits it."""

    PREPAYMENT = auto()
    WITHDRAWAL = auto()
    COLLECTIVE_PAYMENT = auto()
    OVERPAYMENT = auto()
    BOUNCED_PAYMENT = auto()
    RETURNED_GOODS = auto()
    PRICE_CORRECTION = auto()
    BAD_DEBT = auto()
    INSOLVENCY = auto()


AT_SCALE_ONE = {
    Occasion.PREPAYMENT: 8,
    Occasion.WITHDRAWAL: 2,
    Occasion.COLLECTIVE_PAYMENT: 10,
    Occasion.OVERPAYMENT: 6,
    Occasion.BOUNCED_PAYMENT: 3,
    Occasion.RETURNED_GOODS: 6,
    Occasion.PRICE_CORRECTION: 5,
    Occasion.BAD_DEBT: 3,
    Occasion.INSOLVENCY: 1,
}
"""How often each happens among 300 invoices in two years."""


class Occasions:
    """Spreads the occasions over the two years and hands them out to the documents that suit them."""

    def __init__(self, world: World, events: EventQueue) -> None:
        self._due: list[Occasion] = []
        length = world.now - world.start
        for occasion, at_scale_one in AT_SCALE_ONE.items():
            wanted = world.scaled(at_scale_one)
            for n in range(wanted):
                # the first comes in the first half, so that there is time for all that follows from it
                share = 0.9 * (n + 0.6 * world.rng.random()) / wanted
                events.plan(world.start + share * length, partial(self._due.append, occasion))

    def are_due(self) -> bool:
        """Return whether an occasion waits for a document."""
        return bool(self._due)

    def take(self, *suitable: Occasion) -> Occasion | None:
        """Return the longest due occasion among `suitable`, which is then used up, or None."""
        found = next((occasion for occasion in self._due if occasion in suitable), None)
        if found:
            self._due.remove(found)
        return found
