"""A queue of scheduled events, and working hours."""

import datetime as dt
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.utils import timezone

from skeleton.backoffice.demo.world import World
from skeleton.kernel import clock

Event = Callable[[], None]

DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class EventQueue:
    """A queue of scheduled events by time. Events after the present are dropped."""

    world: World
    _events: list[tuple[dt.datetime, int, Event]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    def plan(self, moment: dt.datetime, event: Event) -> None:
        if moment < self.world.now:
            heapq.heappush(self._events, (moment, next(self._order), event))

    def run(self) -> None:
        """Run all events in order, each with the clock set to its time."""
        length = self.world.now - self.world.start
        while self._events:
            moment, _, event = heapq.heappop(self._events)
            self.world.progress("two years of trade", int((moment - self.world.start) / length * 1000), 1000)
            with clock.freeze_time_at(moment):
                event()
        self.world.progress("two years of trade", 1000, 1000)

    def working_hour(self, day: dt.datetime) -> dt.datetime:
        """Return a random time in working hours of the day, or of the next Monday if it is on a weekend."""
        later = {5: 2, 6: 1}.get(day.weekday(), 0)
        moment = day.replace(hour=8) + later * DAY + dt.timedelta(minutes=self.world.rng.randrange(540))
        return moment if moment < self.world.now else day.replace(hour=0, minute=self.world.rng.randrange(59))

    def later(self, least: int, most: int) -> dt.datetime:
        """Return a working time `least` to `most` days from now."""
        return self.working_hour(timezone.now() + self.world.rng.randint(least, most) * DAY)
