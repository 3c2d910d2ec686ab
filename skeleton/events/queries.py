"""Reading the event log: pages of events as one actor may see them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from skeleton.events import kinds
from skeleton.events.log import LogState
from skeleton.events.models import Event
from skeleton.kernel.actors import Actor
from skeleton.kernel.types import Values

SCANNED = 10_000
"""Positions that one page looks at. An actor who may see few of many events gets pages with fewer events."""

_FIELDS = (
    "position",
    "id",
    "source",
    "verb",
    "resource",
    "resource_id",
    "actor_id",
    "api_key_id",
    "request_id",
    "created_at",
    "changes",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The events that a reader asked for. `types` is None for all of them."""

    types: frozenset[str] | None = None
    resource: str | None = None
    resource_id: UUID | None = None

    def condition(self) -> Q:
        """Return the condition on events."""
        found = Q() if self.types is None else kinds.with_types(self.types)
        if self.resource is not None:
            found &= Q(resource=self.resource)
        if self.resource_id is not None:
            found &= Q(resource_id=self.resource_id)
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the order of their positions. The next page begins after `reached`."""

    events: list[Values]
    reached: int
    newest: int

    @property
    def has_more(self) -> bool:
        return self.reached < self.newest


def events_after(position: int, state: LogState, selection: Selection, actor: Actor, limit: int) -> Page:
    """Return the next events after `position` that the actor may see, at most `limit`."""
    until = state.newest if selection.resource_id else min(position + SCANNED, state.newest)
    rows = events_visible_to(actor).filter(selection.condition(), position__gt=position, position__lte=until)
    found = [serialize(row, actor) for row in rows.order_by("position").values_list(*_FIELDS)[:limit]]
    reached = found[-1]["position"] if len(found) == limit else until
    return Page(found, int(str(reached)), state.newest)


def events_visible_to(actor: Actor) -> QuerySet[Any]:
    """Return the events of the objects that the actor may GET now, or could until they were deleted."""
    return Event.objects.filter(kinds.visible_to(actor))


def serialize(row: Collection[Any], actor: Actor) -> Values:
    """Return an event as the API shows it. Who acted is shown to those who may read the audit log."""
    found = dict(zip(_FIELDS, row, strict=True))
    found["type"] = kinds.type_of(found.pop("source"), found["resource"], found.pop("verb"))
    if not actor.can("audit:read"):
        found["actor_id"] = found["api_key_id"] = None
    return found
