"""What the steps of the demo share, and how they are told."""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from skeleton.kernel.actors import SYSTEM, Actor

Thing = TypeVar("Thing")

Told = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many are done."""

YEARS = 2


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer: where, and what tax is theirs (percent)."""

    id: UUID
    country: str
    currency: str
    tax: int
    address: dict[str, Any]


@dataclass(slots=True)
class World:
    """The company as far as it is made. `chance` decides everything, so the same seed gives the same company."""

    now: dt.datetime
    scale: float
    chance: random.Random
    told: Told
    staff: list[Actor] = field(default_factory=list)
    buyers: list[Buyer] = field(default_factory=list)
    suppliers: list[UUID] = field(default_factory=list)
    partners: list[UUID] = field(default_factory=list)
    employees: list[UUID] = field(default_factory=list)
    goods: list[tuple[UUID, int]] = field(default_factory=list)
    services: list[tuple[UUID, int]] = field(default_factory=list)
    warehouses: list[UUID] = field(default_factory=list)

    @property
    def begins(self) -> dt.datetime:
        """The morning of the first day."""
        return (self.now - dt.timedelta(days=365 * YEARS)).replace(hour=9, minute=0, second=0, microsecond=0)

    def many(self, at_scale_one: int) -> int:
        """So many things at scale 1, and at least one."""
        return max(1, round(at_scale_one * self.scale))

    def somebody(self) -> Actor:
        """One of the staff who may write."""
        return self.chance.choice(self.staff[:3]) if self.staff else SYSTEM

    def each(self, what: str, things: Iterable[Thing], total: int) -> Iterator[Thing]:
        """The things, while it is told how many are done."""
        for done, thing in enumerate(things):
            self.told(what, done, total)
            yield thing
        self.told(what, total, total)
