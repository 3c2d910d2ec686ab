"""The state shared by the steps of the demo, and their progress reports."""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from skeleton.kernel.actors import SYSTEM, Actor

Thing = TypeVar("Thing")

Progress = Callable[[str, int, int], None]
"""A progress callback: called with the name of the step, the number done and the total."""

YEARS = 2


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer, with their country, currency, tax rate (percent) and address."""

    id: UUID
    country: str
    currency: str
    tax: int
    address: dict[str, Any]


@dataclass(slots=True)
class World:
    """The company created so far. All decisions use `rng`, so the same seed creates the same company."""

    now: dt.datetime
    scale: float
    rng: random.Random
    progress: Progress
    staff: list[Actor] = field(default_factory=list)
    buyers: list[Buyer] = field(default_factory=list)
    suppliers: list[UUID] = field(default_factory=list)
    partners: list[UUID] = field(default_factory=list)
    employees: list[UUID] = field(default_factory=list)
    goods: list[tuple[UUID, int]] = field(default_factory=list)
    services: list[tuple[UUID, int]] = field(default_factory=list)
    warehouses: list[UUID] = field(default_factory=list)

    @property
    def start(self) -> dt.datetime:
        """Return the morning of the first day."""
        return (self.now - dt.timedelta(days=365 * YEARS)).replace(hour=9, minute=0, second=0, microsecond=0)

    def scaled(self, at_scale_one: int) -> int:
        """Return the number of objects at the current scale; at least 1."""
        return max(1, round(at_scale_one * self.scale))

    def random_writer(self) -> Actor:
        """Return a random staff member with write permissions."""
        return self.rng.choice(self.staff[:3]) if self.staff else SYSTEM

    def each(self, what: str, things: Iterable[Thing], total: int) -> Iterator[Thing]:
        """Yield the things and report the progress."""
        for done, thing in enumerate(things):
            self.progress(what, done, total)
            yield thing
        self.progress(what, total, total)
